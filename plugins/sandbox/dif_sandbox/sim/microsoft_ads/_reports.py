"""Orders of reports, as the Reporting service takes and refuses them, and the rows that come of them.

https://learn.microsoft.com/advertising/guides/reports and .../reporting-service (read 2026-11).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from dif_sandbox.sim.microsoft_ads._errors import refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dif_sandbox.sim.microsoft_ads._world import Row, Slot, World
    from dif_sandbox.sim.world import Account

__all__ = ["FIGURES", "KINDS", "SHARES", "Order", "last_completed", "read_order", "rows"]

_COLUMNS: Final = json.loads(files("dif_sandbox.sim.microsoft_ads").joinpath("columns.json").read_bytes())
KINDS: Final[Mapping[str, Sequence[str]]] = _COLUMNS["reports"]
INTEGERS: Final = frozenset(_COLUMNS["integer"])
FIGURES: Final = INTEGERS | set(_COLUMNS["number"])
#: Microsoft's words for zones, as the Reporting service spells them.
ZONES: Final = {
    "Arizona": "America/Phoenix",
    "OsakaSapporoTokyo": "Asia/Tokyo",
    "AthensIslandanbulMinsk": "Europe/Athens",
    "PacificTimeUSCanadaTijuana": "America/Los_Angeles",
    "GreenwichMeanTimeDublinEdinburghLisbonLondon": "Europe/London",
}
SHARES: Final = frozenset(name for name in FIGURES if "ImpressionShare" in name or "ImpressionLost" in name) | {
    "AbsoluteTopImpressionRatePercent",
    "TopImpressionRatePercent",
    "ClickSharePercent",
    "RelativeCtr",
}
NEVER_WITH: Final = frozenset({"BidMatchType", "DeviceOS", "Goal", "GoalType", "TopVsOther"})
RESTRICTED: Final = ("AccountPerformance", "CampaignPerformance", "AdGroupPerformance")
MEMBERS: Final = {
    "Type", "ReportName", "Format", "FormatVersion", "ExcludeColumnHeaders", "ExcludeReportHeader", "Columns", "Scope",
    "ExcludeReportFooter", "ReturnOnlyCompleteData", "Time", "Aggregation", "Filter",
}  # fmt: skip
LATE: Final = timedelta(hours=3)
"""So long after an hour all clicks and conversions of it are processed."""
WITHOUT_WORD: Final = frozenset({"CampaignLabels", "AdGroupLabels", "AdLabels", "KeywordLabels", "AdStrength"}) | {
    "AdDescription", "AdDescription2", "TitlePart1", "TitlePart2", "TitlePart3", "CustomerId", "CustomerName",
    "MarketingObjective", "Currency",
}  # fmt: skip
"""Attributes that an account here has nothing in, and that tell no rows apart."""


@dataclass(frozen=True, slots=True)
class Order:
    """What was ordered."""

    kind: str
    columns: tuple[str, ...]
    aggregation: str
    account: str
    first: date
    last: date
    zone: str
    has_header: bool = True
    has_footer: bool = True
    has_columns: bool = True
    name: str = ""

    @property
    def day(self) -> str:
        """The column of the day."""
        return "Date" if self.kind == "BudgetSummary" else "TimePeriod"

    @property
    def is_hourly(self) -> bool:
        """Whether a row is about an hour."""
        return self.aggregation == "Hourly"


def read_order(given: Any, now: datetime) -> Order:  # noqa: ANN401 - a body
    """The order in a body; raises Refusal with the service's code for whatever is wrong with it."""
    if not isinstance(given, dict):
        raise refused(2001, "The report request is null.")
    if unknown := given.keys() - MEMBERS:
        raise refused(201, f"There is no element {', '.join(sorted(unknown))}.")
    kind = str(given.get("Type", "")).removesuffix("ReportRequest")
    if kind not in KINDS or not str(given["Type"]).endswith("ReportRequest"):
        raise refused(2002, "The report request type is not valid.")
    aggregation = given.get("Aggregation", "Daily")
    if aggregation not in {"Daily", "Hourly"} or (kind == "BudgetSummary" and "Aggregation" in given):
        raise refused(204, f"Aggregation {aggregation} is not simulated, or not had here.")
    if given.get("Format", "Csv") != "Csv" or given.get("FormatVersion") != "2.0":
        raise refused(204, "Only Csv in format version 2.0 is simulated.")
    accounts = (given.get("Scope") or {}).get("AccountIds")
    if not accounts or len(accounts) != 1:
        raise refused(2026, "The account report scope does not contain account identifiers.")
    first, last, word = _days(given.get("Time"), now)
    if given.get("ReturnOnlyCompleteData") and last_completed(now).astimezone(ZoneInfo(ZONES[word])).date() <= last:
        raise refused(2004, "You requested complete data, and only partial data is available.")
    header, footer, columns = (
        not given.get(f"Exclude{part}") for part in ("ReportHeader", "ReportFooter", "ColumnHeaders")
    )
    order = Order(
        kind, tuple(given.get("Columns") or ()), aggregation, str(accounts[0]), first, last, ZONES[word], header,
        footer, columns, str(given.get("ReportName", kind)),
    )  # fmt: skip
    _check_columns(order)
    return order


def _check_columns(order: Order) -> None:
    columns, asked = order.columns, set(order.columns)
    if not columns:
        raise refused(2014, "The list of columns cannot be null or empty.")
    if len(asked) < len(columns):
        raise refused(2016, "The list of columns contains duplicates.")
    if unknown := asked - set(KINDS[order.kind]):
        raise refused(201, f"Invalid value {min(unknown)} in the list of columns.")
    if order.day not in asked:
        raise refused(2015, f"The list of columns must contain {order.day}.")
    if not asked & FIGURES:
        raise refused(2017, "The report request does not specify at least one measurement column.")
    if order.kind in RESTRICTED and asked & SHARES and asked & NEVER_WITH:
        raise refused(2064, f"{min(asked & SHARES)} cannot be had with {min(asked & NEVER_WITH)}.")
    if order.is_hourly and any(column.startswith("Historical") for column in asked):
        raise refused(2054, "Historical columns are available only with daily aggregation.")
    if order.kind in RESTRICTED and order.is_hourly and asked & SHARES:
        raise refused(2053, "The impression share columns are not available for the aggregation.")


def _days(given: Any, now: datetime) -> tuple[date, date, str]:  # noqa: ANN401 - a body
    if not isinstance(given, dict) or "PredefinedTime" in given:
        raise refused(2008, "The report time is null, or predefined, which is not simulated.")
    word = given.get("ReportTimeZone", "PacificTimeUSCanadaTijuana")
    if word not in ZONES:
        raise refused(201, f"Invalid value {word} of ReportTimeZone.")
    found = []
    for name, code in (("CustomDateRangeStart", 2009), ("CustomDateRangeEnd", 2010)):
        parts = given.get(name) or {}
        try:
            found.append(date(parts["Year"], parts["Month"], parts["Day"]))
        except (KeyError, TypeError, ValueError) as wrong:
            raise refused(code, f"{name} is not valid.") from wrong
    first, last = found
    if last < first:
        raise refused(2011, "The end date cannot be earlier than the start date.")
    if last > now.astimezone(ZoneInfo(ZONES[word])).date():
        raise refused(2010, "The end date cannot be later than today.")
    return first, last, word


def last_completed(now: datetime) -> datetime:
    """Until when everything is processed."""
    return now - LATE


def rows(world: World, account: Account, order: Order, now: datetime) -> Iterator[Row]:
    """The rows of an order as they are known at `now` (in the account's zone), typed; a day is a date."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    attributes = [column for column in order.columns if column not in FIGURES and column != order.day]
    for slot, day, hour, found in _counted(world, account, order, now):
        key = (day, hour, *(slot.attributes.get(name) for name in attributes))
        sums = groups.setdefault(key, [0] * len(found))
        for place, number in enumerate(found.values()):
            sums[place] += number
    for key in sorted(groups, key=str):
        words = key[2:]
        told = {
            name: word if word is not None else _nothing(name) for name, word in zip(attributes, words, strict=True)
        }
        figures = {name: _figure(name, groups[key]) for name in order.columns if name in FIGURES}
        yield {order.day: key[0], **({"Hour": key[1]} if order.is_hourly else {}), **told, **figures}


def _nothing(name: str) -> str | None:
    return None if name in WITHOUT_WORD else ""


def _counted(
    world: World, account: Account, order: Order, now: datetime
) -> Iterator[tuple[Slot, date, int, dict[str, int]]]:
    """What each slot did, by the day and the hour of the zone that was asked for."""
    asked, own = ZoneInfo(order.zone), account.market.zone
    margin = timedelta(days=0 if str(own) == order.zone else 1)
    span = (order.last - order.first + 2 * margin).days
    for slot in world.slots(account):
        for number in range(span + 1):
            day = order.first - margin + timedelta(days=number)
            found = world.figures.row(slot.name, day, now)
            if found is None:
                continue
            hour = world.draw.bits("hour", slot.name, day) % (now.hour + 1 if day == now.date() else 24)
            if margin:
                moment = datetime.combine(day, time(hour), own).astimezone(asked)
                day, hour = moment.date(), moment.hour
            if order.first <= day <= order.last:
                yield slot, day, hour if order.is_hourly else 0, found


def _figure(name: str, sums: Sequence[int]) -> float | int | None:  # noqa: PLR0911 - a table of formulas
    impressions, clicks, cents, conversions, revenue = sums
    plain = name.removeprefix("All")
    if name in {"Impressions", "Clicks"}:
        return impressions if name == "Impressions" else clicks
    if name in {"Spend", "DailySpend", "MonthToDateSpend", "ExtendedCost"}:
        return cents / 100
    if plain in {"Conversions", "ConversionsQualified"}:
        return conversions
    if plain == "Revenue":
        return revenue / 100
    if name in SHARES:
        return None if not impressions else (impressions * 37 + clicks) % 10_000 / 100
    ratios = {
        "Ctr": (100 * clicks, impressions),
        "ConversionRate": (100 * conversions, clicks),
        "AverageCpc": (cents / 100, clicks),
        "AverageCpm": (10 * cents, impressions),
        "CostPerConversion": (cents / 100, conversions),
        "RevenuePerConversion": (revenue / 100, conversions),
        "ReturnOnAdSpend": (revenue, cents),
    }
    if plain in ratios:
        above, below = ratios[plain]
        return round(above / below, 2) if below else None
    return 0 if name in INTEGERS else None
