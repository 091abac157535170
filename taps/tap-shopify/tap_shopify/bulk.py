"""What may be millions of rows: queries that Shopify runs in its own time, and writes into a file of JSON lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dif_kit.decode import Elements, Joined, JsonLines, Picked
from dif_kit.tap import ReportStatuses, ReportStream, selection

from tap_shopify._facts import TABLES, points
from tap_shopify.lists import OfShop, incremental, nodes, page_cost, pages_at, rows_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_kit.decode import Decoder

    from tap_shopify._facts import Fields

__all__ = ["BULK_LISTS", "BulkList", "bulk"]

_SUBMIT = (
    "mutation submit ($query: String!) { bulkOperationRunQuery(query: $query) "
    "{ bulkOperation { id status } userErrors { field message code } } }"
)
_POLL = "query poll ($id: ID!) { node(id: $id) { ... on BulkOperation { status errorCode objectCount url } } }"
# Orders change when anything of theirs does: their moment is that of all below them.
_OF_ORDER = {"order_id": "id", "order_created_at": "createdAt", "order_updated_at": "updatedAt"}
_OF_ORDER_TYPES = {"order_id": "string", "order_created_at": "moment", "order_updated_at": "moment"}


class BulkList(OfShop, ReportStream):
    """What every bulk operation shares: a mutation that begins it, a node that tells how it does, a link.

    Five may run at once in a shop; a result can be had for seven days, a link too, without the token. How many lines a
    file has is told. https://shopify.dev/docs/api/usage/bulk-operations/queries (read 2026-11)
    """

    budgets = points(10)
    job = "data.bulkOperationRunQuery.bulkOperation.id"
    poll_method = "POST"
    poll_body = {"query": _POLL, "variables": {"id": "{job}"}}
    poll_budgets = points(1)
    status = "data.node.status"
    statuses = ReportStatuses(
        running=frozenset({"CREATED", "RUNNING"}),
        done=frozenset({"COMPLETED"}),
        failed=frozenset({"FAILED", "CANCELING", "CANCELED"}),
        expired=frozenset({"EXPIRED"}),
    )
    reason = "data.node.errorCode"
    repeats = 1
    link = "data.node.url"
    lines = "data.node.objectCount"
    no_link_is_empty = True
    jobs_in_flight: ClassVar[int | None] = 5
    jobs_name = "bulk/{shop_id}"
    jobs_last_seconds = 6 * 86_400.0
    deadline_seconds = 6 * 3_600.0


def bulk(name: str, field: str, fields: Fields, *, by: str = "updated_at") -> dict[str, Any]:
    """The facts of a list of all nodes of a connection; without ``by``, all of them each time."""
    key = next(column for column, path in fields.paths.items() if path == "id")
    return {
        **_query(name, field, selection(fields.selected), by),
        "records": Picked(JsonLines(), fields.paths, is_text=True),
        "schema": fields.schema("shop_id", key, shop_id="string"),
        "primary_keys": ("shop_id", key),
        **(incremental(by) if by else {}),
    }


def _query(name: str, field: str, selected: str, by: str) -> dict[str, Any]:
    arguments = f"(query: \"{by}:>='{{since}}'\")" if by else ""
    query = f"{{ {field}{arguments} {{ edges {{ node {selected} }} }} }}"
    return {"name": name, "body": {"query": _SUBMIT, "variables": {"query": query}}}


def _below_orders(name: str, selected: str, records: Decoder) -> dict[str, Any]:
    moments = {**incremental("updated_at"), "replication_key": "order_updated_at"}
    return _below(name, "orders", selected, records, _OF_ORDER_TYPES, by="updated_at") | moments


def _below(
    name: str, field: str, selected: str, records: Decoder, types: Mapping[str, str], *, by: str = ""
) -> dict[str, Any]:
    """The facts of what hangs on the nodes of a connection, which rows name in the columns that have these types."""
    fields = TABLES[name]
    parent = {**_OF_ORDER, **dict.fromkeys(types.keys() - _OF_ORDER, "id")}
    key = next(column for column, path in fields.paths.items() if path == "id")
    keys = ("shop_id", next(iter(types)), key)
    return {
        **_query(name, field, f"{{ {' '.join(parent[column] for column in types)} {selected} }}", by),
        "records": Picked(records, {**{column: column for column in types}, **fields.paths}, is_text=True),
        "schema": fields.schema(*keys, shop_id="string", **types),
        "primary_keys": keys,
    }


def _inside(name: str, at: str) -> dict[str, Any]:
    """The facts of objects that are an array in each order."""
    return _below_orders(name, f"{at} {selection(TABLES[name].selected)}", Elements(JsonLines(), at, _OF_ORDER))


def _children(name: str, field: str) -> dict[str, Any]:
    """The facts of a connection in each order: lines of their own, which name the order's."""
    selected = f"{field} {{ edges {{ node {selection(TABLES[name].selected)} }} }}"
    return _below_orders(name, selected, Joined(JsonLines(), _OF_ORDER))


def _of(name: str, parent: str, connection: str, field: str) -> dict[str, Any]:
    """The facts of a connection in each node of another one, read whole: nothing tells when it changed."""
    column = f"{parent}_id"
    selected = f"{field} {{ edges {{ node {selection(TABLES[name].selected)} }} }}"
    return _below(name, connection, selected, Joined(JsonLines(), {column: "id"}), {column: "string"})


def _stream(meaning: str, facts: Mapping[str, Any]) -> type[BulkList]:
    name = str(facts["name"]).title().replace("_", "")
    return type(name, (BulkList,), {"__module__": __name__, "__doc__": meaning, **facts})


def _all(name: str, field: str, meaning: str, *, by: str = "updated_at") -> type[BulkList]:
    return _stream(meaning, bulk(name, field, TABLES[name], by=by))


OrderRefunds = _stream("What was given back of orders.", _inside("order_refunds", "refunds"))
OrderRefunds.context_keys = {"order_id": "order_id", "refund_id": "id"}
_LINES = TABLES["refund_line_items"]
_MOST_LINES = 10  # few refunds have more, and what is asked for must be there before it is given back


class RefundLineItems(OfShop):
    """What was given back of which line; asked for by refund, as bulk operations take no connection in an array."""

    name = "refund_line_items"
    parent_stream_type = OrderRefunds
    context_columns = {"shop_id": "shop_id", "order_id": "order_id", "refund_id": "refund_id"}
    primary_keys = ("shop_id", "refund_id", "id")
    schema = _LINES.schema(*primary_keys, shop_id="string", order_id="string", refund_id="string")
    body = {
        "query": "query refund_line_items ($id: ID!, $first: Int!, $after: String) "
        f"{{ refund(id: $id) {{ refundLineItems(first: $first, after: $after) {nodes(_LINES)} }} }}",
        "variables": {"id": "{refund_id}"},
    }
    records = rows_at("data.refund.refundLineItems", _LINES)
    paging = pages_at("data.refund.refundLineItems", _LINES, _MOST_LINES)
    budgets = page_cost(_LINES, _MOST_LINES)


BULK_LISTS: tuple[type[OfShop], ...] = (
    _all("orders", "orders", "Orders: sums, states, codes, channel; without the customer's name and addresses."),
    _all("order_journeys", "orders", "The visits before an order: the first, the last, and their UTM parameters."),
    _stream("What was ordered, line by line.", _children("order_line_items", "lineItems")),
    OrderRefunds,
    RefundLineItems,
    _stream("Payments, refunds and authorizations of orders.", _inside("order_transactions", "transactions")),
    _stream("What was sent of orders, and how far it came.", _inside("fulfillments", "fulfillments")),
    _all("customers", "customers", "Customers by what they bought and agreed to; without names, addresses, notes."),
    _all("products", "products", "Products."),
    # Nothing tells that a variant was deleted, and its item with it: they are gone from a list of all.
    _all("product_variants", "productVariants", "Variants of products, with prices and stock.", by=""),
    _all("inventory_items", "inventoryItems", "What is kept in stock, and what it costs.", by=""),
    _all("collections", "collections", "Collections of products, by hand or by rules."),
    _stream(
        "Which product is in which collection, by hand or by rules.",
        _of("collection_products", "collection", "collections", "products"),
    ),
    _all("order_risks", "orders", "What Shopify and apps think of an order: accept, investigate, cancel."),
    _stream(
        "What was agreed on with a customer: the order, edits, returns.", _children("order_agreements", "agreements")
    ),
    _stream(
        "Fields that apps and staff added to products.",
        _of("product_metafields", "product", "products", "metafields"),
    ),
    _stream(
        "Fields that apps and staff added to variants.",
        _of("product_variant_metafields", "product_variant", "productVariants", "metafields"),
    ),
    _stream(
        "Fields that apps and staff added to collections.",
        _of("collection_metafields", "collection", "collections", "metafields"),
    ),
)
