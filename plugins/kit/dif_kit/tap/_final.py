"""Until when the provider calls its figures final."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from dif_kit.decode import UndecodableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dif_kit.http import Answer
    from dif_kit.tap._facts import Facts

__all__ = ["final_day"]

_DAY = timedelta(days=1)
_LENGTH_OF_A_DAY = len("2026-01-31")


def final_day(stream: Facts, answer: Answer) -> date | None:
    """The last day that an answer calls final, by the stream's fact ``final_until``; None if it does not say.

    Of several marks, as one for each entity, the earliest counts.

    Raises:
        UndecodableError: the mark is not a moment.
    """
    if stream.final_until is None:
        return None
    marks = _values_at(answer.json(), stream.final_until.split("."))
    return min((_last_whole_day(mark) for mark in marks if mark is not None), default=None)


def _values_at(document: Any, keys: list[str]) -> Iterator[Any]:  # noqa: ANN401 - JSON holds anything
    if isinstance(document, list):
        for item in document:
            yield from _values_at(item, keys)
    elif not keys:
        yield document
    elif isinstance(document, dict) and keys[0] in document:
        yield from _values_at(document[keys[0]], keys[1:])


def _last_whole_day(mark: Any) -> date:  # noqa: ANN401 - a provider's word
    """A day is final itself; of a moment, in the zone it is written in, the days that are over."""
    try:
        if len(mark) == _LENGTH_OF_A_DAY:
            return date.fromisoformat(mark)
        return datetime.fromisoformat(mark).date() - _DAY
    except (TypeError, ValueError) as error:
        raise UndecodableError(f"{mark!r} is not a moment until which figures are final") from error
