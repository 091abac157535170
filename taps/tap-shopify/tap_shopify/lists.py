"""The shop, and lists that are asked for page by page in GraphQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dif_kit.decode import JsonObject, JsonRecords, Picked
from dif_kit.paging import Cursor
from dif_kit.tap import Stream, selection

from tap_shopify._facts import TABLES, VERDICTS, points

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dif_kit.budget import Budget

    from tap_shopify._facts import Fields

__all__ = [
    "LISTS",
    "OfShop",
    "Shop",
    "connection",
    "incremental",
    "nodes",
    "page_cost",
    "pages_at",
    "rows_at",
]

# A query may cost 1,000 points, as asked for; what a page did not hold is given back. 250 is the most of a page.
_MOST_NODES, _MOST_POINTS = 250, 900
_CODE_DISCOUNTS = ("DiscountCodeBasic", "DiscountCodeBxgy", "DiscountCodeFreeShipping", "DiscountCodeApp")
_AUTOMATIC_DISCOUNTS = (
    "DiscountAutomaticBasic",
    "DiscountAutomaticBxgy",
    "DiscountAutomaticFreeShipping",
    "DiscountAutomaticApp",
)


class ShopifyStream(Stream):
    """What every query shares: one address, and errors with status 200."""

    service = "{config.shop}"
    method = "POST"
    path = "/graphql.json"
    verdicts = VERDICTS
    budgets = points(10)


class Shop(ShopifyStream):
    """The shop that the token opens: one row, without its owner and addresses."""

    name = "shop"
    body = {"query": f"query shop {{ shop {selection(TABLES['shop'].selected)} }}"}
    records = Picked(JsonObject(), {c: f"data.shop.{path}" for c, path in TABLES["shop"].paths.items()}, is_text=True)
    primary_keys = ("id",)
    schema = TABLES["shop"].schema("id")
    context_keys = {"shop_id": "id"}


class OfShop(ShopifyStream):
    """What all that is in a shop shares: rows say whose they are."""

    parent_stream_type: type[Stream] = Shop
    context_columns: ClassVar[Mapping[str, str]] = {"shop_id": "shop_id"}
    primary_keys: Sequence[str] = ("shop_id", "id")


def connection(
    name: str,
    field: str,
    fields: Fields,
    *,
    by: str = "",
    also: str = "",
    unions: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    """The facts of a list that is the connection ``field``; ``by`` is the moment that Shopify filters by.

    ``also`` are further arguments: ``, includeClosed: true``.
    """
    declared, filtered = (", $filter: String", ", query: $filter") if by else ("", "")
    query = (
        f"query {name} ($first: Int!, $after: String{declared}) "
        f"{{ {field}(first: $first, after: $after{filtered}{also}) {nodes(fields, unions)} }}"
    )
    facts = {
        "name": name,
        "body": {"query": query, "variables": {"filter": f"{by}:>='{{since}}'"} if by else {}},
        "records": rows_at(f"data.{field}", fields),
        "paging": pages_at(f"data.{field}", fields),
        "budgets": page_cost(fields),
        "schema": fields.schema("shop_id", "id", shop_id="string"),
    }
    return facts | (incremental(by) if by else {})


def nodes(fields: Fields, unions: Mapping[str, Sequence[str]] | None = None) -> str:
    """What is selected of a connection that is read page by page."""
    return f"{{ nodes {selection(fields.selected, unions)} pageInfo {{ hasNextPage endCursor }} }}"


def rows_at(place: str, fields: Fields) -> Picked:
    """The nodes of the connection at a place in the answer."""
    return Picked(JsonRecords(f"{place}.nodes"), fields.paths, is_text=True)


def pages_at(place: str, fields: Fields, most: int = _MOST_NODES) -> Cursor:
    """How the connection at a place goes on."""
    more, token = f"{place}.pageInfo.hasNextPage", f"{place}.pageInfo.endCursor"
    return Cursor(token, "variables.after", ("variables.first", _size(fields, most)), more=more, place="body")


def page_cost(fields: Fields, most: int = _MOST_NODES) -> tuple[Budget, ...]:
    """What a page is paid from, with the objects and the connection around it."""
    return points(_size(fields, most) * fields.objects + 10)


def _size(fields: Fields, most: int) -> int:
    return min(most, _MOST_POINTS // fields.objects)


def incremental(by: str) -> dict[str, Any]:
    """What a list states that Shopify filters by a moment."""
    return {"replication_key": by, "since": True, "first_since": "{config.start_date}"}


def _list(name: str, meaning: str, field: str, **more: Any) -> type[OfShop]:  # noqa: ANN401 - facts of any kind
    facts = connection(name, field, TABLES[name], **more)
    return type(name.title().replace("_", ""), (OfShop,), {"__module__": __name__, "__doc__": meaning, **facts})


_CODES = TABLES["discount_codes"]
_CODES_OF = f"{{ codes(first: $first, after: $after) {nodes(_CODES)} }}"
_CODES_QUERY = (
    "query discount_codes ($id: ID!, $first: Int!, $after: String) { codeDiscountNode(id: $id) { codeDiscount { "
    + " ".join(f"... on {kind} {_CODES_OF}" for kind in _CODE_DISCOUNTS)
    + " } } }"
)

CodeDiscounts = _list(
    "code_discounts",
    "Discounts that customers get by codes.",
    "codeDiscountNodes",
    unions={"codeDiscount": _CODE_DISCOUNTS},
)
CodeDiscounts.context_keys = {"discount_id": "id"}


class DiscountCodes(OfShop):
    """Every code of every discount, and how often it was used."""

    name = "discount_codes"
    parent_stream_type = CodeDiscounts
    context_columns = {"shop_id": "shop_id", "discount_id": "discount_id"}
    primary_keys = ("shop_id", "discount_id", "id")
    schema = _CODES.schema(*primary_keys, shop_id="string", discount_id="string")
    body = {"query": _CODES_QUERY, "variables": {"id": "{discount_id}"}}
    records = rows_at("data.codeDiscountNode.codeDiscount.codes", _CODES)
    paging = pages_at("data.codeDiscountNode.codeDiscount.codes", _CODES)
    budgets = page_cost(_CODES)


LISTS = (
    _list(
        "abandoned_checkouts",
        "Checkouts that were begun and left, also those that were completed later; without the customer's address.",
        "abandonedCheckouts",
        by="updated_at",
    ),
    _list("draft_orders", "Orders that staff prepares.", "draftOrders", by="updated_at"),
    _list(
        "tender_transactions",
        "Money that came in or went out, by means of payment.",
        "tenderTransactions",
        by="processed_at",
    ),
    _list("marketing_events", "What apps say about campaigns that lead to the shop.", "marketingEvents"),
    CodeDiscounts,
    DiscountCodes,
    _list(
        "automatic_discounts",
        "Discounts that need no code.",
        "automaticDiscountNodes",
        unions={"automaticDiscount": _AUTOMATIC_DISCOUNTS},
    ),
    _list(
        "fulfillment_orders",
        "What has to be sent of an order, and from where; what is done included.",
        "fulfillmentOrders",
        by="updated_at",
        also=", includeClosed: true",
    ),
    _list("pages", "Pages of the online store.", "pages", by="updated_at"),
    _list("blogs", "Blogs of the online store.", "blogs"),
    _list("articles", "Articles of the blogs, without their authors.", "articles", by="updated_at"),
)
