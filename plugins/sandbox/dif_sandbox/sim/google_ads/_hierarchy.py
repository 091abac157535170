"""Who manages whom: each client's managers, the customers below them, and who may be reached through whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from dif_sandbox.sim.accounts import Market

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dif_sandbox.sim.generator import Draw

__all__ = ["Customer", "Hierarchy"]

MARKETS: Final = (
    Market("US", "USD", ZoneInfo("America/Los_Angeles")),
    Market("DE", "EUR", ZoneInfo("Europe/Berlin")),
    Market("JP", "JPY", ZoneInfo("Asia/Tokyo")),
    Market("GB", "GBP", ZoneInfo("Europe/London")),
    Market("BR", "BRL", ZoneInfo("America/Sao_Paulo")),
    Market("IN", "INR", ZoneInfo("Asia/Kolkata")),
)
BRANDS: Final = ("Aurora", "Birch", "Cobalt", "Delta", "Ember", "Fjord", "Garnet")
FIRST_SIZE: Final = 4
A_SCALE_MORE: Final = 30
"""A client has 4 customers, and 30 more for each step of the scale: 274 at scale 10."""
NOT_ENABLED: Final = 1
"""Of its customers the one with this number was cancelled."""


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer: a manager, or a client with campaigns."""

    id: str
    owner: str
    name: str
    market: Market
    status: str = "ENABLED"
    is_manager: bool = False
    is_small: bool = False
    """Whether it has two campaigns only; most customers have."""


class Hierarchy:
    """One client's customers: a manager, two managers below it, and the rest below these; one is below both."""

    def __init__(self, draw: Draw, owner: str, scale: int) -> None:
        first = draw.integer(0, len(MARKETS) - 1, "market", owner)

        def customer(prefix: str, number: int, name: str, **marks: object) -> Customer:
            market = MARKETS[(first + number) % len(MARKETS)]
            identifier = draw.digits(prefix, 10, "customer", owner, prefix, number)
            return Customer(identifier, owner, name, market, **marks)  # type: ignore[arg-type]

        self.root = customer("10", 0, f"{owner} group", is_manager=True)
        self.managers = [customer("20", number, f"{owner} team {number + 1}", is_manager=True) for number in range(2)]
        self.clients = [
            customer(
                f"{3 + number % 6}{number % 10}", number, f"{owner} {BRANDS[number % len(BRANDS)]} {number + 1}",
                status="CANCELED" if number == NOT_ENABLED else "ENABLED", is_small=number >= FIRST_SIZE,
            )
            for number in range(FIRST_SIZE + A_SCALE_MORE * (scale - 1))
        ]  # fmt: skip
        self.by_id = {one.id: one for one in (self.root, *self.managers, *self.clients)}

    def below(self, customer: Customer) -> Iterator[tuple[Customer, int]]:
        """The customer itself and all below it with their levels: once for each way that leads there."""
        yield customer, 0
        if customer is self.root:
            for manager in self.managers:
                yield manager, 1
                yield from ((client, 2) for client in self._clients_of(manager))
        elif customer.is_manager:
            yield from ((client, 1) for client in self._clients_of(customer))

    def enabled(self) -> Sequence[Customer]:
        """The customers that have figures."""
        return [client for client in self.clients if client.status == "ENABLED"]

    def may_be_reached(self, customer: Customer, through: str) -> bool:
        """Whether a user of the client's manager reaches a customer by this `login-customer-id`."""
        login = self.by_id.get(through)
        return login is not None and any(found is customer for found, _ in self.below(login))

    def _clients_of(self, manager: Customer) -> list[Customer]:
        place = self.managers.index(manager)
        return [client for number, client in enumerate(self.clients) if number == 0 or number % 2 == place]
