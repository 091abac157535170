"""What a perfect tap holds as of the clock."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from dif_sandbox.sim.appsflyer._world import EVENTS, AggregateOrder, World

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["AGGREGATES", "RAW_REPORTS", "AppsFlyerTruth", "order_of"]

RAW_REPORTS: Final = {
    "installs": "installs_report",
    "in_app_events": "in_app_events_report",
    "uninstalls": "uninstall_events_report",
    "reinstalls": "reinstalls",
    "organic_installs": "organic_installs_report",
    "organic_in_app_events": "organic_in_app_events_report",
    "organic_uninstalls": "organic_uninstall_events_report",
    "organic_reinstalls": "reinstalls_organic",
    "retargeting_conversions": "installs-retarget",
    "retargeting_in_app_events": "in-app-events-retarget",
    "ad_revenue": "ad_revenue_raw",
    "organic_ad_revenue": "ad_revenue_organic_raw",
    "retargeting_ad_revenue": "ad-revenue-raw-retarget",
    "blocked_installs": "blocked_installs_report",
    "blocked_in_app_events": "blocked_in_app_events_report",
    "blocked_clicks": "blocked_clicks_report",
    "blocked_install_postbacks": "blocked_install_postbacks",
    "post_attribution_installs": "detection",
    "post_attribution_in_app_events": "fraud-post-inapps",
    "install_postbacks": "postbacks",
    "in_app_event_postbacks": "in-app-events-postbacks",
    "retargeting_conversion_postbacks": "retarget_install_postbacks",
    "retargeting_in_app_event_postbacks": "retarget_in_app_events_postbacks",
}
"""Stream -> report of raw data."""
AGGREGATES: Final = {
    "partners_report": ("partners_by_date_report", False),
    "daily_report": ("daily_report", False),
    "geo_report": ("geo_by_date_report", False),
    "retargeting_partners_report": ("partners_by_date_report", True),
    "retargeting_daily_report": ("daily_report", True),
    "retargeting_geo_report": ("geo_by_date_report", True),
}
"""Stream -> aggregate report, and whether it is about retargeting."""
_KEYS: Final = {"date", "af_prt", "media_source", "campaign", "country", "conversion_type"}
_NONE: Final = {"", "null", "None"}
_NUMBERS: Final = {"event_revenue", "event_revenue_preferred", "af_cost_value"}
_BOOLEANS: Final = {"wifi", "is_retargeting", "is_primary_attribution", "is_receipt_validated"}
_HAPPENED: Final = (
    "appsflyer_id",
    "install_time",
    "event_time",
    "event_name",
    "event_value",
    "event_revenue",
    "app_version",
)


class AppsFlyerTruth:
    """The rows of every stream by the tap's names, with the key that decision 24 gives to raw rows."""

    def __init__(self, world: World) -> None:
        self._world = world

    def streams(self, client: str) -> Sequence[str]:
        """The names of a client's streams.

        Raises:
            LookupError: an unknown client.
        """
        if client not in self._world.accounts:
            raise LookupError(client)
        return ("apps", *RAW_REPORTS, *AGGREGATES)

    def rows(self, client: str, stream: str, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """The rows of a stream; all but apps take ``start_date`` and ``end_date``.

        Raises:
            LookupError: an unknown client or stream.
            ValueError: no days.
        """
        if stream not in self.streams(client):
            raise LookupError(stream)
        if stream == "apps":
            return iter([self._world.app(account) for account in self._world.accounts[client]])
        try:
            first, last = (date.fromisoformat(query[name]) for name in ("start_date", "end_date"))
        except KeyError as missing:
            message = f"reports need {missing.args[0]}"
            raise ValueError(message) from missing
        if stream in RAW_REPORTS:
            return self._raw(client, RAW_REPORTS[stream], first, last)
        return self._aggregate(client, order_of(AGGREGATES[stream], first, last))

    def _raw(self, client: str, report: str, first: date, last: date) -> Iterator[dict[str, Any]]:
        moment = _moment_of(report)
        identity = tuple(dict.fromkeys((*_HAPPENED, moment)))
        for account in self._world.accounts[client]:
            zone = ZoneInfo("UTC") if "revenue" in report else account.market.zone
            seen: Counter[str] = Counter()
            for _, row in self._world.raw(account, report, first, last, zone):
                held = {name: None if value in _NONE else value for name, value in row.items()}
                said = json.dumps([held.get(name) for name in identity], separators=(",", ":"), ensure_ascii=False)
                digest = hashlib.blake2b(said.encode(), digest_size=16).hexdigest()
                seen[digest] += 1
                typed = {name: _typed(name, value) for name, value in held.items() if value is not None}
                yield {**typed, "date": row[moment][:10], "row_id": digest, "row_number": seen[digest]}

    def _aggregate(self, client: str, order: AggregateOrder) -> Iterator[dict[str, Any]]:
        gone = {"impressions", "installs"} if order.is_retargeting else {"conversions", "conversion_type"}
        events = {
            f"{event} ({kind})": (event, name)
            for event in EVENTS
            for kind, name in {
                "Unique users": "unique_users",
                "Event counter": "event_counter",
                "Sales in USD": "sales",
            }.items()
        }
        for account in self._world.accounts[client]:
            for row in self._world.aggregate(account, order):
                held: dict[str, Any] = {"app_id": account.id}
                gathered: dict[str, dict[str, Any]] = {}
                for name, value in row.items():
                    if name in gone or value == "N/A":
                        continue
                    if name in events:
                        event, kind = events[name]
                        gathered.setdefault(event, {"event": event})[kind] = float(value)
                    else:
                        held[name] = value if name in _KEYS else float(value)
                yield {**held, "events": list(gathered.values())} if order.has_revenue else held


def order_of(report: tuple[str, bool], first: date, last: date) -> AggregateOrder:
    """What an aggregate report of these days is about."""
    name, is_retargeting = report
    return AggregateOrder(first, last, name.startswith("geo"), is_retargeting, has_revenue=name != "daily_report")


def _moment_of(report: str) -> str:
    if "clicks" in report:
        return "attributed_touch_time"
    about_installs = {"installs_report", "organic_installs_report", "blocked_installs_report", "detection", "postbacks"}
    return "install_time" if report in {*about_installs, "blocked_install_postbacks"} else "event_time"


def _typed(name: str, value: str) -> Any:  # noqa: ANN401 - JSON holds anything
    if name in _NUMBERS:
        return float(value)
    if name in _BOOLEANS:
        return value == "true"
    return json.loads(value) if name == "event_value" else value
