"""What a policy's text means: from ``"20/s"`` to the numbers that both stores count with."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dif_kit.errors import ConfigError

__all__ = [
    "ROLLING_BUCKETS",
    "SECOND",
    "CalendarDay",
    "Concurrent",
    "Points",
    "Policy",
    "Rolling",
    "Window",
    "dripping",
    "parse_policies",
]

SECOND: Final = 1_000_000
UNITS: Final = {
    "s": SECOND,
    "sec": SECOND,
    "second": SECOND,
    "min": 60 * SECOND,
    "minute": 60 * SECOND,
    "h": 3600 * SECOND,
    "hour": 3600 * SECOND,
    "day": 86_400 * SECOND,
}

# Starts are exact by Redis' clock, and who leaves more than 10 ms late says so (`Grant.sent`): the guard is for these
# 10 ms, and for what nobody knows, the network's jitter (make bench what=guard).
DEFAULT_GUARD: Final = 40_000

# A log holds one entry a start; beyond this many, starts are counted in buckets instead.
MOST_LOGGED_STARTS: Final = 2_000
ROLLING_BUCKETS: Final = 24

RATE: Final = re.compile(
    r"(?P<limit>\d+)/(?P<count>\d*)(?P<unit>[a-z]+)(?:@(?P<zone>\S+))?"
    r"(?P<paced> paced)?(?: guard (?P<guard>\d+)ms)?"
)
POINTS: Final = re.compile(r"points (?P<capacity>\d+) restore (?P<restore>\d+)/(?P<count>\d*)(?P<unit>[a-z]+)")
CONCURRENT: Final = re.compile(r"concurrent (?P<holders>\d+)")
EXAMPLES: Final = (
    "'20/s', '100/10s', '1000/min paced', '20/s guard 100ms', '15000/day', '15000/day@America/Los_Angeles', "
    "'points 1000 restore 50/s', 'concurrent 4'"
)


@dataclass(frozen=True, slots=True)
class Window:
    """At most ``limit`` starts in any span of ``period`` microseconds, each ``gap`` or more after the one before."""

    text: str
    limit: int
    period: int
    gap: int
    key: str


@dataclass(frozen=True, slots=True)
class Rolling:
    """At most ``limit`` starts in any 25 neighbouring 24ths of the period (``bucket``): never over, up to 4 % under."""

    text: str
    limit: int
    bucket: int
    key: str


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """At most ``limit`` starts between two midnights of ``zone``."""

    text: str
    limit: int
    zone: str
    key: str


@dataclass(frozen=True, slots=True)
class Points:
    """A provider's bucket of ``limit`` points that gains ``restore`` points in ``period`` microseconds, mirrored."""

    text: str
    limit: int
    restore: int
    period: int
    key: str


@dataclass(frozen=True, slots=True)
class Concurrent:
    """At most ``limit`` requests under way."""

    text: str
    limit: int
    key: str


Policy = Window | Rolling | CalendarDay | Points | Concurrent


@lru_cache(maxsize=1024)
def parse_policies(texts: tuple[str, ...]) -> tuple[Policy, ...]:
    """The policies of one budget, in the order of their texts.

    Raises:
        ConfigError: a text is not understood, or two policies count the same thing.
    """
    policies: dict[str, Policy] = {}
    for text in texts:
        policy = _parse(text)
        twin = policies.get(policy.key)
        if twin is not None:
            message = f"policies {twin.text!r} and {text!r} count the same thing: keep the one that holds"
            raise ConfigError(message)
        policies[policy.key] = policy
    return tuple(policies.values())


def dripping(policy: Policy, share: float) -> Points:
    """A rate as an even drip of ``share`` (0 to 1) of it: no burst, whatever went before."""
    match policy:
        case Window():
            restore, period = policy.limit, policy.period
        case Rolling():
            restore, period = policy.limit, policy.bucket * ROLLING_BUCKETS
        case Points():
            restore, period = policy.restore, policy.period
        case _:
            message = f"{policy.text!r} is not a rate"
            raise TypeError(message)
    return Points(policy.text, 1, restore, math.ceil(period / share), policy.key)


def _parse(text: str) -> Policy:
    words = " ".join(text.split())
    if match := CONCURRENT.fullmatch(words):
        return Concurrent(text, _positive(text, match["holders"]), "concurrent")
    if match := POINTS.fullmatch(words):
        period = _period(text, match["count"], match["unit"])
        return Points(text, _positive(text, match["capacity"]), _positive(text, match["restore"]), period, "bucket")
    if match := RATE.fullmatch(words):
        return _parse_rate(text, match)
    raise _not_understood(text)


def _parse_rate(text: str, match: re.Match[str]) -> Policy:
    limit = _positive(text, match["limit"])
    period = _period(text, match["count"], match["unit"])
    if match["zone"]:
        if match["unit"] != "day" or match["count"] or match["paced"] or match["guard"]:
            message = f"policy {text!r}: only a plain day has a zone; write '{limit}/day@{match['zone']}'"
            raise ConfigError(message)
        return CalendarDay(text, limit, _zone(text, match["zone"]), f"day:{match['zone']}")
    guard = DEFAULT_GUARD if match["guard"] is None else int(match["guard"]) * 1000
    if limit > MOST_LOGGED_STARTS:
        if match["paced"] or period < 60 * SECOND:
            message = (
                f"policy {text!r}: more than {MOST_LOGGED_STARTS} starts are counted over a minute or longer and not "
                "paced; state it over a shorter period, for example a second"
            )
            raise ConfigError(message)
        bucket = -(-(period + guard) // ROLLING_BUCKETS)
        return Rolling(text, limit, bucket, f"rolling:{bucket}")
    gap = period // limit if match["paced"] else 0
    return Window(text, limit, period + guard, gap, f"window:{period}")


def _period(text: str, count: str, unit: str) -> int:
    if unit not in UNITS:
        raise _not_understood(text)
    return UNITS[unit] * (_positive(text, count) if count else 1)


def _positive(text: str, digits: str) -> int:
    number = int(digits)
    if not 0 < number <= 10**9:
        message = f"policy {text!r}: {digits} is not between 1 and a thousand million"
        raise ConfigError(message)
    return number


def _zone(text: str, zone: str) -> str:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"policy {text!r}: time zone {zone!r} is unknown here; write it like 'America/Los_Angeles'"
        raise ConfigError(message) from None
    return zone


def _not_understood(text: str) -> ConfigError:
    return ConfigError(f"policy {text!r} is not understood; write it like {EXAMPLES}")
