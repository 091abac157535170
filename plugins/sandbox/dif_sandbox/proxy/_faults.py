"""What can be made to go wrong, for which exchange, and how often."""

from __future__ import annotations

import asyncio
import re
import threading
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

__all__ = ["BrokenByFaultError", "Fault", "Faults", "Kind"]

POLL_SECONDS: Final = 0.005


class Kind(Enum):
    """One way in which an exchange between a client and a server fails."""

    REFUSE = "refuse"  # the connection is closed before anything is passed on
    SLOW = "slow"  # the request waits `seconds` before it is passed on
    STATUS = "status"  # HTTP: the answer is `status` with S3's error body; the server never sees the request
    TORN_REQUEST = "torn request"  # the server gets `after_bytes` of the body, then both ends are cut
    TORN_ANSWER = "torn answer"  # the client gets `after_bytes` of the answer, then both ends are cut
    LOST_ANSWER = "lost answer"  # the server does the work, the client never hears of it
    HOLD = "hold"  # the exchange waits, before anything is passed on, until it is released
    HOLD_ANSWER = "hold answer"  # the server does the work; the client hears of it when the fault is released
    DROP_BEFORE = "drop before"  # PostgreSQL: cut when a matching statement arrives; the server never sees it


@dataclass(slots=True)
class Fault:
    """A way to fail, for the exchanges whose first line or statement matches, `times` times.

    `match` is searched for, ignoring case, in ``"PUT /bucket/key?query"`` of an HTTP request or in the text of an SQL
    statement. `skip` exchanges that match go through unharmed before the first one is broken.

    A fault that holds sets `reached` when the moment has come: the exchange stands still there until `release`, so that
    a test can act at a moment that no clock could find.
    """

    kind: Kind
    match: str = ""
    times: int = 1
    skip: int = 0
    seconds: float = 0.0
    status: int = 503
    after_bytes: int = 0
    broken: int = field(default=0, init=False)
    reached: threading.Event = field(default_factory=threading.Event, init=False)
    released: threading.Event = field(default_factory=threading.Event, init=False)

    def release(self) -> None:
        """Let what is held go on."""
        self.released.set()

    async def hold(self) -> None:
        """Tell that the moment has come, then wait until released."""
        self.reached.set()
        while not self.released.is_set():
            await asyncio.sleep(POLL_SECONDS)

    def concerns(self, exchange: str) -> bool:
        """Whether this exchange is one to break; counts it if so."""
        if self.broken >= self.times or not re.search(self.match, exchange, re.IGNORECASE):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.broken += 1
        return True


class BrokenByFaultError(ConnectionError):
    """The proxy cuts a connection on purpose."""


class Faults:
    """The faults in force, set by a test and asked by connections; safe to share between threads."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def set(self, *faults: Fault) -> None:
        """Let these faults, and no others, be in force."""
        with self._lock:
            self._faults = list(faults)

    def of(self, exchange: str) -> Fault | None:
        """The first fault that concerns an exchange, counted as used."""
        with self._lock:
            return next((fault for fault in self._faults if fault.concerns(exchange)), None)
