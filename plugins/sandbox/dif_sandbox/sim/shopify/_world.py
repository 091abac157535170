"""A shop of each client: orders that come every day and change for weeks, customers, products, stock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.generator import last_change
from dif_sandbox.sim.shopify._execute import Nodes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dif_sandbox.sim.clock import Clock
    from dif_sandbox.sim.generator import Draw

__all__ = ["OF_ORDER", "Row", "World", "changed_since"]

Row = dict[str, Any]

OPENED: Final = date(2026, 9, 1)
ORDERS_A_DAY: Final = 3
CUSTOMERS, PRODUCTS, LOCATIONS, ITEMS = 20, 12, 3, 30
CHANGES: Final = 0.06
"""The share of orders, customers and products that change on a day."""
RETURNED_AFTER: Final = 3
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

    def shop(self, client: str) -> Row:
        """The shop of a client."""
        return {
            "__typename": "Shop",
            "id": _gid("Shop", self._base(client)),
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
        lists = {"orders": self.orders, "customers": self.customers, "products": self.products}
        found = {name: Nodes(_filtered(make, client)) for name, make in lists.items()}
        return {"__typename": "QueryRoot", "shop": self.shop(client), **found}

    def orders(self, client: str) -> Sequence[Row]:
        """The orders of a shop up to now."""
        return [self.order(client, number) for number in range(self._orders_so_far())]

    def order(self, client: str, number: int) -> Row:
        """An order: paid in two currencies, given back in part by and by."""
        day = OPENED + timedelta(days=number // (ORDERS_A_DAY * self.scale))
        changed = self._changed(day, "order", client, number)
        name = self._base(client) * 1_000_000 + number
        lines = [self._line(client, name, place) for place in range(1 + number % 3)]
        cents = sum(line["quantity"] * line["cents"] for line in lines)
        is_returned = self.draw.chance(0.3, "return", name) and (changed - day).days >= RETURNED_AFTER
        back = lines[0]["cents"] if is_returned else 0
        lines[0]["currentQuantity"] -= is_returned
        lines[0]["refundableQuantity"] -= is_returned
        made = _moment(day, 9, number)
        sale = _transaction(name, 1, "SALE", made, cents)
        refunds = [self._refund(name, _moment(changed, 12, number), lines[0], back)] if is_returned else []
        return {
            "__typename": "Order",
            "id": _gid("Order", name),
            "legacyResourceId": str(name),
            "name": f"#{1001 + number}",
            "customer": {
                "__typename": "Customer",
                "id": _gid("Customer", self._base(client) * 1_000 + number % CUSTOMERS),
            },
            "currencyCode": "EUR",
            "presentmentCurrencyCode": "USD",
            "displayFulfillmentStatus": "FULFILLED",
            "displayFinancialStatus": "PARTIALLY_REFUNDED" if is_returned else "PAID",
            "returnStatus": "NO_RETURN",
            "sourceName": "web",
            "app": {"id": "gid://shopify/App/580111", "name": "Online Store"},
            "subtotalLineItemsQuantity": sum(line["quantity"] for line in lines),
            "currentSubtotalLineItemsQuantity": sum(line["currentQuantity"] for line in lines),
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
            "updatedAt": _moment(changed, 12, number),
            "email": "somebody@example.com",
            "refunds": refunds,
            "transactions": [
                sale,
                *(_transaction(name, 2, "REFUND", _moment(changed, 12, number), back) for _ in refunds),
            ],
            "lineItems": Nodes(lambda _: lines),
            "totalRefundedSet": _money(back),
            "netPaymentSet": _money(cents - back),
            "currentTotalPriceSet": _money(cents - back),
            "currentSubtotalPriceSet": _money(cents - back),
            **dict.fromkeys(("cancelReason", "sourceIdentifier", "channelInformation", "cancelledAt", "closedAt")),
            "customerLocale": "de-DE",
            **{name: _money(0) for name in _SUMS},
            **{name: _money(cents) for name in OF_ORDER},
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
                "admin_graphql_api_id": _gid("Location", self._base(client) * 10_000 + number),
            }
            for number in range(1, LOCATIONS + 1)
        ]  # fmt: skip

    def stock(self, client: str, location: int) -> Sequence[Row]:
        """What is at a location today."""
        today = self._today()
        rows = []
        for number in range(ITEMS * self.scale):
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
        base, moment = self._base(client), "2026-08-20T11:00:00+02:00"
        return [
            {"id": base * 1_000 + number, "collection_id": base * 10 + number % 4, "product_id": base * 1_000 + number,
             "position": number + 1, "sort_value": f"{number:010d}", "created_at": moment, "updated_at": moment}
            for number in range(PRODUCTS * self.scale)
        ]  # fmt: skip

    def _line(self, client: str, order: int, place: int) -> Row:
        cents = self.draw.integer(100, 20_000, "price", order, place)
        quantity = self.draw.integer(1, 4, "quantity", order, place)
        product = self._base(client) * 1_000 + self.draw.integer(0, PRODUCTS - 1, "product", order, place)
        return {
            "__typename": "LineItem",
            "id": _gid("LineItem", order * 10 + place),
            "name": f"Ding {place} - rot",
            "cents": cents,
            "title": f"Ding {place}",
            "variantTitle": "rot",
            "sku": f"D-{place}",
            "vendor": "Dinge & Söhne",
            "product": {"id": _gid("Product", product)},
            "variant": {"id": _gid("ProductVariant", product)},
            "quantity": quantity,
            "currentQuantity": quantity,
            "refundableQuantity": quantity,
            "unfulfilledQuantity": 0,
            "nonFulfillableQuantity": 0,
            "isGiftCard": False,
            "requiresShipping": True,
            "taxable": True,
            "originalUnitPriceSet": _money(cents),
            "discountedUnitPriceSet": _money(cents),
            "totalDiscountSet": _money(0),
            "originalTotalSet": _money(quantity * cents),
            "discountedTotalSet": _money(quantity * cents),
        }

    def _refund(self, order: int, moment: str, line: Row, cents: int) -> Row:
        taken = {
            "__typename": "RefundLineItem",
            "id": _gid("RefundLineItem", order * 10),
            "lineItem": {"id": line["id"]},
            "restockType": "RETURN",
            "location": None,
            "quantity": 1,
            "restocked": True,
            "priceSet": _money(cents),
            "subtotalSet": _money(cents),
            "totalTaxSet": _money(0),
        }
        return {
            "__typename": "Refund",
            "id": _gid("Refund", order * 10),
            "legacyResourceId": str(order * 10),
            "note": "broken",
            "createdAt": f"{moment[:10]}T10:00:00Z",
            "updatedAt": moment,
            "totalRefundedSet": _money(cents),
            "refundLineItems": Nodes(lambda _: [taken]),
        }

    def _customer(self, client: str, number: int) -> Row:
        changed = self._changed(OPENED, "customer", client, number)
        name = self._base(client) * 1_000 + number
        return {
            "__typename": "Customer",
            "id": _gid("Customer", name),
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
            "createdAt": _moment(OPENED, 8, number),
            "firstName": "Ada",
            "updatedAt": _moment(changed, 8, number),
        }

    def _product(self, client: str, number: int) -> Row:
        changed = self._changed(OPENED, "product", client, number)
        name = self._base(client) * 1_000 + number
        amount = {"amount": f"{self.draw.integer(1, 99, name)}.90", "currencyCode": "EUR"}
        return {
            "__typename": "Product",
            "id": _gid("Product", name),
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
            "createdAt": _moment(OPENED, 7, number),
            "publishedAt": _moment(OPENED, 7, number),
            "updatedAt": _moment(changed, 7, number),
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


def _filtered(make: Callable[[str], Sequence[Row]], client: str) -> Callable[[str], Sequence[Row]]:
    return lambda text: changed_since(make(client), text)


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


def _gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def _moment(day: date, hour: int, number: int) -> str:
    return f"{day}T{hour:02d}:{number % 60:02d}:07Z"


def _money(cents: int) -> Row:
    return {
        "shopMoney": {"amount": f"{cents / 100:.2f}", "currencyCode": "EUR"},
        "presentmentMoney": {"amount": f"{cents * 1.25 / 100:.2f}", "currencyCode": "USD"},
    }


def _transaction(order: int, place: int, kind: str, moment: str, cents: int) -> Row:
    return {
        "__typename": "OrderTransaction",
        "id": _gid("OrderTransaction", order * 10 + place),
        "kind": kind,
        "status": "SUCCESS",
        "gateway": "shopify_payments",
        "formattedGateway": "Shopify payments",
        "errorCode": None,
        "parentTransaction": {"id": _gid("OrderTransaction", order * 10 + 1)} if place > 1 else None,
        "test": False,
        "createdAt": moment,
        "processedAt": moment,
        "amountSet": _money(cents),
        "accountNumber": "•••• 4242",
    }
