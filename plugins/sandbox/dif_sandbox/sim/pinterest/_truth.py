"""What a perfect tap would hold as of the clock, by its stream's names: everything that exists, and every dated row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, timedelta
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.pinterest import _ad_records as ads
from dif_sandbox.sim.pinterest import _pin_records as pins
from dif_sandbox.sim.pinterest import _user as user
from dif_sandbox.sim.pinterest._analytics import sync_row
from dif_sandbox.sim.pinterest._change import exists
from dif_sandbox.sim.pinterest._columns import REPORT_COLUMNS, SYNC_COLUMNS
from dif_sandbox.sim.pinterest._reports import report_row
from dif_sandbox.sim.pinterest._rows import UTC_ZONE, entities, lines
from dif_sandbox.sim.pinterest._targeting import REACH, SUFFIX, TYPES, targeted_lines

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
TARGETING: Final = {stream.replace("_report", "_targeting_report"): level for stream, level in ASYNC.items()}
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
    ``columns`` (separated by commas; without it the columns that the client last asked for at that level, or all);
    those by targeting ``targeting_types`` as well (all without it).
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
        return (*ENTITIES, *SYNC, *ASYNC, *TARGETING, "user_account", "user_account_analytics")

    def rows(self, client: str, stream: str, query: Mapping[str, str]) -> Iterator[Row]:
        """The rows of a stream.

        Raises:
            LookupError: an unknown client or stream.
            ValueError: a date is none, or a column is unknown.
        """
        world = self._worlds[client]
        if stream == "user_account":
            return iter([user.profile(world, self._clock.timestamp())])
        if stream == "user_account_analytics":
            return self._user_days(world, query)
        if stream in TARGETING:
            return self._targeted(world, stream, query)
        if stream in SYNC or stream in ASYNC:
            return self._dated(world, stream, query)
        if stream not in ENTITIES:
            raise LookupError(stream)
        return _entities(world, stream, self._clock.timestamp())

    def _dated(self, world: World, stream: str, query: Mapping[str, str]) -> Iterator[Row]:
        level = SYNC.get(stream) or ASYNC[stream]
        known, asked = (SYNC_COLUMNS, self._sync_asked) if stream in SYNC else (REPORT_COLUMNS, self._async_asked)
        columns = _columns(stream, query, known, asked.columns(world.client, level))
        for account in world.accounts:
            ids = sorted(entities(world, account, level), key=int)
            span = self._span(query)
            for line in lines(world, account, level, ids, span, now=self._clock.now(), zone=UTC_ZONE):
                row = sync_row(line, level, columns) if stream in SYNC else report_row(line, columns)
                yield {"AD_ACCOUNT_ID": account.id, **row}

    def _targeted(self, world: World, stream: str, query: Mapping[str, str]) -> Iterator[Row]:
        level = TARGETING[stream]
        known = tuple(column for column in REPORT_COLUMNS if column not in REACH)
        asked = self._async_asked.columns(world.client, level + SUFFIX)
        columns = _columns(stream, query, known, [column for column in asked if column in known])
        types = query["targeting_types"].split(",") if "targeting_types" in query else TYPES
        for account in world.accounts:
            span = self._span(query)
            for line in targeted_lines(world, account, level, span, types, now=self._clock.now(), zone=UTC_ZONE):
                yield {"AD_ACCOUNT_ID": account.id, **report_row(line, columns)}

    def _user_days(self, world: World, query: Mapping[str, str]) -> Iterator[Row]:
        user_id = user.profile(world, self._clock.timestamp())["id"]
        for row in user.daily_metrics(world, self._span(query), self._clock.now()):
            yield {"user_account_id": user_id, **row}

    def _span(self, query: Mapping[str, str]) -> tuple[date, date]:
        today = self._clock.now().astimezone(UTC).date()
        start = date.fromisoformat(query.get("start_date", (today - timedelta(days=DEFAULT_DAYS)).isoformat()))
        return start, min(today, date.fromisoformat(query.get("end_date", today.isoformat())))


def _columns(stream: str, query: Mapping[str, str], known: Sequence[str], asked: Sequence[str]) -> Sequence[str]:
    columns = query["columns"].split(",") if "columns" in query else asked
    if unknown := set(columns) - set(known):
        message = f"stream {stream} has no column {', '.join(sorted(unknown))}"
        raise ValueError(message)
    return columns


def _entities(world: World, stream: str, now: int) -> Iterator[Row]:
    things, show, parent = ENTITIES[stream]
    for thing in things(world):
        if exists(thing, now):
            yield {**parent(thing), **show(world, thing, now)}
