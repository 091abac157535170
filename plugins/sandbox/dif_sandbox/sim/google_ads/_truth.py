"""What a perfect tap would have loaded as of the clock, by the names that such a tap's streams have."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.google_ads._catalog import FIELDS, RESOURCES
from dif_sandbox.sim.google_ads._figures import days_of
from dif_sandbox.sim.google_ads._gaql import Condition, Query
from dif_sandbox.sim.google_ads._run import rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dif_sandbox.sim.google_ads._world import World

__all__ = ["Asked", "GoogleAdsTruth"]

Row = dict[str, Any]

DATE: Final = "segments.date"
HOUR: Final = "segments.hour"
DEFAULT_DAYS: Final = 30

#: Figures by day, by the names that AdWords had given to most of them, with the resource that has them now.
REPORTS: Final = {
    "account_performance_report": "customer",
    "campaign_performance_report": "campaign",
    "campaign_hourly_report": "campaign",
    "ad_group_performance_report": "ad_group",
    "ad_performance_report": "ad_group_ad",
    "keyword_performance_report": "keyword_view",
    "search_term_report": "search_term_view",
    "geographic_report": "geographic_view",
    "user_location_report": "user_location_view",
    "age_range_report": "age_range_view",
    "gender_report": "gender_view",
    "display_keyword_report": "display_keyword_view",
    "topic_report": "topic_view",
    "managed_placement_report": "managed_placement_view",
    "landing_page_report": "landing_page_view",
    "shopping_performance_report": "shopping_performance_view",
    "click_view": "click_view",
}
LISTS: Final = tuple(name for name in RESOURCES if not name.endswith("_view"))
#: Lists of some things of a resource, with the conditions that they meet.
PARTS: Final = {
    "account": (
        "customer_client",
        (
            Condition("customer_client.manager", "=", ("FALSE",)),
            Condition("customer_client.status", "=", ("ENABLED",)),
        ),
    ),
    "ad_listing_group_criterion": (
        "ad_group_criterion",
        (Condition("ad_group_criterion.type", "=", ("LISTING_GROUP",)),),
    ),
}
OF_MANAGER: Final = ("customer_client", "account", "geo_target_constant", "user_interest")


class Asked:
    """What each client asked for last of a resource: without days, by day, by hour; with and without conditions."""

    def __init__(self) -> None:
        self._latest: dict[tuple[str, str, str, bool], Query] = {}

    def note(self, client: str, query: Query) -> None:
        """Keep what was asked for."""
        restricted = any(condition.field != DATE for condition in query.conditions)
        grain = next((name for name in (HOUR, DATE) if name in query.fields), "")
        self._latest[client, query.resource, grain, restricted] = query

    def latest(self, client: str, resource: str, *, grain: str, is_restricted: bool = False) -> Query | None:
        """The latest query of a kind."""
        return self._latest.get((client, resource, grain, is_restricted))


class GoogleAdsTruth:
    """The truth of every client, over all its enabled customers.

    Columns are fields with ``_`` for ``.``; what is not set is null. Which fields: ``columns`` (separated by commas),
    without it those that the client asked for last. Dated streams take ``start_date`` (30 days ago without one) and
    ``end_date`` (each customer's own today without one).
    """

    def __init__(self, world: World, asked: Asked) -> None:
        self._world, self._asked = world, asked

    def streams(self, client: str) -> Sequence[str]:
        """The names of a client's streams: every client has them all.

        Raises:
            LookupError: an unknown client.
        """
        if client not in self._world.hierarchies:
            raise LookupError(client)
        return (*PARTS, *LISTS, *REPORTS)

    def rows(self, client: str, stream: str, query: Mapping[str, str]) -> Iterator[Row]:
        """The rows of a stream.

        Raises:
            LookupError: an unknown client or stream.
            ValueError: a date is none, or a column is unknown.
        """
        if stream not in self.streams(client):
            raise LookupError(stream)
        resource, conditions = PARTS.get(stream, (REPORTS.get(stream, stream), ()))
        is_daily = stream in REPORTS
        grain = HOUR if stream == "campaign_hourly_report" else DATE if is_daily else ""
        latest = self._asked.latest(client, resource, grain=grain, is_restricted=bool(conditions))
        fields = _fields(resource, query, latest)
        hierarchy = self._world.hierarchies[client]
        customers = [hierarchy.root] if stream in OF_MANAGER else hierarchy.enabled()
        for customer in customers:
            account = self._world.account(customer)
            asked = [Query(fields, resource, conditions)]
            if is_daily:
                asked = [Query(fields, resource, one) for one in _spans(stream, query, account.now.date())]
            seen: set[str] = set()
            for one in asked:
                for row in rows(one, account):
                    if is_daily or (name := repr(row)) not in seen:
                        yield {field.replace(".", "_"): row.get(field) for field in fields}
                    if not is_daily:
                        seen.add(name)


def _spans(stream: str, query: Mapping[str, str], today: date) -> list[tuple[Condition, ...]]:
    first = date.fromisoformat(query.get("start_date", (today - timedelta(days=DEFAULT_DAYS)).isoformat()))
    last = min(today, date.fromisoformat(query.get("end_date", today.isoformat())))
    if stream == "click_view":
        return [(Condition(DATE, "=", (day.isoformat(),)),) for day in days_of(first, last)]
    return [(Condition(DATE, "BETWEEN", (first.isoformat(), last.isoformat())),)]


def _fields(resource: str, query: Mapping[str, str], latest: Query | None) -> tuple[str, ...]:
    if "columns" not in query:
        own = tuple(name for name in FIELDS if name.startswith(f"{resource}."))
        return latest.fields if latest else own
    by_column = {name.replace(".", "_"): name for name in FIELDS}
    columns = query["columns"].split(",")
    if unknown := [column for column in columns if column not in by_column]:
        message = f"there is no column {', '.join(unknown)}"
        raise ValueError(message)
    return tuple(by_column[column] for column in columns)
