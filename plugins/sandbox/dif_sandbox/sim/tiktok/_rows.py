"""The rows of an order as they are known at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.accounts import MICROS
from dif_sandbox.sim.tiktok._order import IDS, METRICS
from dif_sandbox.sim.tiktok._world import AD_GROUPS, ADS, COUNTS, Row, World

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime

    from dif_sandbox.sim.tiktok._order import Order
    from dif_sandbox.sim.world import Account

__all__ = ["Cell", "as_written", "cells", "rows"]

#: Level -> how many ads one of its things has.
_ADS_OF: Final = {"CAMPAIGN": AD_GROUPS * ADS, "ADGROUP": ADS, "AD": 1}
_MAKERS: Final = {"CAMPAIGN": World.campaign, "ADGROUP": World.ad_group, "AD": World.ad}
_VALUES: Final[Mapping[str, Sequence[str]]] = {
    "age": ("AGE_18_24", "AGE_25_34", "AGE_55_100", "NONE"),
    "gender": ("MALE", "FEMALE"),
    "country_code": ("US", "DE", "None"),
    "platform": ("ANDROID", "IPHONE", "IPAD"),
    "province_id": ("4099753", "-1"),
    "placement": ("TikTok", "Pangle"),
}
LIFE_DAYS: Final = 90
"""So old is everything."""
HOURS: Final = 24


@dataclass(frozen=True, slots=True)
class Cell:
    """What a row is made of: what names it, and its counts."""

    names: Row
    counts: Mapping[str, int]

    def row(self, account: Account, order: Order) -> Row:
        """Dimensions and all metrics asked for, numbers as numbers, None for what is not to be had."""
        return {**self.names, **_measures(account, order, self.counts)}


def rows(world: World, account: Account, order: Order, now: datetime) -> Iterator[Row]:
    """The flat rows of a whole report."""
    return (cell.row(account, order) for cell in cells(world, account, order, now))


def cells(world: World, account: Account, order: Order, now: datetime) -> Iterator[Cell]:
    """What the rows of a report are made of, in their order."""
    last = order.last or now.date()
    first = order.first or last - timedelta(days=LIFE_DAYS - 1)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    for thing, ads in _things(world, account, order):
        by_day = {day: _counted(world, account, ads, day, now) for day in days}
        for mark, counts in _by_time(order, by_day, now):
            for values, share in _shared(order.parts, counts):
                if share["impressions"]:
                    yield Cell({**thing, **mark, **values}, share)


def as_written(row: Row, order: Order) -> Row:
    """A row as the wire has it: in two objects, every metric a text."""
    return {
        "dimensions": {name: row[name] for name in order.dimensions},
        "metrics": {name: _text(name, row[name]) for name in order.metrics},
    }


def _things(world: World, account: Account, order: Order) -> Iterator[tuple[Row, range]]:
    named = {name for name in order.metrics if name in METRICS["names"]}
    if order.level == "ADVERTISER":
        yield {**dict.fromkeys(named, "-"), "advertiser_id": account.id}, range(world.ads)
        return
    size = _ADS_OF[order.level]
    for number in range(world.ads // size):
        made = _MAKERS[order.level](world, account, number)
        if made["operation_status"] == "DELETE" and not order.has_deleted:
            continue
        campaign = world.campaign(account, number * size // _ADS_OF["CAMPAIGN"])
        told = {"objective_type": campaign["objective_type"], "campaign_name": campaign["campaign_name"], **made}
        more = {"placement_type": "Automatic Placement", "promotion_type": "Website", "tt_app_id": "0"}
        names = {name: more.get(name, told.get(name, "-")) for name in named}
        yield {IDS[order.level]: made[IDS[order.level]], **names}, range(number * size, (number + 1) * size)


def _counted(world: World, account: Account, ads: range, day: date, now: datetime) -> Mapping[str, int]:
    found = [row for ad in ads if (row := world.figures.row(f"{account.id} {ad}", day, now)) is not None]
    return {name: sum(row[name] for row in found) for name in COUNTS}


def _by_time(
    order: Order, by_day: Mapping[date, Mapping[str, int]], now: datetime
) -> Iterator[tuple[Row, Mapping[str, int]]]:
    if order.time is None:
        yield {}, {name: sum(counts[name] for counts in by_day.values()) for name in COUNTS}
        return
    for day, counts in by_day.items():
        if order.time == "stat_time_day":
            yield {"stat_time_day": f"{day} 00:00:00"}, counts
            continue
        over = now.hour + 1 if day == now.date() else HOURS
        for hour, share in enumerate(_split(counts, over)):
            yield {"stat_time_hour": f"{day} {hour:02d}:00:00"}, share


def _shared(parts: Sequence[str], counts: Mapping[str, int]) -> Iterator[tuple[Row, Mapping[str, int]]]:
    marks = list(product(*(_VALUES.get(part, ("UNKNOWN",)) for part in parts)))
    for values, share in zip(marks, _split(counts, len(marks)), strict=True):
        yield dict(zip(parts, values, strict=True)), share


def _split(counts: Mapping[str, int], parts: int) -> Iterator[Mapping[str, int]]:
    """The counts in as many parts; what is left over is in the first."""
    rest = {name: count - (count // parts) * (parts - 1) for name, count in counts.items()}
    yield rest
    for _ in range(parts - 1):
        yield {name: count // parts for name, count in counts.items()}


def _measures(account: Account, order: Order, counts: Mapping[str, int]) -> Row:
    unit = account.market.smallest_micros
    impressions, clicks, reach = counts["impressions"], counts["clicks"], counts["reach"]
    plays, conversion = counts["plays"], counts["conversion"]
    spend = counts["spend"] // unit * unit / MICROS
    made: Row = {
        "spend": spend, "cash_spend": spend, "voucher_spend": 0.0, "impressions": impressions, "clicks": clicks,
        "cpc": _rate(spend, clicks), "cpm": _rate(1_000 * spend, impressions), "ctr": _rate(100 * clicks, impressions),
        "reach": reach, "frequency": _rate(impressions, reach), "cost_per_1000_reached": _rate(1_000 * spend, reach),
        "video_play_actions": plays, "video_watched_2s": plays // 2, "video_watched_6s": plays // 5,
        "video_views_p25": plays // 3, "video_views_p50": plays // 6, "video_views_p75": plays // 12,
        "video_views_p100": plays // 20, "average_video_play": 1.52, "likes": clicks // 9, "result": conversion,
        "conversion": conversion, "cost_per_conversion": _rate(spend, conversion), "real_time_conversion": conversion,
        "complete_payment": conversion // 2, "total_purchase_value": round(12.5 * conversion, 2),
        "secondary_goal_result": None, "cost_per_secondary_goal_result": None, "secondary_goal_result_rate": None,
    }  # fmt: skip
    numbers = [name for name in order.metrics if name not in METRICS["names"]]
    return {name: made.get(name, 0) for name in numbers}


def _rate(part: float, whole: float) -> float:
    return round(part / whole, 2) if whole else 0.0


def _text(name: str, value: Any) -> str:  # noqa: ANN401 - a number, a text, or nothing
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    return f"{value:.2f}" if name in METRICS["rates"] or isinstance(value, float) else str(value)
