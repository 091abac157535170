"""Orders of version 3 reports, as Amazon takes and refuses them, and the rows that come of them.

https://advertising.amazon.com/API/docs/en-us/guides/reporting/v3/get-started and .../report-types (read 2026-11).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.accounts import WITHOUT_CENTS
from dif_sandbox.sim.amazon_ads._errors import refused
from dif_sandbox.sim.amazon_ads._world import PRODUCTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from dif_sandbox.sim.amazon_ads._world import Row, World
    from dif_sandbox.sim.world import Account

__all__ = ["Order", "read_order", "rows"]

_DOCUMENTED: Final = json.loads(files("dif_sandbox.sim.amazon_ads").joinpath("columns.json").read_bytes())
REPORTS: Final[Mapping[str, Any]] = _DOCUMENTED["reports"]
ATTRIBUTES: Final = frozenset(_DOCUMENTED["attributes"])
INTEGERS: Final = frozenset(_DOCUMENTED["integer"])
MEMBERS: Final = frozenset({"adProduct", "groupBy", "columns", "reportTypeId", "timeUnit", "format", "filters"})
MOST_ADVERTISERS: Final = 100
SHARES: Final = {"1d": 0.5, "7d": 0.75, "14d": 0.9, "30d": 1.0}
"""How many of the sales of 30 days come in sooner."""


@dataclass(frozen=True, slots=True)
class Order:
    """What was ordered."""

    type_id: str
    group_by: tuple[str, ...]
    columns: tuple[str, ...]
    first: date
    last: date
    advertisers: tuple[str, ...] = ()

    @property
    def product(self) -> str:
        """Whose figures these are."""
        return next(product for product in PRODUCTS if self.type_id.startswith(product))


def read_order(given: Mapping[str, Any], today: date) -> Order:
    """The order in a body; raises Refusal for whatever is wrong with it. ``today`` is the profile's."""
    asked = given.get("configuration")
    if not isinstance(asked, dict) or given.keys() - {"name", "startDate", "endDate", "configuration"}:
        raise refused(400, "configuration is missing, or there are fields that are not known")
    if unknown := asked.keys() - MEMBERS:
        raise refused(400, f"configuration has no field {', '.join(sorted(unknown))}")
    known = REPORTS.get(str(asked.get("reportTypeId")))
    if known is None or asked.get("adProduct") != known["product"]:
        raise refused(
            400, f"configuration reportTypeId {asked.get('reportTypeId')} is not supported for the ad product"
        )
    if asked.get("timeUnit") != "DAILY" or asked.get("format") != "GZIP_JSON":
        raise refused(400, "only DAILY reports as GZIP_JSON are simulated")
    advertisers = _advertisers(asked.get("filters") or [], known["product"])
    first, last = _days(given, today, known)
    order = Order(
        asked["reportTypeId"], tuple(asked.get("groupBy") or ()), tuple(asked.get("columns") or ()), first, last,
        advertisers,
    )  # fmt: skip
    _check_columns(order, known)
    return order


def _advertisers(filters: Sequence[Mapping[str, Any]], product: str) -> tuple[str, ...]:
    """Whom a report of the DSP is about: it must say so, and no other report may."""
    if product != "DEMAND_SIDE_PLATFORM":
        if filters:
            raise refused(400, "reports with filters are simulated for the DSP only")
        return ()
    named = [each.get("values") or [] for each in filters if each.get("field") == "advertiserId"]
    if len(filters) != 1 or len(named) != 1 or not 1 <= len(named[0]) <= MOST_ADVERTISERS:
        raise refused(400, "configuration filters: advertiserId is required, with 1 to 100 values")
    return tuple(map(str, named[0]))


def _days(given: Mapping[str, Any], today: date, known: Mapping[str, Any]) -> tuple[date, date]:
    try:
        first, last = (date.fromisoformat(str(given[name])) for name in ("startDate", "endDate"))
    except (KeyError, ValueError) as wrong:
        raise refused(400, "startDate and endDate are days as YYYY-MM-DD") from wrong
    if last < first or last > today + timedelta(days=1):
        raise refused(400, "endDate is before startDate, or later than today")
    if (last - first).days >= known["most"]:
        raise refused(400, f"the date range must not exceed {known['most']} days")
    if first < today - timedelta(days=known["retention"]):
        raise refused(
            400, f"Report date is too far in the past. Reports are only available for {known['retention']} days."
        )
    return first, last


def _check_columns(order: Order, known: Mapping[str, Any]) -> None:
    groups: Mapping[str, Sequence[str]] = known["groups"]
    if not order.group_by or set(order.group_by) - groups.keys() - {"campaign"}:
        raise refused(400, f"configuration groupBy is not one of {', '.join(groups)}")
    if "supplySource" in groups and not {"supplySource", "site"} & set(order.group_by):
        raise refused(400, "configuration groupBy must hold supplySource or site")
    allowed = {column for group in order.group_by for column in groups.get(group, ())}
    if "startDate" in order.columns or "endDate" in order.columns:
        raise refused(400, "configuration startDate and endDate are not supported columns for DAILY time unit.")
    if unknown := set(order.columns) - allowed:
        raise refused(400, f"configuration columns includes invalid values: ({', '.join(sorted(unknown))}).")
    if not order.columns or "date" not in order.columns:
        raise refused(400, "configuration columns is empty, or has no date")


def rows(world: World, account: Account, order: Order, now: datetime) -> Iterator[Row]:
    """The rows of an order as they are known at `now` (in the profile's zone); a day is a text."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    attributes = [column for column in order.columns if column in ATTRIBUTES]
    days = [order.first + timedelta(days=number) for number in range((order.last - order.first).days + 1)]
    for slot in world.slots(account, order.product):
        if order.advertisers and slot.attributes["advertiserId"] not in order.advertisers:
            continue
        words = tuple(slot.attributes.get(name) for name in attributes)
        for day in days:
            found = world.figures.row(slot.name, day, now)
            if found is None:
                continue
            sums = groups.setdefault((day.isoformat(), *words), [0] * len(found))
            for place, number in enumerate(found.values()):
                sums[place] += number
    has_cents = account.market.currency not in WITHOUT_CENTS
    for key in sorted(groups, key=str):
        figures = {
            name: _figure(name, groups[key], has_cents=has_cents)
            for name in order.columns
            if name not in ATTRIBUTES and name != "date"
        }
        yield {"date": key[0], **dict(zip(attributes, key[1:], strict=True)), **figures}


def _figure(name: str, sums: Sequence[int], *, has_cents: bool) -> float | int | None:  # noqa: PLR0911 - a table
    impressions, clicks, cents, conversions, revenue = sums
    share = next((part for end, part in SHARES.items() if name.endswith(end) and not name.endswith(f"1{end}")), 1.0)
    if name in {"impressions", "grossImpressions", "impressionsViews"}:
        return impressions
    if name in {"clicks", "grossClickThroughs"}:
        return clicks
    if name in {"cost", "totalCost"}:
        return cents / 100 if has_cents else cents // 100
    if name.startswith(("purchases", "orders", "unitsSold", "conversions")) and "Other" not in name:
        return int(conversions * share)
    if name.startswith(("sales", "attributedSales")) and "Other" not in name:
        money = int(revenue * share)
        return money / 100 if has_cents else money // 100
    if name in {"costPerClick", "clickThroughRate"}:
        above, below = (cents / 100, clicks) if name == "costPerClick" else (100 * clicks, impressions)
        return round(above / below, 4) if below else None
    if name in {"campaignBudgetAmount", "keywordBid"}:
        return 12.5
    return 0 if name in INTEGERS else None
