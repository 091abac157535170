"""How each policy finds the earliest start that it allows: the in-process twin of ``lua/policies.lua``.

Times are whole microseconds of the store's clock. Both twins must give the same answer to the microsecond: change them
together.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right, insort
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from dif_kit.budget._calendar import midnights
from dif_kit.budget._log import StartLog, earliest_start
from dif_kit.budget._policy import ROLLING_BUCKETS, CalendarDay, Points, Policy, Rolling, Window

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["BEYOND", "AnyCounter", "PointsCounter", "WindowCounter", "bucket_full_at", "counter_of"]

# A counter that finds no start in the time it can see says so with this added: always beyond the horizon.
BEYOND: Final = 10**15
ROLLING_LOOKS: Final = 2 * ROLLING_BUCKETS + 3


PolicyT = TypeVar("PolicyT", bound=Policy)


class Counter(ABC, Generic[PolicyT]):
    """The state of one policy. Another policy of the same key may take its place and keep the counts."""

    def __init__(self, policy: PolicyT) -> None:
        self.policy = policy

    def adopt(self, policy: Policy) -> None:
        """Go on with another limit over the same period."""
        if isinstance(policy, type(self.policy)):
            self.policy = policy

    @abstractmethod
    def earliest(self, start: int, cost: int, *, now: int, scale: float) -> int:
        """The first time at or after ``start`` that has room for ``cost``."""

    @abstractmethod
    def commit(self, token: str, start: int, cost: int, *, now: int, scale: float) -> None:
        """Count ``cost`` at ``start``."""

    @abstractmethod
    def correct(self, token: str, start: int, reserved: int, actual: int, *, now: int) -> None:
        """Count ``actual`` instead of what was reserved at ``start``, as it is known ``now``."""

    def left(self, now: int) -> int | None:
        """What remains of the calendar day of ``now``; None for every other policy."""
        del now
        return None


def counter_of(policy: Policy) -> AnyCounter:
    """An empty counter for a policy that is counted at the start."""
    match policy:
        case Window():
            return WindowCounter(policy)
        case Rolling():
            return RollingCounter(policy)
        case CalendarDay():
            return DayCounter(policy)
        case Points():
            return PointsCounter(policy)
        case _:
            message = f"{policy.text!r} is not counted at the start"
            raise TypeError(message)


class WindowCounter(Counter[Window]):
    """A log of every start in the last period, and of those to come."""

    def __init__(self, policy: Window) -> None:
        super().__init__(policy)
        self._log = StartLog()

    def earliest(self, start: int, cost: int, *, now: int, scale: float) -> int:
        policy = self.policy
        self._log.forget(now - policy.period)
        starts = self._log.starts
        limit = max(cost, math.floor(policy.limit * scale))
        gap = math.ceil(policy.gap / scale)
        if not starts or (gap == 0 and len(starts) + cost <= limit):
            return start
        return earliest_start(starts, start, cost=cost, limit=limit, period=policy.period, gap=gap)

    def commit(self, token: str, start: int, cost: int, *, now: int, scale: float) -> None:
        del now, scale
        self._log.add(token, range(1, cost + 1), start)

    def correct(self, token: str, start: int, reserved: int, actual: int, *, now: int) -> None:
        del now
        self._log.drop(token, range(actual + 1, reserved + 1))
        self._log.add(token, range(reserved + 1, actual + 1), start)

    def push(self, places: dict[str, int], *, now: int) -> None:
        """See `StartLog.push`."""
        self._log.forget(now - self.policy.period)
        self._log.push(places, limit=self.policy.limit, period=self.policy.period, now=now)

    def move(self, token: str, cost: int, places: dict[str, int]) -> None:
        """See `StartLog.move`."""
        self._log.move(token, cost, places)


class RollingCounter(Counter[Rolling]):
    """Starts counted in buckets of a 24th of the period."""

    def __init__(self, policy: Rolling) -> None:
        super().__init__(policy)
        self._used: dict[int, int] = {}

    def earliest(self, start: int, cost: int, *, now: int, scale: float) -> int:
        del scale
        policy = self.policy
        oldest = now // policy.bucket - ROLLING_BUCKETS
        self._used = {bucket: used for bucket, used in self._used.items() if bucket >= oldest}
        first = start // policy.bucket
        for bucket in range(first, first + ROLLING_LOOKS):
            if self._has_room(bucket, policy.limit - cost):
                return max(start, bucket * policy.bucket)
        return (first + ROLLING_LOOKS) * policy.bucket + BEYOND

    def _has_room(self, bucket: int, room: int) -> bool:
        """Whether every span that holds the bucket has used ``room`` or less."""
        used = self._used
        span = sum(used.get(each, 0) for each in range(bucket - ROLLING_BUCKETS, bucket + 1))
        for last in range(bucket + 1, bucket + ROLLING_BUCKETS + 1):
            if span > room:
                return False
            span += used.get(last, 0) - used.get(last - ROLLING_BUCKETS - 1, 0)
        return span <= room

    def commit(self, token: str, start: int, cost: int, *, now: int, scale: float) -> None:
        del scale
        self.correct(token, start, 0, cost, now=now)

    def correct(self, token: str, start: int, reserved: int, actual: int, *, now: int) -> None:
        del token, now
        bucket = start // self.policy.bucket
        self._used[bucket] = self._used.get(bucket, 0) + actual - reserved


class DayCounter(Counter[CalendarDay]):
    """Starts counted between the midnights of a zone."""

    def __init__(self, policy: CalendarDay) -> None:
        super().__init__(policy)
        self._used: dict[int, int] = {}

    def earliest(self, start: int, cost: int, *, now: int, scale: float) -> int:
        del scale
        days = midnights(self.policy.zone, now)
        self._used = {day: used for day, used in self._used.items() if day >= days[0]}
        for day, next_day in pairwise(days):
            if start < next_day and self._used.get(day, 0) + cost <= self.policy.limit:
                return max(start, day)
        return max(start, days[-1]) + BEYOND

    def commit(self, token: str, start: int, cost: int, *, now: int, scale: float) -> None:
        del scale
        self.correct(token, start, 0, cost, now=now)

    def correct(self, token: str, start: int, reserved: int, actual: int, *, now: int) -> None:
        del token, now
        day = midnights(self.policy.zone, start)[0]
        self._used[day] = self._used.get(day, 0) + actual - reserved

    def left(self, now: int) -> int | None:
        return self.policy.limit - self._used.get(midnights(self.policy.zone, now)[0], 0)


class PointsCounter(Counter[Points]):
    """When the provider's bucket would be full again by what has started, and the starts that it has yet to pay for.

    A refund comes when a request is over, and a bucket cannot be fuller than full: it is worth nothing to a start that
    would have found it full anyway. So what has started is one number, capped at each refund, and what is yet to start
    is kept start by start.
    """

    def __init__(self, policy: Points) -> None:
        super().__init__(policy)
        self._full_at = 0
        #: Starts to come, in their order: when, the cost, the microseconds in which the bucket regains it.
        self._ahead: list[tuple[int, int, int]] = []

    def earliest(self, start: int, cost: int, *, now: int, scale: float) -> int:
        del now
        full_at = _spent(self._full_at, self._ahead)
        return max(start, full_at + self._microseconds(cost - self.policy.limit, scale))

    def commit(self, token: str, start: int, cost: int, *, now: int, scale: float) -> None:
        del token
        insort(self._ahead, (start, cost, self._microseconds(cost, scale)))
        self._begin(now)

    def correct(self, token: str, start: int, reserved: int, actual: int, *, now: int) -> None:
        del token
        self._begin(now)
        if start > now:
            self._change(start, reserved, actual)
            return
        more = self._microseconds(actual, 1.0) - self._microseconds(reserved, 1.0)
        if more < 0:
            self._full_at = max(self._full_at + more, min(self._full_at, now))
        else:
            self._full_at = max(self._full_at, now) + more

    def mirror(self, remaining: int, now: int) -> None:
        """Take the provider's count if it is lower than ours."""
        self._begin(now)
        self._full_at = max(self._full_at, now + self._microseconds(self.policy.limit - remaining, 1.0))

    def _begin(self, now: int) -> None:
        """What was to start by now has started."""
        begun = bisect_right(self._ahead, now, key=itemgetter(0))
        self._full_at = _spent(self._full_at, self._ahead[:begun])
        del self._ahead[:begun]

    def _change(self, start: int, reserved: int, actual: int) -> None:
        """Let a start to come have another cost; 0 takes it back."""
        place = bisect_left(self._ahead, (start, reserved, 0))
        if place < len(self._ahead) and self._ahead[place][:2] == (start, reserved):
            _, _, amount = self._ahead.pop(place)
            if actual:
                insort(self._ahead, (start, actual, math.ceil(amount * actual / reserved)))

    def _microseconds(self, points: int, scale: float) -> int:
        """How long the bucket takes to regain ``points``; a negative count gives a negative time."""
        return math.ceil(points * self.policy.period / self.policy.restore / scale)


def bucket_full_at(text: str) -> int:
    """When a bucket, as ``lua/bucket.lua`` keeps it, is full again with all that was reserved."""
    full_at, *ahead = map(int, text.split())
    return _spent(full_at, zip(ahead[::3], ahead[1::3], ahead[2::3], strict=True))


def _spent(full_at: int, starts: Iterable[tuple[int, int, int]]) -> int:
    """When a bucket that would be full again at ``full_at`` will be so after these starts."""
    for start, _, amount in starts:
        full_at = max(full_at, start) + amount
    return full_at


AnyCounter = WindowCounter | RollingCounter | DayCounter | PointsCounter
