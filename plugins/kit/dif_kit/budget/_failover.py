"""Go on without Redis when it is lost in mid-run, with a share of each budget that is safe for the provider."""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

from dif_kit.budget._ask import (
    Answer,
    Ask,
    LeaseAnswer,
    Part,
    Signal,
    Store,
    StoreLostError,
    StoreParkedError,
    nobody,
)
from dif_kit.budget._book import Book
from dif_kit.budget._policy import ROLLING_BUCKETS, CalendarDay, Policy, Rolling, Window, dripping

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dif_kit.budget._terms import Override

__all__ = ["FailoverStore"]

_LOGGER = logging.getLogger(__name__)

T = TypeVar("T")

# Of its fair part of a budget a process takes this much, for it cannot see the others.
CAUTION: Final = 0.8
# What the fleet started before the loss counts in the provider's windows for a while: nobody starts until then.
LONGEST_HOLD_US: Final = 60_000_000
# The listener says when Redis is back. A network that swallows packets lets it wait, so the callers ask too.
ASK_AGAIN_SECONDS: Final = 15.0
# A share is a guess that grows older: the fleet that it counts on may have grown meanwhile.
LONGEST_LOCAL_SECONDS: Final = 600.0


@dataclass(frozen=True, slots=True)
class Known:
    """What the last shared answer told of a budget."""

    fleet: int
    left: Mapping[str, int]


class LocalShare:
    """One process's share of every budget, from the loss of the shared store to its return."""

    def __init__(self, known: Mapping[str, Known], fleet: int) -> None:
        self._book = Book()
        self._known = known
        self._unknown = Known(fleet, {})
        self._lost_at = time.monotonic()
        self._lock = threading.Lock()
        self._held: set[str] = set()
        self._starts: dict[str, dict[str, float]] = defaultdict(dict)
        self._holds: dict[str, int] = {}

    @property
    def age_seconds(self) -> float:
        """How long the shared store has been lost."""
        return time.monotonic() - self._lost_at

    def reserve(self, ask: Ask) -> Answer:
        """Reserve in this process's share. The first answers wait until the windows before the loss are over."""
        with self._lock:
            return self._reserve(ask)

    def settle(self, part: Part, token: str, go_at_us: int, actual: int) -> None:
        """See `Store.settle`."""
        self._book.settle(self._share(part), token, go_at_us, actual)
        with self._lock:
            if actual == 0:
                self._starts[part.key].pop(token, None)

    def postpone(self, parts: Sequence[Part], token: str, to_us: int) -> Mapping[str, int]:
        """See `Store.postpone`."""
        return self._book.postpone(tuple(map(self._share, parts)), token, to_us)

    def signal(self, key: str, signal: Signal) -> None:
        """See `Store.signal`."""
        # What a provider's bucket of points holds says nothing of a drip.
        remaining = signal.remaining if signal.points is None else None
        self._book.signal(key, replace(signal, remaining=remaining, points=None))

    def listen(self, wake: Callable[[str], None], later: Callable[[str, int], None]) -> None:
        """See `Store.listen`."""
        self._book.listen(wake, later)

    def holds_after(self) -> dict[str, int]:
        """How long each budget's own starts still count, in microseconds: the shared counts do not know them."""
        now = time.monotonic()
        with self._lock:
            # Starts to come are given back: who sleeps until then is woken.
            last = {
                key: max((at for at in starts.values() if at <= now), default=0.0)
                for key, starts in self._starts.items()
            }
        holds = {key: int((at - now) * 1e6) + self._holds[key] for key, at in last.items() if at}
        return {key: hold for key, hold in holds.items() if hold > 0}

    def _reserve(self, ask: Ask) -> Answer:
        for part in ask.parts:
            if part.key not in self._held:
                self._held.add(part.key)
                since_loss = int((time.monotonic() - self._lost_at) * 1e6)
                self._book.signal(part.key, Signal(pause_us=max(0, _hold(part) - since_loss)))
        answer = self._book.reserve(replace(ask, parts=tuple(map(self._share, ask.parts)), client=""))
        if answer.granted:
            start = time.monotonic() + answer.wait_seconds
            for part in ask.parts:
                self._note(part, ask.token, start)
        return replace(answer, origin=self)

    def _note(self, part: Part, token: str, start: float) -> None:
        """Keep the starts to come, and of those that were, the last one."""
        now = time.monotonic()
        starts = self._starts[part.key]
        past = sorted((at, each) for each, at in starts.items() if at <= now)
        for _, each in past[:-1]:
            del starts[each]
        starts[token] = start
        self._holds[part.key] = _hold(part)

    def _share(self, part: Part) -> Part:
        known = self._known.get(part.key, self._unknown)
        share = CAUTION / known.fleet
        policies = (
            replace(policy, limit=max(1, int(known.left.get(policy.key, policy.limit) * share)))
            if isinstance(policy, CalendarDay)
            else dripping(policy, share)
            for policy in part.policies
        )
        return replace(part, policies=tuple(policies))


class FailoverStore:
    """The shared store; while it is lost, a local share. Leases are never taken locally: they would protect nothing."""

    def __init__(self, shared: Store, place: str) -> None:
        self._shared = shared
        self._place = place
        self._lock = threading.Lock()
        self._local: LocalShare | None = None
        self._ask_again_at = 0.0
        self._known: dict[str, Known] = {}
        self._wake: Callable[[str], None] = nobody
        self._later: Callable[[str, int], None] = nobody

    def reserve(self, ask: Ask) -> Answer:
        """See `Store.reserve`; it is lost only when the local share has been used for too long."""
        answer = self._reach(lambda: self._shared.reserve(ask), lambda local: local.reserve(ask))
        if answer.origin is self._shared:
            left = iter(answer.left)
            for part in ask.parts:
                days = {policy.key: next(left) for policy in part.policies if isinstance(policy, CalendarDay)}
                self._known[part.key] = Known(answer.fleet, days)
        return answer

    def settle(self, part: Part, token: str, go_at_us: int, actual: int) -> None:
        """See `Store.settle`."""
        self._shared.settle(part, token, go_at_us, actual)

    def postpone(self, parts: Sequence[Part], token: str, to_us: int) -> Mapping[str, int]:
        """See `Store.postpone`."""
        return self._shared.postpone(parts, token, to_us)

    def signal(self, key: str, signal: Signal) -> None:
        """See `Store.signal`; never lost."""
        self._reach(lambda: self._shared.signal(key, signal), lambda local: local.signal(key, signal))

    def announce(self, key: str, texts: tuple[str, ...]) -> None:
        """See `Store.announce`."""
        if self._local is None:
            self._shared.announce(key, texts)

    def overrides(self) -> Mapping[str, Override]:
        """See `Store.overrides`."""
        return self._shared.overrides()

    def remember(self, identity: str, sealed: bytes, *, seconds: int) -> None:
        """See `Store.remember`."""
        self._shared.remember(identity, sealed, seconds=seconds)

    def recall(self, identity: str) -> tuple[bytes | None, int]:
        """See `Store.recall`."""
        return self._shared.recall(identity)

    def take_lease(self, name: str, token: str, *, holders: int, ttl_us: int, patience_us: int) -> LeaseAnswer:
        """See `Store.take_lease`."""
        return self._shared.take_lease(name, token, holders=holders, ttl_us=ttl_us, patience_us=patience_us)

    def renew_lease(self, name: str, token: str, *, ttl_us: int) -> bool:
        """See `Store.renew_lease`."""
        return self._shared.renew_lease(name, token, ttl_us=ttl_us)

    def give_lease(self, name: str, token: str) -> None:
        """See `Store.give_lease`."""
        self._shared.give_lease(name, token)

    def listen(self, wake: Callable[[str], None], later: Callable[[str, int], None]) -> None:
        """See `Store.listen`. The store says "" when it is back: whoever is woken by it asks there again."""

        def pass_on(key: str) -> None:
            if not key:
                self._ask_again_at = 0.0
            wake(key)

        self._wake, self._later = wake, later
        self._shared.listen(pass_on, later)

    def close(self) -> None:
        """See `Store.close`."""
        self._shared.close()

    def _reach(self, shared: Callable[[], T], local: Callable[[LocalShare], T]) -> T:
        share = self._resting()
        if share is None:
            try:
                self._hand_over()
                answer = shared()
            except StoreLostError as lost:
                share = self._lose(lost)
            else:
                self._return()
                return answer
        if share.age_seconds > LONGEST_LOCAL_SECONDS:
            message = f"for {share.age_seconds / 60:.0f} minutes"
            raise StoreParkedError(message)
        return local(share)

    def _resting(self) -> LocalShare | None:
        """The local share, unless this caller is to ask Redis."""
        with self._lock:
            if self._local is not None:
                now = time.monotonic()
                if now < self._ask_again_at:
                    return self._local
                self._ask_again_at = now + ASK_AGAIN_SECONDS
            return None

    def _hand_over(self) -> None:
        """Let the fleet rest until what was started here without its knowledge is out of the provider's windows."""
        share = self._local
        if share is not None:
            for key, hold_us in share.holds_after().items():
                self._shared.signal(key, Signal(pause_us=hold_us))

    def _lose(self, lost: StoreLostError) -> LocalShare:
        with self._lock:
            if self._local is None:
                fleet = max((known.fleet for known in self._known.values()), default=1)
                self._local = LocalShare(dict(self._known), fleet)
                self._local.listen(self._wake, self._later)
                self._ask_again_at = time.monotonic() + ASK_AGAIN_SECONDS
                _LOGGER.warning(
                    "Redis at %s is lost (%s): going on with a %s of each budget until it is back; start it again, or "
                    "look at the network",
                    self._place,
                    lost,
                    f"share of {CAUTION:.0%}" if fleet == 1 else f"share of {CAUTION:.0%} of one in {fleet}",
                )
            return self._local

    def _return(self) -> None:
        with self._lock:
            if self._local is None:
                return
            self._local = None
        _LOGGER.warning("Redis at %s is back: budgets are shared again", self._place)
        self._wake("")


def _hold(part: Part) -> int:
    """How long a start counts in the part's windows; of longer windows, as long as one can wait."""
    spans = [_span(policy) for policy in part.policies]
    return min(LONGEST_HOLD_US, max(spans, default=0))


def _span(policy: Policy) -> int:
    match policy:
        case Window():
            return policy.period
        case Rolling():
            return policy.bucket * ROLLING_BUCKETS
        case _:
            return 0
