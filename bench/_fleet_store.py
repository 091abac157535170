"""The kit's budgets on a real Valkey, at a time that a simulation sets.

The scripts are the product's, but for their call to TIME: the time comes with each question.
"""

# ruff: noqa: SLF001 - it stands in for the limiter, which sleeps

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import redis
from dif_kit.budget import Budget
from dif_kit.budget import _redis as product
from dif_kit.budget._ask import Answer, Ask, Part, Signal, budget_key
from dif_kit.budget._policy import Concurrent, parse_policies

__all__ = ["SECOND", "Shared"]

SECOND = 1_000_000


class _Store(product.RedisStore):
    """Sends the time with each question."""

    now = 0

    def _run(self, script: Any, keys: Sequence[str], question: dict[str, Any]) -> Any:
        return script(keys=list(keys), args=[json.dumps(question), self.now // SECOND, self.now % SECOND])

    def _read_clock(self) -> int:
        return self.now


class Shared:
    """What the taps of a fleet ask, in the words of the simulation."""

    def __init__(self, url: str, horizon_seconds: float) -> None:
        real, self.calls, self.starts = product._source, 0, 0
        product._source = lambda name: real(name).replace("redis.call('TIME')", "{ARGV[2], ARGV[3]}")
        try:
            self._store = _Store(redis.Redis.from_url(url))
        finally:
            product._source = real
        self._horizon = math.ceil(horizon_seconds * SECOND)
        self._parts: dict[tuple[tuple[Budget, str], ...], tuple[Part, ...]] = {}

    def reserve(
        self, now: int, budgets: tuple[tuple[Budget, str], ...], client: str, member: str, tokens: Sequence[str]
    ) -> list[Answer]:
        """A start for each token, as the threads of a tap that ask together get them."""
        self._store.now = now
        self.calls += 1
        self.starts += len(tokens)
        return self._store._reserve_all(Ask(self._of(budgets), tokens[0], member, self._horizon, client), tokens)

    def refused(self, now: int, budgets: tuple[tuple[Budget, str], ...]) -> None:
        """The provider said 429 and nothing else: all go slower."""
        self._store.now = now
        for budget, scope in budgets:
            self._store.signal(budget_key(budget.name, scope), Signal(slow_down=True))

    def close(self) -> None:
        self._store.close()

    def _of(self, budgets: tuple[tuple[Budget, str], ...]) -> tuple[Part, ...]:
        if budgets not in self._parts:
            self._parts[budgets] = tuple(
                Part(
                    budget_key(budget.name, scope), budget.cost,
                    tuple(each for each in parse_policies(budget.policies) if not isinstance(each, Concurrent)),
                )
                for budget, scope in budgets
            )  # fmt: skip
        return self._parts[budgets]
