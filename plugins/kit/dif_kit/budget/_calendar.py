"""The midnights of a time zone, which the stores need to count calendar days."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

__all__ = ["midnights"]

DAYS: Final = 3


def midnights(zone: str, now_us: int) -> tuple[int, ...]:
    """The midnight that began the day of ``now_us`` in ``zone`` and the next three, in epoch microseconds.

    A day has 23, 24 or 25 hours, as the zone's clock has it.
    """
    today = datetime.fromtimestamp(now_us / 1_000_000, UTC).astimezone(ZoneInfo(zone)).date()
    return _midnights(zone, today)


@lru_cache(maxsize=256)
def _midnights(zone: str, first: date) -> tuple[int, ...]:
    # Where the clock jumps over midnight itself, fold=0 gives the moment of the jump: the day's true beginning.
    days = (datetime.combine(first + timedelta(days=n), time(), ZoneInfo(zone)) for n in range(DAYS + 1))
    return tuple(int(day.timestamp()) * 1_000_000 for day in days)
