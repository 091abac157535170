"""Which calendar days a run reads, cut into ranges that a provider answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dif_kit.errors import ExtractionError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Days", "Moments", "Seconds", "Window", "is_backfill", "today_in"]

_DAY: Final = timedelta(days=1)
_SECONDS: Final = 86_400


@dataclass(frozen=True, slots=True)
class Moments:
    """How a part of a day is asked for, where a day alone has more rows than an answer may hold.

    ``form`` is how ``{start}`` and ``{end}`` are then written, and how a row writes its own moment in ``column``. It
    does not matter whether the provider counts the end in: the next part begins with it, and brings its rows.
    """

    column: str
    form: str = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Window:
    """How a report is read by days.

    ``days`` is the largest range of one request, both ends counted. Figures are restated for ``lookback_days``: each
    run reads again from that many days before the bookmark. ``zone`` is whose calendar counts: an IANA name, or
    ``"{key}"`` for the key of the context that holds the account's zone. The provider answers for the last
    ``retention_days`` only; None: for ever. Figures that ``is_summed`` are over all days of a request, such as people
    reached: rows have no day, and each run reads all days again.
    """

    days: int
    lookback_days: int = 0
    zone: str = "UTC"
    retention_days: int | None = None
    is_summed: bool = False
    moments: Moments | None = None

    def __post_init__(self) -> None:
        if self.days < 1 or self.lookback_days < 0 or (self.retention_days is not None and self.retention_days < 0):
            raise ValueError(f"a window has one day or more, a look-back of zero or more: {self}")

    def first_day(self, *, start: date, bookmark: date | None, lookback_days: int) -> date:
        """Where reading begins: at the look-back before the bookmark, never before ``start``."""
        return start if bookmark is None else max(start, bookmark - timedelta(days=lookback_days))

    def oldest_day(self, today: date) -> date | None:
        """The oldest day the provider still answers for; None if there is no such limit."""
        return None if self.retention_days is None else today - timedelta(days=self.retention_days)


@dataclass(frozen=True, slots=True)
class Days:
    """Calendar days from ``first`` to ``last``, both included."""

    first: date
    last: date

    def slices(self, days: int) -> Iterator[Days]:
        """The days in order, at most ``days`` at a time."""
        first = self.first
        while first <= self.last:
            last = min(self.last, first + timedelta(days=days - 1))
            yield Days(first, last)
            first = last + _DAY

    def halves(self) -> tuple[Days, Days] | None:
        """The days in two parts; None if there is but one day."""
        if self.first == self.last:
            return None
        middle = self.first + (self.last - self.first) // 2
        return Days(self.first, middle), Days(middle + _DAY, self.last)


@dataclass(frozen=True, slots=True)
class Seconds:
    """A part of one day by the clock on the wall: from its second ``first`` until before ``end``."""

    day: date
    first: int = 0
    end: int = _SECONDS

    @property
    def is_last(self) -> bool:
        """Whether the day is over with it."""
        return self.end == _SECONDS

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """When it begins, and when what comes after it does."""
        midnight = datetime.combine(self.day, time())
        return midnight + timedelta(seconds=self.first), midnight + timedelta(seconds=self.end)

    def halves(self) -> tuple[Seconds, Seconds] | None:
        """The part in two; None if it is one second."""
        middle = (self.first + self.end) // 2
        if middle == self.first:
            return None
        return Seconds(self.day, self.first, middle), Seconds(self.day, middle, self.end)


def is_backfill(*, start: date, end: date | None, bookmark: date | None) -> bool:
    """Whether the settings ask for days that do not go on from the bookmark: it is then left where it is.

    With an end before the bookmark, they lie behind it; with an end and a start beyond it, moving it would leave a gap
    that nobody reads. Without an end the run is a live one, whatever its start.
    """
    if end is None or bookmark is None:
        return False
    return end < bookmark or start > bookmark + _DAY


def today_in(zone: str, *, now: datetime) -> date:
    """The calendar day it is at ``now`` (aware) in an IANA zone.

    Raises:
        ExtractionError: there is no such zone.
    """
    try:
        return now.astimezone(ZoneInfo(zone)).date()
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ExtractionError(f"{zone!r} is not a time zone that this machine knows") from error
