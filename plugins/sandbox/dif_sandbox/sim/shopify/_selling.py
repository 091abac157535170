"""How a shop comes to its orders: checkouts, drafts, discounts with their codes, marketing; and what was paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from dif_sandbox.sim.shopify._execute import Nodes
from dif_sandbox.sim.shopify._made import Row, gid, moment, money

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from dif_sandbox.sim.generator import Draw

__all__ = ["Selling"]

CODES: Final = ("DiscountCodeBasic", "DiscountCodeBxgy", "DiscountCodeFreeShipping", "DiscountCodeApp")
AUTOMATIC: Final = ("DiscountAutomaticBasic", "DiscountAutomaticBxgy", "DiscountAutomaticFreeShipping")
DESTROYED: Final = ("Product", "Collection", "Order")


@dataclass(frozen=True, slots=True)
class Selling:
    """Everything of one shop; `changed` is the day on which a thing of a kind and number changed last."""

    draw: Draw
    base: int
    scale: int
    opened: date
    today: date
    changed: Callable[[str, int, date], date]

    def checkouts(self) -> Sequence[Row]:
        """Checkouts that were begun: one a day, every third completed later."""
        return [self._checkout(number, self.opened + timedelta(days=number // self.scale)) for number in self._daily()]

    def drafts(self) -> Sequence[Row]:
        """Orders that staff prepares."""
        return [self._draft(number) for number in range(5 * self.scale)]

    def tenders(self) -> Sequence[Row]:
        """What was paid: once a day."""
        return [
            {
                "__typename": "TenderTransaction",
                "id": gid("TenderTransaction", self.base * 100_000 + number),
                "order": {"id": gid("Order", self.base * 1_000_000 + number)},
                "paymentMethod": ("credit_card", "paypal")[number % 2],
                "amount": {"amount": f"{self.draw.integer(-900, 9_900, 'tender', number)}.35", "currencyCode": "EUR"},
                "test": False,
                "remoteReference": "pi_3",
                "processedAt": moment(self.opened + timedelta(days=number // self.scale), 13, number),
            }
            for number in self._daily()
        ]

    def marketing(self) -> Sequence[Row]:
        """What apps say about campaigns."""
        return [self._event_of_marketing(number) for number in range(6 * self.scale)]

    def code_discounts(self) -> Sequence[Row]:
        """Discounts with codes: of each kind one, and of the first more codes."""
        return [
            {
                "__typename": "DiscountCodeNode",
                "id": gid("DiscountCodeNode", self.base * 100 + number),
                "codeDiscount": {
                    **self._discount(CODES[number % len(CODES)], number),
                    "usageLimit": None if number % 2 else 500,
                    "appliesOncePerCustomer": number % 2 == 0,
                    "codes": Nodes(lambda _, number=number: self._codes(number)),  # type: ignore[misc]
                },
            }
            for number in range(len(CODES) * self.scale)
        ]

    def automatic_discounts(self) -> Sequence[Row]:
        """Discounts that need no code."""
        return [
            {
                "__typename": "DiscountAutomaticNode",
                "id": gid("DiscountAutomaticNode", self.base * 100 + number),
                "automaticDiscount": self._discount(kind, number),
            }
            for number, kind in enumerate(AUTOMATIC)
        ]

    def events(self) -> Sequence[Row]:
        """What REST tells of things that are gone: one each day."""
        return [
            {
                "id": self.base * 100_000 + number,
                "subject_id": self.base * 1_000 + 900 + number,
                "subject_type": DESTROYED[number % len(DESTROYED)],
                "verb": "destroy",
                "created_at": moment(self.opened + timedelta(days=number), 11, number).replace("Z", "+00:00"),
                "author": "Ada",
                "message": "Ada deleted a thing.",
                "arguments": [],
                "path": None,
            }
            for number in range(len(self._daily()) // self.scale)
        ]

    def _daily(self) -> range:
        return range(max(0, (self.today - self.opened).days + 1) * self.scale)

    def _checkout(self, number: int, day: date) -> Row:
        changed = self.changed("checkout", number, day)
        cents = self.draw.integer(500, 30_000, "checkout", number)
        is_done = number % 3 == 0
        return {
            "__typename": "AbandonedCheckout",
            "id": gid("AbandonedCheckout", self.base * 100_000 + number),
            "name": f"#C{number}",
            "customer": None if number % 4 else {"id": gid("Customer", self.base * 1_000 + number % 20)},
            "lineItemsQuantity": 1 + number % 3,
            "taxesIncluded": True,
            "discountCodes": ["WELCOME"] if number % 5 == 0 else [],
            "createdAt": moment(day, 8, number),
            "updatedAt": moment(changed, 12, number),
            "completedAt": moment(changed, 12, number) if is_done else None,
            "note": "ring twice",
            "totalPriceSet": money(cents),
            "subtotalPriceSet": money(cents),
            "totalDiscountSet": money(0),
            "totalTaxSet": money(cents // 6),
            "totalLineItemsPriceSet": money(cents),
        }

    def _draft(self, number: int) -> Row:
        changed = self.changed("draft", number, self.opened)
        cents = self.draw.integer(500, 90_000, "draft", number, changed)
        name = self.base * 100_000 + number
        is_done = number % 2 == 0
        return {
            "__typename": "DraftOrder",
            "id": gid("DraftOrder", name),
            "legacyResourceId": str(name),
            "name": f"#D{number}",
            "status": "COMPLETED" if is_done else "OPEN",
            "customer": {"id": gid("Customer", self.base * 1_000 + number % 20)},
            "order": {"id": gid("Order", self.base * 1_000_000 + number)} if is_done else None,
            "currencyCode": "EUR",
            "presentmentCurrencyCode": "USD",
            "totalQuantityOfLineItems": 2,
            "taxesIncluded": True,
            "taxExempt": False,
            "discountCodes": [],
            "tags": ["b2b"],
            "email": "buyer@example.com",
            "createdAt": moment(self.opened, 8, number),
            "updatedAt": moment(changed, 9, number),
            "completedAt": moment(changed, 9, number) if is_done else None,
            "invoiceSentAt": None,
            "totalPriceSet": money(cents),
            "subtotalPriceSet": money(cents),
            "totalDiscountsSet": money(0),
            "totalShippingPriceSet": money(490),
            "totalTaxSet": money(cents // 6),
        }

    def _event_of_marketing(self, number: int) -> Row:
        name = self.base * 1_000 + number
        return {
            "__typename": "MarketingEvent",
            "id": gid("MarketingEvent", name),
            "legacyResourceId": str(name),
            "remoteId": f"campaign-{number}",
            "type": "AD",
            "description": "Herbst \u2013 \u201eneu\u201c",
            "channelHandle": "pinterest",
            "marketingChannelType": "SOCIAL",
            "sourceAndMedium": "Pinterest ad",
            "utmSource": "pinterest",
            "utmMedium": "cpc",
            "utmCampaign": f"herbst-{number}",
            "manageUrl": "https://ads.example/manage",
            "previewUrl": None,
            "startedAt": moment(self.opened, 6, number),
            "endedAt": None,
            "scheduledToEndAt": None,
        }

    def _discount(self, kind: str, number: int) -> Row:
        return {
            "__typename": kind,
            "title": f"{kind} {number}",
            "status": "ACTIVE",
            "asyncUsageCount": self.draw.integer(0, 90, kind, number, self.today),
            "startsAt": moment(self.opened, 0, 0),
            "endsAt": None,
            "createdAt": moment(self.opened, 6, number),
            "updatedAt": moment(self.changed(kind, number, self.opened), 6, number),
        }

    def _codes(self, number: int) -> Sequence[Row]:
        return [
            {
                "__typename": "DiscountRedeemCode",
                "id": gid("DiscountRedeemCode", self.base * 10_000 + number * 100 + place),
                "code": f"HERBST{number}-{place}",
                "asyncUsageCount": self.draw.integer(0, 9, "code", number, place, self.today),
            }
            for place in range(60 if number == 0 else 2)
        ]
