"""Providers that enforce what they state, counted by themselves: sliding windows, days, buckets of points."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Protocol

from dif_kit.budget import Budget
from dif_kit.budget._policy import CalendarDay, Points, Policy, Rolling, Window, parse_policies

__all__ = ["Providers", "stated_rate"]

SECOND, DAY = 1_000_000, 86_400_000_000


class _Limit(Protocol):
    def admits(self, now: int, cost: int, /) -> bool: ...

    def count(self, now: int, cost: int, /) -> None: ...


class _Sliding:
    """At most so many in any span."""

    def __init__(self, limit: int, period: int) -> None:
        self._limit, self._period, self._log, self._sum = limit, period, deque[tuple[int, int]](), 0

    def admits(self, now: int, cost: int) -> bool:
        while self._log and self._log[0][0] <= now - self._period:
            self._sum -= self._log.popleft()[1]
        return self._sum + cost <= self._limit

    def count(self, now: int, cost: int) -> None:
        self._log.append((now, cost))
        self._sum += cost


class _Day:
    """At most so many a day in UTC."""

    def __init__(self, limit: int) -> None:
        self._limit, self._day, self._sum = limit, -1, 0

    def admits(self, now: int, cost: int) -> bool:
        if now // DAY != self._day:
            self._day, self._sum = now // DAY, 0
        return self._sum + cost <= self._limit

    def count(self, _now: int, cost: int) -> None:
        self._sum += cost


class _Bucket:
    """Points that come back."""

    def __init__(self, policy: Points) -> None:
        self._policy, self._level, self._at = policy, float(policy.limit), 0

    def admits(self, now: int, cost: int) -> bool:
        gained = (now - self._at) * self._policy.restore / self._policy.period
        self._level, self._at = min(self._policy.limit, self._level + gained), now
        return self._level >= cost - 0.001

    def count(self, _now: int, cost: int) -> None:
        self._level -= cost


def _limit_of(policy: Policy, text_period: int) -> _Limit | None:
    match policy:
        case Window() | Rolling():
            return _Sliding(policy.limit, text_period)
        case CalendarDay():
            return _Day(policy.limit)
        case Points():
            return _Bucket(policy)
        case _:
            return None


def stated_period(text: str) -> int:
    """The span of a rate as the provider states it: without the guard that we add."""
    (policy,) = parse_policies((text.partition(" guard")[0] + " guard 0ms",))
    return policy.bucket * 24 if isinstance(policy, Rolling) else policy.period  # type: ignore[union-attr]


def stated_rate(budget: Budget) -> float:
    """Cost a second that the narrowest of a budget's rates allows for ever."""
    rates = []
    for policy in parse_policies(budget.policies):
        if isinstance(policy, Window | Rolling):
            rates.append(policy.limit * SECOND / stated_period(policy.text))
        elif isinstance(policy, Points):
            rates.append(policy.restore * SECOND / policy.period)
    return min(rates)


class Providers:
    """All of them; ``seen`` counts by budget what was asked, served and refused."""

    def __init__(self) -> None:
        self._limits: dict[tuple[str, str], list[_Limit]] = {}
        self.served: dict[tuple[str, str], list[int]] = {}
        self.refused: dict[str, int] = {}
        self.asked = 0

    def ask(self, now: int, budgets: Iterable[tuple[Budget, str]]) -> bool:
        """Whether a request that arrives now is served; a refused one counts in no limit."""
        self.asked += 1
        all_limits = [(budget, scope, self._of(budget, scope)) for budget, scope in budgets]
        for budget, _, limits in all_limits:
            if not all(each.admits(now, budget.cost) for each in limits):
                self.refused[budget.name] = self.refused.get(budget.name, 0) + 1
                return False
        for budget, scope, limits in all_limits:
            for each in limits:
                each.count(now, budget.cost)
            self.served.setdefault((budget.name, scope), []).append(now)
        return True

    def _of(self, budget: Budget, scope: str) -> list[_Limit]:
        key = (budget.name, scope)
        if key not in self._limits:
            policies = parse_policies(budget.policies)
            periods = [stated_period(each.text) if isinstance(each, Window | Rolling) else 0 for each in policies]
            found = [_limit_of(each, period) for each, period in zip(policies, periods, strict=True)]
            self._limits[key] = [each for each in found if each is not None]
        return self._limits[key]
