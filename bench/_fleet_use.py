"""What a simulated day says: how late its loads were, and how much of each shared budget was used."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Any

from _fleet_channels import AGENCY, CHANNELS
from _fleet_day import SECOND, Day, Seen
from _fleet_provider import stated_period, stated_rate

__all__ = ["HOUR", "first_to_last", "lateness", "quota_use"]

HOUR = 3600 * SECOND
#: As long as `clients/default.levels.yml` gives a night's load: due at 09:00, the slot is at 05:00.
LEVEL_HOURS = 4.0
Held = dict[tuple[str, str], list[tuple[int, int]]]
BUDGETS = {budget.name: (budget, whose) for each in CHANNELS for calls in each.calls for budget, whose in calls.budgets}


def lateness(day: Day, seen: Seen) -> dict[str, Any]:
    """How long after its slot each channel's last client is loaded, in hours; the part within the service level."""
    worst: dict[str, float] = {}
    due = within = 0
    for (client, tap), slots in day.slots().items():
        for slot in slots:
            finished = seen.finished.get((client, tap, slot))
            took = (finished - slot) / HOUR if finished is not None else float("inf")
            worst[tap] = max(worst.get(tap, 0.0), took)
            due += 1
            within += took <= LEVEL_HOURS
    return {"worst_hours": worst, "due": due, "within": within, "part": within / due}


def quota_use(day: Day, seen: Seen) -> dict[str, dict[str, float]]:
    """Of each budget that the agency's clients share: what was used of it while somebody waited for it, in percent.

    Once while its limit held somebody up, once also while only others' shares did: these keep places free for clients
    who then do not come. A span that was free before lets a burst go: it is not counted, nor is what held nobody up for
    three spans.
    """
    limits = _used_while(day, seen.held)
    every = {key: seen.held[key] + seen.held_for_others[key] for key in [*seen.held]}
    return {
        name: {**use, **{f"{word}_with_shares": number for word, number in _used_while(day, every)[name].items()}}
        for name, use in limits.items()
    }


def _used_while(day: Day, held: Held) -> dict[str, dict[str, float]]:
    found = {}
    for (name, scope), waits in sorted(held.items()):
        budget, whose = BUDGETS[name]
        if whose != AGENCY:
            continue
        period = max(stated_period(text) for text in budget.policies if not re.search("day|points", text))
        served = day.providers.served.get((name, scope), [])
        asked = length = 0
        for begin, end in _merged(waits):
            if end - begin >= 3 * period:
                asked += (bisect_right(served, end) - bisect_left(served, begin + period)) * budget.cost
                length += end - begin - period
        if length:
            found[f"{name} {scope}"] = {
                "percent": 100 * asked / (stated_rate(budget) * length / SECOND), "minutes": length / SECOND / 60,
            }  # fmt: skip
    return found


def first_to_last(day: Day) -> dict[str, float]:
    """Of each budget that clients share: how much was used from the first request of a slot to its last, in percent."""
    found = {}
    for (name, scope), served in sorted(day.providers.served.items()):
        budget, whose = BUDGETS[name]
        slot = [each for each in served if each < 11 * HOUR]
        if whose == AGENCY and len(slot) > 1:
            most = stated_rate(budget) * (slot[-1] - slot[0]) / SECOND
            found[f"{name} {scope}"] = 100 * len(slot) * budget.cost / most
    return found


def _merged(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    begin, end = None, 0
    for one, other in sorted(spans):
        if begin is None or one > end:
            if begin is not None:
                yield begin, end
            begin, end = one, other
        end = max(end, other)
    if begin is not None:
        yield begin, end
