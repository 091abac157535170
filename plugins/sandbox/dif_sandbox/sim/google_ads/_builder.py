"""A thing of a resource with its fields and those of what it hangs from; what fills a customer's lists with such."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dif_sandbox.sim.generator import Draw
    from dif_sandbox.sim.google_ads._figures import Cell
    from dif_sandbox.sim.google_ads._hierarchy import Customer

__all__ = ["Builder", "Entity", "Fields", "customer_fields"]

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entity:
    """A thing of a resource: its fields (with those of joined resources), and the cells that were measured of it."""

    fields: Mapping[str, Any]
    cells: tuple[Cell, ...] = ()


class Builder:
    """Fills one customer's lists."""

    def __init__(self, draw: Draw, customer: Customer) -> None:
        self.draw, self.customer, self.prefix = draw, customer, f"customers/{customer.id}"
        self.lists: dict[str, list[Entity]] = {}
        self.base: Fields = customer_fields(draw, customer)

    def number(self, prefix: str, *key: object) -> int:
        """An identifier beyond 32 bits, as Google's are."""
        return int(self.draw.digits(prefix, 11, self.customer.id, *key))

    def name(self, collection: str, *parts: object) -> str:
        """A resource name."""
        return f"{self.prefix}/{collection}/{'~'.join(map(str, parts))}"

    def add(self, resource: str, fields: Fields, cells: Iterable[Cell] = ()) -> None:
        """One more of a resource."""
        self.lists.setdefault(resource, []).append(Entity(fields, tuple(cells)))


def customer_fields(draw: Draw, customer: Customer) -> Fields:
    """What a customer says of itself."""
    return {
        "customer.resource_name": f"customers/{customer.id}",
        "customer.id": int(customer.id),
        "customer.descriptive_name": customer.name,
        "customer.currency_code": customer.market.currency,
        "customer.time_zone": str(customer.market.zone),
        "customer.status": customer.status,
        "customer.auto_tagging_enabled": not customer.is_manager,
        "customer.manager": customer.is_manager,
        "customer.test_account": False,
        "customer.has_partners_badge": False,
        "customer.optimization_score": None if customer.is_manager else round(draw.fraction("score", customer.id), 4),
    }
