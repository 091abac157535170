"""A shop of each client: orders that come every day and change for weeks, customers, products, stock."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from dif_sandbox.sim.generator import last_change
from dif_sandbox.sim.shopify import _content as content
from dif_sandbox.sim.shopify._execute import Nodes
from dif_sandbox.sim.shopify._made import Row, gid, moment, money
from dif_sandbox.sim.shopify._order import SENT_AFTER, journey, line, refund, sent, transaction
from dif_sandbox.sim.shopify._selling import Selling
from dif_sandbox.sim.shopify._shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dif_sandbox.sim.clock import Clock
    from dif_sandbox.sim.generator import Draw

__all__ = ["OF_ORDER", "World", "changed_since"]

OPENED: Final = date(2026, 9, 1)
ORDERS_A_DAY: Final = 3
CUSTOMERS, PRODUCTS, LOCATIONS, ITEMS = 20, 12, 3, 30
CHANGES: Final = 0.06
"""The share of orders, customers and products that change on a day."""
RETURNED_AFTER: Final = 3
SOLD_OUT_EVERY: Final = 10
"""Of so many levels one is not there today: what is sold out is taken from a location, and comes back the day after."""
_FILTER: Final = re.compile(r"(updated_at|created_at|processed_at):>='([^']+)'")
_SUMS: Final = (
    "totalTaxSet",
    "totalShippingPriceSet",
    "totalTipReceivedSet",
    "totalOutstandingSet",
    "totalDiscountsSet",
    "currentTotalDiscountsSet",
    "currentTotalTaxSet",
    "totalRefundedShippingSet",
)
OF_ORDER: Final = ("originalTotalPriceSet", "totalPriceSet", "subtotalPriceSet", "totalReceivedSet")
"""Sums of an order that refunds do not touch."""


@dataclass(frozen=True, slots=True)
class World:
    """Everything of all clients; `scale` multiplies orders, customers, products, stock."""

    clock: Clock
    draw: Draw
    scale: int
    _made: dict[tuple[str, date], Sequence[Row]] = field(default_factory=dict, compare=False, repr=False)

    def shop(self, client: str) -> Row:
        """The shop of a client."""
        return {
            "__typename": "Shop",
            "id": gid("Shop", self._base(client)),
            "name": f"{client} № 1",
            "myshopifyDomain": f"{client}.myshopify.com",
            "primaryDomain": {"host": f"shop.{client}.example"},
            "currencyCode": "EUR",
            "ianaTimezone": "Europe/Berlin",
            "weightUnit": "KILOGRAMS",
            "taxesIncluded": True,
            "plan": {"publicDisplayName": "Basic", "partnerDevelopment": False, "shopifyPlus": False},
            "taxShipping": False,
            "enabledPresentmentCurrencies": ["EUR", "USD"],
            "email": f"owner@{client}.example",
            "createdAt": "2024-05-02T08:00:00Z",
            "updatedAt": "2026-08-30T08:00:00Z",
        }

    def root(self, client: str) -> Row:
        """What a query may begin with."""
        shelf, selling = self.shelf(client), self.selling(client)
        lists: dict[str, Callable[[], Sequence[Row]]] = {
            "orders": partial(self.orders, client),
            "customers": partial(self.customers, client),
            "products": partial(self.products, client),
            "productVariants": shelf.variants,
            "inventoryItems": shelf.items,
            "collections": shelf.collections,
            "abandonedCheckouts": selling.checkouts,
            "draftOrders": selling.drafts,
            "tenderTransactions": selling.tenders,
            "marketingEvents": selling.marketing,
            "codeDiscountNodes": selling.code_discounts,
            "automaticDiscountNodes": selling.automatic_discounts,
            "pages": partial(self.written, client, "pages"),
            "blogs": partial(self.written, client, "blogs"),
            "articles": partial(self.written, client, "articles"),
            "fulfillmentOrders": partial(self.to_send, client),
        }
        found = {name: Nodes(_filtered(make), name == "fulfillmentOrders") for name, make in lists.items()}
        return {"__typename": "QueryRoot", "shop": self.shop(client), **found}

    def written(self, client: str, kind: str) -> Sequence[Row]:
        """What is written for a shop's visitors: its pages, blogs or articles."""
        number, make = {"pages": (4, content.pages), "blogs": (2, content.blogs), "articles": (6, content.articles)}[
            kind
        ]
        return make(self._base(client), [self._changed(OPENED, kind, client, place) for place in range(number)])

    def to_send(self, client: str) -> Sequence[Row]:
        """What is to be sent of each order."""
        return [content.to_send(order) for order in self.orders(client)]

    def shelf(self, client: str) -> Shelf:
        """What stands behind the products of a shop."""
        return Shelf(
            self.draw,
            self._base(client),
            PRODUCTS * self.scale,
            OPENED,
            self._today(),
            lambda kind, number: self._changed(OPENED, kind, client, number),
        )

    def selling(self, client: str) -> Selling:
        """How a shop comes to its orders."""
        return Selling(
            self.draw,
            self._base(client),
            self.scale,
            OPENED,
            self._today(),
            lambda kind, number, since: self._changed(since, kind, client, number),
        )

    def orders(self, client: str) -> Sequence[Row]:
        """The orders of a shop up to now; those of a day are made once, as they are looked at by every query."""
        key = (client, self._today())
        found = self._made.get(key)
        if found is None:
            found = [self.order(client, number) for number in range(self._orders_so_far())]
            self._made.clear()
            self._made[key] = found
        return found

    def order(self, client: str, number: int) -> Row:
        """An order: paid in two currencies, given back in part by and by."""
        day = OPENED + timedelta(days=number // (ORDERS_A_DAY * self.scale))
        arrived = day + timedelta(days=SENT_AFTER)
        changed = self._changed(day if arrived > self._today() else arrived, "order", client, number)
        name = self._base(client) * 1_000_000 + number
        products = [self.draw.integer(0, PRODUCTS - 1, "product", name, place) for place in range(1 + number % 3)]
        lines = [
            line(self.draw, name, place, self._base(client) * 1_000 + product) for place, product in enumerate(products)
        ]
        cents = sum(each["quantity"] * each["cents"] for each in lines)
        is_returned = self.draw.chance(0.3, "return", name) and (changed - day).days >= RETURNED_AFTER
        back = lines[0]["cents"] if is_returned else 0
        lines[0]["currentQuantity"] -= is_returned
        lines[0]["refundableQuantity"] -= is_returned
        made = moment(day, 9, number)
        sale = transaction(name, 1, "SALE", made, cents)
        refunds = [refund(name, moment(changed, 12, number), lines[0], back)] if is_returned else []
        return {
            "__typename": "Order",
            "id": gid("Order", name),
            "legacyResourceId": str(name),
            "name": f"#{1001 + number}",
            "customer": {
                "__typename": "Customer",
                "id": gid("Customer", self._base(client) * 1_000 + number % CUSTOMERS),
            },
            "currencyCode": "EUR",
            "presentmentCurrencyCode": "USD",
            "displayFulfillmentStatus": "FULFILLED",
            "displayFinancialStatus": "PARTIALLY_REFUNDED" if is_returned else "PAID",
            "returnStatus": "NO_RETURN",
            "sourceName": "web",
            "app": {"id": "gid://shopify/App/580111", "name": "Online Store"},
            "subtotalLineItemsQuantity": sum(each["quantity"] for each in lines),
            "currentSubtotalLineItemsQuantity": sum(each["currentQuantity"] for each in lines),
            "confirmed": True,
            "edited": False,
            "fullyPaid": True,
            "unpaid": False,
            "test": False,
            "taxesIncluded": True,
            "estimatedTaxes": False,
            "requiresShipping": True,
            "discountCodes": ["WELCOME"] if number % 4 == 0 else [],
            "paymentGatewayNames": ["shopify_payments"],
            "tags": ["first, order", 'with "quotes"'],
            "createdAt": made,
            "processedAt": made,
            "updatedAt": moment(changed, 12, number),
            "email": "somebody@example.com",
            "refunds": refunds,
            "transactions": [
                sale,
                *(transaction(name, 2, "REFUND", moment(changed, 12, number), back) for _ in refunds),
            ],
            "lineItems": Nodes(lambda _: lines),
            "fulfillments": sent(name, day, number, self._today(), is_split=number % ORDERS_A_DAY == 0),
            "customerJourneySummary": journey(self.draw, name, day, number),
            "risk": content.risk(self.draw, name),
            "agreements": content.agreements(name, made, refunds[0]["createdAt"] if refunds else None),
            "totalRefundedSet": money(back),
            "netPaymentSet": money(cents - back),
            "currentTotalPriceSet": money(cents - back),
            "currentSubtotalPriceSet": money(cents - back),
            **dict.fromkeys(("cancelReason", "sourceIdentifier", "channelInformation", "cancelledAt", "closedAt")),
            "customerLocale": "de-DE",
            **{name: money(0) for name in _SUMS},
            **{name: money(cents) for name in OF_ORDER},
        }

    def refund(self, client: str, gid: str) -> Row | None:
        """The refund of a name."""
        name = int(gid.rpartition("/")[2]) // 10
        number = name - self._base(client) * 1_000_000
        if not 0 <= number < self._orders_so_far():
            return None
        return next((refund for refund in self.order(client, number)["refunds"] if refund["id"] == gid), None)

    def customers(self, client: str) -> Sequence[Row]:
        """The customers of a shop."""
        return [self._customer(client, number) for number in range(CUSTOMERS * self.scale)]

    def products(self, client: str) -> Sequence[Row]:
        """The products of a shop."""
        return [self._product(client, number) for number in range(PRODUCTS * self.scale)]

    def locations(self, client: str) -> Sequence[Row]:
        """Where a shop keeps its stock, as REST has it."""
        return [
            {
                "id": self._base(client) * 10_000 + number, "name": f"Lager № {number}", "city": "Köln",
                "province_code": None,
                "country_code": "DE", "active": True, "legacy": False, "phone": "+49 221 1234567",
                "address1": "Gasse 1",
                "created_at": "2026-08-01T10:00:00+02:00", "updated_at": "2026-08-02T10:00:00+02:00",
                "admin_graphql_api_id": gid("Location", self._base(client) * 10_000 + number),
            }
            for number in range(1, LOCATIONS + 1)
        ]  # fmt: skip

    def stock(self, client: str, location: int) -> Sequence[Row]:
        """What is at a location today."""
        today = self._today()
        rows = []
        for number in range(ITEMS * self.scale):
            if (number + today.toordinal()) % SOLD_OUT_EVERY == location % SOLD_OUT_EVERY:
                continue
            item = self._base(client) * 100_000 + number
            rows.append(
                {
                    "location_id": location,
                    "inventory_item_id": item,
                    "updated_at": f"{today}T06:00:00+00:00",
                    "available": self.draw.integer(0, 90, "stock", location, item, today),
                    "admin_graphql_api_id": f"gid://shopify/InventoryLevel/{location}?inventory_item_id={item}",
                }
            )
        return rows

    def collects(self, client: str) -> Sequence[Row]:
        """Which product is in which collection, as REST has it."""
        base, made = self._base(client), "2026-08-20T11:00:00+02:00"
        return [
            {"id": base * 1_000 + number, "collection_id": base * 10 + number % 4, "product_id": base * 1_000 + number,
             "position": number + 1, "sort_value": f"{number:010d}", "created_at": made, "updated_at": made}
            for number in range(PRODUCTS * self.scale)
        ]  # fmt: skip

    def _customer(self, client: str, number: int) -> Row:
        changed = self._changed(OPENED, "customer", client, number)
        name = self._base(client) * 1_000 + number
        return {
            "__typename": "Customer",
            "id": gid("Customer", name),
            "legacyResourceId": str(name),
            "state": "ENABLED",
            "locale": "de",
            "lastOrder": None,
            "numberOfOrders": str(self.draw.integer(1, 9, name, changed)),
            "amountSpent": {"amount": f"{self.draw.integer(100, 9_999, name, changed)}.50", "currencyCode": "EUR"},
            "productSubscriberStatus": "NEVER_SUBSCRIBED",
            "statistics": {"predictedSpendTier": "HIGH"},
            "defaultEmailAddress": {
                "marketingState": "SUBSCRIBED",
                "marketingOptInLevel": "CONFIRMED_OPT_IN",
                "marketingUpdatedAt": "2026-09-02T10:00:00Z",
                "emailAddress": "a@example.com",
            },
            "defaultPhoneNumber": None,
            "verifiedEmail": True,
            "taxExempt": False,
            "dataSaleOptOut": False,
            "tags": ["vip"] if number % 5 == 0 else [],
            "createdAt": moment(OPENED, 8, number),
            "firstName": "Ada",
            "updatedAt": moment(changed, 8, number),
        }

    def _product(self, client: str, number: int) -> Row:
        changed = self._changed(OPENED, "product", client, number)
        name = self._base(client) * 1_000 + number
        amount = {"amount": f"{self.draw.integer(1, 99, name)}.90", "currencyCode": "EUR"}
        return {
            "__typename": "Product",
            "id": gid("Product", name),
            "legacyResourceId": str(name),
            "title": f"Ding {number}",
            "description": "Zeile eins\nZeile \u201ezwei\u201c",
            "handle": f"ding-{number}",
            "status": "ACTIVE",
            "vendor": "Dinge & Söhne",
            "productType": "Ding",
            "category": None,
            "templateSuffix": None,
            "onlineStoreUrl": None,
            "priceRangeV2": {"minVariantPrice": amount, "maxVariantPrice": amount},
            "variantsCount": {"count": 2},
            "mediaCount": {"count": 1},
            "totalInventory": self.draw.integer(0, 500, name, changed),
            "isGiftCard": False,
            "tracksInventory": True,
            "hasOnlyDefaultVariant": False,
            "hasOutOfStockVariants": False,
            "requiresSellingPlan": False,
            "tags": [],
            "createdAt": moment(OPENED, 7, number),
            "publishedAt": moment(OPENED, 7, number),
            "updatedAt": moment(changed, 7, number),
            "metafields": content.metafields(self.draw, "product", name, moment(changed, 7, number)),
        }

    def _changed(self, since: date, kind: str, client: str, number: int) -> date:
        """The day of the last change up to today, as far as the thing was there."""
        today = self._today().toordinal()
        changed = last_change(self.draw.seed, f"{kind} {client} {number}", today, CHANGES)
        return date.fromordinal(max(since.toordinal(), changed))

    def _orders_so_far(self) -> int:
        return max(0, (self._today() - OPENED).days + 1) * ORDERS_A_DAY * self.scale

    def _today(self) -> date:
        return self.clock.now().astimezone(UTC).date()

    def _base(self, client: str) -> int:
        return int(self.draw.digits("6", 8, "shop", client))


def _filtered(make: Callable[[], Sequence[Row]]) -> Callable[[str], Sequence[Row]]:
    return lambda text: changed_since(make(), text)


def changed_since(rows: Sequence[Row], text: str) -> Sequence[Row]:
    """The rows that a filter such as ``updated_at:>='2026-11-01'`` leaves.

    Raises:
        ValueError: another filter.
    """
    if not text:
        return rows
    found = _FILTER.fullmatch(text)
    if found is None:
        message = f"the filter {text!r} is not understood here"
        raise ValueError(message)
    column = {"updated_at": "updatedAt", "created_at": "createdAt", "processed_at": "processedAt"}[found[1]]
    since = datetime.fromisoformat(found[2])
    since = since if since.tzinfo else since.replace(tzinfo=UTC)
    return [row for row in rows if datetime.fromisoformat(row[column]) >= since]
