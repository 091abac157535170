"""Shopify's API as its documents say: points and calls, what a query may ask, bulk operations, REST lists."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from dif_sandbox.sim import ChannelConfig, Config, Simulators

NOW = "2026-11-22T23:30:00Z"
PLENTY = {"points": "1000000/1", "rest": "1000000/1"}
BULK = (
    "mutation m ($query: String!) { bulkOperationRunQuery(query: $query) "
    "{ bulkOperation { id status } userErrors { code message } } }"
)
POLL = "query p ($id: ID!) { node(id: $id) { ... on BulkOperation { status objectCount url } } }"


class Shopify:
    """One client's view of the API."""

    def __init__(self, simulators: Simulators, client: str = "demo") -> None:
        self.url = f"{simulators.urls['shopify']}/admin/api/2026-07"
        self.headers = {"X-Shopify-Access-Token": simulators.credentials("shopify")[client]["access_token"]}

    def ask(self, text: str, **variables: Any) -> dict[str, Any]:
        """What a query is answered with."""
        body = {"query": text, "variables": variables}
        answer = requests.post(f"{self.url}/graphql.json", json=body, headers=self.headers, timeout=30)
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found

    def get(self, address: str, **query: str) -> requests.Response:
        address = address if address.startswith("http") else f"{self.url}{address}"
        return requests.get(address, params=query, headers=self.headers, timeout=30)

    def bulk(self, query: str) -> dict[str, Any]:
        """What the order of a bulk operation is answered with."""
        found: dict[str, Any] = self.ask(BULK, query=query)["data"]["bulkOperationRunQuery"]
        return found


def serving(**options: Any) -> Simulators:
    """A shop of two clients."""
    given = {"report_polls": 0, "budgets": PLENTY, **options}
    return Simulators(Config({"shopify": ChannelConfig(clients=("demo", "acme"), seed=3, now=NOW, options=given)}))


@pytest.fixture(scope="module")
def running() -> Iterator[Simulators]:
    with serving() as simulators:
        yield simulators


@pytest.fixture
def shop(running: Simulators) -> Shopify:
    return Shopify(running)


def problems(answer: dict[str, Any]) -> list[str]:
    return [error.get("extensions", {}).get("code", error["message"]) for error in answer["errors"]]


def test_each_token_opens_its_own_shop_and_none_opens_nothing(running: Simulators) -> None:
    names = [
        Shopify(running, client).ask("{ shop { myshopifyDomain } }")["data"]["shop"]["myshopifyDomain"]
        for client in ("demo", "acme")
    ]
    assert names == ["demo.myshopify.com", "acme.myshopify.com"]
    stranger = Shopify(running)
    stranger.headers = {"X-Shopify-Access-Token": "shpat_made_up"}
    assert stranger.get("/locations.json").status_code == 401


def test_an_app_s_client_asks_for_a_token_that_lasts_a_day() -> None:
    with serving(credential="client") as simulators:
        given = dict(simulators.credentials("shopify")["demo"])
        address, form = given.pop("login_url"), {"grant_type": "client_credentials", **given}
        assert requests.post(address, data={**form, "client_secret": "guessed"}, timeout=30).status_code == 401
        assert requests.post(address, data={**form, "grant_type": "refresh_token"}, timeout=30).status_code == 400
        token = requests.post(address, data=form, timeout=30).json()
        assert token["expires_in"] == 86_399
        url, headers = f"{simulators.urls['shopify']}", {"X-Shopify-Access-Token": token["access_token"]}
        places = f"{url}/admin/api/2026-07/locations.json"
        assert requests.get(places, headers=headers, timeout=30).status_code == 200
        requests.put(f"{url}/_sim/clock", json={"now": "2026-11-23T23:30:00Z"}, timeout=30).raise_for_status()
        assert requests.get(places, headers=headers, timeout=30).status_code == 401


def test_what_is_sold_out_or_deleted_is_not_listed_any_more() -> None:
    variants = "productVariants(first: 250) { nodes { id inventoryItem { id } } }"
    names = f"{{ {variants} inventoryItems(first: 250) {{ nodes {{ id }} }} }}"
    with serving() as simulators:
        shop = Shopify(simulators)
        place = shop.get("/locations.json").json()["locations"][0]["id"]
        days = []
        for day in ("2026-11-22", "2026-11-23"):
            clock = f"{simulators.urls['shopify']}/_sim/clock"
            requests.put(clock, json={"now": f"{day}T23:30:00Z"}, timeout=30).raise_for_status()
            found = shop.ask(names)["data"]
            levels = shop.get(f"/locations/{place}/inventory_levels.json").json()["inventory_levels"]
            days.append(
                (
                    {node["id"] for node in found["productVariants"]["nodes"]},
                    {node["id"] for node in found["inventoryItems"]["nodes"]},
                    {level["inventory_item_id"] for level in levels},
                )
            )
            assert {node["inventoryItem"]["id"] for node in found["productVariants"]["nodes"]} == days[-1][1]
    for before, after in zip(*days, strict=True):
        assert before - after
        assert after - before


def test_a_query_is_charged_what_it_found_and_told_what_is_left() -> None:
    with serving(budgets={**PLENTY, "points": "2000/2000000"}) as slow:
        shop = Shopify(slow)
        told = shop.ask("{ draftOrders(first: 250) { nodes { id } } }")["extensions"]["cost"]
        assert (told["requestedQueryCost"], told["actualQueryCost"]) == (252, 8)
        assert told["throttleStatus"]["maximumAvailable"] == 2000
        assert told["throttleStatus"]["currentlyAvailable"] == 2000 - 8


def test_a_query_that_the_bucket_does_not_hold_is_throttled_with_status_200() -> None:
    with serving(budgets={**PLENTY, "points": "255/25500"}) as slow:
        shop, query = Shopify(slow), "{ draftOrders(first: 250) { nodes { id } } }"
        assert "data" in shop.ask(query)
        refused = shop.ask(query)
        assert problems(refused) == ["THROTTLED"]
        assert refused["extensions"]["cost"]["actualQueryCost"] is None


def test_a_query_may_ask_for_1000_points_and_of_several_types_the_dearest_counts(shop: Shopify) -> None:
    assert problems(shop.ask("{ orders(first: 500) { nodes { id customer { id } } } }")) == ["MAX_COST_EXCEEDED"]
    inside = "{ codes(first: 250) { nodes { code } } }"
    kinds = " ".join(f"... on {kind} {inside}" for kind in ("DiscountCodeBasic", "DiscountCodeBxgy", "DiscountCodeApp"))
    first = shop.ask("{ codeDiscountNodes(first: 1) { nodes { id } } }")["data"]["codeDiscountNodes"]["nodes"][0]["id"]
    answer = shop.ask(f"query q ($id: ID!) {{ codeDiscountNode(id: $id) {{ codeDiscount {{ {kinds} }} }} }}", id=first)
    assert answer["extensions"]["cost"]["requestedQueryCost"] == 2 + 252
    assert len(answer["data"]["codeDiscountNode"]["codeDiscount"]["codes"]["nodes"]) == 60


@pytest.mark.parametrize("query", ["{ shop { owner } }", "{ gadgets(first: 1) { nodes { id } } }", "{ shop { id }"])
def test_what_the_schema_has_not_is_an_error_with_status_200(shop: Shopify, query: str) -> None:
    answer = shop.ask(query)
    assert "data" not in answer
    assert answer["errors"][0]["message"]


def test_a_list_goes_on_by_cursor_and_is_filtered_by_what_changed(shop: Shopify) -> None:
    query = (
        "query q ($after: String) "
        "{ tenderTransactions(first: 50, after: $after, query: \"processed_at:>='2026-09-10'\") "
        "{ nodes { id processedAt } pageInfo { hasNextPage endCursor } } }"
    )
    rows: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        page = shop.ask(query, after=after)["data"]["tenderTransactions"]
        rows += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert len({row["id"] for row in rows}) == len(rows) == 74  # a day each, from the 10th of September on
    assert min(row["processedAt"] for row in rows) >= "2026-09-10"


def test_a_bulk_operation_writes_lines_behind_a_link_without_a_token_children_before_their_parent(
    shop: Shopify,
) -> None:
    order = shop.bulk("{ orders { edges { node { id lineItems { edges { node { id } } } } } } }")
    told = shop.ask(POLL, id=order["bulkOperation"]["id"])["data"]["node"]
    assert told["status"] == "COMPLETED"
    lines = [json.loads(line) for line in requests.get(told["url"], timeout=30).text.splitlines()]
    assert len(lines) == int(told["objectCount"])
    seen: set[str] = set()
    for line in lines:
        assert line.get("__parentId") not in seen
        seen.add(line["id"])


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("{ orders { edges { node { id refunds { id refundLineItems { edges { node { id } } } } } } } }", "list field"),
        ("{ shop { id } }", "at least one connection"),
        ("{ orders { edges { node { nothing } } } }", "doesn't exist"),
    ],
)
def test_a_bulk_query_that_cannot_be_is_refused_when_it_is_ordered(shop: Shopify, query: str, told: str) -> None:
    [problem] = shop.bulk(query)["userErrors"]
    assert problem["code"] == "INVALID"
    assert told in problem["message"]


def test_one_operation_more_than_may_run_is_refused() -> None:
    with serving(report_polls=3, most_operations=1) as busy:
        shop, query = Shopify(busy), "{ products { edges { node { id } } } }"
        assert shop.bulk(query)["bulkOperation"]["status"] == "CREATED"
        assert [problem["code"] for problem in shop.bulk(query)["userErrors"]] == ["OPERATION_IN_PROGRESS"]


def test_an_operation_that_nobody_asks_about_ends_nevertheless() -> None:
    with serving(report_polls=3, most_operations=1) as busy:
        shop, query = Shopify(busy), "{ products { edges { node { id } } } }"
        tries = [shop.bulk(query)["bulkOperation"] for _ in range(6)]
    assert tries[0] is not None
    assert any(tries[1:])


def test_calls_of_rest_fill_a_bucket_that_each_answer_tells_of() -> None:
    with serving(budgets={**PLENTY, "rest": "2/2000"}) as slow:
        shop = Shopify(slow)
        answers = [shop.get("/locations.json") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers.get("x-shopify-shop-api-call-limit") for answer in answers[:2]] == ["1/2", "2/2"]
    assert answers[2].headers["retry-after"] == "2.0"


def test_a_list_of_rest_goes_on_by_a_link_that_holds_the_filters(shop: Shopify) -> None:
    first = shop.get("/events.json", limit="5", created_at_min="2026-11-10", fields="id,verb,created_at")
    assert [set(row) for row in first.json()["events"]] == [{"id", "verb", "created_at"}] * 5
    rows, link = first.json()["events"], first.links["next"]["url"]
    while link:
        page = shop.get(link)
        rows += page.json()["events"]
        link = page.links.get("next", {}).get("url", "")
    assert [row["created_at"][:10] for row in rows] == [f"2026-11-{day}" for day in range(10, 23)]
    assert shop.get(first.links["next"]["url"], created_at_min="2026-11-10").status_code == 400


def test_stock_of_a_location_that_is_not_there_is_not_found(shop: Shopify) -> None:
    assert shop.get("/locations/7/inventory_levels.json").status_code == 404
