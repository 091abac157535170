"""Rate budgets over real time: so many requests a window, counted for each scope of its own."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

__all__ = ["FixedWindow", "Gate", "Standing"]


@dataclass(frozen=True, slots=True)
class FixedWindow:
    """At most `limit` requests in each window; windows begin at multiples of their length in real time."""

    name: str
    limit: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Standing:
    """One window after a request: what is left, and the seconds until it begins anew."""

    window: FixedWindow
    remaining: int
    reset_seconds: int
    exceeded: bool


class Gate:
    """Counts requests in windows; a refused request counts too, as gateways count."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._used: dict[tuple[str, Hashable], tuple[int, int]] = {}
        self._lock = threading.Lock()

    def enter(self, windows: Sequence[tuple[FixedWindow, Hashable]]) -> list[Standing]:
        """Count one request in every (window, scope); the answer has one standing a window, in order."""
        now = self._now()
        with self._lock:
            return [self._count(window, scope, now) for window, scope in windows]

    def _count(self, window: FixedWindow, scope: Hashable, now: float) -> Standing:
        number = int(now // window.seconds)
        key = (window.name, scope)
        begun, used = self._used.get(key, (number, 0))
        used = used + 1 if begun == number else 1
        self._used[key] = (number, used)
        left = max(1, math.ceil((number + 1) * window.seconds - now))
        return Standing(window, max(0, window.limit - used), left, used > window.limit)
