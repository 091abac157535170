"""The endpoints of TikTok's API that a reader of ads uses."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.api import Api, Call, check_options
from dif_sandbox.sim.budgets import Gate
from dif_sandbox.sim.generator import Draw
from dif_sandbox.sim.keys import Keys
from dif_sandbox.sim.limits import Limits, adjusted
from dif_sandbox.sim.paging import PageNumber
from dif_sandbox.sim.server import Refusal, Request, Response
from dif_sandbox.sim.tiktok import _errors as say
from dif_sandbox.sim.tiktok._order import PARAMETERS, json_of, read_order
from dif_sandbox.sim.tiktok._rows import Cell, as_written, cells
from dif_sandbox.sim.tiktok._truth import TikTokTruth
from dif_sandbox.sim.tiktok._world import LISTS, STATUSES, ListOf, Row, World
from dif_sandbox.sim.world import Things

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from datetime import datetime

    from dif_sandbox.sim.channel import Stage
    from dif_sandbox.sim.tiktok._order import Order
    from dif_sandbox.sim.world import Account

__all__ = ["TikTok"]

ROOT: Final = "/open_api/v1.3"
MOST_ADVERTISERS: Final = 100
OF_LISTS: Final = {"advertiser_id", "page", "page_size", "filtering", "fields"}


class TikTok(Api):
    """The simulated API of some clients, each with an app of its own.

    Options: ``budgets`` (``second``, ``minute``, ``day`` to ``"<limit>/<seconds>"``).

    Raises:
        ValueError: an option is unknown or wrong.
    """

    def __init__(self, stage: Stage, clients: Sequence[str], seed: int, scale: int, options: Mapping[str, Any]) -> None:
        check_options(options, {"budgets"})
        days = Gate(days=stage.clock.timestamp)
        super().__init__(stage, Limits(adjusted(say.LIMITS, options.get("budgets", {})), days))
        draw = Draw("tiktok", seed)
        self._keys = Keys(draw, clients)
        self._apps = {
            client: {"app_id": draw.digits("7", 19, "app", client), "secret": draw.token("secret", client)}
            for client in clients
        }
        self._world = World.of(stage.clock, draw, clients, scale)
        self.truth = TikTokTruth(self._world)
        # A report is asked for page by page, and by several runs at once; those by hours are many and small.
        self._by_days = lru_cache(maxsize=64)(self._cells)
        self._by_hours = lru_cache(maxsize=64)(self._cells)
        self.route("GET", f"{ROOT}/oauth2/advertiser/get/", "app", self._list_advertisers)
        self.route("GET", f"{ROOT}/advertiser/info/", "app", self._tell_advertisers)
        self.route("GET", f"{ROOT}/report/integrated/get/", "app", self._report)
        for path, found in LISTS.items():
            self.route("GET", ROOT + path, "app", partial(self._list, found))

    def caller(self, request: Request, given: Mapping[str, Any]) -> Mapping[str, Hashable]:
        """The client and the advertiser asked for.

        Raises:
            Refusal: the token is missing or dead, the advertiser is another's or none.
        """
        token = request.headers.get("access-token")
        if not token:
            told = "Access token is null, you should set it in http header with key Access-Token."
            raise Refusal(say.error(40104, told))
        client = self._keys.admit(token, self.stage.faults, request)
        if client is None:
            raise Refusal(self.refuse(401))
        wanted = given.get("advertiser_id")
        if wanted is not None and wanted not in self._owned(client):
            is_anyones = any(wanted in self._owned(other) for other in self._world.accounts)
            raise Refusal(self.refuse(403) if is_anyones else say.error(40300, "The advertiser does not exist."))
        return {"app": client, "account": wanted or ""}

    def refuse(self, status: int) -> Response:
        """The error that stands for a status."""
        return say.refusal_of(status)

    def throttle(self, retry_after: str | None) -> Response:  # noqa: ARG002 - TikTok never says how long
        """Code 40100; how long it lasts is in the documents only."""
        return self.refuse(429)

    def invalid(self, message: str) -> Response:
        """Code 40002."""
        return say.error(40002, message)

    def client_of(self, request: Request) -> str | None:
        """Whose token a request carries."""
        return self._keys.client_of(request.headers.get("access-token"))

    def credentials(self) -> Mapping[str, Mapping[str, str]]:
        """Each client's token, and its app's id and secret."""
        return {client: {"access_token": key, **self._apps[client]} for client, key in self._keys.by_client.items()}

    def _owned(self, client: str) -> Mapping[str, Account]:
        return {account.id: account for account in self._world.accounts[client]}

    def _account(self, call: Call) -> Account:
        if not call.caller["account"]:
            raise say.invalid("advertiser_id: Missing data for required field.")
        return self._owned(str(call.caller["app"]))[str(call.caller["account"])]

    def _list_advertisers(self, call: Call) -> Response:
        client = str(call.caller["app"])
        _check_parameters(call, {"app_id", "secret"})
        if {name: call.given.get(name) for name in ("app_id", "secret")} != self._apps[client]:
            raise Refusal(say.error(40113, "The app_id is inconsistent with the token's app information."))
        named = [
            {"advertiser_id": account.id, "advertiser_name": self._world.advertiser(account)["name"]}
            for account in self._world.accounts[client]
        ]
        return say.good({"list": named})

    def _tell_advertisers(self, call: Call) -> Response:
        _check_parameters(call, {"advertiser_ids", "fields"})
        wanted = json_of(call.given, "advertiser_ids", list)
        if not 1 <= len(wanted) <= MOST_ADVERTISERS:
            raise say.invalid(f"advertiser_ids: Length must be between 1 and {MOST_ADVERTISERS}.")
        owned = self._owned(str(call.caller["app"]))
        if not set(wanted) <= owned.keys():
            raise Refusal(self.refuse(403))
        return say.good({"list": [self._world.advertiser(owned[one]) for one in wanted]})

    def _list(self, asked: ListOf, call: Call) -> Response:
        _check_parameters(call, OF_LISTS)
        found = asked.things(self._world, self._account(call))
        if asked.kind is not None:
            found = _filtered(call, asked.kind, found)
        if asked.most is None:
            return say.good({asked.place: list(found)})
        return self._page(call, asked.place, asked.most, found)

    def _report(self, call: Call) -> Response:
        _check_parameters(call, PARAMETERS)
        account = self._account(call)
        order = read_order(call.given)
        self.truth.ordered(account.client, order)
        known = self._by_hours if order.time == "stat_time_hour" else self._by_days
        found = known(account, order, self._world.now(account))
        written = Things(len(found), lambda place: as_written(found[place].row(account, order), order))
        return self._page(call, "list", 1_000, written)

    def _cells(self, account: Account, order: Order, now: datetime) -> Sequence[Cell]:
        return list(cells(self._world, account, order, now))

    def _page(self, call: Call, place: str, most: int, found: Sequence[Row]) -> Response:
        page = PageNumber(default=10, most=most).read(call.given, found, call.wish())
        told = {
            "page": int(call.given.get("page", 1)),
            "page_size": page.size,
            "total_number": page.total,
            "total_page": page.total_pages,
        }
        return say.good({place: list(page.items), "page_info": told})


def _check_parameters(call: Call, known: set[str] | frozenset[str]) -> None:
    if unknown := call.given.keys() - known:
        raise say.invalid(f"{', '.join(sorted(unknown))}: Unknown field.")


def _filtered(call: Call, kind: str, found: Sequence[Row]) -> Sequence[Row]:
    """Without a filter, what was deleted is not there."""
    filters = json_of(call.given, "filtering", dict)
    wanted = filters.get("secondary_status", f"{kind}_STATUS_NOT_DELETE")
    statuses = {f"{kind}_STATUS_{status}" for status in (*STATUSES, "ALL", "NOT_DELETE")}
    if filters.keys() - {"secondary_status"} or wanted not in statuses:
        raise say.invalid(f"filtering: {wanted} is not supported here.")
    if wanted == f"{kind}_STATUS_ALL":
        return found
    deleted = f"{kind}_STATUS_DELETE"
    if wanted == f"{kind}_STATUS_NOT_DELETE":
        return [row for row in found if row["secondary_status"] != deleted]
    return [row for row in found if row["secondary_status"] == wanted]
