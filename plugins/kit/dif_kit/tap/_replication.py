"""The moment that a replication column holds, in the form its provider writes it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from dif_kit.decode import UndecodableError

__all__ = ["ReplicationFormat", "format_moment", "read_moment"]

ReplicationFormat: TypeAlias = Literal["date", "date-time", "epoch_seconds", "epoch_milliseconds"]


def read_moment(value: Any, form: ReplicationFormat) -> datetime:  # noqa: ANN401 - a provider's word
    """The moment of a value; a day is its first moment, a time without zone is UTC.

    Raises:
        UndecodableError: the value is not in that form.
    """
    try:
        if form in {"epoch_seconds", "epoch_milliseconds"}:
            number = Decimal(str(value))
            return datetime.fromtimestamp(float(number / 1000 if form == "epoch_milliseconds" else number), UTC)
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError, ArithmeticError, OSError) as error:
        raise UndecodableError(f"{value!r} is not a moment written as {form}") from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def format_moment(moment: datetime, form: ReplicationFormat) -> str | int:
    """A moment in the form of the column, rounded down to its unit."""
    match form:
        case "date":
            return date.isoformat(moment.astimezone(UTC).date())
        case "date-time":
            return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case "epoch_seconds":
            return int(moment.timestamp())
        case "epoch_milliseconds":
            return int(moment.timestamp() * 1000)
