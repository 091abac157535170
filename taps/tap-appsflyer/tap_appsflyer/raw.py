"""Raw data, a row for each install, event or click: https://dev.appsflyer.com/hc/reference (Raw data Pull API)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dif_kit.decode import ColumnNames, CsvRecords, Digested, Lifted, Numbered, Parsed
from dif_kit.tap import Moments, Window, schema_of

from tap_appsflyer._facts import ADDITIONAL, CALLS, NAMES, RAW, VERSION, quota
from tap_appsflyer.apps import OfApp

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["RAW_REPORTS", "RawReport", "raw"]

# So many at most in one answer, if asked for; what is beyond is cut off without a word.
_MOST_ROWS: Final = 1_000_000
# "Raw reports historical lookback is limited to 90 days": one day is left for runs that last over midnight.
_KEPT_DAYS: Final = 89
_FILE: Final = CsvRecords(
    header_has="App ID", nulls=frozenset({"", "null", "NULL", "None", "N/A"}), names=ColumnNames(NAMES)
)
#: What one thing that happened is known by; it has no id. What may be corrected later, such as costs, is not in it.
_WHAT_HAPPENED: Final = (
    "appsflyer_id",
    "install_time",
    "event_time",
    "event_name",
    "event_value",
    "event_revenue",
    "app_version",
)


class RawReport(OfApp):
    """What the raw reports share. Late events arrive within two days, attributions are corrected for some more."""

    max_rows = _MOST_ROWS
    primary_keys = ("app_id", "row_id", "row_number")
    replication_key = "date"
    replication_format = "date"


_ANY_ADDITIONAL: Final = frozenset(name for names in ADDITIONAL.values() for name in names)
_ALWAYS: Final = tuple(name for name in RAW if name not in _ANY_ADDITIONAL)
_UTC: Final = "UTC"
#: Days of one request, where there are many rows; quotas count requests, so it is not one.
_DAYS: Final = {
    "in_app_events_report": 8,
    "organic_in_app_events_report": 8,
    "in-app-events-retarget": 8,
    "blocked_clicks_report": 8,
    "in-app-events-postbacks": 8,
    "retarget_in_app_events_postbacks": 8,
}
#: Uninstalls are found out up to eight days later; fraud, after an install was attributed, for longer.
_LOOKBACK_DAYS: Final = {
    "uninstall_events_report": 10,
    "organic_uninstall_events_report": 10,
    "detection": 30,
    "fraud-post-inapps": 30,
}
_INSTALLED: Final = {"moment": "install_time"}
_WITHOUT_ZONE: Final = {"zone": _UTC}
#: Name -> meaning, AppsFlyer's name, the moment whose day counts and the zone, where they are not the usual ones.
_REPORTS: Final[dict[str, tuple[str, str, Mapping[str, str]]]] = {
    "installs": ("Installs that are attributed to a media source", "installs_report", _INSTALLED),
    "in_app_events": ("Events of users that came by a media source", "in_app_events_report", {}),
    "uninstalls": ("Uninstalls by users that came by a media source", "uninstall_events_report", {}),
    "reinstalls": ("Installs by users that had the app before, by a media source", "reinstalls", {}),
    "organic_installs": ("Installs without a media source", "organic_installs_report", _INSTALLED),
    "organic_in_app_events": ("Events of users without a media source", "organic_in_app_events_report", {}),
    "organic_uninstalls": ("Uninstalls by users without a media source", "organic_uninstall_events_report", {}),
    "organic_reinstalls": ("Installs by users that had the app before", "reinstalls_organic", {}),
    "retargeting_conversions": ("Re-engagements and re-attributions", "installs-retarget", {}),
    "retargeting_in_app_events": ("Events within a re-engagement's window", "in-app-events-retarget", {}),
    "ad_revenue": ("Ad revenue of users that came by a media source", "ad_revenue_raw", _WITHOUT_ZONE),
    "organic_ad_revenue": ("Ad revenue of users without a media source", "ad_revenue_organic_raw", _WITHOUT_ZONE),
    "retargeting_ad_revenue": ("Ad revenue within a re-engagement", "ad-revenue-raw-retarget", _WITHOUT_ZONE),
    "blocked_installs": ("Installs that Protect360 blocked", "blocked_installs_report", _INSTALLED),
    "blocked_in_app_events": ("Events that Protect360 blocked", "blocked_in_app_events_report", {}),
    "blocked_clicks": (
        "Clicks that Protect360 blocked",
        "blocked_clicks_report",
        {"moment": "attributed_touch_time"},
    ),
    "blocked_install_postbacks": ("Postbacks about blocked installs", "blocked_install_postbacks", _INSTALLED),
    "post_attribution_installs": ("Attributed installs found to be fraud", "detection", _INSTALLED),
    "post_attribution_in_app_events": ("Events of installs found to be fraud", "fraud-post-inapps", {}),
    "install_postbacks": ("Postbacks about installs", "postbacks", _INSTALLED),
    "in_app_event_postbacks": ("Postbacks about events", "in-app-events-postbacks", {}),
    "retargeting_conversion_postbacks": ("Postbacks about re-engagements", "retarget_install_postbacks", {}),
    "retargeting_in_app_event_postbacks": (
        "Postbacks about events within a re-engagement's window",
        "retarget_in_app_events_postbacks",
        {},
    ),
}


def raw(name: str, **asked: str) -> dict[str, Any]:
    """The facts of a raw report by its stream's name, with further parameters."""
    meaning, report, special = _REPORTS[name]
    moment, zone = special.get("moment", "event_time"), special.get("zone", "{time_zone}")
    params = {
        "from": "{start}",
        "to": "{end}",
        "currency": "preferred",
        "maximum_rows": str(_MOST_ROWS),
        "additional_fields": ",".join(ADDITIONAL[report]),
    }
    keys = (*RawReport.primary_keys, "date")
    identity = tuple(dict.fromkeys((*_WHAT_HAPPENED, moment)))
    rows = Numbered(Digested(_FILE, "row_id", identity, is_text=True), "row_number", by="row_id")
    return {
        "__doc__": f"{meaning}.",
        "path": f"/api/raw-data/export/app/{{app_id}}/{report}/{VERSION}",
        "params": {**params, **({"timezone": zone} if zone != _UTC else {}), **asked},
        "budgets": (CALLS, quota(report)),
        "schema": schema_of(RAW, (*keys, *_ALWAYS, *ADDITIONAL[report]), keys=keys),
        "records": Parsed(Lifted(rows, groups=(), days={"date": moment}), ("event_value", "custom_data")),
        "window": Window(
            days=_DAYS.get(report, 30),
            lookback_days=_LOOKBACK_DAYS.get(report, 7),
            zone=zone,
            retention_days=_KEPT_DAYS,
            moments=Moments(moment),  # a range may say times, down to the second
        ),
    }


def _made(name: str) -> type[RawReport]:
    facts = {"name": name, "__module__": __name__, **raw(name)}
    return type(name.title().replace("_", ""), (RawReport,), facts)


#: Name of a stream -> it.
RAW_REPORTS: Final = {name: _made(name) for name in _REPORTS}
