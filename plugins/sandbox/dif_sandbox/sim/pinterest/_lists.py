"""The endpoints that list entities, page by page.

A list without a bookmark parameter in the specification (conversion tags) comes whole. Now and then a page is empty
though more follow; only a null bookmark is the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from dif_sandbox.sim.cursors import CursorError, Cursors, Wish, page_after
from dif_sandbox.sim.pinterest import _ad_records as ads
from dif_sandbox.sim.pinterest import _errors
from dif_sandbox.sim.pinterest import _pin_records as pins
from dif_sandbox.sim.pinterest._change import Mortal, exists, status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dif_sandbox.sim.pinterest._call import Call
    from dif_sandbox.sim.pinterest._world import Account, Board, Pin, World

__all__ = ["Lists"]

M = TypeVar("M", bound=Mortal)

Answer = dict[str, Any]

STATUSES: Final = ("ACTIVE", "PAUSED", "ARCHIVED", "DRAFT", "DELETED_DRAFT")
SHOWN_UNASKED: Final = ("ACTIVE", "PAUSED")
PRIVACIES: Final = ("ALL", "PUBLIC", "PROTECTED", "SECRET", "PUBLIC_AND_SECRET")
EMPTY_PAGES: Final = 0.25
"""The share of further pages that come empty first."""


class Lists:
    """Answers the list endpoints."""

    def __init__(self, secret: bytes) -> None:
        self._cursors = Cursors(secret)

    def ad_accounts(self, call: Call) -> Answer:
        """``GET /ad_accounts``."""
        return self._page(call, call.world.accounts, ads.account)

    def ad_account(self, call: Call) -> Answer:
        """``GET /ad_accounts/{ad_account_id}``."""
        return ads.account(call.world, call.account(), call.moment)

    def campaigns(self, call: Call) -> Answer:
        """``GET /ad_accounts/{ad_account_id}/campaigns``."""
        account, wanted = call.account(), call.ids("campaign_ids")
        found = [
            thing
            for thing in call.world.campaigns
            if thing.account is account and (wanted is None or thing.id in wanted)
        ]
        return self._page(call, self._of_status(call, found), ads.campaign)

    def ad_groups(self, call: Call) -> Answer:
        """``GET /ad_accounts/{ad_account_id}/ad_groups``."""
        account, campaigns, groups = call.account(), call.ids("campaign_ids"), call.ids("ad_group_ids")
        if campaigns is not None and groups is not None:
            raise _errors.invalid("Provide only campaign_ids or ad_group_ids.", 400)
        found = [
            thing
            for thing in call.world.groups
            if thing.account is account
            and (campaigns is None or thing.campaign.id in campaigns)
            and (groups is None or thing.id in groups)
        ]
        return self._page(call, self._of_status(call, found), ads.ad_group)

    def ads(self, call: Call) -> Answer:
        """``GET /ad_accounts/{ad_account_id}/ads``."""
        account = call.account()
        wanted = {name: call.ids(name) for name in ("campaign_ids", "ad_group_ids", "ad_ids")}
        if sum(ids is not None for ids in wanted.values()) > 1:
            raise _errors.invalid("Provide only campaign_ids, ad_group_ids or ad_ids.", 400)
        found = []
        for thing in call.world.ads:
            own = {"campaign_ids": thing.group.campaign.id, "ad_group_ids": thing.group.id, "ad_ids": thing.id}
            if thing.account is account and all(ids is None or own[name] in ids for name, ids in wanted.items()):
                found.append(thing)
        return self._page(call, self._of_status(call, found), ads.ad)

    def keywords(self, call: Call) -> Answer:
        """``GET /ad_accounts/{ad_account_id}/keywords``: without a filter only those of the account itself."""
        account, campaign = call.account(), next(iter(call.ids("campaign_id", 1) or ()), None)
        groups = [*(call.ids("ad_group_id", 1) or ()), *(call.ids("ad_group_ids") or ())]
        types = call.items("match_types", ads.MATCH_TYPES)
        if campaign is not None and groups:
            raise _errors.invalid("Provide only campaign_id or ad_group_id.", 400)
        parents = groups or [campaign or account.id]
        found = [
            thing
            for thing in call.world.keywords
            if thing.account is account
            and thing.parent.id in parents
            and (types is None or ads.keyword(call.world, thing, call.moment)["match_type"] in types)
        ]
        return self._page(call, found, ads.keyword)

    def audiences(self, call: Call) -> Answer:
        """``GET /ad_accounts/{ad_account_id}/audiences``."""
        received = call.choice("ownership_type", ("OWNED", "RECEIVED"), "OWNED") == "RECEIVED"
        owned = self._owned(call.account(), call.world.audiences)
        return self._page(call, [] if received else owned, ads.audience)

    def conversion_tags(self, call: Call) -> Answer:
        """``GET /ad_accounts/{ad_account_id}/conversion_tags``: all at once, no bookmark."""
        call.choice("filter_deleted", ("true", "false"), "false")
        tags = [tag for tag in self._owned(call.account(), call.world.tags) if exists(tag, call.moment)]
        return {"items": [ads.conversion_tag(call.world, tag, call.moment) for tag in tags]}

    def customer_lists(self, call: Call) -> Answer:
        """``GET /ad_accounts/{ad_account_id}/customer_lists``."""
        return self._page(call, self._owned(call.account(), call.world.customer_lists), ads.customer_list)

    def boards(self, call: Call) -> Answer:
        """``GET /boards``."""
        privacy = call.choice("privacy", PRIVACIES, "ALL")
        found = call.world.boards
        if privacy != "ALL":
            shown = privacy.split("_AND_")
            found = [board for board in found if pins.board(call.world, board, call.moment)["privacy"] in shown]
        return self._page(call, found, pins.board)

    def board_sections(self, call: Call) -> Answer:
        """``GET /boards/{board_id}/sections``."""
        board = _board(call)
        return self._page(call, [part for part in call.world.sections if part.board is board], pins.section)

    def board_pins(self, call: Call) -> Answer:
        """``GET /boards/{board_id}/pins``: those in sections too."""
        call.refuse_unsimulated(pin_metrics="false", creative_types="")
        return self._page(call, _pins_of(call, _board(call)), pins.pin)

    def section_pins(self, call: Call) -> Answer:
        """``GET /boards/{board_id}/sections/{section_id}/pins``."""
        board, section_id = _board(call), call.path_id("section_id")
        if not any(part.id == section_id and part.board is board for part in call.world.sections):
            raise _errors.not_found(404, "Board or section not found.")
        found = [pin for pin in _pins_of(call, board) if pin.section and pin.section.id == section_id]
        return self._page(call, found, pins.pin)

    def _owned(self, account: Account, things: Sequence[Any]) -> list[Any]:
        return [thing for thing in things if thing.account is account]

    def _of_status(self, call: Call, things: Sequence[M]) -> list[M]:
        wanted = call.items("entity_statuses", STATUSES) or SHOWN_UNASKED
        return [thing for thing in things if status(call.world.draw, thing, call.moment) in wanted]

    def _page(self, call: Call, things: Sequence[M], show: Callable[[World, M, int], Answer]) -> Answer:
        moment, world = call.moment, call.world
        found = [thing for thing in things if exists(thing, moment)]
        if call.choice("order", ("ASCENDING", "DESCENDING"), "ASCENDING") == "DESCENDING":
            found.reverse()
        query = _query(call)
        try:
            bookmark = call.request.parameter("bookmark")
            position = self._cursors.open(query, bookmark) if bookmark else ""
        except CursorError as foreign:
            raise _errors.invalid("Invalid bookmark.") from foreign
        page = page_after(
            found, lambda thing: thing.id, position, size=call.page_size(),
            wish=Wish.take(call.stage.faults, call.request),
            empty_before=lambda last: world.draw.chance(EMPTY_PAGES, "empty page", call.request.path, last),
        )  # fmt: skip
        after = None if page.next_position is None else self._cursors.seal(query, page.next_position)
        return {"items": [show(world, thing, moment) for thing in page.items], "bookmark": after}


def _board(call: Call) -> Board:
    board_id = call.path_id("board_id")
    for board in call.world.boards:
        if board.id == board_id and exists(board, call.moment):
            return board
    raise _errors.not_found(404, "Board not found.")


def _pins_of(call: Call, board: Board) -> list[Pin]:
    return [pin for pin in call.world.pins if pin.board is board]


def _query(call: Call) -> str:
    """What a bookmark belongs to: client, path and filters."""
    given = call.request.query
    filters = sorted(f"{name}={given[name]}" for name in given if name not in {"bookmark", "page_size"})
    return "\n".join((call.world.client, call.request.path, *filters))
