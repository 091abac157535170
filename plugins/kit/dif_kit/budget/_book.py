"""Budgets of one process: the twin of ``lua/reserve.lua`` and ``lua/signal.lua`` in memory."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from dif_kit.budget._ask import Answer, Ask, LeaseAnswer, Part, Signal, nobody
from dif_kit.budget._counters import BEYOND, AnyCounter, PointsCounter, WindowCounter, counter_of
from dif_kit.budget._queue import LeaseQueue
from dif_kit.budget._shares import Shares

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dif_kit.budget._policy import Policy
    from dif_kit.budget._terms import Override

__all__ = ["Book", "process_clock"]

SECOND: Final = 1_000_000
MOST_ROUNDS: Final = 256
MOST_PUSHES: Final = 8

# Slow-down after unexplained refusals: to 70 % at most once a second, back by 5 percentage points a second.
SLOWER: Final = 0.7
SLOWEST: Final = 0.1
RECOVERY: Final = 0.05
FORGIVEN_AFTER: Final = 60 * SECOND
MOST_STRIKES: Final = 6

# A usage gauge squeezes linearly from 75 % to 100 % and is believed for five minutes.
USAGE_CALM: Final = 75
USAGE_SCALE: Final = 0.05
USAGE_VALID: Final = 300 * SECOND

# Two resets this close are one: providers round them to seconds.
SAME_WINDOW: Final = 2 * SECOND


def process_clock() -> Callable[[], int]:
    """Epoch microseconds that never jump: the wall clock is read once, then only time that passed is added."""
    anchor = time.time_ns() - time.monotonic_ns()
    return lambda: (anchor + time.monotonic_ns()) // 1000


@dataclass(slots=True)
class Control:
    """What is known of one budget beside its counters."""

    pause: int = 0
    scale: float = 1.0
    scale_at: int = 0
    strikes: int = 0
    usage: float = 0.0
    usage_at: int = 0
    remaining: int | None = None
    reset: int = 0
    counters: dict[str, AnyCounter] = field(default_factory=dict)
    shares: Shares = field(default_factory=Shares)

    def counter(self, policy: Policy) -> AnyCounter:
        """The counter of a policy, made when first asked for. Another limit over the same period keeps the counts."""
        counter = self.counters.get(policy.key)
        if counter is None:
            counter = self.counters[policy.key] = counter_of(policy)
        counter.adopt(policy)
        return counter

    def slowed(self, now: int) -> float:
        """The factor on every rate after refusals, recovering to 1."""
        return min(1.0, self.scale + RECOVERY * (now - self.scale_at) / SECOND)

    def speed(self, now: int) -> float:
        """The factor on every rate: 1, or less after refusals or near full usage."""
        scale = self.slowed(now)
        if now - self.usage_at < USAGE_VALID and self.usage > USAGE_CALM:
            scale = min(scale, max(USAGE_SCALE, (100 - self.usage) / (100 - USAGE_CALM)))
        return scale


@dataclass(frozen=True, slots=True)
class Desk:
    """One part of a reservation with all that counts for it now."""

    part: Part
    control: Control
    counters: tuple[AnyCounter, ...]
    scale: float


class Book:
    """The store of one process; safe to use from several threads."""

    def __init__(self, clock: Callable[[], int] | None = None) -> None:
        self._clock = clock or process_clock()
        self._lock = threading.Lock()
        self._controls: dict[str, Control] = {}
        self._leases: dict[str, LeaseQueue] = {}
        self._kept: dict[str, bytes] = {}
        self._wake: Callable[[str], None] = nobody
        self._later: Callable[[str, int], None] = nobody

    def reserve(self, ask: Ask) -> Answer:
        """See `Store.reserve`."""
        with self._lock:
            now = self._clock()
            desks = [self._desk(part, now) for part in ask.parts]
            start, reason = _not_before(ask, desks, now)
            start, reason = _agree(ask, desks, now, start, reason)
            left = tuple(left for desk in desks for each in desk.counters if (left := each.left(now)) is not None)
            if start - now > ask.horizon_us:
                go_at = start - BEYOND if start - now >= BEYOND else start
                return Answer(granted=False, now_us=now, go_at_us=go_at, reason=reason, left=left, origin=self)
            for desk in desks:
                _commit(ask, desk, now, start)
            due = time.monotonic() + (start - now) / SECOND
            return Answer(
                granted=True,
                now_us=now,
                go_at_us=start,
                reason=reason,
                left=left,
                origin=self,
                due_from=due,
                due_by=due,
            )

    def settle(self, part: Part, token: str, go_at_us: int, actual: int) -> None:
        """See `Store.settle`."""
        with self._lock:
            now = self._clock()
            desk = self._desk(part, now)
            for counter in desk.counters:
                counter.correct(token, go_at_us, part.cost, actual, now=now)
            if desk.control.remaining is not None and go_at_us < desk.control.reset:
                desk.control.remaining += part.cost - actual

    def postpone(self, parts: Sequence[Part], token: str, to_us: int) -> dict[str, int]:
        """See `Store.postpone`."""
        with self._lock:
            now = self._clock()
            windows = [
                (part.cost, counter)
                for part in parts
                for counter in self._desk(part, now).counters
                if isinstance(counter, WindowCounter)
            ]
            places = {token: min(to_us, now)}
            for _ in range(MOST_PUSHES):
                before = dict(places)
                for _cost, window in windows:
                    window.push(places, now=now)
                if places == before:
                    break
            for cost, window in windows:
                window.move(token, cost, places)
        del places[token]
        for each, start in places.items():
            self._later(each, start)
        return places

    def signal(self, key: str, signal: Signal) -> None:
        """See `Store.signal`."""
        with self._lock:
            paused = _note(self._controls.setdefault(key, Control()), signal, self._clock())
        if paused:
            self._wake(key)

    def take_lease(self, name: str, token: str, *, holders: int, ttl_us: int, patience_us: int) -> LeaseAnswer:
        """See `Store.take_lease`."""
        with self._lock:
            queue = self._leases.setdefault(name, LeaseQueue())
            answer = queue.take(token, self._clock(), holders=holders, ttl_us=ttl_us, patience_us=patience_us)
            # Two who leave at once wake the same one: that one wakes the next.
            following = queue.following(holders) if answer.fence else None
        if following is not None:
            self._wake(following)
        return answer

    def renew_lease(self, name: str, token: str, *, ttl_us: int) -> bool:
        """See `Store.renew_lease`."""
        with self._lock:
            return self._leases.setdefault(name, LeaseQueue()).renew(token, self._clock(), ttl_us=ttl_us)

    def give_lease(self, name: str, token: str) -> None:
        """See `Store.give_lease`."""
        with self._lock:
            following = self._leases.setdefault(name, LeaseQueue()).give(token, self._clock())
        if following is not None:
            self._wake(following)

    def announce(self, key: str, texts: tuple[str, ...]) -> None:
        """Nobody can look into this process."""

    def overrides(self) -> dict[str, Override]:
        """Nobody can reach into this process."""
        return {}

    def remember(self, identity: str, sealed: bytes, *, seconds: int) -> None:
        """See `Store.remember`."""
        del seconds  # what is in it says how long it is good for
        with self._lock:
            self._kept[identity] = sealed

    def recall(self, identity: str) -> tuple[bytes | None, int]:
        """See `Store.recall`."""
        with self._lock:
            return self._kept.get(identity), self._clock()

    def listen(self, wake: Callable[[str], None], later: Callable[[str, int], None]) -> None:
        """See `Store.listen`."""
        self._wake, self._later = wake, later

    def close(self) -> None:
        """Nothing to let go of."""

    def _desk(self, part: Part, now: int) -> Desk:
        control = self._controls.setdefault(part.key, Control())
        return Desk(part, control, tuple(control.counter(policy) for policy in part.policies), control.speed(now))


def _not_before(ask: Ask, desks: list[Desk], now: int) -> tuple[int, tuple[int, str]]:
    """The start before any policy has a say: after every pause, and within the client's share."""
    start, reason = now, (0, "")
    for index, desk in enumerate(desks):
        if desk.control.pause > start:
            start, reason = desk.control.pause, (index, "pause")
        if desk.part.not_before_us > start:
            start, reason = desk.part.not_before_us, (index, "halt")
    if ask.client:
        for index, desk in enumerate(desks):
            pace = desk.control.shares.earliest(ask, desk.part, desk.scale, now)
            if pace > start:
                start, reason = pace, (index, "share")
    return start, reason


def _agree(ask: Ask, desks: list[Desk], now: int, start: int, reason: tuple[int, str]) -> tuple[int, tuple[int, str]]:
    """Move the start on until no policy moves it any more."""
    for _ in range(MOST_ROUNDS):
        before = start
        for index, desk in enumerate(desks):
            control, cost = desk.control, desk.part.cost
            if control.remaining is not None and control.remaining < cost and start < control.reset:
                start, reason = control.reset, (index, "remaining")
            for number, counter in enumerate(desk.counters):
                if start - now > ask.horizon_us:
                    return start, reason
                later = counter.earliest(start, cost, now=now, scale=desk.scale)
                if later > start:
                    start, reason = later, (index, str(number))
        if start == before or start - now > ask.horizon_us:
            return start, reason
    return start + BEYOND, reason


def _commit(ask: Ask, desk: Desk, now: int, start: int) -> None:
    control, cost = desk.control, desk.part.cost
    for counter in desk.counters:
        counter.commit(ask.token, start, cost, now=now, scale=desk.scale)
    if control.remaining is not None and start < control.reset:
        control.remaining -= cost
    if ask.client:
        control.shares.commit(ask, desk.part, desk.scale, now, start)


def _note(control: Control, signal: Signal, now: int) -> bool:
    """Take a signal in; whether it paused the budget."""
    pause = 0 if signal.pause_us is None else now + signal.pause_us
    if signal.slow_down and now - control.scale_at > SECOND:
        forgiven = now - control.scale_at > FORGIVEN_AFTER
        control.strikes = 1 if forgiven else min(control.strikes + 1, MOST_STRIKES)
        control.scale, control.scale_at = max(SLOWEST, control.slowed(now) * SLOWER), now
        pause = max(pause, now + 2 ** (control.strikes - 1) * SECOND)
    if signal.remaining is not None:
        _note_remaining(control, signal, now)
    if signal.usage_percent is not None:
        control.usage, control.usage_at = signal.usage_percent, now
    if pause <= control.pause:
        return False
    control.pause = pause
    return True


def _note_remaining(control: Control, signal: Signal, now: int) -> None:
    remaining, reset = signal.remaining or 0, now + signal.reset_us
    if signal.points is not None:
        counter = control.counter(signal.points)
        if isinstance(counter, PointsCounter):
            counter.mirror(remaining, now)
        return
    # Answers overtake each other: within one window of the provider's the lower count is the later one. Its end is the
    # earliest that was told: of a window of one second every answer says that a second is left.
    if control.remaining is not None and now < control.reset and abs(control.reset - reset) < SAME_WINDOW:
        remaining, reset = min(remaining, control.remaining), min(reset, control.reset)
    control.remaining, control.reset = remaining, reset
