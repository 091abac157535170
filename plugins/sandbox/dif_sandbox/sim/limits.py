"""A provider's limits as facts: which budgets a kind of request counts against, how they are told, how they refuse."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dif_sandbox.sim.announcements import unannounced
from dif_sandbox.sim.budgets import Bucket, CalendarDay, Charge, Concurrent, FixedWindow, Gate, SlidingWindow
from dif_sandbox.sim.server import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

    from dif_sandbox.sim.announcements import Announce
    from dif_sandbox.sim.budgets import Standing
    from dif_sandbox.sim.server import Response

    Budget = Bucket | CalendarDay | Concurrent | FixedWindow | SlidingWindow

__all__ = ["Admission", "Limit", "Limits", "Rule", "adjusted"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A budget, and what has one of its own: names of the caller's marks, such as ``("app", "account")``."""

    window: Budget
    per: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """What one kind of request counts against.

    `refuse` makes the answer from the budget that refuses, whatever its status; `announce` the headers of an admitted
    request.
    """

    rules: tuple[Rule, ...]
    refuse: Callable[[Standing], Response]
    announce: Announce = unannounced


@dataclass(slots=True)
class Admission:
    """A request that was let in: where its budgets stand, and the headers that tell it."""

    gate: Gate
    charges: Sequence[Charge]
    standings: list[Standing]
    headers: Mapping[str, str] = field(default_factory=dict)

    def settle(self, name: str, cost: int) -> Standing:
        """Let a budget have been charged `cost` instead of what was asked for; the answer is where it stands then."""
        number = next(place for place, charge in enumerate(self.charges) if charge.window.name == name)
        charge, standing = self.charges[number], self.standings[number]
        self.gate.give_back([charge._replace(cost=charge.cost - cost)])
        left = min(charge.window.limit, standing.remaining + charge.cost - cost)
        self.standings[number] = replace(standing, remaining=left)
        return self.standings[number]


class Limits:
    """The limits of every kind of request, counted at one gate."""

    def __init__(self, limits: Mapping[str, Limit], gate: Gate) -> None:
        self._limits, self._gate = limits, gate

    @contextmanager
    def admit(
        self, kind: str, caller: Mapping[str, Hashable], costs: Mapping[str, int] | None = None
    ) -> Iterator[Admission]:
        """Count a request; while the context lasts, it takes its place among the concurrent ones.

        `costs` holds what it takes from budgets, by name, where that is not 1.

        Raises:
            Refusal: a budget is used up.
        """
        limit = self._limits[kind]
        charges = [
            Charge(rule.window, tuple(caller[name] for name in rule.per), (costs or {}).get(rule.window.name, 1))
            for rule in limit.rules
        ]
        standings = self._gate.enter(charges)
        places = [
            charge
            for charge, standing in zip(charges, standings, strict=True)
            if isinstance(charge.window, Concurrent) and not standing.exceeded
        ]
        try:
            if exceeded := next((standing for standing in standings if standing.exceeded), None):
                raise Refusal(limit.refuse(exceeded))
            yield Admission(self._gate, charges, standings, limit.announce(standings))
        finally:
            self._gate.give_back(places)


def adjusted(limits: Mapping[str, Limit], given: Mapping[str, str]) -> dict[str, Limit]:
    """The same limits with other numbers, by budget name: ``"5/60"`` (5 in 60 seconds), or ``"5"`` in the same time.

    Raises:
        ValueError: no budget has that name, or the text cannot be read.
    """
    names = {rule.window.name for limit in limits.values() for rule in limit.rules}
    if unknown := given.keys() - names:
        message = f"no budget is called {', '.join(sorted(unknown))}; there are: {', '.join(sorted(names))}"
        raise ValueError(message)
    return {
        kind: replace(limit, rules=tuple(_adjusted_rule(rule, given) for rule in limit.rules))
        for kind, limit in limits.items()
    }


def _adjusted_rule(rule: Rule, given: Mapping[str, str]) -> Rule:
    window, text = rule.window, given.get(rule.window.name)
    if text is None:
        return rule
    found = re.fullmatch(r"([0-9]+)(?:/([0-9]+))?", text)
    if not found or found[2] == "0":
        message = f"budget {window.name} is {text!r}, not <limit> or <limit>/<seconds>"
        raise ValueError(message)
    limit, seconds = int(found[1]), int(found[2] or window.seconds)
    if isinstance(window, Bucket):
        return replace(rule, window=replace(window, limit=limit, per_second=limit / seconds))
    if isinstance(window, CalendarDay):
        return replace(rule, window=replace(window, limit=limit))
    return replace(rule, window=replace(window, limit=limit, seconds=seconds))
