"""The kit's budgets at a time that a simulation sets: on a real Valkey, or as their twin in memory.

The scripts are the product's, but for their call to TIME: the time comes with each question. The twin gives the same
answers to the microsecond (plugins/kit/tests/budget/test_budget_model.py) in a third of the time.
"""

# ruff: noqa: SLF001 - it stands in for the limiter, which sleeps

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Protocol

import redis
from dif_kit.budget import Budget
from dif_kit.budget import _redis as product
from dif_kit.budget._ask import Answer, Ask, Part, Signal, budget_key
from dif_kit.budget._book import Book
from dif_kit.budget._policy import Concurrent, parse_policies

__all__ = ["SECOND", "InMemory", "Shared", "Store"]

SECOND = 1_000_000


Budgets = tuple[tuple[Budget, str], ...]


class Store(Protocol):
    """What the taps of a fleet ask, in the words of the simulation."""

    def reserve(self, now: int, budgets: Budgets, client: str, member: str, tokens: Sequence[str]) -> list[Answer]:
        """A start for each token, as the threads of a tap that ask together get them."""

    def postpone(self, now: int, budgets: Budgets, token: str, to: int) -> Mapping[str, int]:
        """A start was sent so late; who has to wait for it, and until when."""

    def refused(self, now: int, budgets: Budgets) -> None:
        """The provider said 429 and nothing else: all go slower."""


class _Store(product.RedisStore):
    """Sends the time with each question."""

    now = 0

    def _run(self, script: Any, keys: Sequence[str], question: dict[str, Any]) -> Any:
        return script(keys=list(keys), args=[json.dumps(question), self.now // SECOND, self.now % SECOND])

    def _read_clock(self) -> int:
        return self.now


class Shared:
    """A `Store` on Valkey."""

    def __init__(self, url: str, horizon_seconds: float) -> None:
        real, self.calls, self.starts = product._source, 0, 0
        product._source = lambda name: real(name).replace("redis.call('TIME')", "{ARGV[2], ARGV[3]}")
        try:
            self._store = _Store(redis.Redis.from_url(url))
        finally:
            product._source = real
        self._horizon = math.ceil(horizon_seconds * SECOND)

    def reserve(self, now: int, budgets: Budgets, client: str, member: str, tokens: Sequence[str]) -> list[Answer]:
        """See `Store.reserve`."""
        self._store.now = now
        self.calls += 1
        self.starts += len(tokens)
        return self._store._reserve_all(Ask(_parts(budgets), tokens[0], member, self._horizon, client), tokens)

    def postpone(self, now: int, budgets: Budgets, token: str, to: int) -> Mapping[str, int]:
        """See `Store.postpone`."""
        self._store.now = now
        self.calls += 1
        return self._store.postpone(_parts(budgets), token, to)

    def refused(self, now: int, budgets: Budgets) -> None:
        """See `Store.refused`."""
        self._store.now = now
        for budget, scope in budgets:
            self._store.signal(budget_key(budget.name, scope), Signal(slow_down=True))

    def close(self) -> None:
        self._store.close()


class InMemory:
    """A `Store` in this process."""

    def __init__(self, horizon_seconds: float) -> None:
        self._now = 0
        self._book = Book(lambda: self._now)
        self._horizon = math.ceil(horizon_seconds * SECOND)

    def reserve(self, now: int, budgets: Budgets, client: str, member: str, tokens: Sequence[str]) -> list[Answer]:
        """See `Store.reserve`."""
        self._now = now
        parts = _parts(budgets)
        return [self._book.reserve(Ask(parts, token, member, self._horizon, client)) for token in tokens]

    def postpone(self, now: int, budgets: Budgets, token: str, to: int) -> Mapping[str, int]:
        """See `Store.postpone`."""
        self._now = now
        return self._book.postpone(_parts(budgets), token, to)

    def refused(self, now: int, budgets: Budgets) -> None:
        """See `Store.refused`."""
        self._now = now
        for budget, scope in budgets:
            self._book.signal(budget_key(budget.name, scope), Signal(slow_down=True))


@cache
def _parts(budgets: Budgets) -> tuple[Part, ...]:
    return tuple(
        Part(
            budget_key(budget.name, scope), budget.cost,
            tuple(each for each in parse_policies(budget.policies) if not isinstance(each, Concurrent)),
        )
        for budget, scope in budgets
    )  # fmt: skip
