"""The limiter that taps hold: one reservation, one sleep, whatever the store."""

from __future__ import annotations

import itertools
import math
import secrets
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar

from dif_kit.budget._ask import (
    OVERRIDES,
    Answer,
    Ask,
    Part,
    Signal,
    Store,
    StoreLostError,
    StoreParkedError,
    budget_key,
)
from dif_kit.budget._grant import Grant, Started, longest_stray_us
from dif_kit.budget._lease import HeldLease, LeaseDesk
from dif_kit.budget._policy import Concurrent, Points
from dif_kit.budget._shadow import Shadow
from dif_kit.budget._terms import Ruling, Terms
from dif_kit.budget._tokens import FleetTokens
from dif_kit.budget._wakes import Wakes
from dif_kit.errors import BudgetError, ConfigError, Deferred, SpentBudgetError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dif_kit.budget._ports import Budget
    from dif_kit.credentials import TokenStore

__all__ = ["StoreLimiter"]

T = TypeVar("T")

# A concurrent slot of a dead process is free again after this time; a live one renews it.
SLOT_TTL_SECONDS: Final = 30.0
# A run that was put off because Redis is lost asks again after this time.
PARKED_SECONDS: Final = 300.0
ANNOUNCE_EVERY_SECONDS: Final = 3600.0


class StoreLimiter:
    """See `dif_kit.budget.Limiter`."""

    def __init__(
        self,
        store: Store,
        *,
        place: str,
        horizon_seconds: float,
        terms: Terms | None = None,
        client: str = "",
        weight: float = 1.0,
    ) -> None:
        self._store = store
        self._place = place
        self._horizon_seconds = horizon_seconds
        self._terms = terms or Terms()
        self._client = client
        self._weight = weight
        # Whoever looks at the board reads in it who waits.
        self._member = f"{client}/{secrets.token_hex(6)}"
        self._numbers = itertools.count()
        self._wakes = Wakes()
        self._shadow = Shadow()
        self._announced: dict[str, float] = {}
        self._leases = LeaseDesk(store, self._wakes)
        self._hear(OVERRIDES)  # what was decided before this process came
        store.listen(self._hear, self._wakes.later)

    def acquire(self, reservations: dict[Budget, str], *, cost: int | Mapping[Budget, int] | None = None) -> Grant:
        """See `Limiter.acquire`."""
        costs = {budget: _cost(budget, cost) for budget in reservations}
        self._parts(reservations, costs)  # what can never be is said before anything is waited for
        self._announce(reservations)
        slots = self._take_slots(reservations)
        try:
            started = self._start(reservations, costs)
        except BaseException:
            for slot in slots:
                slot.release()
            raise
        return Grant(started, slots)

    def pause(self, budget: Budget, scope: str, seconds: float) -> None:
        """See `Limiter.pause`."""
        self._signal(budget, scope, Signal(pause_us=math.ceil(seconds * 1_000_000)))

    def slow_down(self, budget: Budget, scope: str) -> None:
        """See `Limiter.slow_down`."""
        self._signal(budget, scope, Signal(slow_down=True))

    def learn(self, budget: Budget, scope: str, *, remaining: int, reset_seconds: float) -> None:
        """See `Limiter.learn`."""
        points = next((each for each in self._terms.ruling(budget).policies if isinstance(each, Points)), None)
        reset_us = math.ceil(max(0.0, reset_seconds) * 1_000_000)
        self._signal(budget, scope, Signal(remaining=max(0, remaining), reset_us=reset_us, points=points))

    def gauge(self, budget: Budget, scope: str, *, usage_percent: float) -> None:
        """See `Limiter.gauge`."""
        self._signal(budget, scope, Signal(usage_percent=usage_percent))

    def lease(
        self,
        name: str,
        *,
        holders: int = 1,
        ttl_seconds: float = 30.0,
        patience_seconds: float | None = None,
        holder: str = "",
    ) -> HeldLease:
        """See `Limiter.lease`."""
        patience = self._horizon_seconds if patience_seconds is None else patience_seconds
        return self._reach(
            lambda: self._leases.take(
                name, holders=holders, ttl_seconds=ttl_seconds, patience_seconds=patience, holder=holder or self._client
            )
        )

    @property
    def tokens(self) -> TokenStore:
        """The access tokens that whoever shares this limiter's store shares too."""
        return FleetTokens(self._store, self.lease)

    def close(self) -> None:
        """See `Limiter.close`."""
        self._leases.close()
        self._store.close()

    def _hear(self, key: str) -> None:
        """A budget was paused, a lease came free, or an operator decided something: whoever waits asks again."""
        if key in {"", OVERRIDES}:
            with suppress(StoreLostError):
                self._terms.override(self._store.overrides())
            key = ""
        self._wakes.wake(key)

    def _announce(self, reservations: dict[Budget, str]) -> None:
        """Now and then, tell the board of each budget."""
        for budget, scope in reservations.items():
            key = budget_key(budget.name, scope)
            now = time.monotonic()
            if now >= self._announced.get(key, now):
                self._announced[key] = now + ANNOUNCE_EVERY_SECONDS
                with suppress(StoreLostError):
                    self._store.announce(key, self._terms.texts(budget))

    def _parts(self, reservations: dict[Budget, str], costs: dict[Budget, int]) -> dict[Budget, Part]:
        return {
            budget: _part(budget, scope, costs[budget], self._terms.ruling(budget))
            for budget, scope in reservations.items()
        }

    def _take_slots(self, reservations: dict[Budget, str]) -> list[HeldLease]:
        """A slot in every concurrent budget, taken in one order by everyone, so that no two wait for each other."""
        wanted = [
            (budget_key(budget.name, scope), budget, policy)
            for budget, scope in reservations.items()
            for policy in self._terms.ruling(budget).policies
            if isinstance(policy, Concurrent)
        ]
        slots: list[HeldLease] = []
        try:
            for key, budget, policy in sorted(wanted, key=lambda each: each[0]):
                slots += self._take_slot(key, budget, policy)
        except BaseException:
            for slot in slots:
                slot.release()
            raise
        return slots

    def _take_slot(self, key: str, budget: Budget, policy: Concurrent) -> list[HeldLease]:
        is_shadow = self._terms.ruling(budget).is_shadow
        patience = 0.0 if is_shadow else self._horizon_seconds
        name = f"concurrent:{key}"
        try:
            return [self.lease(name, holders=policy.limit, ttl_seconds=SLOT_TTL_SECONDS, patience_seconds=patience)]
        except Deferred as late:
            if is_shadow:
                self._shadow.note(budget.name, policy.text, 0.0)
                return []
            message = (
                f"budget {budget.name!r} is full ({policy.text}) and none of the requests under way ended within the "
                f"horizon of {self._horizon_seconds:.0f} s: run again later"
            )
            raise Deferred(message, retry_at=late.retry_at) from None

    def _start(self, reservations: dict[Budget, str], costs: dict[Budget, int]) -> Started:
        """Reserve and sleep; if a pause comes while asleep, or the start strays, give it back and reserve again."""
        while True:
            parts = self._parts(reservations, costs)
            shadows = {budget: parts.pop(budget) for budget in list(parts) if self._terms.ruling(budget).is_shadow}
            ask = self._ask(parts)
            with self._wakes.watch(ask.token, *(part.key for part in ask.parts)) as watch:
                answer = self._reach(lambda ask=ask: self._store.reserve(ask))  # type: ignore[misc]
                if not answer.granted:
                    raise self._spent(parts, answer)
                woken = answer.go_at_us > answer.now_us and watch.sleep_until(answer.due_by, answer.go_at_us)
                if not woken and watch.moved_to_us - answer.go_at_us <= longest_stray_us(ask.parts):
                    self._rehearse(shadows)
                    return Started(parts, ask.token, answer, max(answer.go_at_us, watch.moved_to_us))
            if answer.origin is not None:
                with suppress(StoreLostError):
                    for part in ask.parts:
                        answer.origin.settle(part, ask.token, answer.go_at_us, 0)

    def _ask(self, parts: dict[Budget, Part]) -> Ask:
        token = f"{self._member}.{next(self._numbers)}"
        horizon_us = math.ceil(self._horizon_seconds * 1_000_000)
        return Ask(tuple(parts.values()), token, self._member, horizon_us, self._client, self._weight)

    def _rehearse(self, shadows: dict[Budget, Part]) -> None:
        """Count in the budgets in shadow, and tell what they would have held up."""
        for budget, part in shadows.items():
            ask = self._ask({budget: part})
            answer = self._reach(lambda ask=ask: self._store.reserve(ask))  # type: ignore[misc]
            if answer.go_at_us > answer.now_us:
                why = self._why({budget: part}, answer)
                self._shadow.note(budget.name, why, answer.wait_seconds)

    def _signal(self, budget: Budget, scope: str, signal: Signal) -> None:
        self._reach(lambda: self._store.signal(budget_key(budget.name, scope), signal))

    def _reach(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except StoreParkedError as parked:
            message = (
                f"Redis at {self._place} is lost {parked}, too long to go on with a share of each budget: start it "
                "again, or look at the network; run again when it is back"
            )
            raise Deferred(message, retry_at=time.time() + PARKED_SECONDS) from None
        except StoreLostError as lost:
            message = f"Redis at {self._place} is lost ({lost}): start it again, or look at the network, and run again"
            raise BudgetError(message) from None

    def _spent(self, parts: dict[Budget, Part], answer: Answer) -> SpentBudgetError:
        budget = list(parts)[answer.reason[0]]
        # By this machine's clock, as every other moment to come back at; Redis' may be another.
        retry_at = time.time() + answer.wait_seconds
        when = datetime.fromtimestamp(retry_at, UTC)
        message = (
            f"budget {budget.name!r} {self._why(parts, answer)} until {when:%Y-%m-%d %H:%M:%S} UTC, beyond the horizon "
            f"of {self._horizon_seconds:.0f} s: run again then"
        )
        everywhere = frozenset({budget.name} if budget.is_for_all else ())
        return SpentBudgetError(message, retry_at=retry_at, everywhere=everywhere)

    def _why(self, parts: dict[Budget, Part], answer: Answer) -> str:
        """What moved the start last, as the rest of a sentence about the budget."""
        index, what = answer.reason
        return _REASONS.get(what) or f"is used up ({list(parts.values())[index].policies[int(what)].text})"


_REASONS: Final = {
    "pause": "is paused by the provider",
    "halt": "is paused by an operator (see dif-budget)",
    "remaining": "is used up, says the provider,",
    "share": "has no share left for this client",
}


def _cost(budget: Budget, cost: int | Mapping[Budget, int] | None) -> int:
    """What is reserved in one budget: as asked, else as the budget says of an ordinary request."""
    if cost is None:
        return budget.cost
    return cost if isinstance(cost, int) else cost[budget]


def _part(budget: Budget, scope: str, cost: int, ruling: Ruling) -> Part:
    if cost < 1:
        message = f"budget {budget.name!r}: a cost of {cost} cannot be reserved; it is at least 1"
        raise ConfigError(message)
    counted = tuple(policy for policy in ruling.policies if not isinstance(policy, Concurrent))
    if ruling.is_squeezed:
        # However far an operator squeezes, one request at a time goes.
        counted = tuple(replace(policy, limit=max(cost, policy.limit)) for policy in counted)
    for policy in counted:
        if cost > policy.limit:
            message = f"budget {budget.name!r}: a cost of {cost} can never fit into {policy.text!r}"
            raise ConfigError(message)
    return Part(budget_key(budget.name, scope), cost, counted, ruling.not_before_us)
