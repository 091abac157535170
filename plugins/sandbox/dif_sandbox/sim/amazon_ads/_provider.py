"""The operations of Amazon Ads that a reader uses; the host of each region is a part of the path here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.amazon_ads import _errors as say
from dif_sandbox.sim.amazon_ads._access import Access
from dif_sandbox.sim.amazon_ads._attribution import LEVELS, Attribution, read_report
from dif_sandbox.sim.amazon_ads._lists import LISTS, ListOf, rows_of
from dif_sandbox.sim.amazon_ads._reports import read_order, rows
from dif_sandbox.sim.amazon_ads._truth import AmazonAdsTruth
from dif_sandbox.sim.amazon_ads._world import AGENCY, HOSTS, Row, World
from dif_sandbox.sim.api import Api, Call, check_options
from dif_sandbox.sim.budgets import Gate
from dif_sandbox.sim.cursors import Cursors
from dif_sandbox.sim.encodings import Payload, gzipped, json_array
from dif_sandbox.sim.generator import Draw
from dif_sandbox.sim.limits import Limits, adjusted
from dif_sandbox.sim.paging import Offset, Tokens
from dif_sandbox.sim.reports import Desk, DuplicateError, State
from dif_sandbox.sim.server import Refusal, Request, Response, json_response
from dif_sandbox.sim.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from dif_sandbox.sim.channel import Stage
    from dif_sandbox.sim.reports import Report
    from dif_sandbox.sim.world import Account

__all__ = ["AmazonAds"]

OPTIONS: Final = ("budgets", "report_polls", "report_queue_seconds", "token_seconds", "without_attribution")
MEDIA: Final = "application/vnd.createasyncreportrequest.v3+json"
LINK_SECONDS: Final = 3_600
KEPT_SECONDS: Final = 43_200


class AmazonAds(Api):
    """The simulated API of some clients.

    Options: ``budgets`` (``calls``, ``orders`` to ``"<limit>/<seconds>"``), ``report_polls`` (at most so many polls
    until a file is made), ``report_queue_seconds`` of the simulated clock before that, ``token_seconds``,
    ``without_attribution`` (how many of each client's profiles Amazon Attribution is not open to).

    Raises:
        ValueError: an option is unknown or wrong.
    """

    def __init__(self, stage: Stage, clients: Sequence[str], seed: int, scale: int, options: Mapping[str, Any]) -> None:
        check_options(options, OPTIONS)
        super().__init__(stage, Limits(adjusted(say.LIMITS, options.get("budgets", {})), Gate()))
        draw = Draw("amazon_ads", seed)
        self._world = World.of(stage.clock, draw, clients, scale)
        self._access = Access(stage, draw, clients, int(options.get("token_seconds", 3_600)))
        self._desk = Desk(
            stage.clock, draw, longest_polls=int(options.get("report_polls", 2)), report_seconds=KEPT_SECONDS,
            link_seconds=LINK_SECONDS, queue_seconds=int(options.get("report_queue_seconds", 0)),
        )  # fmt: skip
        self._orders: dict[str, Mapping[str, Any]] = {}
        self._storage = Storage(stage, self._desk, "offline-report-storage")
        cursors = Cursors(draw.token("cursors").encode())
        self._tokens = Tokens(cursors, token="nextToken", size="maxResults", default=100, most=100)
        self._rules = Tokens(cursors, token="nextToken", size="pageSize", default=30, most=30)
        self._offset = Offset("startIndex", "count", default=100, most=100)
        self._pages = Tokens(cursors, token="cursorId", size="count", default=5_000, most=5_000)
        self._closed = int(options.get("without_attribution", 0))
        self._attribution = Attribution(self._world)
        self.truth = AmazonAdsTruth(self._world, self._attribution)
        self.route("GET", "/{host}/v2/profiles", "calls", self._profiles)
        self.route("POST", "/{host}/portfolios/list", "calls", self._portfolios)
        self.route("POST", "/{host}/reporting/reports", "orders", self._order)
        self.route("GET", "/{host}/reporting/reports/{reportId}", "calls", self._poll)
        self.route("POST", "/{host}/attribution/report", "calls", self._attributed)
        self.route("GET", "/{host}/dsp/advertisers", "calls", self._advertisers)
        for name, found in LISTS.items():
            self.route(found.method, f"/{{host}}{found.path}", "calls", self._lister(name, found))

    def caller(self, request: Request, given: Mapping[str, Any]) -> Mapping[str, Hashable]:
        """The client, the region of the host, and the profile that it asks for.

        Raises:
            Refusal: a token is dead, there is no such host, the profile is another's or in another region.
        """
        client = self._access.admit(request)
        region = HOSTS.get(str(given.get("host")))
        if region is None:
            raise Refusal(self.refuse(404))
        if request.path.endswith("/v2/profiles"):
            return {"app": client, "region": region, "profile": ""}
        profile = request.headers.get("amazon-advertising-api-scope", "")
        here = {one.id for one in self._profiles_of(client) if self._world.region(one) == region}
        is_agency = profile == self._world.agencies[client].id
        if profile not in here or _is_of_dsp(request, given) == (not is_agency):
            raise Refusal(self.refuse(403))
        return {"app": client, "region": region, "profile": profile}

    def refuse(self, status: int) -> Response:
        """The error that stands for a status."""
        return say.refusal_of(status)

    def invalid(self, message: str) -> Response:
        """400."""
        return say.error(400, message)

    def client_of(self, request: Request) -> str | None:
        """Whose token a request carries."""
        return self._access.host.bearer_of(request)

    def credentials(self) -> Mapping[str, Mapping[str, str]]:
        """Each client's secrets."""
        return self._access.host.credentials()

    def close(self) -> None:
        """Stop the hosts of tokens and files."""
        self._access.host.close()
        self._storage.close()

    def _profiles(self, call: Call) -> Response:
        wanted = str(call.given.get("profileTypeFilter", "seller,vendor,agency")).split(",")
        client = str(call.caller["app"])
        kinds = {"seller": self._world.accounts[client], AGENCY: [self._world.agencies[client]]}
        tell = {"seller": self._world.profile, AGENCY: self._world.agency}
        return json_response(
            [
                tell[kind](one)
                for kind, owned in kinds.items()
                for one in owned
                if kind in wanted and self._world.region(one) == call.caller["region"]
            ]
        )

    def _advertisers(self, call: Call) -> Response:
        listed = self._world.advertisers(self._account(call))
        page = self._offset.read(call.given, listed, call.wish())
        return json_response({"totalResults": len(listed), "response": list(page.items)})

    def _attributed(self, call: Call) -> Response:
        account = self._account(call)
        if account.number < self._closed:
            raise say.refused(400, "This profileID is not authorized to use Amazon Attribution")
        now = self._world.now(account)
        asked = read_report(call.given, now.date())
        self.truth.attributed(account.client, asked)
        found = self._attribution.rows(account, asked, now)
        names = ("date", *LEVELS[asked.level])
        page = self._pages.read(
            call.given, f"{account.id} attribution", found,
            lambda row: " ".join(str(row[name] or "") for name in names), call.wish(),
        )  # fmt: skip
        return json_response({"reports": list(page.items), "size": page.total, "cursorId": page.token})

    def _portfolios(self, call: Call) -> Response:
        account = self._account(call)
        return json_response({"portfolios": [self._world.portfolio(account)], "totalResults": 1})

    def _lister(self, name: str, found: ListOf) -> Callable[[Call], Response]:
        def answer(call: Call) -> Response:
            if found.media:
                _check_media(call.request, found.media, "accept", "content-type")
            listed = rows_of(self._world, self._account(call), name)
            wanted = _states(call)
            all_rows = [row for row in listed if "state" not in row or row["state"].upper() in wanted]
            return self._paged(call, found, all_rows)

        return answer

    def _paged(self, call: Call, found: ListOf, all_rows: Sequence[Row]) -> Response:
        if found.method == "GET" and not found.place:
            return json_response(list(self._offset.read(call.given, all_rows, call.wish()).items))
        style = self._tokens if found.method == "POST" else self._rules
        given = {name: value for name, value in call.given.items() if not isinstance(value, dict | list)}
        owner = f"{call.caller['profile']} {found.path}"
        page = style.read(given, owner, all_rows, lambda row: f"{row[found.key]!s:>30}", call.wish())
        following = {} if page.token is None else {"nextToken": page.token}
        return json_response({found.place: list(page.items), "totalResults": page.total, **following})

    def _order(self, call: Call) -> Response:
        _check_media(call.request, MEDIA, "content-type")
        account, body = self._account(call), {name: value for name, value in call.given.items() if name != "host"}
        now = self._world.now(account)
        order = read_order(body, now.date())
        self.truth.ordered(account.client, order)
        file = Payload("application/octet-stream", lambda: gzipped(json_array(rows(self._world, account, order, now))))
        try:
            report = self._desk.order(account.id, file, request=repr(order))
        except DuplicateError as known:
            raise say.refused(425, f"The Request is a duplicate of : {known.report.token}") from known
        self._orders[report.token] = body
        return json_response(self._told(report, "PENDING", None))

    def _poll(self, call: Call) -> Response:
        asked = str(call.given["reportId"])
        report = self._desk.poll_with_faults(str(call.caller["profile"]), asked, self.stage.faults, call.request)
        if report is None or report.state is State.EXPIRED:
            raise Refusal(self.refuse(404))
        words = {State.FINISHED: "COMPLETED", State.FAILED: "FAILED", State.QUEUED: "PENDING"}
        status = words.get(report.state, "PROCESSING")
        link = self._desk.link(report) if status == "COMPLETED" else None
        return json_response(self._told(report, status, None if link is None else self._storage.url(link)))

    def _told(self, report: Report, status: str, url: str | None) -> Row:
        body = self._orders[report.token]
        failure = "internal error" if status == "FAILED" else None
        configuration = {"filters": None, **body["configuration"]}
        told = {**body, "configuration": configuration, "reportId": report.token, "failureReason": failure}
        return {**told, "status": status, "url": url, "fileSize": None, "urlExpiresAt": None}

    def _account(self, call: Call) -> Account:
        owned = self._profiles_of(str(call.caller["app"]))
        return next(account for account in owned if account.id == call.caller["profile"])

    def _profiles_of(self, client: str) -> Sequence[Account]:
        return (*self._world.accounts[client], self._world.agencies[client])


def _is_of_dsp(request: Request, given: Mapping[str, Any]) -> bool | None:
    """Whether a request is for a profile of the DSP, or for one of a seller; None: for both."""
    if "/reporting/reports" in request.path:
        asked = given.get("configuration")
        return str(asked.get("reportTypeId", "")).startswith("dsp") if isinstance(asked, dict) else None
    return "/dsp/" in request.path


def _check_media(request: Request, media: str, *names: str) -> None:
    for name in names:
        if request.headers.get(name) != media:
            raise say.refused(415, f"{name} must be {media}")


def _states(call: Call) -> set[str]:
    """The states that are asked for; without a word what is archived is left out."""
    given = call.given.get("stateFilter")
    listed: Any = given.get("include") if isinstance(given, dict) else given.split(",") if given else None
    for each in call.given.get("filters") or ():
        listed = each["values"] if each["filterType"] == "TARGETING_STATE" else listed
    return {str(state).upper() for state in listed or ("ENABLED", "PAUSED")}
