"""The Admin API of Shopify in July 2026: tokens, points and calls, queries, bulk operations, REST lists, refusals.

https://shopify.dev/docs/api/admin-graphql, https://shopify.dev/docs/api/usage/limits (read 2026-11)
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim import announcements as tell
from dif_sandbox.sim.api import Api, Call, check_options
from dif_sandbox.sim.budgets import Bucket, Gate
from dif_sandbox.sim.cursors import Cursors, PageError
from dif_sandbox.sim.encodings import Payload, ndjson
from dif_sandbox.sim.generator import Draw
from dif_sandbox.sim.limits import Limit, Limits, Rule, adjusted
from dif_sandbox.sim.misbehaviour import told_in_header
from dif_sandbox.sim.paging import Connection, LinkHeader
from dif_sandbox.sim.reports import Desk, State
from dif_sandbox.sim.server import Refusal, Request, Response, json_response
from dif_sandbox.sim.shopify._access import KINDS, Access
from dif_sandbox.sim.shopify._execute import Run, asked_cost, bulk_lines, check_bulk
from dif_sandbox.sim.shopify._made import Row, gid
from dif_sandbox.sim.shopify._query import parse
from dif_sandbox.sim.shopify._truth import ShopifyTruth
from dif_sandbox.sim.shopify._world import World
from dif_sandbox.sim.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from dif_sandbox.sim.budgets import Standing
    from dif_sandbox.sim.channel import Stage
    from dif_sandbox.sim.shopify._query import Field, Operation

__all__ = ["Shopify"]

ROOT: Final = "/admin/api/2026-07"
OPTIONS: Final = ("budgets", "report_polls", "most_operations", "credential")
MOST_COST: Final = 1_000
MUTATION_POINTS: Final = 10
LINK_SECONDS: Final = 7 * 86_400
WORDS: Final = {
    State.QUEUED: "CREATED",
    State.IN_PROGRESS: "RUNNING",
    State.FINISHED: "COMPLETED",
    State.FAILED: "FAILED",
    State.EXPIRED: "EXPIRED",
}
REFUSALS: Final = {
    401: "[API] Invalid API key or access token (unrecognized login or wrong password)",
    402: "This shop's plan does not have access to this feature",
    403: "[API] This action requires merchant approval for this scope.",
    404: "Not Found",
    423: "This shop is locked",
    429: "Exceeded 2 calls per second for api client. Reduce request rates to resume uninterrupted service.",
}


def _throttled_query(standing: Standing) -> Response:
    window = standing.window
    rate = window.per_second if isinstance(window, Bucket) else 0.0
    cost = {
        "requestedQueryCost": MOST_COST,
        "actualQueryCost": None,
        "throttleStatus": tell.bucket_fields(standing, rate),
    }
    answer = {"errors": [_problem("Throttled", "THROTTLED")], "extensions": {"cost": cost}}
    return replace(json_response(answer), means=429)


def _throttled_call(_standing: Standing) -> Response:
    return told_in_header(json_response({"errors": REFUSALS[429]}, 429), "2.0")


LIMITS: Final = {
    "graphql": Limit((Rule(Bucket("points", 2_000, 100), ("app",)),), _throttled_query),
    "rest": Limit(
        (Rule(Bucket("rest", 40, 2), ("app",)),), _throttled_call, tell.call_limit("x-shopify-shop-api-call-limit")
    ),
}


class Shopify(Api):
    """The simulated API of some clients' shops.

    Options: ``budgets`` (``points``, ``rest``), ``report_polls`` (at most so many until a bulk operation is done),
    ``most_operations`` that may run at once, ``credential`` that clients have: a ``token``, or an app's ``client``.

    Raises:
        ValueError: an option is unknown or wrong.
    """

    def __init__(self, stage: Stage, clients: Sequence[str], seed: int, scale: int, options: Mapping[str, Any]) -> None:
        check_options(options, OPTIONS)
        super().__init__(stage, Limits(adjusted(LIMITS, options.get("budgets", {})), Gate()))
        draw = Draw("shopify", seed)
        self._access = Access(stage, draw, clients, options.get("credential", KINDS[0]))
        self._world = World(stage.clock, draw, scale)
        self.truth = ShopifyTruth(self._world, clients)
        self._most = int(options.get("most_operations", 5))
        polls = int(options.get("report_polls", 2))
        self._desk = Desk(
            stage.clock, draw, longest_polls=polls, report_seconds=LINK_SECONDS, link_seconds=LINK_SECONDS
        )
        self._storage = Storage(stage, self._desk, "shopify-tiers-assets-prod")
        self._counts: dict[str, int] = {}
        cursors = Cursors(draw.token("cursors").encode())
        self._connection, self._links = Connection(cursors), LinkHeader(cursors)
        self.route("POST", f"{ROOT}/graphql.json", "graphql", self._query)
        for name, found in (("locations", self._locations), ("collects", self._collects), ("events", self._events)):
            self.route("GET", f"{ROOT}/{name}.json", "rest", partial(self._listed, name, found))
        levels = f"{ROOT}/locations/{{location_id}}/inventory_levels.json"
        self.route("GET", levels, "rest", partial(self._listed, "inventory_levels", self._levels))

    def caller(self, request: Request, given: Mapping[str, Any]) -> Mapping[str, Hashable]:  # noqa: ARG002 - the port's
        """The client of a token; raises Refusal if it is nobody's."""
        client = self._access.admit(request)
        if client is None:
            raise Refusal(self.refuse(401))
        return {"app": client}

    def costs(self, kind: str, given: Mapping[str, Any]) -> Mapping[str, int]:
        """What a query asks for at most; a mutation costs ten points."""
        if kind != "graphql":
            return {}
        operation = _operation(given)
        asked = MUTATION_POINTS if operation.kind == "mutation" else max(1, asked_cost(operation.fields))
        if asked > MOST_COST:
            message = f"Query cost is {asked}, which exceeds the single query max cost limit ({MOST_COST})."
            raise Refusal(json_response({"errors": [_problem(message, "MAX_COST_EXCEEDED")]}))
        return {"points": asked}

    def refuse(self, status: int) -> Response:
        """The error body of a status."""
        return json_response({"errors": REFUSALS.get(status, "Internal Server Error")}, status)

    def invalid(self, message: str) -> Response:
        """A query that is wrong, which has the status of a success."""
        return json_response({"errors": [{"message": message, "locations": [{"line": 1, "column": 1}]}]})

    def client_of(self, request: Request) -> str | None:
        """Whose token a request carries."""
        return self._access.client_of(request)

    def credentials(self) -> Mapping[str, Mapping[str, str]]:
        """What each client's tap is given."""
        return self._access.credentials()

    def close(self) -> None:
        """Stop the storage of files and the host of tokens."""
        self._storage.close()
        self._access.close()

    def _query(self, call: Call) -> Response:
        client, operation = str(call.caller["app"]), _operation(call.given)
        run = Run(self._connection, call.wish())
        asked = self.costs("graphql", call.given)["points"]
        data = {field.name: self._root(call, client, operation, field, run) for field in operation.fields}
        actual = min(asked, MUTATION_POINTS if operation.kind == "mutation" else run.cost)
        standing = call.admission.settle("points", actual)
        window = standing.window
        rate = window.per_second if isinstance(window, Bucket) else 0.0
        told = {
            "requestedQueryCost": asked,
            "actualQueryCost": actual,
            "throttleStatus": tell.bucket_fields(standing, rate),
        }
        return json_response({"data": data, "extensions": {"cost": told}})

    def _root(self, call: Call, client: str, operation: Operation, field: Field, run: Run) -> Any:  # noqa: ANN401 - JSON
        if operation.kind == "mutation":
            if field.name != "bulkOperationRunQuery":
                message = f"Field '{field.name}' doesn't exist on type 'Mutation'"
                raise ValueError(message)
            return run.below(self._submitted(client, str(field.arguments.get("query", ""))), field.below, client)
        name = str(field.arguments.get("id", ""))
        if field.name == "node":
            return run.below(self._operation(call, client, name), field.below, client)
        if field.name == "codeDiscountNode":
            nodes = self._world.selling(client).code_discounts()
            return run.below(next((node for node in nodes if node["id"] == name), None), field.below, client)
        if field.name == "refund":
            return run.below(self._world.refund(client, name), field.below, client)
        return run.below(self._world.root(client), [field], client)[field.name]

    def _submitted(self, client: str, text: str) -> Row:
        def refused(message: str, code: str) -> Row:
            problem = {"__typename": "BulkOperationUserError", "field": None, "message": message, "code": code}
            return {"__typename": "BulkOperationRunQueryPayload", "bulkOperation": None, "userErrors": [problem]}

        if self._desk.in_flight(client) >= self._most:
            self._desk.go_on(client)
            return refused(
                "A bulk query operation for this app and shop is already in progress", "OPERATION_IN_PROGRESS"
            )
        root = self._world.root(client)
        try:
            fields = parse(text).fields
            check_bulk(fields, root=root)
            rows = list(bulk_lines(Run(self._connection, None), root, fields))
        except ValueError as wrong:
            return refused(f"Invalid bulk query: {wrong}", "INVALID")
        written = list(ndjson(rows))  # links live for days, and lines are a tenth of their rows
        content = Payload("application/jsonl", lambda: written) if rows else None
        report = self._desk.order(client, content)
        self._counts[report.token] = len(rows)
        found = {"__typename": "BulkOperation", "id": gid("BulkOperation", report.token), "status": "CREATED"}
        return {"__typename": "BulkOperationRunQueryPayload", "bulkOperation": found, "userErrors": []}

    def _operation(self, call: Call, client: str, name: str) -> Row | None:
        token = name.rpartition("/")[2]
        report = self._desk.poll_with_faults(client, token, self.stage.faults, call.request)
        if report is None:
            return None
        link = self._desk.link(report) if report.state is State.FINISHED else None
        return {
            "__typename": "BulkOperation", "id": name, "status": WORDS[report.state],
            "errorCode": "INTERNAL_SERVER_ERROR" if report.state is State.FAILED else None,
            "objectCount": str(self._counts[token] if link else 0), "url": self._storage.url(link) if link else None,
            "partialDataUrl": None,
        }  # fmt: skip

    def _listed(self, name: str, found: Any, call: Call) -> Response:  # noqa: ANN401 - a function of the call
        if name == "locations":
            return json_response({name: list(found(call))})
        key = "inventory_item_id" if name == "inventory_levels" else "id"
        owner = f"{call.caller['app']} {call.request.path}"
        try:
            # A cursor holds the filters of the first request.
            rows = found(call)
            page, headers = self._links.read(call.request, owner, rows, lambda row: str(row[key]), call.wish())
        except PageError as wrong:  # which GraphQL answers with 200, and REST does not
            raise Refusal(json_response({"errors": str(wrong)}, 400)) from wrong
        return json_response({name: list(page)}).with_headers(headers)

    def _locations(self, call: Call) -> Sequence[Row]:
        return self._world.locations(str(call.caller["app"]))

    def _levels(self, call: Call) -> Sequence[Row]:
        location = str(call.given["location_id"])
        if not re.fullmatch("[0-9]+", location) or int(location) not in {row["id"] for row in self._locations(call)}:
            raise Refusal(self.refuse(404))
        return self._world.stock(str(call.caller["app"]), int(location))

    def _collects(self, call: Call) -> Sequence[Row]:
        return self._world.collects(str(call.caller["app"]))

    def _events(self, call: Call) -> Sequence[Row]:
        filters = self._links.filters(call.given, f"{call.caller['app']} {call.request.path}")
        since, names = filters.get("created_at_min", ""), filters.get("fields")
        rows = (row for row in self._world.selling(str(call.caller["app"])).events() if row["created_at"] >= since)
        return [{name: row[name] for name in row if names is None or name in names.split(",")} for row in rows]


def _operation(given: Mapping[str, Any]) -> Operation:
    variables = given.get("variables")
    return parse(str(given.get("query", "")), variables if isinstance(variables, dict) else {})


def _problem(message: str, code: str) -> Row:
    return {"message": message, "extensions": {"code": code, "documentation": "https://shopify.dev/api/usage/limits"}}
