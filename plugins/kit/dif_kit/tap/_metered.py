"""How long a run waits for budgets."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_kit.budget import Budget, Lease, Limiter, Reservation
    from dif_kit.credentials import TokenStore

__all__ = ["MeteredLimiter"]


class MeteredLimiter:
    """A limiter that adds up the time in which at least one thread slept for a reservation."""

    def __init__(self, limiter: Limiter, tokens: TokenStore | None = None) -> None:
        #: The access tokens that those who share the limiter share too.
        self.tokens = tokens
        self._limiter = limiter
        self._lock = threading.Lock()
        self._waiting = 0
        self._since = 0.0
        self._seconds = 0.0

    @property
    def waited_seconds(self) -> float:
        """The time so far, those who still wait included."""
        with self._lock:
            return self._seconds + (time.monotonic() - self._since if self._waiting else 0.0)

    def acquire(
        self, reservations: dict[Budget, str], *, cost: int | Mapping[Budget, int] | None = None
    ) -> Reservation:
        """See `Limiter.acquire`."""
        self._begin()
        try:
            return self._limiter.acquire(reservations, cost=cost)
        finally:
            self._end()

    def pause(self, budget: Budget, scope: str, seconds: float) -> None:
        """See `Limiter.pause`."""
        self._limiter.pause(budget, scope, seconds)

    def slow_down(self, budget: Budget, scope: str) -> None:
        """See `Limiter.slow_down`."""
        self._limiter.slow_down(budget, scope)

    def learn(self, budget: Budget, scope: str, *, remaining: int, reset_seconds: float) -> None:
        """See `Limiter.learn`."""
        self._limiter.learn(budget, scope, remaining=remaining, reset_seconds=reset_seconds)

    def gauge(self, budget: Budget, scope: str, *, usage_percent: float) -> None:
        """See `Limiter.gauge`."""
        self._limiter.gauge(budget, scope, usage_percent=usage_percent)

    def lease(
        self,
        name: str,
        *,
        holders: int = 1,
        ttl_seconds: float = 30.0,
        patience_seconds: float | None = None,
        holder: str = "",
    ) -> Lease:
        """See `Limiter.lease`."""
        return self._limiter.lease(
            name, holders=holders, ttl_seconds=ttl_seconds, patience_seconds=patience_seconds, holder=holder
        )

    def close(self) -> None:
        """See `Limiter.close`."""
        self._limiter.close()

    def _begin(self) -> None:
        with self._lock:
            if not self._waiting:
                self._since = time.monotonic()
            self._waiting += 1

    def _end(self) -> None:
        with self._lock:
            self._waiting -= 1
            if not self._waiting:
                self._seconds += time.monotonic() - self._since
