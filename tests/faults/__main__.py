"""``python -m faults``: many attempts, each with one fault; a table at the end, exit code 1 at any violation."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from faults import workers
from faults.kinds import faults_of
from faults.rig import TARGETS
from faults.series import Outcome

ATTEMPTS_A_SERIES = 6


def main() -> int:
    """Parse, run, report."""
    asked = _arguments()
    console = Console(soft_wrap=not sys.stdout.isatty())
    plans = _plan(asked.attempts, asked.seed, asked.target, asked.fault)
    if asked.series is not None:
        plans = [plan for plan in plans if plan[1] == asked.series]
    total = sum(len(faults) for _, _, faults in plans)
    console.print(f"faults: {total} attempts in {len(plans)} series, seed {asked.seed}, {asked.jobs} at a time")
    outcomes: list[Outcome] = []
    began = time.monotonic()
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="dif-faults-") as folder:
        pool = ProcessPoolExecutor(asked.jobs, context, initializer=workers.start, initargs=(folder,))
        with pool:
            running = {pool.submit(workers.series, *plan): plan for plan in plans}
            for done in as_completed(running):
                if done.cancelled():
                    continue
                target, name, _ = running[done]
                outcomes += done.result()
                for outcome in done.result():
                    for violation in outcome.violations:
                        console.print(f"violation: {target}, {outcome.fault}, series {name}: {violation}", markup=False)
                seconds = time.monotonic() - began
                console.print(f"faults: {_attempts(outcomes)} of {total} attempts, {seconds:.0f} s")
                if asked.minutes and seconds > asked.minutes * 60:
                    pool.shutdown(wait=False, cancel_futures=True)
    _report(console, outcomes)
    report = {"seed": asked.seed, "asked": total, "outcomes": list(map(asdict, outcomes))}
    Path(asked.json).write_text(json.dumps(report, indent=1))
    broken = sum(len(outcome.violations) for outcome in outcomes)
    console.print(
        f"faults: {_attempts(outcomes)} attempts of {total}, {broken} violations, seed {asked.seed}; "
        f"every attempt is in {asked.json}"
    )
    return 1 if broken or not outcomes else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="faults", description=__doc__, epilog="make faults attempts=500 seed=7")
    parser.add_argument("--attempts", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, help="begin no further series after so long")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--target", choices=TARGETS)
    parser.add_argument("--fault", help="only this one, as the table names it")
    parser.add_argument("--series", help="only this one, as a violation names it")
    parser.add_argument("--json", default="faults.json")
    return parser.parse_args()


def _plan(attempts: int, seed: int, target: str | None, fault: str | None) -> list[tuple[str, str, list[str]]]:
    """Series by target and name, with their faults: every fault in turn, in an order drawn by the seed."""
    chance = random.Random(seed)
    decks: dict[str, list[str]] = defaultdict(list)
    plans = []
    targets = [target] if target else list(TARGETS)
    while attempts > 0:
        mine = targets[len(plans) % len(targets)]
        faults = []
        for _ in range(min(attempts, ATTEMPTS_A_SERIES)):
            if not decks[mine]:
                decks[mine] = [fault] if fault else [name for name in faults_of(mine) if name != "nothing"]
                chance.shuffle(decks[mine])
            faults.append(decks[mine].pop())
        attempts -= len(faults)
        plans.append((mine, f"f{seed}_{len(plans)}", faults))
    return plans


def _attempts(outcomes: list[Outcome]) -> int:
    return sum(outcome.fault != "nothing" for outcome in outcomes)


def _report(console: Console, outcomes: list[Outcome]) -> None:
    table = Table("fault", "target", "attempts", "fault met", "ended tap|target", "violations", title="faults")
    groups: defaultdict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        groups[outcome.fault, outcome.target].append(outcome)
    for (fault, target), found in sorted(groups.items()):
        endings = Counter(outcome.how for outcome in found).most_common(4)
        table.add_row(
            fault,
            target,
            str(len(found)),
            str(sum(outcome.met for outcome in found)),
            "  ".join(f"{how} x{times}" for how, times in endings),
            str(sum(len(outcome.violations) for outcome in found)),
        )
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
