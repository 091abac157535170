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
    """One thread that may sleep, and the keys that wake it. What comes before it sleeps is not missed."""

    def __init__(self, keys: frozenset[str], condition: threading.Condition) -> None:
        self.keys = keys
        self._condition = condition
        self._woken = False

    def wake(self) -> None:
        """End the sleep, now or when it comes; called with the condition held."""
        self._woken = True
        self._condition.notify_all()

    def rearm(self) -> None:
        """Forget what came so far."""
        with self._condition:
            self._woken = False

    def sleep(self, seconds: float) -> bool:
        """Sleep so long, never less; True if it was woken before."""
        end = time.monotonic() + seconds
        with self._condition:
            while not self._woken and (left := end - time.monotonic()) > 0:
                self._condition.wait(left)
            return self._woken


class Wakes:
    """Everyone in this process who may sleep."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._watches: set[Watch] = set()

    def wake(self, key: str) -> None:
        """Wake who watches the key; "" wakes all."""
        with self._condition:
            for watch in self._watches:
                if not key or key in watch.keys:
                    watch.wake()

    @contextmanager
    def watch(self, *keys: str) -> Iterator[Watch]:
        """Be woken by these keys."""
        watch = Watch(frozenset(keys), self._condition)
        with self._condition:
            self._watches.add(watch)
        try:
            yield watch
        finally:
            with self._condition:
                self._watches.discard(watch)
