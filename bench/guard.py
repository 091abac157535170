"""How much of a limit by the second is used with a guard of so many milliseconds, and how many requests are refused.

Six clients with four threads each never have enough of 20 a second, for ten minutes of simulated time. The budget is
the kit's own (in memory), the provider counts a sliding second by itself. A request leaves later than its start by a
time from an exponential distribution of 10 ms: its process knows, and says so. It arrives later again, by a time from
another one that nobody knows, the network's jitter. A refusal pauses and slows the fleet as it does in production.
Beside it the same with nothing said. The ratio is what is used with the default guard where the network's jitter is
5 ms. usage: make bench what=guard
"""

from __future__ import annotations

import heapq
import itertools
import json
import random
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from _fleet_askers import Together
from _fleet_day import Budgets, Start
from _fleet_provider import Providers
from _fleet_store import SECOND, InMemory
from _measure import CONSOLE, RESULTS
from dif_kit.budget import Budget
from rich.table import Table

LIMIT, CLIENTS, THREADS, SECONDS = 20, 6, 4, 600
LATENCY = 0.2
DEFAULT, LATENESS = 40, 10
GUARDS, JITTERS = (20, 30, DEFAULT, 45, 50, 60, 80), (1, 2, 3, 5, 10)


@dataclass(frozen=True)
class Used:
    """What came of one guard at one lateness and one jitter of the network."""

    guard_ms: int
    lateness_ms: float
    jitter_ms: float
    is_told: bool
    percent: float
    refused_of_thousand: float
    told_of_thousand: float


def used(
    guard_ms: int, lateness_ms: float, jitter_ms: float, *, is_told: bool = True, seconds: int = SECONDS, seed: int = 1
) -> Used:
    """Let the fleet go on for so long."""
    run = _Run(guard_ms, lateness_ms, jitter_ms, is_told=is_told, seed=seed)
    run.until(seconds * SECOND)
    # The first second is free for everybody.
    served = sum(each > SECOND for each in run.providers.served["guarded", "app"])
    asked = run.providers.asked
    return Used(
        guard_ms, lateness_ms, jitter_ms, is_told, 100 * served / (LIMIT * (seconds - 1)),
        1000 * run.providers.refused.get("guarded", 0) / asked, 1000 * run.store.told / asked,
    )  # fmt: skip


class _Run:
    """The fleet, event by event."""

    def __init__(self, guard_ms: int, lateness_ms: float, jitter_ms: float, *, is_told: bool, seed: int) -> None:
        self.where = ((Budget("guarded", (f"{LIMIT}/s guard {guard_ms}ms",)), "app"),)
        self.store, self.providers = _Counted(300.0), Providers()
        self._fleet, self._is_told = Together(self.store), is_told
        self._means = {"lateness": lateness_ms, "jitter": jitter_ms}
        self._chance, self._numbers = random.Random(seed), itertools.count()
        self._events: list[tuple[int, int, str, str, Start]] = []
        for each in range(CLIENTS * THREADS):
            self._then(0, "ask", f"client{each % CLIENTS}", Start(0))

    def until(self, end: int) -> None:
        while self._events[0][0] < end:
            now, _, what, client, start = heapq.heappop(self._events)
            getattr(self, f"_{what}")(now, client, start)

    def _ask(self, now: int, client: str, _: Start) -> None:
        (start,) = self._fleet.starts(now, self.where, client, client, 1)
        self._then(start.at, "wake", client, start)

    def _wake(self, now: int, client: str, start: Start) -> None:
        moved = self._fleet.moved(start)
        if moved > now:
            self._then(moved, "wake", client, start)
        else:
            self._then(now + self._some("lateness"), "leave", client, start)

    def _leave(self, now: int, client: str, start: Start) -> None:
        if self._is_told:
            self._fleet.sent(now, self.where, start)
        self._then(now + self._some("jitter"), "arrive", client, start)

    def _arrive(self, now: int, client: str, start: Start) -> None:
        if not self.providers.ask(now, self.where):
            self._fleet.refused(now, self.where, 1)
        self._then(now + round(LATENCY * SECOND), "ask", client, start)

    def _some(self, what: str) -> int:
        return round(self._chance.expovariate(1 / self._means[what]) * SECOND / 1000)

    def _then(self, at: int, what: str, client: str, start: Start) -> None:
        heapq.heappush(self._events, (at, next(self._numbers), what, client, start))


class _Counted(InMemory):
    """Counts how often it was told that a request left late."""

    told = 0

    def postpone(self, now: int, budgets: Budgets, token: str, to: int) -> Mapping[str, int]:
        """See `Store.postpone`."""
        self.told += 1
        return super().postpone(now, budgets, token, to)


def shown(found: list[Used], title: str) -> Table:
    table = Table(title=f"{LIMIT}/s, {title}: used in percent, and refused of a thousand", title_justify="left")
    table.add_column("guard")
    for jitter in JITTERS:
        table.add_column(f"network {jitter} ms", justify="right")
    for guard in GUARDS:
        cells = [f"{each.percent:.1f}, {each.refused_of_thousand:.2f}" for each in found if each.guard_ms == guard]
        table.add_row(f"{guard} ms", *cells)
    return table


def main() -> None:
    kinds = {
        f"late by {LATENESS} ms and told": (LATENESS, True), "late by 2 ms and told": (2, True),
        f"late by {LATENESS} ms and not told": (LATENESS, False),
    }  # fmt: skip
    found: list[Used] = []
    for title, (lateness, is_told) in kinds.items():
        some = [used(guard, lateness, jitter, is_told=is_told) for guard in GUARDS for jitter in JITTERS]
        CONSOLE.print(shown(some, title))
        found += some
    default = next(each for each in found if (each.guard_ms, each.jitter_ms) == (DEFAULT, 5))
    CONSOLE.print(
        f"{DEFAULT} ms, network 5 ms: {default.told_of_thousand:.0f} of a thousand starts were told to be late",
        highlight=False,
    )
    RESULTS.mkdir(exist_ok=True)
    told = {
        "ratio": round(default.percent / 100, 3),
        "of": f"used of {LIMIT}/s, guard {DEFAULT} ms, late by {LATENESS} ms and told, network 5 ms",
        "found": [asdict(each) for each in found],
        "versions": {"python": sys.version.split()[0]},
    }
    (RESULTS / "guard.json").write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
