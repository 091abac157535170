"""When to try again, how long to wait before."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from dif_kit.errors import Deferred

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dif_kit.budget import RateHeaders

__all__ = ["Retry", "RetryBudget", "Tries", "reset_seconds", "wait_asked_for"]

# Smaller numbers are seconds from now, larger ones a moment: 1e9 is 2001, no provider asks for 31 years.
_EPOCH: Final = 1_000_000_000
_EPOCH_MILLISECONDS: Final = 100_000_000_000
_LONGEST_DEFERRAL: Final = 86_400.0  # a provider that asks for a year is asked again tomorrow


@dataclass(frozen=True, slots=True)
class Retry:
    """How persistent a tap is.

    ``attempts`` are for failures of one request, ``throttles`` for its 429s. Waits grow from ``first_seconds`` to
    ``longest_seconds`` with decorrelated jitter. A provider that asks for more than ``horizon_seconds`` defers the run.
    """

    attempts: int = 6
    throttles: int = 10
    first_seconds: float = 1.0
    longest_seconds: float = 60.0
    horizon_seconds: float = 300.0

    def waits(self) -> Iterator[float]:
        """Seconds to wait before each next try, without end. Each is drawn between the first and thrice the last."""
        wait = self.first_seconds
        while True:
            yield wait
            wait = min(self.longest_seconds, random.uniform(self.first_seconds, wait * 3))


class Tries:
    """How often one request has failed so far, with the waits between."""

    def __init__(self, retry: Retry) -> None:
        self._retry = retry
        self._waits: Iterator[float] = retry.waits()
        self.throttles = 0
        self._started = time.monotonic()
        self.failures = 0
        self.is_renewed = False

    @property
    def seconds(self) -> float:
        """Since the first try."""
        return time.monotonic() - self._started

    @property
    def failures_left(self) -> int:
        """How many more failures are borne."""
        return max(0, self._retry.attempts - 1 - self.failures)

    def after_failure(self, asked_seconds: float | None, message: str) -> float:
        """Seconds to wait after a failure; raises Deferred."""
        self.failures += 1
        return self._within_horizon(max(asked_seconds or 0.0, next(self._waits)), message)

    def after_throttle(self, asked_seconds: float | None, message: str) -> float:
        """Seconds to wait after a 429; raises Deferred."""
        self.throttles += 1
        # An asked wait of zero is no wait: the next try would be throttled again.
        seconds = asked_seconds or next(self._waits)
        if self.throttles > self._retry.throttles:
            raise _deferred(f"throttled {self.throttles} times in a row: {message}", seconds)
        return self._within_horizon(seconds, message)

    def _within_horizon(self, seconds: float, message: str) -> float:
        if seconds > self._retry.horizon_seconds:
            raise _deferred(f"the provider asks to wait {seconds:.0f} s: {message}", seconds)
        return seconds


class RetryBudget:
    """Retries are paid from a purse that successes fill, so that a provider that is down is not hammered for hours.

    A full purse pays ``size`` retries; each success puts in ``refill`` of one.
    """

    def __init__(self, *, size: float = 30.0, refill: float = 0.2) -> None:
        self._size = size
        self._refill = refill
        self._left = size
        self._lock = threading.Lock()

    def pay(self) -> bool:
        """Take one retry; False if the purse is empty."""
        with self._lock:
            if self._left < 1:
                return False
            self._left -= 1
            return True

    def earn(self) -> None:
        """Put in what a success earns."""
        with self._lock:
            self._left = min(self._size, self._left + self._refill)


def wait_asked_for(headers: Mapping[str, str], *, now: float | None = None) -> float | None:
    """Seconds that ``Retry-After`` asks for: a number of seconds, an HTTP date, or a moment in epoch (milli)seconds.

    None if the header is absent or cannot be read. Never negative, and as absurd as the provider made it.
    """
    text = headers.get("Retry-After", "").strip()
    if not text:
        return None
    now = time.time() if now is None else now
    number = _number(text)
    if number is not None:
        return max(0.0, _moment(number) - now if number >= _EPOCH else number)
    return _seconds_until_date(text, now)


def reset_seconds(text: str, rate: RateHeaders, *, now: float | None = None) -> float | None:
    """Seconds until the budget is whole again, by its reset header; None if it cannot be read."""
    now = time.time() if now is None else now
    if rate.reset_unit == "date":
        return _seconds_until_date(text, now)
    number = _number(text)
    if number is None:
        return None
    return max(0.0, number if rate.reset_unit == "seconds" else _moment(number) - now)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number < float("inf") else None  # also refuses NaN


def _moment(number: float) -> float:
    return number / 1000 if number >= _EPOCH_MILLISECONDS else number


def _seconds_until_date(text: str, now: float) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:  # "-0000": UTC of unknown origin
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, moment.timestamp() - now)


def _deferred(message: str, seconds: float) -> Deferred:
    return Deferred(message, retry_at=time.time() + min(seconds, _LONGEST_DEFERRAL))
