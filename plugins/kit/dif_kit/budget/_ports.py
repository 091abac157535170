"""What a stream says about a provider's limits, and what enforces them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

__all__ = ["Budget", "Limiter", "RateHeaders"]


@dataclass(frozen=True, slots=True)
class RateHeaders:
    """The response headers in which a provider announces what is left of a budget."""

    limit: str
    remaining: str
    reset: str
    reset_unit: Literal["seconds", "epoch", "date"] = "seconds"


@dataclass(frozen=True, slots=True)
class Budget:
    """A named allowance of requests, shared by everything with the same ``name`` and scope values.

    ``policies`` are texts such as ``"20/s"``, ``"300/min"``, ``"15000/day@America/Los_Angeles"``; all hold at once.
    ``scope`` names the values that divide the budget: keys of the stream's context, or ``"credential"`` for the
    one who signs.
    """

    name: str
    policies: tuple[str, ...]
    scope: tuple[str, ...] = ("credential",)
    headers: RateHeaders | None = None


class Limiter(Protocol):
    """Shares budgets: in one process, or over a fleet through Redis."""

    def acquire(self, reservations: dict[Budget, str], *, cost: int = 1) -> None:
        """Reserve in every budget (mapped to its scope value) at once or in none, then sleep until the reserved time.

        Raises:
            Deferred: the time lies beyond the horizon; nothing was reserved.
            BudgetError: the shared store cannot be reached.
        """

    def pause(self, budget: Budget, scope: str, seconds: float) -> None:
        """Let nobody start in this budget for ``seconds``: a provider said 429 to one of us."""

    def learn(self, budget: Budget, scope: str, *, remaining: int, reset_seconds: float) -> None:
        """Take the provider's own count: ``remaining`` starts are left until ``reset_seconds`` from now."""

    def close(self) -> None:
        """Let go of connections."""
