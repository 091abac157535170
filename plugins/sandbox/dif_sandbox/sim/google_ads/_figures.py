"""What was measured: cells that nothing divides further, and the metrics that are made of their sums."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.accounts import MICROS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from dif_sandbox.sim.world import Figures

__all__ = ["ACTIONS", "COUNTS", "METRICS", "SETTLE_DAYS", "Cell", "days_of", "measured", "time_segments"]

SETTLE_DAYS: Final = 14
"""Conversions come in for so long: the window of every conversion action that is simulated."""
COUNTS: Final = {"impressions": 4_000, "clicks": 160, "cost": 90 * MICROS, "hundredths": 900}
ACTIONS: Final = (("1", "Purchase", "PURCHASE"), ("2", "Newsletter", "SIGNUP"))
HOURS: Final = (8, 13, 20)
VALUE_OF_ONE: Final = 37


@dataclass(frozen=True, slots=True)
class Cell:
    """Something that is shown in one place; `thing` names it in the figures, `marks` are its other segments."""

    thing: str
    network: str
    device: str
    marks: Mapping[str, Any] = field(default_factory=dict)

    def segments(self) -> dict[str, Any]:
        """Its segments besides time and conversions."""
        return {"segments.ad_network_type": self.network, "segments.device": self.device, **self.marks}


def days_of(first: date, last: date) -> Iterator[date]:
    """The days of a range, both ends included."""
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def time_segments(day: date) -> dict[str, Any]:
    """A day in all its units; weeks begin on Monday."""
    return {
        "segments.date": day.isoformat(),
        "segments.week": (day - timedelta(days=day.weekday())).isoformat(),
        "segments.month": day.replace(day=1).isoformat(),
        "segments.quarter": day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1).isoformat(),
        "segments.year": day.year,
        "segments.day_of_week": day.strftime("%A").upper(),
    }


def measured(
    figures: Figures, cells: Iterable[Cell], day: date, now: datetime, smallest: int, *, asked: frozenset[str]
) -> Iterator[tuple[dict[str, Any], Counter[str]]]:
    """What each cell has of a day, as segments and counts, divided by hour and conversion action if that is asked."""
    by_action = any(name.startswith("segments.conversion_action") for name in asked)
    for cell in cells:
        found = figures.row(cell.thing, day, now)
        if found is None:
            continue
        counts = Counter({**found, "cost": found["cost"] // smallest * smallest})
        for segments, part in _by_hour(counts) if "segments.hour" in asked else [({}, counts)]:
            for action, share in _by_action(part) if by_action else [({}, part)]:
                yield {**cell.segments(), **segments, **action}, share


def _by_hour(counts: Counter[str]) -> Iterator[tuple[dict[str, Any], Counter[str]]]:
    for number, hour in enumerate(HOURS):
        yield {"segments.hour": hour}, _part(counts, number, len(HOURS))


def _by_action(counts: Counter[str]) -> Iterator[tuple[dict[str, Any], Counter[str]]]:
    for number, (identifier, name, category) in enumerate(ACTIONS):
        segments = {
            "segments.conversion_action": identifier,  # the customer's own: whoever shows it puts its name before it
            "segments.conversion_action_name": name,
            "segments.conversion_action_category": category,
        }
        yield segments, Counter({"hundredths": _part(counts, number, len(ACTIONS))["hundredths"]})


def _part(counts: Counter[str], number: int, parts: int) -> Counter[str]:
    """A share of counts; the first ones take what does not divide."""
    return Counter({name: count // parts + (number < count % parts) for name, count in counts.items()})


def _ratio(above: str, below: str, factor: float = 1.0) -> Callable[[Counter[str]], float | None]:
    return lambda counts: round(counts[above] * factor / counts[below], 6) if counts[below] else None


METRICS: Final[Mapping[str, Callable[[Counter[str]], int | float | None]]] = {
    "metrics.impressions": lambda counts: counts["impressions"],
    "metrics.clicks": lambda counts: counts["clicks"],
    "metrics.interactions": lambda counts: counts["clicks"],
    "metrics.engagements": lambda _: 0,
    "metrics.video_trueview_views": lambda counts: counts["impressions"] // 40,
    "metrics.cost_micros": lambda counts: counts["cost"],
    "metrics.view_through_conversions": lambda counts: counts["impressions"] // 900,
    "metrics.conversions": lambda counts: counts["hundredths"] / 100,
    "metrics.conversions_value": lambda counts: counts["hundredths"] * VALUE_OF_ONE / 100,
    "metrics.all_conversions": lambda counts: counts["hundredths"] * 125 / 10_000,
    "metrics.all_conversions_value": lambda counts: counts["hundredths"] * VALUE_OF_ONE * 125 / 10_000,
    "metrics.cross_device_conversions": lambda counts: counts["hundredths"] * 7 / 10_000,
    "metrics.conversions_by_conversion_date": lambda counts: counts["hundredths"] * 9 / 1_000,
    "metrics.conversions_value_by_conversion_date": lambda counts: counts["hundredths"] * VALUE_OF_ONE * 9 / 1_000,
    "metrics.ctr": _ratio("clicks", "impressions"),
    "metrics.interaction_rate": _ratio("clicks", "impressions"),
    "metrics.average_cpc": _ratio("cost", "clicks"),
    "metrics.average_cost": _ratio("cost", "clicks"),
    "metrics.average_cpm": _ratio("cost", "impressions", 1_000),
    "metrics.cost_per_conversion": _ratio("cost", "hundredths", 100),
}
"""What there is of metrics; None where there is nothing to divide by. All others are never set."""
