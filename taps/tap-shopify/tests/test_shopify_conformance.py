"""The promises of every tap, kept by this one: against a shop with two things of each kind, in pages of one."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from dif_kit.errors import ConfigError
from dif_kit.testing import ApiAnswer, ApiRequest, FakeApi, TapRun, conformance, impatient, run_tap
from tap_shopify._facts import TABLES, VERDICTS, Fields
from tap_shopify.bulk import BULK_LISTS, BulkList
from tap_shopify.tap import TapShopify

TOKEN: Final = "shpat_token-of-the-tests"
VALUES: Final[dict[str, Any]] = {
    "integer": 3,
    # Nobody alters a number inside JSON lines: those here have more digits than a float holds already.
    "number": "12.500000000000000000000123",
    "boolean": True,
    "array": [{"name": "Size", "value": "M"}],
}
#: Stream -> where its connection stands in the answer.
PLACES: Final = {
    "abandoned_checkouts": "abandonedCheckouts",
    "draft_orders": "draftOrders",
    "tender_transactions": "tenderTransactions",
    "marketing_events": "marketingEvents",
    "code_discounts": "codeDiscountNodes",
    "automatic_discounts": "automaticDiscountNodes",
    "discount_codes": "codeDiscountNode.codeDiscount.codes",
    "refund_line_items": "refund.refundLineItems",
    "fulfillment_orders": "fulfillmentOrders",
    "pages": "pages",
    "blogs": "blogs",
    "articles": "articles",
}
#: Streams whose rows are below orders -> the field that holds them.
BELOW: Final = {
    "order_refunds": "refunds",
    "order_transactions": "transactions",
    "fulfillments": "fulfillments",
}
#: Streams whose rows are a connection of orders, and of other things.
CHILDREN: Final = frozenset({"order_line_items", "order_agreements"})
OF_OTHERS: Final = frozenset({
    "collection_products", "product_metafields", "product_variant_metafields", "collection_metafields",
})  # fmt: skip


def node(fields: Fields, name: str, number: int | str) -> dict[str, Any]:
    """A value at each path of a table."""
    made: dict[str, Any] = {}
    schema = fields.schema()["properties"]
    for column, path in fields.paths.items():
        *way, last = path.split(".")
        place = made
        for key in way:
            place = place.setdefault(key, {})
        kind = schema[column]["type"][0]
        moment = "2026-11-20T10:00:00Z" if schema[column].get("format") else column
        place[last] = f"gid://shopify/{name}/{number}" if path == "id" else VALUES.get(kind, moment)
        if kind == "array" and "items" in schema[column]:
            place[last] = ["one", "two"]
    return made


class FakeShop:
    """What the API is taught; every bulk operation is kept, so that its poll and its file find it."""

    def __init__(self, api: FakeApi) -> None:
        self.api = api
        self.operations: dict[str, dict[str, Any]] = {}
        self.numbers = itertools.count(1)  # operations come in side by side, and each must have a number of its own
        api.on("POST", "/graphql.json", self._query)
        for name in (
            "locations",
            "collects",
            "events",
            "locations/11/inventory_levels",
            "locations/12/inventory_levels",
        ):
            api.on("GET", f"/{name}.json", lambda request, name=name: self._listed(request, name))

    def _query(self, request: ApiRequest) -> Any:
        if not is_signed(request):
            return ApiAnswer({"errors": "[API] Invalid API key or access token"}, status=401)
        asked = request.json()
        name = asked["query"].split()[1]
        variables = asked.get("variables", {})
        if name == "shop":
            data = {"shop": node(TABLES["shop"], "Shop", 1)}
        elif name == "submit":
            data = self._submitted(variables["query"])
        elif name == "poll":
            data = {"node": self._polled(variables["id"])}
        else:
            data = self._page(name, variables)
        left = {"maximumAvailable": 2000.0, "currentlyAvailable": 1990, "restoreRate": 100.0}
        cost = {"requestedQueryCost": 10, "actualQueryCost": 5, "throttleStatus": left}
        return {"data": data, "extensions": {"cost": cost}}

    def _page(self, name: str, variables: dict[str, Any]) -> dict[str, Any]:
        second = "after" in variables
        owner = str(variables.get("id", "")).rpartition("/")[2]
        row = node(TABLES[name], name, f"{owner}{2 if second else 1}")
        page: dict[str, Any] = {"nodes": [row], "pageInfo": {"hasNextPage": not second, "endCursor": "c" + owner}}
        for key in reversed(PLACES[name].split(".")):
            page = {key: page}
        return page

    def _submitted(self, query: str) -> dict[str, Any]:
        number = f"gid://shopify/BulkOperation/{next(self.numbers)}"
        self.operations[number] = {"query": query, "polls": 0}
        return {"bulkOperationRunQuery": {"bulkOperation": {"id": number, "status": "CREATED"}, "userErrors": []}}

    def _polled(self, number: str) -> dict[str, Any]:
        operation = self.operations[number]
        operation["polls"] += 1
        if operation["polls"] == 1:
            return {"status": "RUNNING", "errorCode": None, "objectCount": "0", "url": None}
        lines = self.lines(operation["query"])
        path = f"/files/{number.rpartition('/')[2]}"
        self.api.on("GET", path, "".join(json.dumps(line) + "\n" for line in lines).encode())
        return {"status": "COMPLETED", "errorCode": None, "objectCount": str(len(lines)), "url": self.api.url + path}

    def lines(self, query: str) -> list[dict[str, Any]]:
        """What a bulk operation writes: children in any order, as groups are not asked for."""
        [name] = [stream.name for stream in BULK_LISTS if issubclass(stream, BulkList) and is_of(stream, query)]
        rows = [node(TABLES[name], name, number) for number in (1, 2)]
        if name in OF_OTHERS:
            return [row | {"__parentId": "gid://shopify/Thing/1"} for row in rows] + [{"id": "gid://shopify/Thing/1"}]
        if name not in BELOW and name not in CHILDREN:
            return rows
        order = {
            "id": "gid://shopify/Order/1",
            "createdAt": "2026-11-19T10:00:00Z",
            "updatedAt": "2026-11-21T10:00:00Z",
        }
        if name in BELOW:
            return [order | {BELOW[name]: rows}, order | {"id": "gid://shopify/Order/2", BELOW[name]: []}]
        return [rows[0] | {"__parentId": order["id"]}, order, rows[1] | {"__parentId": order["id"]}]

    def _listed(self, request: ApiRequest, name: str) -> Any:
        if not is_signed(request):
            return ApiAnswer({"errors": "[API] Invalid API key or access token"}, status=401)
        place = name.rpartition("/")[2]
        second = "page_info" in request.query
        numbers = (1, 2) if name == "locations" else (2,) if second else (1,)
        rows = [rest_row(place, name, number) for number in numbers]
        following = f'<{self.api.url}/{name}.json?limit=250&page_info=next>; rel="next"'
        headers = {} if second or name == "locations" else {"Link": following}
        return ApiAnswer({place: rows}, headers={"X-Shopify-Shop-Api-Call-Limit": "1/40", **headers})


def rest_row(place: str, name: str, number: int) -> dict[str, Any]:
    """A row of a REST list, with what the tap leaves."""
    made = node(TABLES[place], place, number) | {"phone": "+49 30 1234567", "author": "somebody"}
    made |= {"id": 10 + number} if "id" in made else {"inventory_item_id": 70 + number}
    return made | ({"location_id": int(name.split("/")[1])} if "/" in name else {})


def is_of(stream: type[BulkList], query: str) -> bool:
    """Whether a query is a stream's, whatever its moment."""
    before, _, after = stream.body["variables"]["query"].partition("{since}")
    return query.startswith(before) and query.endswith(after)


def is_signed(request: ApiRequest) -> bool:
    """Whether the token is there."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    return headers.get("x-shopify-access-token") == TOKEN


TestShopify = conformance(
    TapShopify,
    routes=FakeShop,
    config={"shop": "sky", "start_date": "2026-11-01"},
    credential={"access_token": TOKEN},
    golden_catalog=Path(__file__).with_name("catalog.json"),
    forbidden="/locations/11/inventory_levels.json",
)


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeShop]:
    monkeypatch.setenv("SHOPIFY_TESTS", json.dumps({"access_token": TOKEN}))
    with FakeApi() as api, impatient(TapShopify):
        yield FakeShop(api)


def read(shop: FakeShop, *streams: str, **settings: Any) -> TapRun:
    config = {
        "shop": "sky",
        "start_date": "2026-11-01",
        "api_url": shop.api.url,
        "credential_ref": "env://SHOPIFY_TESTS",
        **settings,
    }
    return run_tap(TapShopify, config, streams={"shop", *streams})


def only(name: str, *answers: Any) -> Callable[[ApiRequest], Any]:
    """These answers to the first queries of a name; all else as usual."""
    left = list(answers)

    def interrupt(request: ApiRequest) -> Any:
        is_meant = request.method == "POST" and request.json()["query"].split()[1] == name
        return ApiAnswer(left.pop(0)) if is_meant and left else None

    return interrupt


def refused(code: str) -> dict[str, Any]:
    left = {"maximumAvailable": 1000.0, "currentlyAvailable": 0, "restoreRate": 50000.0}
    cost = {"requestedQueryCost": 300, "actualQueryCost": None, "throttleStatus": left}
    return {"errors": [{"message": code, "extensions": {"code": code}}], "extensions": {"cost": cost}}


def test_a_throttled_query_is_asked_again(shop: FakeShop) -> None:
    shop.api.interrupt = only("draft_orders", refused("THROTTLED"), refused("THROTTLED"))
    run = read(shop, "draft_orders")
    assert run.exit_code == 0
    assert len(run.records("draft_orders")) == 2


@pytest.mark.parametrize("code", ["OPERATION_IN_PROGRESS", "LIMIT_REACHED"])
def test_an_operation_that_is_one_too_many_waits_for_another_to_end(
    shop: FakeShop, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(VERDICTS.waits, code, 0.01)
    problem = {"field": None, "message": "A bulk query operation for this app and shop is already in progress"}
    answer = {"bulkOperationRunQuery": {"bulkOperation": None, "userErrors": [problem | {"code": code}]}}
    shop.api.interrupt = only("submit", {"data": answer}, {"data": answer})
    run = read(shop, "orders")
    assert run.exit_code == 0
    assert len(run.records("orders")) == 2


def test_a_scope_that_is_missing_costs_its_list_only(shop: FakeShop) -> None:
    shop.api.interrupt = only("draft_orders", refused("ACCESS_DENIED"))
    run = read(shop, "draft_orders", "tender_transactions")
    assert run.exit_code == 3
    assert [(part.stream, part.partition) for part in run.receipt.failed] == [
        ("draft_orders", {"shop_id": "gid://shopify/Shop/1"})
    ]
    assert len(run.records("tender_transactions")) == 2


def test_a_part_of_the_data_beside_an_error_is_no_answer(shop: FakeShop) -> None:
    page = {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
    wrong = {"data": {"draftOrders": page}, "errors": [{"message": "Field 'x' does not exist"}]}
    shop.api.interrupt = only("draft_orders", wrong)
    assert read(shop, "draft_orders").exit_code == 3


def test_a_file_that_lacks_a_line_is_not_taken(shop: FakeShop, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = shop.lines
    monkeypatch.setattr(shop, "lines", lambda query: Short(whole(query)))
    run = read(shop, "orders")
    assert run.exit_code == 3
    assert run.records("orders") == []
    assert "holds 2 lines, the provider says that it has 3" in run.last_line


class Short(list[dict[str, Any]]):
    """Lines of which one was lost."""

    def __len__(self) -> int:
        return super().__len__() + 1


def test_the_next_run_asks_for_what_changed_since(shop: FakeShop) -> None:
    first = read(shop, "orders")
    run_tap(
        TapShopify,
        {"shop": "sky", "start_date": "2026-11-01", "api_url": shop.api.url, "credential_ref": "env://SHOPIFY_TESTS"},
        streams={"shop", "orders"},
        state=first.state,
    )
    asked = [operation["query"][:60] for operation in shop.operations.values()]
    assert ["updated_at:>='2026-11-01'" in asked[0], "updated_at:>='2026-11-20T10:00:00Z'" in asked[1]] == [True, True]


def test_nobody_s_name_or_address_is_asked_for() -> None:
    paths = {path for fields in TABLES.values() for path in fields.selected}
    words = "email|phone|address|firstName|lastName|displayName|note|zip|latitude|longitude|clientIp|author|message"
    told = {path for path in paths if re.search(rf"(^|\.)({words})\w*$", path, re.IGNORECASE)}
    assert told == {"displayName"}  # of a variant


def test_a_client_has_lists_of_its_own(shop: FakeShop) -> None:
    lists = [
        {"name": "cards", "connection": "giftCards", "fields": {"string": ["id", "order.id"], "number": ["balance"]}}
    ]
    card = {"id": "gid://shopify/GiftCard/7", "order": {"id": "gid://shopify/Order/1"}, "balance": "12.10"}
    shop.lines = lambda query: [card] if query == "{ giftCards { edges { node { id order { id } balance } } } }" else []  # type: ignore[method-assign]
    run = read(shop, "cards", custom_lists=lists)
    assert run.exit_code == 0
    assert run.records("cards") == [
        {"shop_id": "gid://shopify/Shop/1", "id": card["id"], "order_id": "gid://shopify/Order/1", "balance": 12.1}
    ]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"fields": {"text": ["id"]}}, "text is no type"),
        ({"fields": {"string": ["name"]}}, "fields has no id"),
        ({"fields": {"string": ["id) { x }"]}}, "is no path"),
        ({"fields": {"string": ["id"]}, "updated_by": "updated_at"}, "no field makes that column"),
        ({"fields": {"string": ["id"]}, "connection": "orders(first: 1)"}, "connection"),
    ],
)
def test_a_list_of_the_client_s_that_cannot_be_is_told(shop: FakeShop, wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(told)):
        read(shop, custom_lists=[{"name": "cards", "connection": "giftCards", **wrong}])


def test_an_app_s_own_client_asks_for_a_token(shop: FakeShop, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def given(request: ApiRequest) -> Any:
        asked.append(request.content.decode())
        return {"access_token": TOKEN, "scope": "read_orders", "expires_in": 86399}

    shop.api.on("POST", "/admin/oauth/access_token", given)
    client = {"client_id": "app-1", "client_secret": "shpss_of-the-tests"}
    credential = {**client, "login_url": f"{shop.api.url}/admin/oauth/access_token"}
    monkeypatch.setenv("SHOPIFY_TESTS", json.dumps(credential))
    run = read(shop, "draft_orders")
    assert run.exit_code == 0, run.last_line
    assert len(run.records("draft_orders")) == 2
    assert asked == ["grant_type=client_credentials&client_id=app-1&client_secret=shpss_of-the-tests"]


def test_a_credential_of_neither_way_says_what_it_lacks(shop: FakeShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPIFY_TESTS", json.dumps({"token": "shpat_of-the-tests"}))
    run = read(shop, "draft_orders")
    assert run.exit_code not in {0, 3}
    assert "the credential has no 'access_token' or 'client_id', it holds token" in run.last_line
