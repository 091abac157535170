"""How much of a limit by the second is used with a guard of so many milliseconds, where requests arrive so unevenly.

Six clients with four threads each never have enough of 20 a second, for five minutes of simulated time. The budget is
the kit's own (in memory), the provider counts a sliding second by itself, a request arrives later than its start by a
time from an exponential distribution. A refusal pauses and slows the fleet as it does in production. The ratio is what
is used at a jitter of 10 ms with the guard of 60 ms that is the default. usage: make bench what=guard
"""

from __future__ import annotations

import heapq
import itertools
import json
import random
import sys
from dataclasses import asdict, dataclass

from _fleet_provider import Providers
from _fleet_store import SECOND, InMemory
from _measure import CONSOLE, RESULTS
from dif_kit.budget import Budget
from rich.table import Table

LIMIT, CLIENTS, THREADS, SECONDS = 20, 6, 4, 300
LATENCY = 0.2
GUARDS, JITTERS = (10, 20, 30, 40, 50, 60, 80), (1, 2, 5, 10)


@dataclass(frozen=True)
class Used:
    """What came of one guard at one jitter."""

    guard_ms: int
    jitter_ms: int
    percent: float
    refused_of_thousand: float


def used(guard_ms: int, jitter_ms: int, seconds: int = SECONDS, seed: int = 1) -> Used:
    """Let the fleet go on for so long."""
    budget = Budget("guarded", (f"{LIMIT}/s guard {guard_ms}ms",))
    where, chance, store, providers = ((budget, "app"),), random.Random(seed), InMemory(300.0), Providers()
    number, tokens = itertools.count(), itertools.count()
    events = [(0, next(number), "ask", each % CLIENTS) for each in range(CLIENTS * THREADS)]
    heapq.heapify(events)
    while events[0][0] < seconds * SECOND:
        now, _, what, client = heapq.heappop(events)
        if what == "ask":
            (answer,) = store.reserve(now, where, f"client{client}", f"client{client}", [str(next(tokens))])
            late = round(chance.expovariate(1 / jitter_ms) * SECOND / 1000)
            heapq.heappush(events, (answer.go_at_us + late, next(number), "arrive", client))
            continue
        if not providers.ask(now, where):
            store.refused(now, where)
        heapq.heappush(events, (now + round(LATENCY * SECOND), next(number), "ask", client))
    # The first second is free for everybody.
    served = sum(each > SECOND for each in providers.served["guarded", "app"])
    return Used(
        guard_ms, jitter_ms, 100 * served / (LIMIT * (seconds - 1)),
        1000 * providers.refused.get("guarded", 0) / providers.asked,
    )  # fmt: skip


def main() -> None:
    found = [used(guard, jitter) for guard in GUARDS for jitter in JITTERS]
    shown = Table(title=f"{LIMIT}/s: used in percent, and refused of a thousand", title_justify="left")
    shown.add_column("guard")
    for jitter in JITTERS:
        shown.add_column(f"jitter {jitter} ms", justify="right")
    for guard in GUARDS:
        cells = [f"{each.percent:.1f}, {each.refused_of_thousand:.1f}" for each in found if each.guard_ms == guard]
        shown.add_row(f"{guard} ms", *cells)
    CONSOLE.print(shown)
    (default,) = (each for each in found if (each.guard_ms, each.jitter_ms) == (60, 10))
    RESULTS.mkdir(exist_ok=True)
    told = {
        "ratio": round(default.percent / 100, 3),
        "of": "used of 20/s, guard 60 ms, jitter 10 ms",
        "found": [asdict(each) for each in found],
        "versions": {"python": sys.version.split()[0]},
    }
    (RESULTS / "guard.json").write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
