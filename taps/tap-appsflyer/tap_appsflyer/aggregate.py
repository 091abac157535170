"""Figures of users by the day they came: https://dev.appsflyer.com/hc/reference (Aggregate Pull API, read 2026-11)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dif_kit.budget import Budget
from dif_kit.decode import Cells, ColumnNames, CsvRecords, Gathered, Lifted
from dif_kit.tap import COLUMN_TYPES, Window, schema_of

from tap_appsflyer._facts import CALLS, FIGURES, NAMES, VERSION, quota
from tap_appsflyer.apps import OfApp

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["AGGREGATE_REPORTS", "OF_FACEBOOK", "AggregateReport", "aggregate"]

#: Figures of the app's own events, three columns each; money is in the app's currency, whatever the header says.
_EVENT: Final = r"(?P<name>.+) \((?P<kind>Unique users|Event counter|Sales)(?: in [A-Z]{3})?\)"
#: Columns that there are of Facebook alone, if its figures are asked for alone.
OF_FACEBOOK: Final = ("campaign_id", "adset_id", "adset", "adgroup_id", "adgroup")
_KEYS: Final = ("af_prt", "media_source", "campaign")


class AggregateReport(OfApp):
    """What the aggregate reports share.

    A row is about the users who came on its day, and what they did since: revenue, sessions and events grow for as
    long as they use the app. Costs are corrected for weeks.
    """

    max_rows = 200_000  # AppsFlyer's usual limit of an answer; none is published for these
    replication_key = "date"
    replication_format = "date"
    # A look-back's days and the day itself in one request: three days or more are counted by the day, fewer by the
    # minute. No most is published.
    window = Window(days=31, lookback_days=30, zone="{time_zone}")


_FILE: Final = CsvRecords(header_has="Media Source (pid)", names=ColumnNames(NAMES, kept=_EVENT))
_ASKED: Final = {"from": "{start}", "to": "{end}", "timezone": "{time_zone}", "currency": "preferred"}
_RETARGETING: Final = {"reattr": "true"}
#: Figures that a report has not got, by its name, and by whether it is about retargeting.
_NOT_IN: Final[Mapping[str | bool, frozenset[str]]] = {
    "partners_by_date_report": frozenset(),
    "geo_by_date_report": frozenset(),
    "daily_report": frozenset({"total_revenue", "roi", "arpu", "events"}),
    True: frozenset({"impressions", "installs"}),
    False: frozenset({"conversions"}),
}
#: Name -> meaning, AppsFlyer's name, what is in the key besides, further parameters. The day's own key are agency,
#: media source and campaign; retargeting tells re-engagements from re-attributions.
_REPORTS: Final[dict[str, tuple[str, str, tuple[str, ...], Mapping[str, str]]]] = {
    "partners_report": ("campaigns, with revenue and events", "partners_by_date_report", (), {}),
    "daily_report": ("campaigns, with costs", "daily_report", (), {}),
    "geo_report": ("campaigns in each country, with revenue and events", "geo_by_date_report", ("country",), {}),
    "retargeting_partners_report": (
        "retargeting campaigns, with revenue and events",
        "partners_by_date_report",
        ("conversion_type",),
        _RETARGETING,
    ),
    "retargeting_daily_report": (
        "retargeting campaigns, with costs",
        "daily_report",
        ("conversion_type",),
        _RETARGETING,
    ),
    "retargeting_geo_report": (
        "retargeting campaigns in each country, with revenue and events",
        "geo_by_date_report",
        ("country", "conversion_type"),
        _RETARGETING,
    ),
}


def aggregate(name: str, *more: str, **asked: str) -> dict[str, Any]:
    """The facts of an aggregate report by its stream's name, with more of what tells rows apart, and parameters."""
    meaning, report, own, params = _REPORTS[name]
    named = (*_KEYS, *own, *more)
    primary = ("app_id", "date", *named)
    known = {**FIGURES, **dict.fromkeys(primary, COLUMN_TYPES["string"]), "date": COLUMN_TYPES["date"]}
    figures = tuple(name for name in FIGURES if name not in _NOT_IN[report] | _NOT_IN["reattr" in params])
    numbers = frozenset(figures) - {"events"}
    rows = Gathered(_FILE, _EVENT, name="event", into="events", blank="N/A") if "events" in figures else _FILE
    return {
        "__doc__": f"Users of {meaning}.",
        "path": f"/api/agg-data/export/app/{{app_id}}/{report}/{VERSION}",
        "params": {
            "from": "{start}",
            "to": "{end}",
            "timezone": "{time_zone}",
            "currency": "preferred",
            **params,
            **asked,
        },
        "budgets": (CALLS, *_quotas(report)),
        "primary_keys": primary,
        "schema": schema_of(known, (*primary, *figures), keys=primary),
        "records": Cells(
            Lifted(rows, groups=(), blank="N/A", figures=numbers),
            numbers=numbers,
            absent=dict.fromkeys(named, ""),
        ),
    }


def _quotas(report: str) -> tuple[Budget, ...]:
    """What one report may be asked for: https://support.appsflyer.com/hc/en-us/articles/207034366 (read 2026-11).

    Up to two days: once a minute for each app. Three or more: 24 times a day for each app, 120 for each account. Both
    are kept whatever the days, since a request may be cut to fewer. Retargeting counts with the report that it is of.
    """
    return (quota(report, "1/min", "24/day@UTC"), Budget(f"appsflyer.account.{report}", ("120/day@UTC",)))


def _made(name: str) -> type[AggregateReport]:
    facts = {"name": name, "__module__": __name__, **aggregate(name)}
    return type(name.title().replace("_", ""), (AggregateReport,), facts)


#: Name of a stream -> it.
AGGREGATE_REPORTS: Final = {name: _made(name) for name in _REPORTS}
