"""DATEFORMAT and TIMEFORMAT strings.

Source: developer guide, r_DATEFORMAT_and_TIMEFORMAT_strings.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING

from dif_sandbox.redshift._errors import INVALID_PARAMETER, RedshiftError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DATE_LENGTH", "ISO_TIME", "is_date", "pattern_reader"]

DATE_LENGTH = 10
ISO_TIME = (  # what PostgreSQL and COPY with 'auto' read alike, if the date exists
    r"\d{4}-\d\d-\d\d[ T](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)?"
)

PARTS = {  # longest first: HH24 before HH
    "MONTH": r"(?P<month_name>[A-Za-z]+)",
    "YYYY": r"(?P<year>\d{4})",
    "HH24": r"(?P<hour>\d{1,2})",
    "HH12": r"(?P<hour12>\d{1,2})",
    "MON": r"(?P<month_name>[A-Za-z]{3})",
    "YY": r"(?P<short_year>\d{2})",
    "MM": r"(?P<month>\d{1,2})",
    "DD": r"(?P<day>\d{1,2})",
    "HH": r"(?P<hour>\d{1,2})",
    "MI": r"(?P<minute>\d{1,2})",
    "SS": r"(?P<second>\d{1,2})(?:\.(?P<fraction>\d{1,6}))?",
    "OF": r"(?P<offset>[+-]\d{2}:?(?:\d{2})?|Z)",
    "AM": r"(?P<half>[AaPp][Mm])",
    "PM": r"(?P<half>[AaPp][Mm])",
}
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PART = re.compile("|".join(PARTS), re.IGNORECASE)
CENTURY = 2000
NOON = 12


def pattern_reader(pattern: str) -> Callable[[str], datetime]:
    """A function that reads times of this form; it raises ValueError for any other.

    Raises:
        RedshiftError: The pattern names no year, month and day, or the same part twice.
    """
    expression, at = "", 0
    for part in _PART.finditer(pattern):
        expression += re.escape(pattern[at : part.start()]) + PARTS[part.group().upper()]
        at = part.end()
    try:
        compiled = re.compile(expression + re.escape(pattern[at:]))
    except re.error as error:
        raise RedshiftError(f"Invalid DATEFORMAT or TIMEFORMAT: {pattern}", INVALID_PARAMETER) from error
    named = set(compiled.groupindex)
    if not (named & {"year", "short_year"} and named & {"month", "month_name"} and "day" in named):
        raise RedshiftError(f"Invalid DATEFORMAT or TIMEFORMAT: {pattern}", INVALID_PARAMETER)

    def read(text: str) -> datetime:
        match = compiled.match(text)
        if not match:
            raise ValueError(text)
        return _moment(match.groupdict())

    return read


@lru_cache(maxsize=4096)
def is_date(text: str) -> bool:
    """Whether a text of the form YYYY-MM-DD is a day of the calendar."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _moment(parts: dict[str, str | None]) -> datetime:
    year = int(parts.get("year") or 0) or CENTURY + int(parts.get("short_year") or 0)
    name = parts.get("month_name")
    month = MONTHS.index(name[:3].lower()) + 1 if name else int(parts.get("month") or 0)
    hour = int(parts.get("hour") or parts.get("hour12") or 0)
    half = (parts.get("half") or "").lower()
    if half:
        hour = hour % NOON + (NOON if half == "pm" else 0)
    microsecond = int((parts.get("fraction") or "").ljust(6, "0") or 0)
    minute, second, day = (int(parts.get(name) or 0) for name in ("minute", "second", "day"))
    return datetime(year, month, day, hour, minute, second, microsecond, _zone(parts.get("offset")))


def _zone(offset: str | None) -> timezone | None:
    if not offset:
        return None
    if offset == "Z":
        return UTC
    digits = offset[1:].replace(":", "").ljust(4, "0")
    distance = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-distance if offset[0] == "-" else distance)
