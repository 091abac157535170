"""Pinterest's API v5 as one handler: routes, each with its rate category and scopes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.generator import Draw
from dif_sandbox.sim.misbehaviour import told_in_header
from dif_sandbox.sim.pinterest import _errors, _user
from dif_sandbox.sim.pinterest._access import Access
from dif_sandbox.sim.pinterest._analytics import Analytics
from dif_sandbox.sim.pinterest._asked import Asked
from dif_sandbox.sim.pinterest._call import Call
from dif_sandbox.sim.pinterest._columns import REPORT_COLUMNS, SYNC_COLUMNS
from dif_sandbox.sim.pinterest._lists import Lists
from dif_sandbox.sim.pinterest._reports import Reports
from dif_sandbox.sim.pinterest._truth import PinterestTruth
from dif_sandbox.sim.pinterest._world import World, build
from dif_sandbox.sim.reports import Desk
from dif_sandbox.sim.router import Router
from dif_sandbox.sim.server import Refusal, Request, Response, json_response
from dif_sandbox.sim.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dif_sandbox.sim.channel import Stage

__all__ = ["Pinterest"]

BASE: Final = "/v5"
OPTIONS: Final = ("budgets", "report_polls", "scopes", "token_seconds")
REPORT_SECONDS: Final = 3_600
LINK_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class Route:
    """What answers, what it counts against, what a token must be good for."""

    answer: Callable[[Call], Any]
    category: str
    scopes: tuple[str, ...]


class Pinterest:
    """The simulated API of some clients.

    Options: ``budgets`` (limit name to ``"<requests>/<seconds>"``), ``token_seconds``, ``report_polls`` (how many
    polls a report is in progress at most), ``scopes`` (client to scopes).

    Raises:
        ValueError: an option is unknown or wrong.
    """

    def __init__(self, stage: Stage, clients: Sequence[str], seed: int, scale: int, options: Mapping[str, Any]) -> None:
        if unknown := options.keys() - set(OPTIONS):
            message = f"no option {', '.join(sorted(unknown))}; there are: {', '.join(OPTIONS)}"
            raise ValueError(message)
        self._stage = stage
        self._access = Access(stage, clients, seed, options)
        self._worlds: dict[str, World] = {client: build(client, seed, scale) for client in clients}
        self._owners = {account.id: client for client, world in self._worlds.items() for account in world.accounts}
        draw = Draw("pinterest", seed, "desk")
        desk = Desk(
            stage.clock, draw, longest_polls=int(options.get("report_polls", 1)),
            report_seconds=REPORT_SECONDS, link_seconds=LINK_SECONDS,
        )  # fmt: skip
        self._storage = Storage(stage, desk, "pinterest-ads-reports")
        sync_asked, async_asked = Asked(SYNC_COLUMNS), Asked(REPORT_COLUMNS)
        self.truth = PinterestTruth(stage.clock, self._worlds, sync_asked, async_asked)
        self._router: Router[Route] = Router()
        self._route_lists(Lists(draw.token("bookmarks").encode()))
        self._route_figures(Analytics(sync_asked), Reports(desk, async_asked, self._storage.url))

    def handle(self, request: Request) -> Response:
        """Answer a request.

        Raises:
            Refusal: whatever the API refuses.
        """
        if request.path == f"{BASE}/oauth/token" and request.method == "POST":
            return self._access.token(request)
        if request.path == "/oauth/" and request.method == "GET":
            return self._access.consent(request)
        try:
            route, path = self._router.find(request.method, request.path)
        except KeyError as missing:
            raise _errors.refusal(405 if missing.args == ("method",) else 404) from missing
        client, headers = self._access.admit(request, route.category, route.scopes)
        try:
            self._check_owner(client, path.get("ad_account_id") or request.parameter("ad_account_id"))
            call = Call(self._stage, self._worlds[client], request, path)
            return json_response(route.answer(call)).with_headers(headers)
        except Refusal as refusal:
            raise refusal.with_headers(headers) from refusal

    def refuse(self, status: int) -> Response:
        """The error body of a status."""
        return _errors.response(status)

    def throttle(self, retry_after: str | None) -> Response:
        """429, with the wait in its header."""
        return told_in_header(self.refuse(429), retry_after)

    def client_of(self, request: Request) -> str | None:
        """Whose credentials a request carries."""
        return self._access.client_of(request)

    def credentials(self) -> Mapping[str, Mapping[str, str]]:
        """Each client's app and refresh token."""
        return {
            client: {
                "client_id": app.client_id,
                "client_secret": app.client_secret,
                "refresh_token": app.refresh_token,
            }
            for client, app in self._access.apps.items()
        }

    def close(self) -> None:
        """Stop the storage of reports."""
        self._storage.close()

    def _check_owner(self, client: str, account_id: str | None) -> None:
        if account_id is not None and self._owners.get(account_id, client) != client:
            raise _errors.refusal(403)

    def _route_lists(self, lists: Lists) -> None:
        account, board = "/ad_accounts/{ad_account_id}", "/boards/{board_id}"
        for path, answer in (
            ("/ad_accounts", lists.ad_accounts),
            (account, lists.ad_account),
            (f"{account}/campaigns", lists.campaigns),
            (f"{account}/ad_groups", lists.ad_groups),
            (f"{account}/ads", lists.ads),
            (f"{account}/keywords", lists.keywords),
            (f"{account}/audiences", lists.audiences),
            (f"{account}/conversion_tags", lists.conversion_tags),
            (f"{account}/customer_lists", lists.customer_lists),
        ):
            self._router.add("GET", BASE + path, Route(answer, "ads_read", ("ads:read",)))
        for path, answer, scopes in (
            ("/boards", lists.boards, ("boards:read",)),
            (f"{board}/sections", lists.board_sections, ("boards:read",)),
            (f"{board}/pins", lists.board_pins, ("boards:read", "pins:read")),
            (f"{board}/sections/{{section_id}}/pins", lists.section_pins, ("boards:read", "pins:read")),
        ):
            self._router.add("GET", BASE + path, Route(answer, "org_read", scopes))
        user, scope = f"{BASE}/user_account", ("user_accounts:read",)
        self._router.add("GET", user, Route(_user.user_account, "org_read", scope))
        self._router.add("GET", f"{user}/analytics", Route(_user.analytics, "org_analytics", scope))

    def _route_figures(self, analytics: Analytics, reports: Reports) -> None:
        account = f"{BASE}/ad_accounts/{{ad_account_id}}"
        answers: tuple[tuple[str, str, Callable[[Call], Any]], ...] = (
            ("GET", "/analytics", analytics.account),
            ("GET", "/campaigns/analytics", analytics.campaigns),
            ("GET", "/ad_groups/analytics", analytics.ad_groups),
            ("GET", "/ads/analytics", analytics.ads),
            ("POST", "/reports", reports.order),
            ("GET", "/reports", reports.poll),
        )
        for method, path, answer in answers:
            self._router.add(method, account + path, Route(answer, "ads_analytics", ("ads:read",)))
