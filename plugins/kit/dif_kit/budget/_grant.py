"""A reservation in the hands of the one who made it."""

from __future__ import annotations

import math
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from dif_kit.budget._ask import StoreLostError
from dif_kit.budget._policy import Window

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType
    from typing import Self

    from dif_kit.budget._ask import Answer, Part
    from dif_kit.budget._lease import HeldLease
    from dif_kit.budget._ports import Budget

__all__ = ["Grant", "Started", "longest_stray_us"]

# So late a request may leave without a word: a part of the guard (see DEFAULT_GUARD). Most leave sooner.
TOLERATED_US: Final = 10_000


@dataclass(frozen=True, slots=True)
class Started:
    """What was reserved, and the start after all that moved it on while it was waited for, by the store's clock."""

    parts: dict[Budget, Part]
    token: str
    answer: Answer
    start_us: int


def longest_stray_us(parts: Iterable[Part]) -> float:
    """How far a start may be moved on because others were late.

    Windows that these others do not use count it where it was reserved until it is told (`Grant.sent`), which has to be
    before its place there is used again: half of the shortest span leaves time to be late itself.
    """
    periods = _periods(parts)
    return min(periods) / 2 if len(periods) > 1 else math.inf


def _periods(parts: Iterable[Part]) -> list[int]:
    return [policy.period for part in parts for policy in part.policies if isinstance(policy, Window)]


class Grant:
    """A reservation that was granted; see `dif_kit.budget.Reservation`."""

    def __init__(self, started: Started, slots: list[HeldLease]) -> None:
        self._parts = dict(started.parts)
        self._token = started.token
        self._answer = started.answer
        self._start_us = started.start_us
        self._is_sent = False
        self._slots = slots

    def sent(self) -> None:
        """See `Reservation.sent`."""
        origin, answer = self._answer.origin, self._answer
        if self._is_sent or origin is None:
            return
        self._is_sent = True
        parts = tuple(self._parts.values())
        windows = len(_periods(parts))
        moved_us = self._start_us - answer.go_at_us
        late_us = round((time.monotonic() - answer.due_from) * 1e6) - moved_us - TOLERATED_US
        # Who moved it did so in one window only. What is counted in others too is told there when it has happened.
        if windows and (late_us > 0 or (moved_us and windows > 1)):
            # A store that does not answer counts it where it was, and the guard alone has to do.
            with suppress(StoreLostError):
                origin.postpone(parts, self._token, self._start_us + max(0, late_us))

    def settle(self, budget: Budget, cost: int) -> None:
        """See `Reservation.settle`."""
        part = self._parts.get(budget)
        if part is None or cost == part.cost:
            return
        self._parts[budget] = replace(part, cost=cost)
        origin = self._answer.origin
        if origin is not None:
            # A store that does not answer keeps the reserved cost: too much rather than too little.
            with suppress(StoreLostError):
                origin.settle(part, self._token, self._answer.go_at_us, cost)

    def release(self) -> None:
        """See `Reservation.release`."""
        while self._slots:
            self._slots.pop().release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
