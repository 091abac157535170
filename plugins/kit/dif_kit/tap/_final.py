"""Until when the provider calls its figures final."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from dif_kit.decode import UndecodableError, preamble_of
from dif_kit.http import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dif_kit.decode import Decoder
    from dif_kit.http import Download

__all__ = ["FinalMark", "final_day"]

_DAY = timedelta(days=1)
_LENGTH_OF_A_DAY = len("2026-01-31")


@dataclass(frozen=True, slots=True)
class FinalMark:
    """Where and how a provider says until when its figures are final.

    ``path`` is a dotted path, through arrays too, in a JSON answer; of a file, the name of a line above its table.
    ``form`` is how the moment is written, as `datetime.strptime` reads it; None: as ISO 8601 has it. ``zone`` is the
    IANA name of the clock that it is told by, where that is not the account's own.
    """

    path: str
    form: str | None = None
    zone: str | None = None


def final_day(where: str | FinalMark, answer: Answer | Download, *, decoder: Decoder, zone: str | None) -> date | None:
    """The last day that an answer calls final, in the account's ``zone``; None if it does not say.

    ``where`` is the stream's fact ``final_until``. Of several marks, as one for each entity, the earliest counts.

    Raises:
        UndecodableError: the mark is not a moment.
    """
    mark = FinalMark(where) if isinstance(where, str) else where
    if isinstance(answer, Answer):
        marks = _values_at(answer.json(), mark.path.split("."))
    else:
        marks = iter([preamble_of(decoder, answer).get(mark.path)])
    return min((_last_whole_day(told, mark, zone) for told in marks if told is not None), default=None)


def _values_at(document: Any, keys: list[str]) -> Iterator[Any]:  # noqa: ANN401 - JSON holds anything
    if isinstance(document, list):
        for item in document:
            yield from _values_at(item, keys)
    elif not keys:
        yield document
    elif isinstance(document, dict) and keys[0] in document:
        yield from _values_at(document[keys[0]], keys[1:])


def _last_whole_day(told: Any, mark: FinalMark, here: str | None) -> date:  # noqa: ANN401 - a provider's word
    """A day is final itself; of a moment, in the account's zone, the days that are over."""
    try:
        if mark.form is None and len(told) == _LENGTH_OF_A_DAY:
            return date.fromisoformat(told)
        moment = datetime.fromisoformat(told) if mark.form is None else datetime.strptime(told, mark.form)  # noqa: DTZ007 - its zone follows
        if mark.zone is not None and here is not None:
            moment = moment.replace(tzinfo=ZoneInfo(mark.zone)).astimezone(ZoneInfo(here))
        return moment.date() - _DAY
    except (TypeError, ValueError) as error:
        raise UndecodableError(f"{told!r} is not a moment until which figures are final") from error
