"""What a perfect tap would hold as of the clock, by its stream's names: everything that exists, and every dated row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, timedelta
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.pinterest import _ad_records as ads
from dif_sandbox.sim.pinterest import _pin_records as pins
from dif_sandbox.sim.pinterest._analytics import sync_row
from dif_sandbox.sim.pinterest._change import exists
from dif_sandbox.sim.pinterest._columns import REPORT_COLUMNS, SYNC_COLUMNS
from dif_sandbox.sim.pinterest._reports import report_row
from dif_sandbox.sim.pinterest._rows import UTC_ZONE, entities, lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dif_sandbox.sim.clock import Clock
    from dif_sandbox.sim.pinterest._asked import Asked
    from dif_sandbox.sim.pinterest._world import World

__all__ = ["PinterestTruth"]

Row = dict[str, Any]

Things = Callable[["World"], Sequence[Any]]
Show = Callable[["World", Any, int], Row]
Parent = Callable[[Any], Row]


def _none(_thing: object) -> Row:
    return {}


def _sectioned(world: World) -> Sequence[Any]:
    return [pin for pin in world.pins if pin.section]


SYNC: Final = {
    "ad_account_analytics": "ADVERTISER",
    "campaign_analytics": "CAMPAIGN",
    "ad_group_analytics": "AD_GROUP",
    "ad_analytics": "PIN_PROMOTION",
}
ASYNC: Final = {
    "advertiser_report": "ADVERTISER",
    "campaign_report": "CAMPAIGN",
    "ad_group_report": "AD_GROUP",
    "pin_promotion_report": "PIN_PROMOTION",
}
ENTITIES: Final[dict[str, tuple[Things, Show, Parent]]] = {
    "ad_accounts": (lambda world: world.accounts, ads.account, _none),
    "campaigns": (lambda world: world.campaigns, ads.campaign, _none),
    "ad_groups": (lambda world: world.groups, ads.ad_group, _none),
    "ads": (lambda world: world.ads, ads.ad, _none),
    "keywords": (lambda world: world.keywords, ads.keyword, lambda thing: {"ad_account_id": thing.account.id}),
    "audiences": (lambda world: world.audiences, ads.audience, _none),
    "conversion_tags": (lambda world: world.tags, ads.conversion_tag, _none),
    "customer_lists": (lambda world: world.customer_lists, ads.customer_list, _none),
    "boards": (lambda world: world.boards, pins.board, _none),
    "board_sections": (lambda world: world.sections, pins.section, lambda thing: {"board_id": thing.board.id}),
    "board_pins": (lambda world: world.pins, pins.pin, _none),
    "board_section_pins": (_sectioned, pins.pin, lambda thing: {"section_id": thing.section.id}),
}
"""Of each stream: what there is, how the API shows it, and what a tap knows of its parent besides."""
DEFAULT_DAYS: Final = 30


class PinterestTruth:
    """The truth of every client.

    Dated streams take ``start_date`` (30 days ago without one), ``end_date`` (the clock's day in UTC without one) and
    ``columns`` (separated by commas; without it the columns that the client last asked for at that level, or all).
    """

    def __init__(self, clock: Clock, worlds: Mapping[str, World], sync_asked: Asked, async_asked: Asked) -> None:
        self._clock, self._worlds, self._sync_asked, self._async_asked = clock, worlds, sync_asked, async_asked

    def streams(self, client: str) -> Sequence[str]:
        """The names of a client's streams: every client has them all.

        Raises:
            LookupError: an unknown client.
        """
        if client not in self._worlds:
            raise LookupError(client)
        return (*ENTITIES, *SYNC, *ASYNC)

    def rows(self, client: str, stream: str, query: Mapping[str, str]) -> Iterator[Row]:
        """The rows of a stream.

        Raises:
            LookupError: an unknown client or stream.
            ValueError: a date is none, or a column is unknown.
        """
        world = self._worlds[client]
        if stream in SYNC or stream in ASYNC:
            return self._dated(world, stream, query)
        if stream not in ENTITIES:
            raise LookupError(stream)
        return _entities(world, stream, self._clock.timestamp())

    def _dated(self, world: World, stream: str, query: Mapping[str, str]) -> Iterator[Row]:
        level = SYNC.get(stream) or ASYNC[stream]
        known, asked = (SYNC_COLUMNS, self._sync_asked) if stream in SYNC else (REPORT_COLUMNS, self._async_asked)
        columns = query["columns"].split(",") if "columns" in query else asked.columns(world.client, level)
        if unknown := set(columns) - set(known):
            message = f"stream {stream} has no column {', '.join(sorted(unknown))}"
            raise ValueError(message)
        now = self._clock.now()
        today = now.astimezone(UTC).date()
        start = date.fromisoformat(query.get("start_date", (today - timedelta(days=DEFAULT_DAYS)).isoformat()))
        end = min(today, date.fromisoformat(query.get("end_date", today.isoformat())))
        for account in world.accounts:
            ids = sorted(entities(world, account, level), key=int)
            for line in lines(world, account, level, ids, (start, end), now=now, zone=UTC_ZONE):
                row = sync_row(line, level, columns) if stream in SYNC else report_row(line, columns)
                yield {"AD_ACCOUNT_ID": account.id, **row}


def _entities(world: World, stream: str, now: int) -> Iterator[Row]:
    things, show, parent = ENTITIES[stream]
    for thing in things(world):
        if exists(thing, now):
            yield {**parent(thing), **show(world, thing, now)}
