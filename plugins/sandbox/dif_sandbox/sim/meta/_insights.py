"""Insights: what may be ordered, and the rows of an order as they are known at a moment."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.resources import files
from itertools import product
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.accounts import MICROS
from dif_sandbox.sim.meta._errors import invalid
from dif_sandbox.sim.meta._world import AD_SETS, ADS, METRICS, Row, World

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dif_sandbox.sim.world import Account

__all__ = ["FIELDS", "LISTS", "WINDOWS", "Order", "as_texts", "listed", "read_order", "rows", "rows_at_most"]

FIELDS: Final[Mapping[str, frozenset[str]]] = {
    node: frozenset(names.split())
    for node, names in json.loads(files("dif_sandbox.sim.meta").joinpath("fields.json").read_bytes()).items()
}
"""Node -> the fields that it has, as Meta's own SDKs list them."""

ADS_AT: Final = {"campaign": AD_SETS * ADS, "adset": ADS, "ad": 1}
MAKERS: Final = {"campaign": World.campaign, "adset": World.ad_set, "ad": World.ad}
WINDOWS: Final = {"1d_click": 0.5, "7d_click": 0.8, "28d_click": 1.0, "1d_view": 0.1, "1d_ev": 0.05}
"""What may still be asked for (7d_view and 28d_view went on 2026-01-12), with its share of an action's value."""
BY_PEOPLE: Final = ("reach", "frequency", "cpp", "unique_", "full_view_reach", "cost_per_unique_")
HOURS: Final = tuple(f"{hour:02d}:00:00 - {hour:02d}:59:59" for hour in range(24))
VALUES: Final[Mapping[str, Sequence[str]]] = {
    "age": ("18-24", "25-34", "35-44", "65+"),
    "gender": ("female", "male", "unknown"),
    "country": ("US", "DE", "JP"),
    "region": ("California", "Île-de-France", "Unknown"),
    "dma": ("Washington, DC (Hagrstwn)", "New York"),
    "publisher_platform": ("facebook", "instagram", "audience_network"),
    "platform_position": ("feed", "instagram_stories"),
    "impression_device": ("iphone", "android_smartphone"),
    "device_platform": ("mobile_app", "desktop"),
    "product_id": ("1001, Shoe", '1002, "Boot"'),
    "hourly_stats_aggregated_by_advertiser_time_zone": HOURS,
    "hourly_stats_aggregated_by_audience_time_zone": HOURS,
}
LISTS: Final = ("actions", "action_values", "unique_actions", "outbound_clicks", "purchase_roas", "video_play_actions")
"""The lists of actions that rows may have and whose values count something."""
MONTHS_KEPT: Final = 37


@dataclass(frozen=True, slots=True)
class Order:
    """What a report is to hold."""

    level: str
    fields: tuple[str, ...]
    breakdowns: tuple[str, ...]
    action_breakdowns: tuple[str, ...]
    windows: tuple[str, ...]
    first: date
    last: date
    is_daily: bool
    statuses: frozenset[str] | None

    @property
    def kind(self) -> tuple[str, ...]:
        """What it has in common with the orders of other days."""
        return (self.level, *self.breakdowns, "", *self.action_breakdowns)


def listed(given: Mapping[str, Any], name: str, default: Sequence[str] = ()) -> tuple[Any, ...]:
    """A parameter that is a list: as such, as JSON in a text, or with commas.

    Raises:
        ValueError: it is none of these.
    """
    value = given.get(name, default)
    if isinstance(value, str):
        value = json.loads(value) if value.startswith("[") else [part for part in value.split(",") if part]
    if not isinstance(value, list | tuple):
        message = f"param {name} must be an array."
        raise ValueError(message)  # noqa: TRY004 - a client's mistake like the others
    return tuple(value)


def read_order(given: Mapping[str, Any], now: datetime) -> Order:
    """The order in a request.

    Raises:
        Refusal: a parameter is wrong.
        ValueError: one cannot be read.
    """
    level = given.get("level", "account")
    if level not in {"account", *ADS_AT}:
        raise invalid("param level must be one of {ad, adset, campaign, account}.")
    # Interned: orders are kept for weeks, and each has a hundred names that are the same.
    fields = tuple(sys.intern(str(name)) for name in listed(given, "fields", ("impressions", "spend")))
    breakdowns = listed(given, "breakdowns")
    by_action = listed(given, "action_breakdowns", ("action_type",))
    windows = listed(given, "action_attribution_windows")
    for names, known in (
        (fields, FIELDS["AdsInsights"]),
        (breakdowns, FIELDS["breakdowns"]),
        (by_action, FIELDS["action_breakdowns"]),
        (windows, WINDOWS.keys() | {"default"}),
    ):
        if unknown := [name for name in names if name not in known]:
            raise invalid(f"{', '.join(map(str, unknown))} is not valid for fields param.")
    _check_together(level, fields, breakdowns)
    span = given.get("time_range", {})
    span = json.loads(span) if isinstance(span, str) else span
    try:
        first, last = date.fromisoformat(span["since"]), date.fromisoformat(span["until"])
    except (KeyError, TypeError, ValueError) as wrong:
        raise invalid("Must be a time range object {'since':YYYY-MM-DD,'until':YYYY-MM-DD}") from wrong
    if last < first:
        raise invalid("The since date must be before the until date.")
    if (now.year - first.year) * 12 + now.month - first.month - (now.day < first.day) >= MONTHS_KEPT:
        raise invalid("The start date of the time range cannot be beyond 37 months from the current date", 3018)
    increment = str(given.get("time_increment", "all_days"))
    if increment not in {"1", "all_days"}:
        raise invalid("param time_increment must be 1 or all_days here.")
    statuses = _statuses(listed(given, "filtering"), level)
    return Order(level, fields, breakdowns, by_action, windows, first, last, increment == "1", statuses)


def _check_together(level: str, fields: Sequence[str], breakdowns: Sequence[str]) -> None:
    is_counted_elsewhere = any(name.startswith("hourly_stats") or name == "product_id" for name in breakdowns)
    if is_counted_elsewhere and (people := [field for field in fields if field.startswith(BY_PEOPLE)]):
        raise invalid(f"{', '.join(people)} cannot be had with breakdowns {', '.join(breakdowns)}")
    below = {"account": ("campaign_", "adset_", "ad_"), "campaign": ("adset_", "ad_"), "adset": ("ad_",)}.get(level, ())
    if (
        wrong := [field for field in fields if field.startswith(below) and field.endswith(("_id", "_name"))]
        if below
        else []
    ):
        raise invalid(f"{', '.join(wrong)} cannot be had at level {level}")


def _statuses(filters: Sequence[Any], level: str) -> frozenset[str] | None:
    for one in filters:
        if one != {"field": f"{level}.effective_status", "operator": "IN", "value": one.get("value")}:
            raise invalid(
                f"Filtering field {one.get('field')!r} with operation {one.get('operator')!r} is not supported"
            )
        return frozenset(one["value"])
    return None


def rows_at_most(world: World, order: Order) -> int:
    """How large a report is: its rows, were there figures for everything."""
    things = 1 if order.level == "account" else world.ads // ADS_AT[order.level]
    parts = 1
    for breakdown in order.breakdowns:
        parts *= len(VALUES.get(breakdown, ("unknown",)))
    return things * parts * ((order.last - order.first).days + 1)


def rows(world: World, account: Account, order: Order, now: datetime) -> Iterator[Row]:
    """The rows of an order, with all fields that there are; numbers are numbers."""
    days = [order.first + timedelta(days=number) for number in range((order.last - order.first).days + 1)]
    spans = [(day, day) for day in days] if order.is_daily else [(order.first, order.last)]
    for thing, ads in _things(world, account, order):
        for first, last in spans:
            # What nobody saw, nobody clicked on: an ad that has no row adds nothing to those above it.
            found = [
                figures
                for ad in ads
                for day in (days if first != last else [first])
                if (figures := world.figures.row(f"{account.id} {ad}", day, now)) is not None and figures["impressions"]
            ]
            if not found:
                continue
            counts = {name: sum(figures[name] for figures in found) for name in METRICS}
            names = {**thing, "date_start": first.isoformat(), "date_stop": last.isoformat()}
            for marks, part in _parts(world, order.breakdowns, counts, str(thing)):
                if part["impressions"]:
                    yield {**names, **marks, **_measures(account, order, part)}


def _things(world: World, account: Account, order: Order) -> Iterator[tuple[Row, Sequence[int]]]:
    known = world.account(account)
    common = {"account_id": account.id, "account_name": known["name"], "account_currency": known["currency"]}
    if order.level == "account":
        yield common, range(world.ads)
        return
    size = ADS_AT[order.level]
    for number in range(world.ads // size):
        made = MAKERS[order.level](world, account, number)
        status = made["effective_status"]
        if status not in order.statuses if order.statuses is not None else status in {"ARCHIVED", "DELETED"}:
            continue
        ad = number * size
        parents = {"campaign": ad // ADS_AT["campaign"], "adset": ad // ADS_AT["adset"], "ad": ad}
        names: Row = {}
        for level in ("campaign", "adset", "ad")[: ("campaign", "adset", "ad").index(order.level) + 1]:
            above = MAKERS[level](world, account, parents[level])
            names |= {f"{level}_id": above["id"], f"{level}_name": above["name"]}
        more = {"objective": "OUTCOME_SALES", "buying_type": "AUCTION"}
        dates = {"created_time": made["created_time"][:10], "updated_time": made["updated_time"][:10]}
        yield {**common, **names, **more, **(dates if order.level == "ad" else {})}, range(ad, ad + size)


def _parts(
    world: World, breakdowns: Sequence[str], counts: Mapping[str, int], key: str
) -> Iterator[tuple[Row, Mapping[str, int]]]:
    """The counts, shared out among what they are broken down by; what is left over goes to the first."""
    if not breakdowns:
        yield {}, counts
        return
    marks = list(product(*(VALUES.get(breakdown, ("unknown",)) for breakdown in breakdowns)))
    weights = world.draw.fractions(len(marks), "parts", key, *breakdowns)
    whole = sum(weights)
    shares = [{name: int(count * weight / whole) for name, count in counts.items()} for weight in weights]
    for name, count in counts.items():
        shares[0][name] += count - sum(share[name] for share in shares)
    for values, share in zip(marks, shares, strict=True):
        yield dict(zip(breakdowns, values, strict=True)), share


def _measures(account: Account, order: Order, counts: Mapping[str, int]) -> Row:
    """What a row says besides its names; what is zero is left out, as Meta does, impressions and spend apart."""
    unit = account.market.smallest_micros
    impressions, clicks, reach = counts["impressions"], counts["clicks"], counts["reach"]
    spend = counts["spend"] // unit * unit / MICROS
    links, purchases = clicks // 2, counts["purchases"]
    measures: Row = {
        "impressions": impressions, "clicks": clicks, "spend": spend, "cpm": round(1_000 * spend / impressions, 6),
        "ctr": round(100 * clicks / impressions, 6), "social_spend": 0,
    }  # fmt: skip
    if clicks:
        measures["cpc"] = round(spend / clicks, 6)
    if reach:
        measures |= {"reach": reach, "frequency": round(impressions / reach, 6)}
    if links:
        measures |= {"inline_link_clicks": links, "inline_link_click_ctr": round(100 * links / impressions, 6)}
        measures |= {"unique_clicks": links}
    values: dict[str, dict[str, float]] = {
        "actions": {"link_click": links, "page_engagement": clicks, "purchase": purchases},
        "action_values": {"purchase": round(12.5 * purchases, 2)},
        "unique_actions": {"link_click": links},
        "outbound_clicks": {"outbound_click": links},
        "purchase_roas": {"omni_purchase": round(12.5 * purchases / spend, 6) if spend else 0},
        "video_play_actions": {"video_view": clicks},
        "cost_per_action_type": {"link_click": round(spend / links, 6) if links else 0},
    }
    for name, found in values.items():
        if items := _items(order, found):
            measures[name] = items
    return measures


def _items(order: Order, found: Mapping[str, float]) -> list[dict[str, str]]:
    """A list of actions: texts all, with the windows asked for as further members."""
    if "action_type" not in order.action_breakdowns:
        found = {"": sum(found.values())}
    items = []
    for kind, value in found.items():
        names = {name: kind if name == "action_type" else f"{name} 1" for name in order.action_breakdowns}
        windows = {
            window: _text(int(value * WINDOWS[window]))
            for window in order.windows
            if window in WINDOWS and int(value * WINDOWS[window])
        }
        if value:
            items.append({**names, "value": _text(value), **windows})
    return items


def as_texts(row: Row) -> Row:
    """A row as it is written: every number a text."""
    return {name: value if isinstance(value, str | list) else _text(value) for name, value in row.items()}


def _text(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.6f}".rstrip("0").rstrip(".")
