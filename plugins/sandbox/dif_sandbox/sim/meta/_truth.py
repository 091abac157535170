"""What a perfect tap holds as of the clock, by its stream's names: the fields that were asked for last, or all."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.meta._insights import LISTS, WINDOWS, Order, rows
from dif_sandbox.sim.meta._world import EDGES, Row, World

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["MetaTruth"]

LEVELS: Final = {"account": "account", "campaign": "campaign", "ad_set": "adset", "ads": "ad"}
BREAKDOWNS: Final[Mapping[str, tuple[str, ...]]] = {
    "age_and_gender": ("age", "gender"),
    "country": ("country",),
    "region": ("region",),
    "dma": ("dma",),
    "platform_and_device": ("publisher_platform", "platform_position", "impression_device"),
    "delivery_platform": ("publisher_platform",),
    "delivery_device": ("device_platform",),
    "product_id": ("product_id",),
    "hourly_advertiser": ("hourly_stats_aggregated_by_advertiser_time_zone",),
}
ASKED_WINDOWS: Final = tuple(WINDOWS)[:4]
BY_TYPE: Final = ("action_type",)
EVERY_STATUS: Final = frozenset({"ACTIVE", "PAUSED", "ARCHIVED", "DELETED", "WITH_ISSUES"})


class MetaTruth:
    """Every stream of every client."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._asked: dict[tuple[str, str], tuple[str, ...]] = {}
        self._ordered: dict[tuple[str, tuple[str, ...]], Order] = {}

    def asked(self, client: str, stream: str, fields: Sequence[str]) -> None:
        """A list was asked for with these fields."""
        self._asked[client, stream] = tuple(fields)

    def ordered(self, client: str, order: Order) -> None:
        """A report of figures was ordered."""
        if "impressions" in order.fields:
            self._ordered[client, order.kind] = order

    def streams(self, client: str) -> Sequence[str]:
        """The names of a client's streams.

        Raises:
            LookupError: an unknown client.
        """
        if client not in self._world.accounts:
            raise LookupError(client)
        lists = ("ad_accounts", *(name for name, _, _ in EDGES.values()))
        figures = [f"{name}_{kind}" for name in LEVELS for kind in ("insights", "actions")]
        return (*lists, *figures, *(f"ads_insights_{name}" for name in BREAKDOWNS))

    def rows(self, client: str, stream: str, query: Mapping[str, str]) -> Iterator[Row]:
        """The rows of a stream; figures take ``start_date`` and ``end_date``.

        Raises:
            LookupError: an unknown client or stream.
            ValueError: figures without days.
        """
        if stream not in self.streams(client):
            raise LookupError(stream)
        if stream == "ad_accounts":
            return self._accounts(client)
        for name, _, things in EDGES.values():
            if name == stream:
                return self._listed(client, stream, things)
        return self._figures(client, stream, query)

    def _accounts(self, client: str) -> Iterator[Row]:
        for account in self._world.accounts[client]:
            yield self._shown(client, "ad_accounts", self._world.account(account))

    def _listed(self, client: str, stream: str, things: Any) -> Iterator[Row]:  # noqa: ANN401 - as EDGES has them
        for account in self._world.accounts[client]:
            for thing in things(self._world, account):
                yield {"account_id": account.id, **self._shown(client, stream, thing)}

    def _shown(self, client: str, stream: str, row: Row) -> Row:
        asked = self._asked.get((client, stream))
        return row if asked is None else {name: value for name, value in row.items() if name in {"id", *asked}}

    def _figures(self, client: str, stream: str, query: Mapping[str, str]) -> Iterator[Row]:
        try:
            first, last = (date.fromisoformat(query[name]) for name in ("start_date", "end_date"))
        except KeyError as missing:
            message = f"{stream} needs {missing.args[0]}"
            raise ValueError(message) from missing
        level, breakdowns, is_long = _kind_of(stream)
        order = Order(level, (), breakdowns, BY_TYPE, ASKED_WINDOWS, first, last, True, EVERY_STATUS)  # noqa: FBT003
        asked = self._ordered.get((client, order.kind))
        kept = {"date_start", "date_stop", *breakdowns, *(() if asked is None else asked.fields)}
        for account in self._world.accounts[client]:
            for row in rows(self._world, account, order, self._world.now(account)):
                if is_long:
                    yield from _unfolded(row)
                else:
                    yield row if asked is None else {name: value for name, value in row.items() if name in kept}


def _kind_of(stream: str) -> tuple[str, tuple[str, ...], bool]:
    if stream.startswith("ads_insights_"):
        return "ad", BREAKDOWNS[stream.removeprefix("ads_insights_")], False
    name, _, kind = stream.rpartition("_")
    return LEVELS[name], (), kind == "actions"


def _unfolded(row: Row) -> Iterator[Row]:
    names = {name: value for name, value in row.items() if isinstance(value, str)}
    for metric in LISTS:
        for item in row.get(metric, ()):
            for window, value in item.items():
                if window != "action_type":
                    marks = {"metric": metric, "action_type": item["action_type"], "attribution_window": window}
                    yield {**names, **marks, "value": float(value)}
