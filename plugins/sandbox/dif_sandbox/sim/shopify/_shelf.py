"""What stands behind a shop's products: their variants, what is kept in stock of them, collections."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from dif_sandbox.sim.shopify._content import metafields
from dif_sandbox.sim.shopify._execute import Nodes
from dif_sandbox.sim.shopify._made import Row, gid, moment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dif_sandbox.sim.generator import Draw

__all__ = ["VARIANTS", "Shelf"]

VARIANTS: Final = 2
"""Of each product."""
COLLECTIONS: Final = 4
SEASONAL_EVERY, SEASON_DAYS = 3, 4
"""Of so many variants one is sold for so many days only; then it is deleted, and another takes its place."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Everything of one shop; `changed` is the day on which a thing of a kind and number changed last."""

    draw: Draw
    base: int
    products: int
    opened: date
    today: date
    changed: Callable[[str, int], date]

    def variants(self) -> Sequence[Row]:
        """Each product, red and blue."""
        return [self._variant(number) for number in range(self.products * VARIANTS)]

    def items(self) -> Sequence[Row]:
        """What is kept in stock: one of each variant."""
        return [self._item(number) for number in range(self.products * VARIANTS)]

    def collections(self) -> Sequence[Row]:
        """Collections: every second one by rules."""
        return [self._collection(number) for number in range(COLLECTIONS)]

    def _sold(self, kind: str, number: int) -> tuple[int, date, date]:
        """The name of what is in a place now, when it came and when it changed last."""
        changed, name = self.changed(kind, number), self.base * 10_000 + number
        if number % SEASONAL_EVERY:
            return name, self.opened, changed
        season = (self.today.toordinal() + number) // SEASON_DAYS
        came = date.fromordinal(season * SEASON_DAYS - number)
        return name * 1_000 + season % 1_000, came, max(came, changed)

    def _variant(self, number: int) -> Row:
        name, came, changed = self._sold("variant", number)
        color = ("rot", "blau")[number % VARIANTS]
        is_reduced = self.draw.chance(0.3, "reduced", name)
        return {
            "__typename": "ProductVariant",
            "id": gid("ProductVariant", name),
            "legacyResourceId": str(name),
            "product": {"id": gid("Product", self.base * 1_000 + number // VARIANTS)},
            "inventoryItem": {"id": gid("InventoryItem", name)},
            "title": color,
            "displayName": f"Ding {number // VARIANTS} - {color}",
            "sku": f"D-{number}",
            "barcode": None if number % 3 == 0 else f"40{number:011d}",
            "inventoryPolicy": "DENY",
            "position": 1 + number % VARIANTS,
            "inventoryQuantity": self.draw.integer(-2, 90, "quantity", name, changed),
            "price": f"{self.draw.integer(1, 99, name, changed)}.90",
            "compareAtPrice": "129.00" if is_reduced else None,
            "availableForSale": True,
            "taxable": True,
            "selectedOptions": [{"name": "Farbe", "value": color}, {"name": "Gr\u00f6\u00dfe", "value": 'M, "lang"'}],
            "createdAt": moment(came, 7, number),
            "updatedAt": moment(changed, 7, number),
            "metafields": metafields(self.draw, "productvariant", name, moment(changed, 7, number)),
        }

    def _item(self, number: int) -> Row:
        name, came, changed = self._sold("item", number)
        cost = {"amount": f"{self.draw.integer(1, 40, 'cost', name, changed)}.125", "currencyCode": "EUR"}
        return {
            "__typename": "InventoryItem",
            "id": gid("InventoryItem", name),
            "legacyResourceId": str(name),
            "variant": {"id": gid("ProductVariant", name)},
            "sku": f"D-{number}",
            "countryCodeOfOrigin": "PT",
            "harmonizedSystemCode": None if number % 2 else "610910",
            "unitCost": None if number % 5 == 0 else cost,
            "tracked": True,
            "requiresShipping": True,
            "createdAt": moment(came, 7, number),
            "updatedAt": moment(changed, 7, number),
        }

    def _collection(self, number: int) -> Row:
        name = self.base * 10 + number
        held = [self.base * 1_000 + each for each in range(self.products) if each % COLLECTIONS != number]
        rules = [{"column": "TAG", "relation": "EQUALS", "condition": "neu"}]
        return {
            "__typename": "Collection",
            "id": gid("Collection", name),
            "legacyResourceId": str(name),
            "title": f"Kollektion {number}",
            "handle": f"kollektion-{number}",
            "sortOrder": "BEST_SELLING",
            "templateSuffix": None,
            "productsCount": {"count": self.draw.integer(1, 9, "products", name)},
            "ruleSet": {"appliedDisjunctively": False, "rules": rules} if number % 2 else None,
            "updatedAt": moment(self.changed("collection", number), 7, number),
            "metafields": metafields(self.draw, "collection", name, "2026-09-01T07:00:00Z"),
            "products": Nodes(lambda _: [{"__typename": "Product", "id": gid("Product", each)} for each in held]),
        }
