"""The Google Ads API as one handler: tokens, customers, queries in pages or in one stream of batches."""

from __future__ import annotations

import re
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from dif_sandbox.sim.api import Api, Call, check_options
from dif_sandbox.sim.budgets import Bucket, CalendarDay, Gate
from dif_sandbox.sim.cursors import CursorError, Cursors
from dif_sandbox.sim.encodings import batches, json_array
from dif_sandbox.sim.google_ads import _errors, _gaql
from dif_sandbox.sim.google_ads._access import TOKEN_SECONDS, Access
from dif_sandbox.sim.google_ads._catalog import FIELDS
from dif_sandbox.sim.google_ads._check import check
from dif_sandbox.sim.google_ads._errors import QueryError
from dif_sandbox.sim.google_ads._run import rows
from dif_sandbox.sim.google_ads._truth import Asked, GoogleAdsTruth
from dif_sandbox.sim.google_ads._world import World
from dif_sandbox.sim.limits import Limit, Limits, Rule, adjusted
from dif_sandbox.sim.paging import Tokens
from dif_sandbox.sim.server import Refusal, Request, Response, json_response

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    from dif_sandbox.sim.channel import Stage
    from dif_sandbox.sim.google_ads._gaql import Query

__all__ = ["GoogleAds"]

VERSIONS: Final = ("v24", "v25", "v26")
OPTIONS: Final = ("batch_rows", "budgets", "page_rows", "token_port", "token_seconds")
OPERATIONS_A_DAY: Final = 15_000  # basic access
QUERIES_A_SECOND: Final = 60
OF_ONE_CUSTOMER: Final = 20
PAGE_ROWS: Final = 10_000
STREAM: Final = ":searchStream"

DAILY: Final = CalendarDay("operations", OPERATIONS_A_DAY, ZoneInfo("America/Los_Angeles"))
SCOPES: Final = {
    "operations": ("DEVELOPER", "Operations per day"),
    "developer": ("DEVELOPER", "Requests per developer token"),
    "customer": ("ACCOUNT", "Requests per account"),
}
LIMITS: Final = {
    "list": Limit((Rule(DAILY, ("developer",)),), partial(_errors.too_many, "DEVELOPER", "Operations per day")),
    "search": Limit(
        (
            Rule(DAILY, ("developer",)),
            Rule(Bucket("developer", QUERIES_A_SECOND, QUERIES_A_SECOND), ("developer",)),
            Rule(Bucket("customer", OF_ONE_CUSTOMER, OF_ONE_CUSTOMER), ("developer", "customer")),
        ),
        lambda standing: _errors.too_many(*SCOPES[standing.window.name], standing),
    ),
}


class GoogleAds(Api):
    """The simulated API of some clients, who share one developer token.

    Options: ``budgets`` (``operations``, ``developer``, ``customer`` to ``"<limit>/<seconds>"``), ``token_seconds``,
    ``page_rows`` of a page and ``batch_rows`` of a batch, both 10,000 as Google has them.

    Raises:
        ValueError: an option is unknown or wrong.
    """

    def __init__(self, stage: Stage, clients: Sequence[str], seed: int, scale: int, options: Mapping[str, Any]) -> None:
        check_options(options, OPTIONS)
        gate = Gate(days=stage.clock.timestamp)
        super().__init__(stage, Limits(adjusted(LIMITS, options.get("budgets", {})), gate))
        self._world = World(stage.clock, clients, seed, scale)
        lifetime, port = int(options.get("token_seconds", TOKEN_SECONDS)), int(options.get("token_port", 0))
        self._access = Access(stage, self._world.draw, self._world, lifetime, port)
        self._asked = Asked()
        self.truth = GoogleAdsTruth(self._world, self._asked)
        rows_a_page = int(options.get("page_rows", PAGE_ROWS))
        cursors = Cursors(self._world.draw.token("pages").encode())
        self._pages = Tokens(cursors, "pageToken", "no size", default=rows_a_page, most=rows_a_page)
        self._batch_rows = int(options.get("batch_rows", PAGE_ROWS))
        customer = "/{version}/customers/{customer_id}/googleAds"
        self.route("GET", "/{version}/customers:listAccessibleCustomers", "list", self._list_accessible)
        self.route("POST", f"{customer}:search", "search", self._search)
        self.route("POST", f"{customer}{STREAM}", "search", self._stream)

    def handle(self, request: Request) -> Response:
        """Answer a request; errors of a stream are in an array, as its batches are.

        Raises:
            Refusal: whatever the API refuses.
        """
        try:
            return super().handle(request)
        except Refusal as refused:
            if request.path.endswith(STREAM):
                raise Refusal(_errors.in_array(refused.response)) from refused
            raise

    def caller(self, request: Request, given: Mapping[str, Any]) -> Mapping[str, Hashable]:
        """The client, the developer token, the customer.

        Raises:
            Refusal: 400, 401 or 403 for what is wrong with them; 404 for a version that is not there (any more).
        """
        if given["version"] not in VERSIONS:
            raise Refusal(self.refuse(404))
        client = self._access.admit(request)
        marks = {"client": client, "developer": self._access.developer_token}
        if "customer_id" not in given:
            return marks
        return {**marks, "customer": self._access.customer(client, request, given["customer_id"]).id}

    def costs(self, _kind: str, given: Mapping[str, Any]) -> Mapping[str, int]:
        """A further page of a search is no operation of its own."""
        return {"operations": 0} if given.get("pageToken") else {}

    def refuse(self, status: int) -> Response:
        """The error body of a status."""
        return _errors.response(status)

    def throttle(self, retry_after: str | None) -> Response:
        """Too many requests, whatever they were: the wait is told in the body, and nowhere else."""
        found = re.search(r"[0-9]+", retry_after or "")
        return _errors.throttled("DEVELOPER", "Requests per developer token", int(found[0]) if found else 1)

    def invalid(self, message: str) -> Response:
        """400."""
        return _errors.response(400, _errors.Code("requestError", "UNKNOWN", message))

    def client_of(self, request: Request) -> str | None:
        """Whose token a request carries."""
        return self._access.host.bearer_of(request)

    def credentials(self) -> Mapping[str, Mapping[str, str]]:
        """Each client's secrets."""
        return self._access.credentials()

    def close(self) -> None:
        """Stop the host of tokens."""
        self._access.host.close()

    def _list_accessible(self, call: Call) -> Response:
        root = self._world.hierarchies[str(call.caller["client"])].root
        return json_response({"resourceNames": [f"customers/{root.id}"]})

    def _search(self, call: Call) -> Response:
        if "pageSize" in call.given:
            message = (
                "Setting the page size is not supported. Search Responses will have fixed page size of '10000' rows."
            )
            raise _errors.refusal(400, "requestError", "PAGE_SIZE_NOT_SUPPORTED", message)
        query, found = self._found(call)
        asked = {name: value for name, value in call.given.items() if name in {"query", "pageToken"}}
        numbered = list(enumerate(found))
        try:
            page = self._pages.read(
                asked, str(call.caller["customer"]), numbered, lambda item: str(item[0]), call.wish()
            )
        except CursorError as wrong:
            raise _errors.refusal(400, "requestError", "INVALID_PAGE_TOKEN", "The page token is invalid.") from wrong
        results = [_nested(row) for _, row in page.items]
        answer = {
            **({"results": results} if results else {}),
            **({"nextPageToken": page.token} if page.token else {}),
            "fieldMask": _mask(query),
            "queryResourceConsumption": str(len(results)),
        }
        return json_response(answer)

    def _stream(self, call: Call) -> Response:
        query, found = self._found(call)
        head = {"fieldMask": _mask(query), "requestId": _errors.request_id()}

        def chunks() -> Iterator[dict[str, Any]]:
            number = 0
            for batch in batches(map(_nested, found), self._batch_rows):
                number += len(batch)
                yield {"results": batch, **head}
            if not number:
                yield {**head, "queryResourceConsumption": "0"}

        return Response(200, headers={"content-type": "application/json; charset=UTF-8"}, stream=json_array(chunks()))

    def _found(self, call: Call) -> tuple[Query, Iterator[dict[str, Any]]]:
        """The query of a request and its rows.

        Raises:
            Refusal: 400, the query is not in order.
        """
        customer = self._world.customers[str(call.caller["customer"])]
        if "summaryRowSetting" in call.given:
            raise Refusal(self.refuse(501))
        text = call.given.get("query")
        if not isinstance(text, str) or not text:
            raise _errors.refusal(400, "requestError", "REQUIRED_FIELD_MISSING", "Required field 'query' is missing.")
        try:
            query = _gaql.parse(text)
            check(query, is_manager=customer.is_manager)
            self._asked.note(str(call.caller["client"]), query)
            found = iter(rows(query, self._world.account(customer)))
            first = list(islice(found, 1))  # a generator says only now that its days are wrong
            return query, chain(first, found)
        except QueryError as wrong:
            raise _errors.refusal(400, "queryError", wrong.code, f"Error in query: {wrong}") from wrong


def _mask(query: Query) -> str:
    return ",".join(_camel_case(field) for field in query.fields)


def _nested(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as JSON has it: nested, in camel case, 64 bits as text."""
    made: dict[str, Any] = {}
    for field, value in row.items():
        *path, last = _camel_case(field).split(".")
        place = made
        for part in path:
            place = place.setdefault(part, {})
        place[last] = str(value) if FIELDS[field] == "int64" else value
    return made


def _camel_case(field: str) -> str:
    first, *rest = field.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)
