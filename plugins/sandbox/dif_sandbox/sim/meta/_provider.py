"""The endpoints of Graph that a reader of ads uses."""

from __future__ import annotations

import hashlib
import hmac
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from dif_sandbox.sim.api import Api, Call, check_options
from dif_sandbox.sim.budgets import Gate
from dif_sandbox.sim.cursors import Cursors
from dif_sandbox.sim.encodings import Payload
from dif_sandbox.sim.generator import Draw
from dif_sandbox.sim.keys import Keys
from dif_sandbox.sim.limits import Limits, adjusted
from dif_sandbox.sim.meta import _errors as say
from dif_sandbox.sim.meta._insights import FIELDS, Order, as_texts, listed, read_order, rows, rows_at_most
from dif_sandbox.sim.meta._truth import MetaTruth
from dif_sandbox.sim.meta._world import AMOUNTS, EDGES, Row, World, business_of
from dif_sandbox.sim.paging import Tokens
from dif_sandbox.sim.reports import Desk, Report, State
from dif_sandbox.sim.server import Refusal, Request, Response, json_response

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from dif_sandbox.sim.channel import Stage
    from dif_sandbox.sim.world import Account

__all__ = ["Meta"]

OPTIONS: Final = ("budgets", "report_polls", "most_rows", "most_page", "needs_proof")
VERSIONS: Final = ("v25.0", "v26.0")
HIDDEN: Final = frozenset({"ARCHIVED", "DELETED"})
DAY_SECONDS: Final = 86_400
# Of so many reports the rows are held while their pages are read; a fleet that reads more has them made anew.
REPORTS_IN_HAND: Final = 32


@dataclass(slots=True)
class Job:
    """An ordered report: its number, the desk's word for it, and its rows while they are looked at."""

    token: str
    account: Account
    order: Order
    known_at: datetime
    rows: list[tuple[str, Row]] | None = field(default=None)


class Meta(Api):
    """The simulated API of some clients.

    Options: ``budgets`` (``app``, ``ads_insights``, ``ads_management`` to ``"<limit>/<seconds>"``), ``report_polls``
    (at most so many polls until a report is done), ``most_rows`` that a report may have, ``most_page`` that a page of a
    list may have, ``needs_proof`` (whether the app asks for appsecret_proof).

    Raises:
        ValueError: an option is unknown or wrong.
    """

    def __init__(self, stage: Stage, clients: Sequence[str], seed: int, scale: int, options: Mapping[str, Any]) -> None:
        check_options(options, OPTIONS)
        super().__init__(stage, Limits(adjusted(say.LIMITS, options.get("budgets", {})), Gate()))
        draw = Draw("meta", seed)
        self._options, self._draw = options, draw
        self._keys = Keys(draw, clients, prefix="EAAB")
        self._secrets = {client: draw.token("secret", client, length=32) for client in clients}
        self._world = World.of(stage.clock, draw, clients, scale)
        self.truth = MetaTruth(self._world)
        self._cursors = Cursors(draw.token("cursors").encode())
        self._desk = Desk(
            stage.clock, draw, longest_polls=int(options.get("report_polls", 3)), report_seconds=30 * DAY_SECONDS,
            link_seconds=DAY_SECONDS,
        )  # fmt: skip
        self._jobs: dict[str, Job] = {}
        self._in_hand: deque[Job] = deque()
        account = "/{version}/act_{account_id}"
        self.route("GET", "/{version}/me/adaccounts", "app", self._list_accounts)
        self.route("GET", "/{version}/{business_id}/owned_ad_accounts", "app", self._list_accounts)
        self.route("GET", "/{version}/{business_id}/client_ad_accounts", "app", self._list_accounts)
        for edge in EDGES:
            self.route("GET", f"{account}/{edge}", "management", partial(self._list, edge))
        self.route("GET", f"{account}/activities", "management", self._list_activities)
        self.route("POST", f"{account}/insights", "insights", self._order)
        self.route("GET", f"{account}/insights", "insights", self._insights_now)
        self.route("GET", "/{version}/{job_id}", "insights", self._poll)
        self.route("GET", "/{version}/{job_id}/insights", "insights", self._results)

    def caller(self, request: Request, given: Mapping[str, Any]) -> Mapping[str, Hashable]:
        """The client and the account asked for.

        Raises:
            Refusal: the version is none, the token is dead, the account is another's, the report is not there.
        """
        if given["version"] not in VERSIONS:
            told = f"(#2635) You are calling a deprecated version of the Ads API. Please update to {VERSIONS[-1]}."
            raise Refusal(say.error(400, 2635, told))
        client = self._keys.admit(_token(request), self.stage.faults, request)
        if client is None:
            raise Refusal(self.refuse(401))
        self._check_proof(client, request)
        if "job_id" in given:
            job = self._jobs.get(given["job_id"])
            if job is None or job.account.client != client:
                raise say.no_object(given["job_id"])
            return {"app": client, "account": job.account.id}
        wanted = given.get("account_id")
        known = [account.id for account in self._world.accounts[client]]
        if wanted is not None and wanted not in known:
            raise Refusal(self.refuse(403))
        return {"app": client, "account": wanted or ""}

    def _check_proof(self, client: str, request: Request) -> None:
        secret, token = self._secrets[client], self._keys.by_client[client]
        right = hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        proof = request.parameter("appsecret_proof")
        if proof is None and self._options.get("needs_proof"):
            raise say.invalid("API calls from the server require an appsecret_proof argument")
        if proof is not None and not hmac.compare_digest(proof, right):
            raise say.invalid("Invalid appsecret_proof provided in the API argument")

    def refuse(self, status: int) -> Response:
        """The error that stands for a status."""
        return say.refusal_of(status)

    def invalid(self, message: str) -> Response:
        """400, code 100."""
        return say.error(400, 100, f"(#100) {message}")

    def client_of(self, request: Request) -> str | None:
        """Whose token a request carries."""
        return self._keys.client_of(_token(request))

    def credentials(self) -> Mapping[str, Mapping[str, str]]:
        """Each client's token, and its app's secret."""
        return {
            client: {"access_token": key, "app_secret": self._secrets[client]}
            for client, key in self._keys.by_client.items()
        }

    def _account(self, call: Call) -> Account:
        owned = self._world.accounts[str(call.caller["app"])]
        return next(account for account in owned if account.id == call.caller["account"])

    def _list_accounts(self, call: Call) -> Response:
        client = str(call.caller["app"])
        owned = self._world.accounts[client]
        if "business_id" in call.given:
            if call.given["business_id"] != business_of(owned[0]):
                raise say.no_object(call.given["business_id"])
            owned = owned[:1] if call.request.path.endswith("/owned_ad_accounts") else owned[1:]
        return self._page(call, "AdAccount", "ad_accounts", [self._world.account(account) for account in owned])

    def _list(self, edge: str, call: Call) -> Response:
        name, node, things = EDGES[edge]
        found: Sequence[Row] = things(self._world, self._account(call))
        wanted = frozenset(listed(call.given, "effective_status"))
        if edge in {"campaigns", "adsets", "ads"}:
            found = [
                thing
                for thing in found
                if (thing["effective_status"] in wanted if wanted else thing["effective_status"] not in HIDDEN)
            ]
        return self._page(call, node, name, found)

    def _list_activities(self, call: Call) -> Response:
        account = self._account(call)
        now = self._world.now(account)
        since, until = (
            datetime.fromisoformat(call.given[name]).date() if name in call.given else day
            for name, day in (("since", now.date() - timedelta(days=7)), ("until", now.date()))
        )
        found = list(self._world.activities(account, since, until))
        return self._page(call, "AdActivity", "activities", found, key="event_time")

    def _page(self, call: Call, node: str, name: str, found: Sequence[Row], key: str = "id") -> Response:
        asked = listed(call.given, "fields", ("id",))
        if unknown := [one for one in asked if one not in FIELDS[node]]:
            raise say.invalid(f"Tried accessing nonexisting field ({unknown[0]}) on node type ({node})")
        self.truth.asked(str(call.caller["app"]), name, asked)
        limit = int(call.given.get("limit", 25))
        if limit > int(self._options.get("most_page", 5_000)):
            told = "Please reduce the amount of data you're asking for, then retry your request"
            raise Refusal(say.error(500, 1, told))
        kept = {*asked, *(("id",) if key == "id" else ())}
        shown = [{one: value for one, value in row.items() if one in kept} for row in found]
        for row in shown:
            row |= {amount: str(row[amount]) for amount in AMOUNTS & row.keys()}
        marks = [f"{row.get(key)} {number}" if key != "id" else str(row["id"]) for number, row in enumerate(found)]
        return self._paged(call, list(zip(marks, shown, strict=True)))

    def _paged(self, call: Call, found: Sequence[tuple[str, Row]]) -> Response:
        """One page, with the addresses that Meta gives: they hold the token."""
        tokens = Tokens(self._cursors, token="after", size="limit", most=5_000)
        given = {name: value for name, value in call.given.items() if name not in {"access_token", "appsecret_proof"}}
        page = tokens.read(given, call.request.path, found, lambda item: item[0], call.wish())
        answer: Row = {"data": [row for _, row in page.items]}
        if page.items or page.token:
            query = f"{call.request.path}\nend"
            after = page.token or self._cursors.seal(query, "end")
            answer["paging"] = {"cursors": {"before": self._cursors.seal(query, "start"), "after": after}}
        if page.token:
            more = {**call.request.parameters, "access_token": _token(call.request) or "", "after": page.token}
            answer["paging"]["next"] = f"{call.request.url}?{urlencode(more)}"
        return json_response(answer)

    def _insights_now(self, call: Call) -> Response:
        account = self._account(call)
        order = read_order(call.given, self._world.now(account))
        return self._paged(call, _shown(order, rows(self._world, account, order, self._world.now(account))))

    def _order(self, call: Call) -> Response:
        account = self._account(call)
        now = self._world.now(account)
        order = read_order(call.given, now)
        self.truth.ordered(account.client, order)
        is_large = rows_at_most(self._world, order) > int(self._options.get("most_rows", 1_000_000))
        failure = "Please reduce the amount of data you're asking for, then retry your request" if is_large else ""
        report = self._desk.order(account.id, Payload("application/json", lambda: iter(())), failure=failure)
        number = self._draw.digits("9", 16, "job", report.token)
        self._jobs[number] = Job(report.token, account, order, now)
        return json_response({"report_run_id": number})

    def _poll(self, call: Call) -> Response:
        job = self._jobs[call.given["job_id"]]
        report = self._desk.poll_with_faults(job.account.id, job.token, self.stage.faults, call.request)
        if report is None:
            raise say.no_object(call.given["job_id"])
        if report.content is None:
            job.rows = []
        words = {
            State.QUEUED: ("Job Not Started", 0),
            State.IN_PROGRESS: ("Job Running" if report.polls_left else "Job Started", 0 if report.polls_left else 100),
            State.FINISHED: ("Job Completed", 100),
            State.FAILED: ("Job Failed", 40),
            State.EXPIRED: ("Job Skipped", 0),
        }
        status, percent = words[report.state]
        answer = {"id": call.given["job_id"], "async_status": status, "async_percent_completion": percent}
        if report.state is State.FAILED:
            answer |= {"error_code": 2, "error_message": report.failure or "An unknown error occurred"}
        return json_response(answer)

    def _results(self, call: Call) -> Response:
        job = self._jobs[call.given["job_id"]]
        if not self._is_done(job):
            raise say.invalid("Cannot read the results of a report that is not completed")
        return self._paged(call, self._rows_of(job))

    def _rows_of(self, job: Job) -> list[tuple[str, Row]]:
        """The rows of a report, held for its next pages."""
        if (found := job.rows) is not None:
            return found
        found = job.rows = _shown(job.order, rows(self._world, job.account, job.order, job.known_at))
        self._in_hand.append(job)
        if len(self._in_hand) > REPORTS_IN_HAND and (put_down := self._in_hand.popleft()).rows:
            put_down.rows = None
        return found

    def _is_done(self, job: Job) -> bool:
        report: Report | None = self._desk.poll(job.account.id, job.token, State.IN_PROGRESS)
        return report is not None and report.state is State.FINISHED


def _shown(order: Order, found: Iterable[Row]) -> list[tuple[str, Row]]:
    """The rows of a report as they are written, numbered."""
    kept = {*order.fields, *order.breakdowns, "date_start", "date_stop"}
    shown = (as_texts({name: value for name, value in row.items() if name in kept}) for row in found)
    return [(str(number), row) for number, row in enumerate(shown)]


def _token(request: Request) -> str | None:
    return request.headers.get("authorization", "").removeprefix("Bearer ") or request.parameter("access_token")
