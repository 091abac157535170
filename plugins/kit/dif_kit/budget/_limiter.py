"""The limiter that taps hold: one reservation, one sleep, whatever the store."""

from __future__ import annotations

import itertools
import math
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar

from dif_kit.budget._ask import Answer, Ask, Part, Signal, Store, StoreLostError
from dif_kit.budget._lease import HeldLease, LeaseDesk
from dif_kit.budget._policy import Concurrent, Points, Policy, parse_policies
from dif_kit.budget._wakes import Wakes
from dif_kit.errors import BudgetError, ConfigError, Deferred

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import Self

    from dif_kit.budget._ports import Budget

__all__ = ["Grant", "StoreLimiter"]

T = TypeVar("T")

# A concurrent slot of a dead process is free again after this time; a live one renews it.
SLOT_TTL_SECONDS: Final = 30.0


class Grant:
    """A reservation that was granted; see `dif_kit.budget.Reservation`."""

    def __init__(self, parts: dict[Budget, Part], token: str, answer: Answer, slots: list[HeldLease]) -> None:
        self._parts = parts
        self._token = token
        self._answer = answer
        self._slots = slots

    def settle(self, budget: Budget, cost: int) -> None:
        """See `Reservation.settle`."""
        part = self._parts[budget]
        if cost == part.cost:
            return
        self._parts[budget] = Part(part.key, cost, part.policies)
        origin = self._answer.origin
        if origin is not None:
            # A store that does not answer keeps the reserved cost: too much rather than too little.
            with suppress(StoreLostError):
                origin.settle(part, self._token, self._answer.go_at_us, cost)

    def release(self) -> None:
        """See `Reservation.release`."""
        while self._slots:
            self._slots.pop().release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class StoreLimiter:
    """See `dif_kit.budget.Limiter`."""

    def __init__(
        self,
        store: Store,
        *,
        place: str,
        horizon_seconds: float,
        client: str = "",
        weight: float = 1.0,
    ) -> None:
        self._store = store
        self._place = place
        self._horizon_seconds = horizon_seconds
        self._client = client
        self._weight = weight
        self._member = secrets.token_hex(6)
        self._numbers = itertools.count()
        self._wakes = Wakes()
        self._leases = LeaseDesk(store, self._wakes)
        store.listen(self._wakes.wake)

    def acquire(self, reservations: dict[Budget, str], *, cost: int | Mapping[Budget, int] = 1) -> Grant:
        """See `Limiter.acquire`."""
        parts = {
            budget: _part(budget, scope, cost if isinstance(cost, int) else cost[budget])
            for budget, scope in reservations.items()
        }
        slots = self._take_slots(reservations)
        try:
            token, answer = self._start(parts)
        except BaseException:
            for slot in slots:
                slot.release()
            raise
        return Grant(parts, token, answer, slots)

    def pause(self, budget: Budget, scope: str, seconds: float) -> None:
        """See `Limiter.pause`."""
        self._signal(budget, scope, Signal(pause_us=math.ceil(seconds * 1_000_000)))

    def slow_down(self, budget: Budget, scope: str) -> None:
        """See `Limiter.slow_down`."""
        self._signal(budget, scope, Signal(slow_down=True))

    def learn(self, budget: Budget, scope: str, *, remaining: int, reset_seconds: float) -> None:
        """See `Limiter.learn`."""
        points = next((each for each in _policies(budget) if isinstance(each, Points)), None)
        reset_us = math.ceil(max(0.0, reset_seconds) * 1_000_000)
        self._signal(budget, scope, Signal(remaining=max(0, remaining), reset_us=reset_us, points=points))

    def gauge(self, budget: Budget, scope: str, *, usage_percent: float) -> None:
        """See `Limiter.gauge`."""
        self._signal(budget, scope, Signal(usage_percent=usage_percent))

    def lease(
        self, name: str, *, holders: int = 1, ttl_seconds: float = 30.0, patience_seconds: float | None = None
    ) -> HeldLease:
        """See `Limiter.lease`."""
        patience = self._horizon_seconds if patience_seconds is None else patience_seconds
        return self._reach(
            lambda: self._leases.take(name, holders=holders, ttl_seconds=ttl_seconds, patience_seconds=patience)
        )

    def close(self) -> None:
        """See `Limiter.close`."""
        self._leases.close()
        self._store.close()

    def _take_slots(self, reservations: dict[Budget, str]) -> list[HeldLease]:
        """A slot in every concurrent budget, taken in one order by everyone, so that no two wait for each other."""
        wanted = [
            (_key(budget, scope), budget, policy)
            for budget, scope in reservations.items()
            for policy in _policies(budget)
            if isinstance(policy, Concurrent)
        ]
        slots: list[HeldLease] = []
        try:
            for key, budget, policy in sorted(wanted, key=lambda each: each[0]):
                slots.append(self._take_slot(key, budget, policy))
        except BaseException:
            for slot in slots:
                slot.release()
            raise
        return slots

    def _take_slot(self, key: str, budget: Budget, policy: Concurrent) -> HeldLease:
        try:
            return self.lease(f"concurrent:{key}", holders=policy.limit, ttl_seconds=SLOT_TTL_SECONDS)
        except Deferred as late:
            message = (
                f"budget {budget.name!r} is full ({policy.text}) and none of the requests under way ended within the "
                f"horizon of {self._horizon_seconds:.0f} s: run again later"
            )
            raise Deferred(message, retry_at=late.retry_at) from None

    def _start(self, parts: dict[Budget, Part]) -> tuple[str, Answer]:
        """Reserve and sleep; if a pause comes while asleep, give the start back and reserve again."""
        asked = tuple(parts.values())
        horizon_us = math.ceil(self._horizon_seconds * 1_000_000)
        while True:
            token = f"{self._member}.{next(self._numbers)}"
            ask = Ask(asked, token, self._member, horizon_us, self._client, self._weight)
            with self._wakes.watch(*(part.key for part in asked)) as watch:
                answer = self._reach(lambda ask=ask: self._store.reserve(ask))  # type: ignore[misc]
                if not answer.granted:
                    raise self._deferred(list(parts), answer)
                wait_us = answer.go_at_us - answer.now_us
                if wait_us <= 0 or not watch.sleep(wait_us / 1e6):
                    return token, answer
            if answer.origin is not None:
                with suppress(StoreLostError):
                    for part in asked:
                        answer.origin.settle(part, token, answer.go_at_us, 0)

    def _signal(self, budget: Budget, scope: str, signal: Signal) -> None:
        self._reach(lambda: self._store.signal(_key(budget, scope), signal))

    def _reach(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except StoreLostError as lost:
            message = f"Redis at {self._place} is lost ({lost}): start it again, or look at the network, and run again"
            raise BudgetError(message) from None

    def _deferred(self, budgets: list[Budget], answer: Answer) -> Deferred:
        index, what = answer.reason
        budget = budgets[index]
        why = {
            "pause": "is paused by the provider",
            "remaining": "is used up, says the provider,",
            "share": "has no share left for this client",
        }.get(what)
        if why is None:
            policies = [each for each in _policies(budget) if not isinstance(each, Concurrent)]
            why = f"is used up ({policies[int(what)].text})"
        retry_at = answer.go_at_us / 1e6
        when = datetime.fromtimestamp(retry_at, UTC)
        message = (
            f"budget {budget.name!r} {why} until {when:%Y-%m-%d %H:%M:%S} UTC, beyond the horizon of "
            f"{self._horizon_seconds:.0f} s: run again then"
        )
        return Deferred(message, retry_at=retry_at)


def _key(budget: Budget, scope: str) -> str:
    """The budget and its scope value, as they are counted together."""
    return f"{budget.name}:{scope}"


def _policies(budget: Budget) -> tuple[Policy, ...]:
    try:
        return parse_policies(budget.policies)
    except ConfigError as error:
        message = f"budget {budget.name!r}: {error}"
        raise ConfigError(message) from None


def _part(budget: Budget, scope: str, cost: int) -> Part:
    policies = _policies(budget)
    if cost < 1:
        message = f"budget {budget.name!r}: a cost of {cost} cannot be reserved; it is at least 1"
        raise ConfigError(message)
    counted = tuple(policy for policy in policies if not isinstance(policy, Concurrent))
    for policy in counted:
        if cost > policy.limit:
            message = f"budget {budget.name!r}: a cost of {cost} can never fit into {policy.text!r}"
            raise ConfigError(message)
    return Part(_key(budget, scope), cost, counted)
