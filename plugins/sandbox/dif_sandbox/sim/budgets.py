"""Rate budgets: what each scope has used of a window, a bucket, a day or a number of places."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence
    from datetime import tzinfo

__all__ = [
    "Bucket",
    "CalendarDay",
    "Charge",
    "Concurrent",
    "Counter",
    "FixedWindow",
    "Gate",
    "SlidingWindow",
    "Standing",
    "Window",
]

DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Standing:
    """A budget after a request at the moment `at` (seconds since 1970): what is left, and the seconds until more is.

    For a request that was refused, these are the seconds until one of its cost can pass.
    """

    window: Window
    remaining: int
    reset_seconds: int
    exceeded: bool
    at: float = 0.0

    @property
    def used(self) -> int:
        """What is gone of the limit."""
        return self.window.limit - self.remaining


class Charge(NamedTuple):
    """What a request takes from one scope's budget."""

    window: Window
    scope: Hashable
    cost: int = 1


class Counter(Protocol):
    """What one scope has used of a budget."""

    def hit(self, now: float, cost: int) -> Standing:
        """Take `cost` at a moment (seconds since 1970)."""

    def give_back(self, cost: int) -> None:
        """Have `cost` less used: a place is free again, or a query cost less than was asked for."""


class Window(Protocol):
    """At most `limit` in `seconds`; how the time is cut is the window's own matter."""

    @property
    def name(self) -> str:
        """As the provider calls it."""

    @property
    def limit(self) -> int:
        """The most that can be used."""

    @property
    def seconds(self) -> int:
        """Its length: after so long without a request nothing is used."""

    def counter(self) -> Counter:
        """A count of its own, for a new scope."""


@dataclass(frozen=True, slots=True)
class FixedWindow:
    """Begins anew at multiples of its length; what is refused counts too, as gateways count."""

    name: str
    limit: int
    seconds: int

    def counter(self) -> Counter:
        """A count that starts from nothing in every window."""
        return _FixedCounter(self)


@dataclass(frozen=True, slots=True)
class SlidingWindow:
    """In any `seconds` at most `limit`; what is refused does not count."""

    name: str
    limit: int
    seconds: int

    def counter(self) -> Counter:
        """A count that remembers each request for the length of the window."""
        return _SlidingCounter(self)


@dataclass(frozen=True, slots=True)
class Bucket:
    """A token bucket of `limit` that gets `per_second`, or the leaky bucket that mirrors it; refusals take nothing.

    With costs above 1 it is a points budget with its restore rate.
    """

    name: str
    limit: int
    per_second: float

    @property
    def seconds(self) -> int:
        """Until an empty bucket is full."""
        return math.ceil(self.limit / self.per_second)

    def counter(self) -> Counter:
        """A bucket that is full."""
        return _Level(self)


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """At most `limit` on each day of the provider's zone; what is refused does not count."""

    name: str
    limit: int
    zone: tzinfo

    @property
    def seconds(self) -> int:
        """A day; two days of the year are an hour longer or shorter."""
        return DAY_SECONDS

    def counter(self) -> Counter:
        """A count that starts from nothing at each midnight."""
        return _DayCounter(self)


@dataclass(frozen=True, slots=True)
class Concurrent:
    """At most `limit` at a time; each must be given back."""

    name: str
    limit: int
    seconds: int = 1

    def counter(self) -> Counter:
        """Places that are all free."""
        return _Places(self)


class _FixedCounter:
    def __init__(self, window: FixedWindow) -> None:
        self._window, self._number, self._used = window, 0, 0

    def hit(self, now: float, cost: int) -> Standing:
        window, number = self._window, int(now // self._window.seconds)
        self._used = self._used + cost if number == self._number else cost
        self._number = number
        left = max(1, math.ceil((number + 1) * window.seconds - now))
        return Standing(window, max(0, window.limit - self._used), left, self._used > window.limit, now)

    def give_back(self, cost: int) -> None:
        self._used = max(0, self._used - cost)


class _SlidingCounter:
    def __init__(self, window: SlidingWindow) -> None:
        self._window, self._used = window, 0
        self._hits: deque[tuple[float, int]] = deque()

    def hit(self, now: float, cost: int) -> Standing:
        window = self._window
        while self._hits and self._hits[0][0] <= now - window.seconds:
            self._used -= self._hits.popleft()[1]
        is_over = self._used + cost > window.limit
        if not is_over:
            self._hits.append((now, cost))
            self._used += cost
        left = max(1, math.ceil(self._free_at(now, cost if is_over else 1) - now))
        return Standing(window, max(0, window.limit - self._used), left, is_over, now)

    def _free_at(self, now: float, cost: int) -> float:
        """When enough of the oldest requests leave the window for the cost to fit."""
        used = self._used
        for moment, taken in self._hits:
            used -= taken
            if used + cost <= self._window.limit:
                return moment + self._window.seconds
        return now + self._window.seconds

    def give_back(self, cost: int) -> None:
        if self._hits:
            moment, taken = self._hits.pop()
            self._hits.append((moment, taken - min(cost, taken)))
            self._used -= min(cost, taken)


class _Level:
    def __init__(self, bucket: Bucket) -> None:
        self._bucket, self._level, self._at = bucket, float(bucket.limit), 0.0

    def hit(self, now: float, cost: int) -> Standing:
        bucket = self._bucket
        self._level = min(bucket.limit, self._level + max(0.0, now - self._at) * bucket.per_second)
        self._at = now
        is_over = cost > self._level
        missing = cost - self._level if is_over else bucket.limit - (self._level - cost)
        if not is_over:
            self._level -= cost
        left = max(1, math.ceil(missing / bucket.per_second))
        return Standing(bucket, math.floor(self._level), left, is_over, now)

    def give_back(self, cost: int) -> None:
        self._level = min(self._bucket.limit, self._level + cost)


class _DayCounter:
    def __init__(self, window: CalendarDay) -> None:
        self._window, self._used = window, 0
        self._day: object = None

    def hit(self, now: float, cost: int) -> Standing:
        window, here = self._window, datetime.fromtimestamp(now, self._window.zone)
        if here.date() != self._day:
            self._day, self._used = here.date(), 0
        is_over = self._used + cost > window.limit
        self._used += 0 if is_over else cost
        midnight = datetime.combine(here.date() + timedelta(days=1), datetime.min.time(), window.zone)
        left = max(1, math.ceil(midnight.timestamp() - now))
        return Standing(window, window.limit - self._used, left, is_over, now)

    def give_back(self, cost: int) -> None:
        self._used = max(0, self._used - cost)


class _Places:
    def __init__(self, window: Concurrent) -> None:
        self._window, self._used = window, 0

    def hit(self, now: float, cost: int) -> Standing:
        is_over = self._used + cost > self._window.limit
        self._used += 0 if is_over else cost
        return Standing(self._window, self._window.limit - self._used, self._window.seconds, is_over, now)

    def give_back(self, cost: int) -> None:
        self._used = max(0, self._used - cost)


class Gate:
    """Counts requests in budgets by the machine's clock; calendar days by `days`, such as a simulated clock's."""

    def __init__(self, now: Callable[[], float] = time.time, days: Callable[[], float] | None = None) -> None:
        self._now, self._days = now, days or now
        self._counters: dict[tuple[str, Hashable], Counter] = {}
        self._lock = threading.Lock()

    def enter(self, charges: Sequence[Charge]) -> list[Standing]:
        """Take every charge, also if one of them is refused; the answer has one standing a charge, in order."""
        with self._lock:
            return [self._counter(charge).hit(self._moment(charge), charge.cost) for charge in charges]

    def give_back(self, charges: Sequence[Charge]) -> None:
        """Undo charges, whole or in part, that were taken."""
        with self._lock:
            for charge in charges:
                self._counter(charge).give_back(charge.cost)

    def _moment(self, charge: Charge) -> float:
        return self._days() if isinstance(charge.window, CalendarDay) else self._now()

    def _counter(self, charge: Charge) -> Counter:
        key = (charge.window.name, charge.scope)
        if key not in self._counters:
            self._counters[key] = charge.window.counter()
        return self._counters[key]
