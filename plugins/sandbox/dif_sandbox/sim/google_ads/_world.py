"""The clients' customers, what they have, and one of them as it is seen at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dif_sandbox.sim.generator import Draw
from dif_sandbox.sim.google_ads._builder import Entity, customer_fields
from dif_sandbox.sim.google_ads._clicks import clicks
from dif_sandbox.sim.google_ads._entities import constants, holdings
from dif_sandbox.sim.google_ads._figures import COUNTS, SETTLE_DAYS
from dif_sandbox.sim.google_ads._hierarchy import Customer, Hierarchy
from dif_sandbox.sim.world import Figures

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from dif_sandbox.sim.clock import Clock

__all__ = ["Account", "World"]

MOST_HELD: int = 64
WITHDRAWN: float = 0.06


@dataclass(frozen=True, slots=True)
class Account:
    """A customer at a moment, which is told in its own zone."""

    world: World
    customer: Customer
    now: datetime

    @property
    def figures(self) -> Figures:
        """What was measured, anywhere."""
        return self.world.figures

    def entities(self, resource: str) -> Sequence[Entity]:
        """What it has of a resource."""
        if resource == "customer_client":
            return list(self.world.clients_of(self.customer))
        if resource in self.world.constants:
            return self.world.constants[resource]
        return self.world.holdings(self.customer).get(resource, ())

    def clicks(self, day: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 - a date
        """Every click of a day, as the fields and segments of its row."""
        return clicks(self.world.draw, self.entities("ad_group_ad"), self.customer.id, day)

    def action_name(self, number: int) -> str:
        """The resource name of a conversion action."""
        return str(self.entities("conversion_action")[number].fields["conversion_action.resource_name"])


class World:
    """Everything of all clients; `scale` multiplies their customers."""

    def __init__(self, clock: Clock, clients: Sequence[str], seed: int, scale: int) -> None:
        self._clock, self.draw = clock, Draw("google_ads", seed)
        self.figures = Figures(self.draw, COUNTS, settle_days=SETTLE_DAYS, withdrawn=WITHDRAWN)
        self.hierarchies = {client: Hierarchy(self.draw, client, scale) for client in clients}
        self.customers = {one.id: one for hierarchy in self.hierarchies.values() for one in hierarchy.by_id.values()}
        self.constants = constants(scale)
        self.holdings = lru_cache(MOST_HELD)(lambda customer: holdings(self.draw, customer))

    def account(self, customer: Customer) -> Account:
        """A customer as of the clock."""
        return Account(self, customer, self._clock.now().astimezone(customer.market.zone))

    def clients_of(self, customer: Customer) -> Iterator[Entity]:
        """A customer itself and those below it, one row for each way that leads there."""
        for found, level in self.hierarchies[customer.owner].below(customer):
            yield Entity(customer_fields(self.draw, customer) | {
                "customer_client.resource_name": f"customers/{customer.id}/customerClients/{found.id}",
                "customer_client.client_customer": f"customers/{found.id}", "customer_client.id": int(found.id),
                "customer_client.level": level, "customer_client.descriptive_name": found.name,
                "customer_client.currency_code": found.market.currency,
                "customer_client.time_zone": str(found.market.zone), "customer_client.status": found.status,
                "customer_client.manager": found.is_manager, "customer_client.test_account": False,
                "customer_client.hidden": False, "customer_client.applied_labels": [],
            })  # fmt: skip
