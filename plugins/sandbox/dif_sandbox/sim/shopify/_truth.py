"""What a perfect tap holds as of the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.shopify._world import changed_since

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from dif_sandbox.sim.shopify._made import Row
    from dif_sandbox.sim.shopify._world import World

__all__ = ["ShopifyTruth"]

_RENAMED: Final = {
    "legacyResourceId": "legacy_id",
    "displayFinancialStatus": "financial_status",
    "displayFulfillmentStatus": "fulfillment_status",
    "primaryDomain.host": "domain",
    "ianaTimezone": "timezone",
    "plan.publicDisplayName": "plan",
    "plan.partnerDevelopment": "is_partner_development",
    "plan.shopifyPlus": "is_plus",
    "amountSpent.amount": "amount_spent",
    "amountSpent.currencyCode": "currency_code",
    "statistics.predictedSpendTier": "predicted_spend_tier",
    "defaultEmailAddress.marketingState": "email_marketing_state",
    "defaultEmailAddress.marketingOptInLevel": "email_opt_in_level",
    "defaultEmailAddress.marketingUpdatedAt": "email_marketing_updated_at",
    "priceRangeV2.minVariantPrice.amount": "min_price",
    "priceRangeV2.maxVariantPrice.amount": "max_price",
    "priceRangeV2.minVariantPrice.currencyCode": "currency_code",
    "variantsCount.count": "variants",
    "mediaCount.count": "media",
    "unitCost.amount": "unit_cost",
    "unitCost.currencyCode": "currency_code",
    "productsCount.count": "products",
    "ruleSet.appliedDisjunctively": "is_any_rule",
    "ruleSet.rules": "rules",
    "service.serviceName": "service",
    "amount.amount": "amount",
    "amount.currencyCode": "currency_code",
    "asyncUsageCount": "usage_count",
    "appliesOncePerCustomer": "once_per_customer",
    "momentsCount.count": "moments",
    "ready": "is_ready",
    "isPublished": "is_published",
    "assignedLocation.location.id": "location_id",
    "deliveryMethod.methodType": "delivery_method",
}
"""Path in Shopify's objects -> column, where it is not the path in another spelling."""
_UNREAD: Final = frozenset({
    "email", "firstName", "note", "cents", "accountNumber", "remoteReference", "trackingInfo", "fulfillments",
    "customerJourneySummary", "risk", "author", "defaultEmailAddress.emailAddress", "customer.__typename",
    "priceRangeV2.maxVariantPrice.currencyCode", "refunds", "transactions", "__typename",
})  # fmt: skip
"""What nobody asks for: personal data, and what is a stream of its own."""
_REST_UNREAD: Final = frozenset({"phone", "address1", "author", "message", "arguments", "path"})
_NUMBERS: Final = frozenset({
    "amount_spent", "min_price", "max_price", "price", "compare_at_price", "unit_cost", "amount",
})  # fmt: skip


class ShopifyTruth:
    """The rows of the streams that are simulated, by the tap's names; ``start_date`` is what was changed since."""

    def __init__(self, world: World, clients: Sequence[str]) -> None:
        self._world, self._clients = world, clients
        self._made: dict[str, Callable[[str, str], Iterable[Row]]] = {
            "shop": lambda client, _: [_flat(world.shop(client))],
            "orders": lambda client, since: map(_flat, self._orders(client, since)),
            "order_line_items": lambda client, since: self._below(client, since, "lineItems"),
            "order_refunds": lambda client, since: self._below(client, since, "refunds"),
            "order_transactions": lambda client, since: self._below(client, since, "transactions"),
            "refund_line_items": self._refunded,
            "customers": lambda client, since: map(_flat, _since(world.customers(client), since)),
            "products": lambda client, since: map(_flat, _since(world.products(client), since)),
            "locations": lambda client, _: map(_of_rest, world.locations(client)),
            "inventory_levels": lambda client, _: self._levels(client),
            "collects": lambda client, _: world.collects(client),
            "order_journeys": self._journeys,
            "fulfillments": lambda client, since: self._below(client, since, "fulfillments"),
            "product_variants": lambda client, _: map(_flat, world.shelf(client).variants()),
            "inventory_items": lambda client, _: map(_flat, world.shelf(client).items()),
            "collections": lambda client, since: map(_flat, _since(world.shelf(client).collections(), since)),
            "abandoned_checkouts": lambda client, since: _in_currencies(world.selling(client).checkouts(), since),
            "draft_orders": lambda client, since: map(_flat, _since(world.selling(client).drafts(), since)),
            "tender_transactions": lambda client, since: map(
                _flat, _since(world.selling(client).tenders(), since, "processed_at")
            ),
            "marketing_events": lambda client, _: map(_flat, world.selling(client).marketing()),
            "code_discounts": lambda client, _: _discounts(world.selling(client).code_discounts(), "codeDiscount"),
            "automatic_discounts": lambda client, _: _discounts(
                world.selling(client).automatic_discounts(), "automaticDiscount"
            ),
            "discount_codes": lambda client, _: self._codes(client),
            "pages": lambda client, since: map(_flat, _since(world.written(client, "pages"), since)),
            "blogs": lambda client, _: map(_flat, world.written(client, "blogs")),
            "articles": lambda client, since: map(_flat, _since(world.written(client, "articles"), since)),
            "fulfillment_orders": lambda client, since: map(_flat, _since(world.to_send(client), since)),
            "order_agreements": lambda client, since: self._below(client, since, "agreements"),
            "order_risks": self._risks,
            "collection_products": lambda client, _: _joined(
                world.shelf(client).collections(), "products", "collection"
            ),
            "product_metafields": lambda client, _: _joined(world.products(client), "metafields", "product"),
            "product_variant_metafields": lambda client, _: _joined(
                world.shelf(client).variants(), "metafields", "product_variant"
            ),
            "collection_metafields": lambda client, _: _joined(
                world.shelf(client).collections(), "metafields", "collection"
            ),
            "events": lambda client, since: map(
                _of_rest, [row for row in world.selling(client).events() if row["created_at"] >= since]
            ),
        }

    def streams(self, client: str) -> Sequence[str]:
        """The names of a client's streams; raises LookupError for an unknown client."""
        if client not in self._clients:
            raise LookupError(client)
        return tuple(self._made)

    def rows(self, client: str, stream: str, query: Mapping[str, str]) -> Iterator[Row]:
        """The rows of a stream; raises LookupError for an unknown client or stream."""
        if stream not in self.streams(client):
            raise LookupError(stream)
        shop = {} if stream == "shop" else {"shop_id": self._world.shop(client)["id"]}
        for row in self._made[stream](client, query.get("start_date", "")):
            yield {**shop, **row}

    def _orders(self, client: str, since: str) -> Sequence[Row]:
        return _since(self._world.orders(client), since)

    def _below(self, client: str, since: str, field: str) -> Iterator[Row]:
        for order in self._orders(client, since):
            of_order = {
                "order_id": order["id"],
                "order_created_at": order["createdAt"],
                "order_updated_at": order["updatedAt"],
            }
            found = order[field] if isinstance(order[field], list) else order[field].found("")
            for row in found:
                currencies = field == "transactions"
                yield {**_flat(row, currencies=currencies), **of_order}

    def _refunded(self, client: str, since: str) -> Iterator[Row]:
        for order in self._orders(client, since):
            for refund in order["refunds"]:
                for line in refund["refundLineItems"].found(""):
                    yield {**_flat(line), "order_id": order["id"], "refund_id": refund["id"]}

    def _journeys(self, client: str, since: str) -> Iterator[Row]:
        for order in self._orders(client, since):
            summary = order["customerJourneySummary"]
            found = {
                "order_id": order["id"],
                "customer_id": order["customer"]["id"],
                "created_at": order["createdAt"],
                "updated_at": order["updatedAt"],
            }
            for column, value in _flat(summary).items():
                short = column.replace("_utm_parameters", "_utm").replace("_visit_occurred_at", "_visit_at")
                found[short] = value
            yield found

    def _risks(self, client: str, since: str) -> Iterator[Row]:
        for order in self._orders(client, since):
            risk = {"recommendation": order["risk"]["recommendation"], "assessments": order["risk"]["assessments"]}
            yield {"order_id": order["id"], "updated_at": order["updatedAt"], **risk}

    def _codes(self, client: str) -> Iterator[Row]:
        for discount in self._world.selling(client).code_discounts():
            for code in discount["codeDiscount"]["codes"].found(""):
                yield {"discount_id": discount["id"], **_flat(code)}

    def _levels(self, client: str) -> Iterator[Row]:
        for location in self._world.locations(client):
            yield from self._world.stock(client, location["id"])


def _since(rows: Sequence[Row], since: str, by: str = "updated_at") -> Sequence[Row]:
    return changed_since(rows, f"{by}:>='{since}'" if since else "")


def _joined(rows: Sequence[Row], field: str, parent: str) -> Iterator[Row]:
    for row in rows:
        for below in row[field].found(""):
            found = _flat(below)
            own = {"product_id": found.pop("id")} if field == "products" else {}
            yield {f"{parent}_id": row["id"], **found, **own}


def _in_currencies(rows: Sequence[Row], since: str) -> Iterator[Row]:
    return (_flat(row, currencies=True) for row in _since(rows, since))


def _discounts(rows: Sequence[Row], field: str) -> Iterator[Row]:
    return ({"id": row["id"], "kind": row[field]["__typename"], **_flat(row[field])} for row in rows)


def _of_rest(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in _REST_UNREAD}


def _flat(row: Row, *, currencies: bool = False) -> Row:
    """An object as a row: sums in two currencies, ids of what belongs to it."""
    found: Row = {}
    for path, value in _leaves(row, ""):
        name, _, rest = path.partition(".")
        if name.endswith("Set") and name != "ruleSet":
            column = _spelt(name.removesuffix("Set")) + ("_presentment" if rest.startswith("presentment") else "")
            if rest.endswith("amount"):
                found[column] = _number(value)
            elif currencies:
                found["presentment_currency_code" if rest.startswith("presentment") else "currency_code"] = value
        else:
            column = _RENAMED.get(path, _spelt(path))
            found[column] = _number(value) if column in _NUMBERS and value is not None else value
    if "number_of_orders" in found:
        found["number_of_orders"] = int(found["number_of_orders"])
    return found


def _leaves(value: Row, before: str) -> Iterator[tuple[str, Any]]:
    for name, below in value.items():
        path = before + name
        if path in _UNREAD or name == "__typename":
            continue
        if isinstance(below, dict):
            yield from _leaves(below, f"{path}.")
        elif isinstance(below, str | int | float | list) or below is None:
            yield path, below


def _number(text: str) -> float:
    return float(text)


def _spelt(path: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in path).replace(".", "_")
