"""Rate budgets over real time: so many requests a window, counted for each scope of its own."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

__all__ = ["Counter", "FixedWindow", "Gate", "Standing", "Window"]


@dataclass(frozen=True, slots=True)
class Standing:
    """One window after a request: what is left, and the seconds until there is more."""

    window: Window
    remaining: int
    reset_seconds: int
    exceeded: bool


class Counter(Protocol):
    """What one scope has used of a window."""

    def hit(self, now: float) -> Standing:
        """Count one request at a moment (seconds since 1970)."""


class Window(Protocol):
    """At most `limit` requests in `seconds`; how the time is cut is the window's own matter."""

    @property
    def name(self) -> str:
        """As the provider calls it."""

    @property
    def limit(self) -> int:
        """The most requests."""

    @property
    def seconds(self) -> int:
        """Its length."""

    def counter(self) -> Counter:
        """A count of its own, for a new scope."""


@dataclass(frozen=True, slots=True)
class FixedWindow:
    """Begins anew at multiples of its length in real time."""

    name: str
    limit: int
    seconds: int

    def counter(self) -> Counter:
        """A count that starts from nothing in every window."""
        return _FixedCounter(self)


class _FixedCounter:
    def __init__(self, window: FixedWindow) -> None:
        self._window, self._number, self._used = window, 0, 0

    def hit(self, now: float) -> Standing:
        window, number = self._window, int(now // self._window.seconds)
        self._used = self._used + 1 if number == self._number else 1
        self._number = number
        left = max(1, math.ceil((number + 1) * window.seconds - now))
        return Standing(window, max(0, window.limit - self._used), left, self._used > window.limit)


class Gate:
    """Counts requests in windows; a refused request counts too, as gateways count."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._counters: dict[tuple[str, Hashable], Counter] = {}
        self._lock = threading.Lock()

    def enter(self, windows: Sequence[tuple[Window, Hashable]]) -> list[Standing]:
        """Count one request in every (window, scope); the answer has one standing a window, in order."""
        now = self._now()
        with self._lock:
            return [self._counter(window, scope).hit(now) for window, scope in windows]

    def _counter(self, window: Window, scope: Hashable) -> Counter:
        key = (window.name, scope)
        if key not in self._counters:
            self._counters[key] = window.counter()
        return self._counters[key]
