"""``python -m soak``: the operator's week; a line a day, a table at the end, exit code 1 at any violation."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from dif_sandbox.services import Sandbox
from rich.console import Console

from soak.fleet import Size
from soak.report import table, totals
from soak.troubles import KINDS
from soak.week import soak

SHOWN: Final = (
    *("jobs", "seconds", "jobs_a_second", "cpu_seconds_a_job", "rows_compared", "alerts_expected", "alerts_raised"),
    "peak_mebibytes_of_a_run",
)


def main() -> int:
    """Parse, run, report."""
    asked = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that its servers end with it
    console = Console(soft_wrap=not sys.stdout.isatty(), highlight=False)
    # Tomorrow at the earliest: PostgreSQL's clock is not moved, and what it notes must not lie ahead of the week.
    start = asked.start or datetime.now(UTC).date() + timedelta(days=1)
    console.print(
        f"soak: {asked.clients} clients x {asked.channels} channels, {asked.days} days from {start}, seed {asked.seed}"
    )
    with tempfile.TemporaryDirectory(prefix="dif-soak-") as name:
        folder = Path(name)
        with Sandbox(folder / "sandbox", services=("redshift", "valkey"), durable=False, max_hours=24) as sandbox:
            size = Size(asked.clients, asked.channels, asked.days, asked.workers, tuple(asked.fault or ()))
            made = soak(sandbox, folder, size, (start, asked.seed), lambda text: console.print(text, markup=False))
    console.print(table(made.days))
    facts = totals(made.days)
    console.print("soak: " + ", ".join(f"{name.replace('_', ' ')} {facts[name]}" for name in SHOWN), markup=False)
    given = {name: value for name, value in vars(asked).items() if name not in {"json", "start"}}
    report = {**given, "start": str(start), **facts, "violations": made.violations}
    Path(asked.json).write_text(json.dumps(report, indent=1))
    console.print(f"soak: {len(made.violations)} violations, seed {asked.seed}; all of it is in {asked.json}")
    return 1 if made.violations else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="soak", description=__doc__, epilog="make soak clients=20 channels=14 days=3")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--channels", type=int, default=14)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=date.fromisoformat, help="the first day, after today; tomorrow if left out")
    parser.add_argument("--workers", type=int, default=4, help="runs beside each other")
    parser.add_argument(
        "--fault", action="append", choices=KINDS, help="only this one, as the table names it; may be repeated"
    )
    parser.add_argument("--json", default="soak.json")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
