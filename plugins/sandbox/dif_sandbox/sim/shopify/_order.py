"""What belongs to an order: its lines, what was paid, given back and sent, the visits that led to it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from dif_sandbox.sim.shopify._execute import Nodes
from dif_sandbox.sim.shopify._made import Row, gid, moment, money

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from dif_sandbox.sim.generator import Draw

__all__ = ["SENT_AFTER", "journey", "line", "refund", "sent", "transaction"]

SENT_AFTER: Final = 2
"""Days after its order something is sent: the order changes then."""


def line(draw: Draw, order: int, place: int, product: int) -> Row:
    """A line of an order; `cents` is what one of it costs."""
    cents = draw.integer(100, 20_000, "price", order, place)
    quantity = draw.integer(1, 4, "quantity", order, place)
    return {
        "__typename": "LineItem",
        "id": gid("LineItem", order * 10 + place),
        "name": f"Ding {place} - rot",
        "cents": cents,
        "title": f"Ding {place}",
        "variantTitle": "rot",
        "sku": f"D-{place}",
        "vendor": "Dinge & Söhne",
        "product": {"id": gid("Product", product)},
        "variant": {"id": gid("ProductVariant", product)},
        "quantity": quantity,
        "currentQuantity": quantity,
        "refundableQuantity": quantity,
        "unfulfilledQuantity": 0,
        "nonFulfillableQuantity": 0,
        "isGiftCard": False,
        "requiresShipping": True,
        "taxable": True,
        "originalUnitPriceSet": money(cents),
        "discountedUnitPriceSet": money(cents),
        "totalDiscountSet": money(0),
        "originalTotalSet": money(quantity * cents),
        "discountedTotalSet": money(quantity * cents),
    }


def refund(order: int, at: str, line: Row, cents: int) -> Row:
    """What was given back of an order's first line."""
    taken = {
        "__typename": "RefundLineItem",
        "id": gid("RefundLineItem", order * 10),
        "lineItem": {"id": line["id"]},
        "restockType": "RETURN",
        "location": None,
        "quantity": 1,
        "restocked": True,
        "priceSet": money(cents),
        "subtotalSet": money(cents),
        "totalTaxSet": money(0),
    }
    return {
        "__typename": "Refund",
        "id": gid("Refund", order * 10),
        "legacyResourceId": str(order * 10),
        "note": "broken",
        "createdAt": f"{at[:10]}T10:00:00Z",
        "updatedAt": at,
        "totalRefundedSet": money(cents),
        "refundLineItems": Nodes(lambda _: [taken]),
    }


def transaction(order: int, place: int, kind: str, at: str, cents: int) -> Row:
    """A payment of an order, or one back."""
    return {
        "__typename": "OrderTransaction",
        "id": gid("OrderTransaction", order * 10 + place),
        "kind": kind,
        "status": "SUCCESS",
        "gateway": "shopify_payments",
        "formattedGateway": "Shopify payments",
        "errorCode": None,
        "parentTransaction": {"id": gid("OrderTransaction", order * 10 + 1)} if place > 1 else None,
        "test": False,
        "createdAt": at,
        "processedAt": at,
        "amountSet": money(cents),
        "accountNumber": "•••• 4242",
    }


def sent(order: int, day: date, number: int, today: date, *, is_split: bool) -> Sequence[Row]:
    """What was sent of an order: in one piece or two."""
    after = day + timedelta(days=SENT_AFTER)
    return [
        {
            "__typename": "Fulfillment",
            "id": gid("Fulfillment", order * 10 + place),
            "legacyResourceId": str(order * 10 + place),
            "name": f"#{1001 + number}-F{place}",
            "status": "SUCCESS",
            "displayStatus": "DELIVERED",
            "location": {"id": gid("Location", 1)},
            "service": {"serviceName": "Manual"},
            "totalQuantity": 1,
            "requiresShipping": True,
            "trackingInfo": [{"number": "00340", "company": "DHL"}],
            "createdAt": moment(after, 9, number),
            "updatedAt": moment(after, 10, number),
            "inTransitAt": moment(after, 10, number),
            "deliveredAt": moment(after, 15, number),
            "estimatedDeliveryAt": None,
        }
        for place in range(1 + is_split)
        if after <= today
    ]


def journey(draw: Draw, order: int, day: date, number: int) -> Row:
    """The visits that led to an order: what came first brought a campaign along, what came last was typed in."""
    days = draw.integer(0, 9, "journey", order)
    utm = {
        "source": "pinterest",
        "medium": "cpc",
        "campaign": f"herbst-{number % 6}",
        "content": None,
        "term": None,
    }
    first = {
        "source": "Pinterest",
        "sourceType": "SOCIAL",
        "landingPage": "https://shop.example/ding?utm_source=pinterest",
        "referrerUrl": "https://www.pinterest.com/",
        "utmParameters": utm,
        "occurredAt": moment(day - timedelta(days=days), 8, number),
    }
    last = {
        "source": "direct",
        "sourceType": None,
        "landingPage": "https://shop.example/",
        "referrerUrl": None,
        "utmParameters": None,
        "occurredAt": moment(day, 8, number),
    }
    return {
        "firstVisit": first,
        "lastVisit": last,
        "customerOrderIndex": number % 4,
        "daysToConversion": days,
        "momentsCount": {"count": 2 + days},
        "ready": True,
    }
