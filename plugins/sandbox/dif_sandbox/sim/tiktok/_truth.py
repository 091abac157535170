"""What a perfect tap holds as of the clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Final

from dif_sandbox.sim.tiktok._order import IDS, METRICS, Order
from dif_sandbox.sim.tiktok._rows import rows
from dif_sandbox.sim.tiktok._world import LISTS, Row, World

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["TikTokTruth"]

_LEVELS: Final = {"advertisers": "ADVERTISER", "campaigns": "CAMPAIGN", "ad_groups": "ADGROUP", "ads": "AD"}
_SPANS: Final = {"daily": ("stat_time_day",), "hourly": ("stat_time_hour",), "lifetime": ()}
_AUDIENCES: Final = {
    "age_and_gender": ("age", "gender"),
    "country": ("country_code",),
    "platform": ("platform",),
    "province": ("province_id",),
}
_EVENTS: Final = {
    "complete_payment_roas": "page_event",
    "total_registration": "in_app_event",
    "onsite_on_web_cart": "onsite_event",
    "cta_registration": "attribution",
}
"""A metric that only one kind of event reports has -> that kind."""


class TikTokTruth:
    """The rows of every stream by the tap's names; figures have the metrics that were last asked for."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ordered: dict[tuple[str, tuple[object, ...]], Order] = {}

    def ordered(self, client: str, order: Order) -> None:
        """A report was asked for."""
        self._ordered[client, _shape(order)] = order

    def streams(self, client: str) -> Sequence[str]:
        """The names of a client's streams.

        Raises:
            LookupError: an unknown client.
        """
        if client not in self._world.accounts:
            raise LookupError(client)
        return ("advertiser_ids", "advertisers", *(found.name for found in LISTS.values()), *_reports())

    def rows(self, client: str, stream: str, query: Mapping[str, str]) -> Iterator[Row]:
        """The rows of a stream; figures by day or hour take ``start_date`` and ``end_date``.

        Raises:
            LookupError: an unknown client or stream.
            ValueError: figures without days.
        """
        if stream not in self.streams(client):
            raise LookupError(stream)
        if stream.startswith("advertiser") and "report" not in stream:
            return self._advertisers(client, stream)
        for found in LISTS.values():
            if found.name == stream:
                things = found.things
                return (
                    {"advertiser_id": account.id, **row}
                    for account in self._world.accounts[client]
                    for row in things(self._world, account)
                )
        return self._figures(client, _reports()[stream], query)

    def _advertisers(self, client: str, stream: str) -> Iterator[Row]:
        for account in self._world.accounts[client]:
            row = self._world.advertiser(account)
            yield row if stream == "advertisers" else {"advertiser_id": account.id, "advertiser_name": row["name"]}

    def _figures(self, client: str, order: Order, query: Mapping[str, str]) -> Iterator[Row]:
        if order.first is not None:
            try:
                first, last = (date.fromisoformat(query[name]) for name in ("start_date", "end_date"))
            except KeyError as missing:
                message = f"figures need {missing.args[0]}"
                raise ValueError(message) from missing
            order = replace(order, first=first, last=last)
        asked = self._ordered.get((client, _shape(order)))
        order = replace(order, metrics=order.metrics or tuple(METRICS["audience"]) if asked is None else asked.metrics)
        for account in self._world.accounts[client]:
            for row in rows(self._world, account, order, self._world.now(account)):
                day = {} if order.time is None else {"stat_time_day": row[order.time][:10]}
                yield {"advertiser_id": account.id, **row, **day}


def _reports() -> dict[str, Order]:
    """Stream -> its order, of some day; what was deleted is always in it."""
    found = {}
    for name, level in _LEVELS.items():
        for span, times in _SPANS.items():
            found[f"{name}_reports_{span}"] = _order("BASIC", level, *times)
        for span in ("daily", "hourly"):
            found[f"{name}_reports_by_country_{span}"] = _order("BASIC", level, *_SPANS[span], "country_code")
        for metric, kind in _EVENTS.items():
            order = _order("BASIC", level, "stat_time_day")
            found[f"{name}_{kind}_reports_daily"] = replace(order, metrics=(metric,))
        for audience, parts in _AUDIENCES.items():
            for span in ("daily", "lifetime"):
                order = _order("AUDIENCE", level, *_SPANS[span], *parts)
                found[f"{name}_audience_reports_by_{audience}_{span}"] = order
    return found


def _shape(order: Order) -> tuple[object, ...]:
    """What an order has in common with those of the same stream."""
    events = next((_EVENTS[metric] for metric in order.metrics if metric in _EVENTS), "")
    return (order.kind, order.level, frozenset(order.dimensions), order.first is None, events)


def _order(kind: str, level: str, *dimensions: str) -> Order:
    day = date.min if any(name.startswith("stat_time") for name in dimensions) else None
    return Order(kind, level, (IDS[level], *dimensions), (), day, day, has_deleted=True)
