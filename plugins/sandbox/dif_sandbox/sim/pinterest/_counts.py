"""What was measured of one ad on one day, as known at a moment: figures grow, are corrected, and end up final."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from dif_sandbox.sim.pinterest._ad_records import creative_type

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from dif_sandbox.sim.generator import Draw
    from dif_sandbox.sim.pinterest._world import Ad, World

__all__ = ["EVENTS", "FINAL_AFTER_DAYS", "PATHS", "VIDEO_STEPS", "Day", "Measured", "measure"]

FINAL_AFTER_DAYS: Final = 28
EVENTS: Final = {
    "PAGE_VISIT": 0.5,
    "ADD_TO_CART": 0.15,
    "CHECKOUT": 0.06,
    "SIGNUP": 0.04,
    "LEAD": 0.02,
    "SEARCH": 0.05,
    "VIEW_CATEGORY": 0.05,
    "WATCH_VIDEO": 0.01,
    "CUSTOM": 0.03,
    "ADD_TO_WISHLIST": 0.02,
    "SUBSCRIBE": 0.01,
    "APP_INSTALL": 0.0,
    "UNKNOWN": 0.0,
}
"""Conversion events with their share of clicks."""
PATHS: Final = {"CLICK": 1.0, "VIEW": 0.7, "ENGAGEMENT": 0.2}
"""How a conversion is attributed, with its weight."""
CONVERSIONS: Final = [
    (event, f"{path}_{event}", share * weight)
    for event, share in EVENTS.items()
    for path, weight in PATHS.items()
    if share
]
"""Event, count and weight of every kind of conversion that happens."""
VALUED: Final = {"CHECKOUT": 60_000_000, "ADD_TO_CART": 40_000_000, "LEAD": 9_000_000}
VIDEO_STEPS: Final = {
    "VIDEO_3SEC_VIEWS": 0.5,
    "VIDEO_MRC_VIEWS": 0.4,
    "VIDEO_15SEC_UNIQUE_VIEWS": 0.1,
    "VIDEO_P0_COMBINED": 0.9,
    "VIDEO_P25_COMBINED": 0.45,
    "VIDEO_P50_COMBINED": 0.3,
    "VIDEO_P75_COMBINED": 0.2,
    "VIDEO_P95_COMBINED": 0.12,
    "VIDEO_P100_COMPLETE": 0.1,
}
WEEKDAY: Final = (1.0, 0.95, 0.95, 1.05, 1.1, 1.3, 1.25)


@dataclass(frozen=True, slots=True)
class Day:
    """A reporting day in a zone, seen from a moment: how old it is, and how many hours of it have passed."""

    ordinal: int
    age: int
    hours: int
    attributes_at: int

    @classmethod
    def seen(cls, day: date, now: datetime, zone: ZoneInfo) -> Day:
        """The day as seen from `now`; its rows' names and states stay as they were when it became final."""
        local = now.astimezone(zone)
        age = (local.date() - day).days
        final = datetime.combine(day + timedelta(days=FINAL_AFTER_DAYS), time(), zone).astimezone(UTC)
        return cls(
            day.toordinal(),
            min(age, FINAL_AFTER_DAYS),
            local.hour if age == 0 else 24,
            int(min(now, final).timestamp()),
        )


@dataclass(frozen=True, slots=True)
class Measured:
    """Counts by name; amounts are in micros. Only what is not zero is in it."""

    counts: Counter[str]
    people: int

    @staticmethod
    def total(parts: list[Measured]) -> Measured:
        """The sum of several; people who saw more than one are counted once, so their number is no sum."""
        counts: Counter[str] = Counter()
        for part in parts:
            counts.update(part.counts)
        people = sum(part.people for part in parts)
        return Measured(counts, people if len(parts) == 1 else max(1, round(people * 0.8)))


def measure(world: World, ad: Ad, day: Day) -> Measured | None:
    """The figures of an ad on a day; None if it was not delivered, or nothing is known yet."""
    return _measure(world.draw, ad, day.ordinal, day.age, day.hours)


@lru_cache(maxsize=1 << 14)
def _measure(draw: Draw, ad: Ad, day: int, age: int, hours: int) -> Measured | None:
    if age < 0 or not _delivers(draw, ad, day):
        return None
    size = 40 * 100 ** draw.fraction("size", ad.id) * (0.6 + 0.8 * draw.fraction("day", ad.id, day))
    size *= WEEKDAY[day % 7]
    seen = hours / 24 if age == 0 else 1.0
    shown = seen * (1.03 if age <= 1 else 1.0)  # invalid traffic is taken out on the second day
    clicked = seen * (0.93, 0.96, 0.98)[age] if age <= 2 else 1.0  # noqa: PLR2004 - three days late at most
    converted = _converted(age) * seen
    paid, earned = round(size * shown), round(size * shown * draw.fraction("earned", ad.id) * 0.3)
    if paid == 0:
        return None
    counts: Counter[str] = Counter({"IMPRESSION_1": paid, "IMPRESSION_2": earned})
    is_video = creative_type(draw, ad) == "VIDEO"
    rate = 0.004 + 0.02 * draw.fraction("ctr", ad.id, day)
    for number, impressions in (("1", size), ("2", size * earned / paid)):
        _interactions(counts, number, impressions * clicked, rate)
        if is_video:
            _video(counts, number, impressions * shown)
    smallest = ad.account.market.smallest_micros
    price = 4_000 + draw.integer(0, 6_000, "price", ad.id)
    counts["SPEND"] = max(1, round(size * shown * price / smallest)) * smallest
    counts["VIDEO_SPEND"] = counts["SPEND"] if is_video else 0
    _conversions(draw, counts, ad, day, size * rate * converted)
    people = max(1, round(paid / (1 + 1.5 * draw.fraction("frequency", ad.id, day))))
    return Measured(+counts, people)


def _delivers(draw: Draw, ad: Ad, day: int) -> bool:
    start = datetime.fromordinal(day).replace(tzinfo=UTC).timestamp()
    ends = [thing.archived for thing in (ad, ad.group, ad.group.campaign) if thing.archived is not None]
    alive = ad.created <= start < min(ends, default=start + 1)
    in_flight = draw.chance(0.85, "flight", ad.group.campaign.id, day // 14)
    return alive and in_flight and draw.chance(0.75, "delivered", ad.id, day)


def _converted(age: int) -> float:
    """The share of conversions known at an age in days: 30 % on the day itself, all of them in the end."""
    return 1.0 if age >= FINAL_AFTER_DAYS else 1.0 - 0.7 * 0.85**age


def _interactions(counts: Counter[str], number: str, impressions: float, rate: float) -> None:
    clicks = round(impressions * rate)
    outbound, saves = round(impressions * rate * 0.6), round(impressions * rate * 0.3)
    counts[f"CLICKTHROUGH_{number}"] = clicks
    counts[f"OUTBOUND_CLICK_{number}"] = outbound
    counts[f"REPIN_{number}"] = saves
    counts[f"ENGAGEMENT_{number}"] = clicks + saves + round(impressions * rate * 0.5)
    counts[f"WEB_SESSIONS_{number}"] = round(outbound * 0.8)


def _video(counts: Counter[str], number: str, impressions: float) -> None:
    for step, share in VIDEO_STEPS.items():
        counts[f"{step}_{number}"] = round(impressions * share)


def _conversions(draw: Draw, counts: Counter[str], ad: Ad, day: int, clicks: float) -> None:
    # The fractions round small expectations up on some days, the same ones whenever it is asked.
    up = draw.fractions(len(CONVERSIONS), "conversions", ad.id, day)
    for (event, name, weight), fraction in zip(CONVERSIONS, up, strict=True):
        if number := int(clicks * weight + fraction * 0.9):
            counts[name] = number
            counts[f"{name}_VALUE"] = number * VALUED.get(event, 0)
