"""What a stream says about a provider's limits, and what enforces them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

    from dif_kit.budget._signals import Source

__all__ = ["Budget", "Lease", "Limiter", "RateHeaders", "Reservation"]


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
    one who signs. ``headers`` and ``signals`` are where the provider's answers correct it. ``cost`` is what an ordinary
    request takes, in starts or points.
    """

    name: str
    policies: tuple[str, ...]
    scope: tuple[str, ...] = ("credential",)
    headers: RateHeaders | None = None
    signals: tuple[Source, ...] = ()
    cost: int = 1

    @property
    def is_for_all(self) -> bool:
        """Whether all that one run reads is paid from the same share: the scope names no part of it."""
        return all(key == "credential" or key.startswith("config.") for key in self.scope)


class Reservation(Protocol):
    """A start that was reserved. Leave its ``with`` block when the answer is in: that frees concurrent budgets."""

    def settle(self, budget: Budget, cost: int) -> None:
        """Correct the cost in one budget to what the provider charged; 0 gives it back."""

    def sent(self) -> None:
        """The request has just left: one that is late counts from now, not from its start.

        To be said before its answer is waited for: that is when the store has time, and others have not started yet.
        """

    def release(self) -> None:
        """The request is over: let the next one into the concurrent budgets."""

    def __enter__(self) -> Self:
        """Give itself."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release it."""


class Lease(Protocol):
    """The right to be one of the few who do something; renewed in the background until it is released."""

    @property
    def fence(self) -> int:
        """Greater than every holder's before: a store that remembers it can refuse the write of a frozen holder."""

    def check(self) -> None:
        """Make sure that it is still held.

        Raises:
            LeaseLostError: it was lost, another may hold it now; a `BudgetError`.
        """

    def release(self) -> None:
        """Let the next one in."""

    def __enter__(self) -> Self:
        """Give itself."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release it."""


class Limiter(Protocol):
    """Shares budgets: in one process, or over a fleet through Redis."""

    def acquire(
        self, reservations: dict[Budget, str], *, cost: int | Mapping[Budget, int] | None = None
    ) -> Reservation:
        """Reserve in every budget (mapped to its scope value) at once or in none, then sleep until the reserved time.

        ``cost`` is in starts or points, one for all budgets or one for each; each budget's own if not given.

        Raises:
            SpentBudgetError: the time lies beyond the horizon; nothing was reserved.
            Deferred: no request under way ended in time, or the shared store is lost for long.
            BudgetError: the shared store cannot be reached.
            ConfigError: a policy's text is not understood, or the cost is beyond its limit.
        """

    def pause(self, budget: Budget, scope: str, seconds: float) -> None:
        """Let nobody start in this budget for ``seconds``: a provider said 429 to one of us."""

    def slow_down(self, budget: Budget, scope: str) -> None:
        """A 429 came without a reason: everyone pauses 1 to 32 s, longer each time, then goes on at 70 % of the rate.

        The rate recovers by 5 percentage points a second.
        """

    def learn(self, budget: Budget, scope: str, *, remaining: int, reset_seconds: float) -> None:
        """Take the provider's own count: ``remaining`` starts are left until ``reset_seconds`` from now.

        In a budget of points ``remaining`` is what the provider's bucket holds now.
        """

    def gauge(self, budget: Budget, scope: str, *, usage_percent: float) -> None:
        """Take the provider's gauge: beyond 75 % everyone goes slower, down to a twentieth at 100 %, for 5 minutes."""

    def lease(
        self,
        name: str,
        *,
        holders: int = 1,
        ttl_seconds: float = 30.0,
        patience_seconds: float | None = None,
        holder: str = "",
    ) -> Lease:
        """Wait in order of arrival until fewer than ``holders`` hold ``name``.

        ``patience_seconds`` is how long to wait, the limiter's horizon if not given. A dead holder's lease ends
        ``ttl_seconds`` after its last renewal. ``holder`` is how this process is named to those who wait, the client if
        not given.

        Raises:
            LeaseTaken: it was not free in time; a `Deferred`.
            BudgetError: the shared store cannot be reached: nobody can be sure to hold it.
        """

    def close(self) -> None:
        """Let go of connections."""
