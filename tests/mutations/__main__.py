"""``python -m mutations``: many attempts with one mutation each; a table at the end, exit code 1 if one is missed."""

from __future__ import annotations

import argparse
import logging
import random
import sys
import tempfile
from collections import Counter, defaultdict
from itertools import cycle, islice, product
from pathlib import Path

from dif_sandbox.services import Sandbox
from rich.console import Console
from rich.table import Table

from mutations.kinds import JOINTS, KINDS
from mutations.rig import rig
from mutations.shop import Outcome


def main() -> int:
    """Parse, run, report."""
    parser = argparse.ArgumentParser(prog="mutations", description=__doc__, epilog="make mutations attempts=200 seed=7")
    parser.add_argument("--attempts", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    logging.disable(logging.ERROR)
    console = Console(soft_wrap=not sys.stdout.isatty(), highlight=False, markup=False)
    console.print(f"mutations: {asked.attempts} attempts, seed {asked.seed}")
    chance = random.Random(asked.seed)
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="dif-mutations-") as folder:
        services = ("redshift", "aws")
        with (
            Sandbox(Path(folder), services=services, durable=False) as sandbox,
            rig(sandbox, Path(folder, "m")) as made,
        ):
            for joint, kind in islice(cycle(product(JOINTS, KINDS)), asked.attempts):
                outcomes.append(made.attempt(joint, kind, chance))
                if outcomes[-1].is_missed:
                    console.print(f"missed: {joint}, {kind}: {outcomes[-1].what}")
                if len(outcomes) % 20 == 0:
                    console.print(f"mutations: {len(outcomes)} of {asked.attempts}")
    _report(console, outcomes)
    missed = sum(outcome.is_missed for outcome in outcomes)
    console.print(f"mutations: {len(outcomes)} attempts, {missed} missed, seed {asked.seed}")
    return 1 if missed or not outcomes else 0


def _report(console: Console, outcomes: list[Outcome]) -> None:
    table = Table("joint", "kind", "attempts", "caught by", "located", "harmless", "missed")
    groups: defaultdict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        groups[outcome.joint, outcome.kind].append(outcome)
    for (joint, kind), found in groups.items():
        caught = Counter(outcome.caught_by for outcome in found if outcome.caught_by)
        table.add_row(
            joint,
            kind,
            str(len(found)),
            ", ".join(f"{by} x{times}" for by, times in caught.most_common()),
            "; ".join(sorted({outcome.where for outcome in found if outcome.where})[:3]),
            str(sum(outcome.is_harmless for outcome in found)),
            str(sum(outcome.is_missed for outcome in found)),
        )
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
