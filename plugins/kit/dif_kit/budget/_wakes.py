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
        end = time.monotonic() + seconds
        while not self._woken and (left := end - time.monotonic()) > 0:
            self._bell.acquire(timeout=left)
        return self._woken


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
