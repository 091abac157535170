"""Sleep that a message of the store can end."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Wakes", "Watch"]


class Watch:
    """One thread that may sleep, and the keys that wake it. What comes before it sleeps is not missed.

    It sleeps on a bell of its own and holds no lock meanwhile: a stop may raise in the middle of it.
    """

    def __init__(self, keys: frozenset[str], lock: threading.Lock) -> None:
        self.keys = keys
        self._lock = lock
        self._bell = threading.Lock()  # it rings when it is released
        self._bell.acquire()
        self._woken = False
        #: The latest time that the start has been moved on to, by the store's clock; 0 if it was not.
        self.moved_to_us = 0

    def wake(self) -> None:
        """End the sleep, now or when it comes; called with the lock held."""
        if not self._woken:
            self._woken = True
            self._bell.release()

    def rearm(self) -> None:
        """Forget what came so far."""
        with self._lock:
            self._woken = False
            self._bell.acquire(blocking=False)

    def sleep(self, seconds: float) -> bool:
        """Sleep so long, never less; True if it was woken before."""
        return self.sleep_until(time.monotonic() + seconds, 0)

    def sleep_until(self, due: float, go_at_us: int) -> bool:
        """Sleep until ``due``, which is ``go_at_us`` by the store's clock, or so much longer as the start moves on."""
        while not self._woken and (left := self.due(due, go_at_us) - time.monotonic()) > 0:
            self._bell.acquire(timeout=left)
        return self._woken

    def due(self, due: float, go_at_us: int) -> float:
        """When the start is to be, with all that is known by now."""
        return due + max(0, self.moved_to_us - go_at_us) / 1e6


class Wakes:
    """Everyone in this process who may sleep."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watches: set[Watch] = set()

    def wake(self, key: str) -> None:
        """Wake who watches the key; "" wakes all."""
        with self._lock:
            for watch in self._watches:
                if not key or key in watch.keys:
                    watch.wake()

    def later(self, token: str, go_at_us: int) -> None:
        """A start was moved on: who sleeps until then sleeps longer."""
        with self._lock:
            for watch in self._watches:
                if token in watch.keys:
                    watch.moved_to_us = max(watch.moved_to_us, go_at_us)

    @contextmanager
    def watch(self, *keys: str) -> Iterator[Watch]:
        """Be woken by these keys."""
        watch = Watch(frozenset(keys), self._lock)
        with self._lock:
            self._watches.add(watch)
        try:
            yield watch
        finally:
            with self._lock:
                self._watches.discard(watch)
