"""The endpoints: lists of ads in every paging style, figures in every encoding, reports."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim import announcements as tell
from dif_sandbox.sim import encodings as encode
from dif_sandbox.sim import paging
from dif_sandbox.sim.api import Api, Call, check_options
from dif_sandbox.sim.budgets import Gate
from dif_sandbox.sim.cursors import Cursors
from dif_sandbox.sim.generator import Draw
from dif_sandbox.sim.limits import Limits, adjusted
from dif_sandbox.sim.mosaic._limits import LIMITS, POINTS, error
from dif_sandbox.sim.mosaic._payloads import payload
from dif_sandbox.sim.mosaic._world import World, shown, span
from dif_sandbox.sim.proofs import TOKEN_PATH, Proofs
from dif_sandbox.sim.reports import Desk, DuplicateError, State
from dif_sandbox.sim.server import Refusal, Request, Response, json_response
from dif_sandbox.sim.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    from dif_sandbox.sim.channel import Stage
    from dif_sandbox.sim.world import Account, Things

__all__ = ["Mosaic"]

Row = dict[str, Any]

OPTIONS: Final = ("budgets", "most_rows", "queue_seconds", "work_seconds")
WORDS: Final = {State.QUEUED: "PENDING", State.IN_PROGRESS: "PROCESSING", State.FINISHED: "COMPLETED"}
MOST_IN_FLIGHT: Final = 5
CHUNK_ROWS: Final = 100
TOKEN_ROWS: Final = 1_000
"""So many rows of figures cost one token."""


class Mosaic(Api):
    """The simulated API of some clients.

    Options: ``budgets`` (name to ``"<limit>/<seconds>"``), ``most_rows`` of a report, ``queue_seconds`` until a report
    begins, ``work_seconds`` that an order takes.

    Raises:
        ValueError: an option is unknown or wrong.
    """

    def __init__(self, stage: Stage, clients: Sequence[str], seed: int, scale: int, options: Mapping[str, Any]) -> None:
        check_options(options, OPTIONS)
        super().__init__(stage, Limits(adjusted(LIMITS, options.get("budgets", {})), Gate(days=stage.clock.timestamp)))
        draw = Draw("mosaic", seed)
        self._options, self._proofs = options, Proofs(stage, draw, clients)
        self._world = World(stage.clock, draw, clients, scale)
        self.truth = self._world.truth()
        queue = int(options.get("queue_seconds", 0))
        self._desk = Desk(
            stage.clock, draw, longest_polls=3, report_seconds=3_600, link_seconds=300, queue_seconds=queue
        )
        self._storage = Storage(stage, self._desk, "mosaic-reports")
        cursors = Cursors(draw.token("cursors").encode())
        self._cursor, self._token = paging.Tokens(cursors, "after"), paging.Tokens(cursors, "nextToken", "maxResults")
        self._link, self._connection = paging.LinkHeader(cursors), paging.Connection(cursors)
        account = "/v1/accounts/{account_id}"
        self.route("GET", "/v1/accounts", "accounts", self._list_accounts)
        self.route("POST", "/v1/graphql", "graphql", self._graphql)
        self.route("POST", f"{account}/reports", "reports", self._order)
        self.route("GET", f"{account}/reports/{{report_id}}", "reports", self._poll)
        for method, kind, answer in (
            ("GET", "pages", self._pages),
            ("POST", "index", self._index),
            ("GET", "offset", self._offset),
            ("GET", "cursor", self._by_cursor),
            ("POST", "token", self._by_token),
            ("GET", "next", self._next),
            ("GET", "link", self._links),
            ("GET", "chunks", self._chunks),
            ("GET", "whole", self._whole),
            ("GET", "xml", self._xml),
            ("GET", "figures", self._figures_now),
        ):
            self.route(method, f"{account}/{kind}", kind, answer)

    def handle(self, request: Request) -> Response:
        """Answer a request; one for a token is what the others are admitted by.

        Raises:
            Refusal: whatever the API refuses.
        """
        if (request.method, request.path) == ("POST", TOKEN_PATH):
            return self._proofs.token(request)
        return super().handle(request)

    def caller(self, request: Request, given: Mapping[str, Any]) -> Mapping[str, Hashable]:
        """The client, its key, and the account asked for.

        Raises:
            Refusal: 401 for the key, 403 for the account.
        """
        admitted = self._proofs.admit(request)
        if admitted is None:
            raise Refusal(self.refuse(401))
        client, proof = admitted
        wanted = given.get("account_id") or given.get("variables", {}).get("account_id")
        account = next((account for account in self._world.accounts[client] if wanted in {account.id, None}), None)
        if account is None:
            raise Refusal(self.refuse(403))
        return {"app": client, "token": proof, "account": account.id}

    def costs(self, kind: str, given: Mapping[str, Any]) -> Mapping[str, int]:
        """A query costs 2 points and one for each node it asks for."""
        return {"points": 2 + int(given.get("variables", {}).get("first", 0))} if kind == "graphql" else {}

    def refuse(self, status: int) -> Response:
        """The error body of a status."""
        return error(status, "ERROR", f"The request was refused with {status}.")

    def invalid(self, message: str) -> Response:
        """400."""
        return error(400, "INVALID", message)

    def client_of(self, request: Request) -> str | None:
        """Whose proof a request carries."""
        return self._proofs.client_of(request)

    def credentials(self) -> Mapping[str, Mapping[str, str]]:
        """Each client's secrets, of every kind."""
        return self._proofs.credentials()

    def close(self) -> None:
        """Stop the storage of reports."""
        self._storage.close()

    def _account(self, call: Call) -> Account:
        return self._world.by_id[str(call.caller["account"])]

    def _listed(self, call: Call) -> Things[Row]:
        return self._world.ads(self._account(call))

    def _list_accounts(self, call: Call) -> Response:
        return json_response(
            {"accounts": [shown(account) for account in self._world.accounts[str(call.caller["app"])]]}
        )

    def _pages(self, call: Call) -> Response:
        page = paging.PageNumber().read(call.given, self._listed(call), call.wish())
        info = {"page_size": page.size, "total_page": page.total_pages, "total_number": page.total}
        return json_response({"code": 0, "message": "OK", "data": {"list": page.items, "page_info": info}})

    def _index(self, call: Call) -> Response:
        page = paging.PageNumber("Index", "Size", first=0).read(
            call.given.get("PageInfo", {}), self._listed(call), call.wish()
        )
        return json_response({"Ads": page.items, "TotalFilteredCount": page.total})

    def _offset(self, call: Call) -> Response:
        page = paging.Offset("start", "count").read(call.given, self._listed(call), call.wish())
        return json_response({"elements": page.items, "paging": {"start": page.start, "total": page.total}})

    def _by_cursor(self, call: Call) -> Response:
        page = self._cursor.read(call.given, _owner(call), self._listed(call), _id, call.wish())
        cursors = {"cursors": {"after": page.token}} if page.token else {}
        return json_response({"data": page.items, "paging": cursors})

    def _by_token(self, call: Call) -> Response:
        page = self._token.read(call.given, _owner(call), self._listed(call), _id, call.wish())
        more = {"nextToken": page.token} if page.token else {}
        return json_response({"ads": page.items, "totalResults": page.total, **more})

    def _next(self, call: Call) -> Response:
        page = self._cursor.read(call.given, _owner(call), self._listed(call), _id, call.wish())
        links = {"self": call.request.url, "next": paging.next_url(call.request, "after", page.token)}
        return json_response({"data": page.items, "links": links})

    def _links(self, call: Call) -> Response:
        items, headers = self._link.read(call.request, _owner(call), self._listed(call), _id, call.wish())
        return json_response({"ads": items}).with_headers(headers)

    def _graphql(self, call: Call) -> Response:
        arguments = call.given.get("variables", {})
        ads = self._connection.read(arguments, _owner(call), self._listed(call), _id, wish=call.wish())
        asked, actual = 2 + int(arguments["first"]), 2 + len(ads["nodes"])
        standing = call.admission.settle("points", actual)
        status = tell.bucket_fields(standing, POINTS.per_second)
        cost = {"requestedQueryCost": asked, "actualQueryCost": actual, "throttleStatus": status}
        return json_response({"data": {"ads": ads}, "extensions": {"cost": cost}})

    def _chunks(self, call: Call) -> Response:
        chunks = encode.batches(self._listed(call), CHUNK_ROWS)
        return _streamed("application/json", encode.json_array({"results": chunk} for chunk in chunks))

    def _whole(self, call: Call) -> Response:
        most = int(call.given.get("maximum_rows", 200_000))
        rows = paging.silently_cut(self._listed(call), most)
        return _streamed("text/csv", encode.delimited(rows, ("id", "account_id", "name")))

    def _xml(self, call: Call) -> Response:
        page = paging.PageNumber(size="limit").read(call.given, self._listed(call), call.wish())
        head = {"TotalMatches": page.total, "TotalPages": page.total_pages}
        return _streamed("application/xml", encode.xml_document(page.items, root="result", item="ad", head=head))

    def _figures_now(self, call: Call) -> Response:
        account, (first, last) = self._account(call), span(call.given)
        cost = 1 + self._world.ads_an_account * ((last - first).days + 1) // TOKEN_ROWS
        call.admission.settle("tokensPerHour", cost)
        now = self._world.now(account)
        final = datetime.combine(self._world.figures.final_day(now), datetime.max.time(), account.market.zone)
        quota = tell.quota_fields(call.admission.standings, {"tokensPerHour": cost})
        head = {"finalized_data_end_time": final.isoformat(timespec="seconds"), "propertyQuota": quota}
        most = int(call.given.get("maximum_rows", 1_000_000))
        return payload(
            call.given.get("format", "json"),
            lambda: paging.silently_cut(self._world.facts(account, call.given, now), most),
            head,
        ).response()

    def _order(self, call: Call) -> Response:
        time.sleep(float(self._options.get("work_seconds", 0)))
        account, given, (first, last) = self._account(call), dict(call.given), span(call.given)
        if self._desk.in_flight(account.id) >= MOST_IN_FLIGHT:
            raise Refusal(error(400, "207", "ConcurrentRequestOverLimit"))
        now = self._world.now(account)
        number = self._world.ads_an_account * ((last - first).days + 1)
        is_large = number > int(self._options.get("most_rows", 10_000_000))
        rows = partial(self._world.facts, account, given, now)
        content = payload(given.get("format", "gzip"), rows, {}) if first <= now.date() else None
        try:
            failure = "The report has too many rows." if is_large else ""
            report = self._desk.order(account.id, content, request=str(sorted(given.items())), failure=failure)
        except DuplicateError as twin:
            message = f"The Request is a duplicate of : {twin.report.token}"
            raise Refusal(error(425, "425", message)) from twin
        return json_response({"reportId": report.token, "status": "PENDING"}, 202)

    def _poll(self, call: Call) -> Response:
        token = str(call.given["report_id"])
        report = self._desk.poll_with_faults(self._account(call).id, token, self.stage.faults, call.request)
        if report is None:
            raise Refusal(self.refuse(404))
        link = self._desk.link(report) if report.state is State.FINISHED else None
        answer = {"reportId": token, "status": WORDS.get(report.state, report.state.name), "url": None}
        if report.state is State.FAILED:
            answer["failureReason"] = report.failure or "Internal error."
        if link:
            expires = datetime.fromtimestamp(link.expires_at, UTC).isoformat()
            answer |= {"url": self._storage.url(link), "urlExpiresAt": expires}
        return json_response(answer)


def _owner(call: Call) -> str:
    return f"{call.caller['account']} {call.request.path}"


def _id(ad: Row) -> str:
    return str(ad["id"])


def _streamed(content_type: str, stream: Iterator[bytes]) -> Response:
    return Response(200, headers={"content-type": content_type}, stream=stream)
