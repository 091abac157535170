"""How clients share one budget: the twin of ``lua/shares.lua``.

Max-min fairness: a client is sure of its weight's share, and what the others leave is lent to it. Use is counted over
the last two spans; all counts are whole numbers, so that both twins come to the same sums. Whoever has neither asked
nor waited lately divides nothing any more: in a fleet of short runs most clients of the last minutes are gone. What a
client has not used of its share within the policy's own period it may use at once, as the provider lets it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from dif_kit.budget._policy import Points, Policy, Window

if TYPE_CHECKING:
    from dif_kit.budget._ask import Ask, Part

__all__ = ["Shares"]

SHORTEST_SPAN: Final = 2_000_000
LONGEST_SPAN: Final = 60_000_000
# By then nothing of a client's use counts any more.
FORGOTTEN_AFTER_SPANS: Final = 2
# Who asks less often than this, and does not wait either, is below its share; when it is not, it calls the loans back.
PRESENT_US: Final = 1_000_000

# Below this part of the rate there is enough for everyone. Others' use is taken a little higher than it is, so that a
# loan leaves them room to grow.
BUSY: Final = 0.7
CAUTION: Final = 1.1
# A client below this part of its share that must wait this many of its own intervals calls the loans back.
STARVED: Final = 0.9
PATIENT_INTERVALS: Final = 1.5


@dataclass(slots=True)
class Flow:
    """What one client used lately; ``last`` is until when its share has been used, ``start`` its last start."""

    weight: int = 0
    seen: int = 0
    last: int = 0
    span: int = -1
    current: int = 0
    previous: int = 0
    hungry_until: int = 0
    start: int = 0
    paced: int = 0  # between the question and its answer

    def turn(self, span: int) -> None:
        """Go on to the count of ``span``."""
        if self.span == span - 1:
            self.previous, self.current = self.current, 0
        elif self.span != span:
            self.previous = self.current = 0
        self.span = span

    def use(self, now: int, length: int) -> int:
        """Cost in the last ``length`` microseconds, times ``length``."""
        self.turn(now // length)
        return self.previous * (length - now % length) + self.current * length

    def used_until(self, earliest: int, amount: float) -> int:
        """Until when the share has been used with so much more of it, in microseconds; ``earliest`` is the credit's."""
        return max(self.last, earliest) + math.ceil(amount)


class Pace(NamedTuple):
    """The rate of a policy, per microsecond, and the period within which as much may go at once."""

    rate: float
    period: int

    @property
    def span(self) -> int:
        """How long to count use over."""
        return max(SHORTEST_SPAN, self.credit)

    @property
    def credit(self) -> int:
        """How long a share keeps that is not used."""
        return min(LONGEST_SPAN, self.period)


class Shares:
    """The flows of one budget."""

    def __init__(self) -> None:
        self._flows: dict[str, Flow] = {}

    def earliest(self, ask: Ask, part: Part, scale: float, now: int) -> int:
        """When the client's share allows its next start; 0 while there is enough for everyone."""
        pace = _pace(part, scale)
        if pace is None:
            return 0
        rate, length = pace.rate, pace.span
        flow = self._see(ask, now, length)
        flow.paced = 0
        if len(self._flows) == 1:
            return 0
        share = self._share(flow, rate, now)
        others = sum(each.use(now, length) for each in self._flows.values() if each is not flow) / length / length
        if others + flow.use(now, length) / length / length <= BUSY * rate:
            return 0
        allowed = max(share, rate - CAUTION * others)
        if any(each.hungry_until > now for each in self._flows.values() if each is not flow):
            allowed = share
        flow.paced = flow.used_until(now - pace.credit, part.cost / allowed)
        return flow.paced

    def commit(self, ask: Ask, part: Part, scale: float, now: int, start: int) -> None:
        """Count a start of the client; note it if it must wait while under its share."""
        pace = _pace(part, scale)
        if pace is None:
            return
        length = pace.span
        flow = self._flows[ask.client]
        share = self._share(flow, pace.rate, now)
        used = flow.use(now, length) / length / length
        if used < STARVED * share and start - now > PATIENT_INTERVALS * part.cost / share:
            flow.hungry_until = now + length // 2
        # Where there is enough for everyone a start uses the share up as far as it goes; the rest is lent, and no debt.
        flow.last = flow.paced or min(start, flow.used_until(now - pace.credit, part.cost / share))
        flow.start = start
        flow.current += part.cost

    def _see(self, ask: Ask, now: int, length: int) -> Flow:
        flow = self._flows.setdefault(ask.client, Flow())
        flow.weight, flow.seen = round(ask.weight * 1000), now
        forgotten = now - FORGOTTEN_AFTER_SPANS * length
        self._flows = {client: each for client, each in self._flows.items() if max(each.seen, each.start) > forgotten}
        return flow

    def _share(self, flow: Flow, rate: float, now: int) -> float:
        gone = now - PRESENT_US
        return (
            rate * flow.weight / sum(each.weight for each in self._flows.values() if max(each.seen, each.start) > gone)
        )


def _pace(part: Part, scale: float) -> Pace | None:
    """The slowest of the part's policies; None if none has a rate."""
    paces = [pace for policy in part.policies if (pace := _policy_pace(policy, part.cost, scale)) is not None]
    return min(paces, key=lambda pace: pace.rate, default=None)


def _policy_pace(policy: Policy, cost: int, scale: float) -> Pace | None:
    match policy:
        case Window():
            return Pace(max(cost, math.floor(policy.limit * scale)) / policy.period, policy.period)
        case Points():
            return Pace(policy.restore / policy.period * scale, policy.limit * policy.period // policy.restore)
        case _:
            return None
