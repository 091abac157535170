"""Time whole processes side by side, print a table, keep every round."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

__all__ = ["Case", "Round", "ratio", "report", "run_in_turn"]

RESULTS = Path(__file__).parent / "results"
CONSOLE = Console()


@dataclass(frozen=True)
class Case:
    """One command to time. `records` is what it moves; `stdin` a file it reads, `stdout` one it writes."""

    name: str
    command: Sequence[str | Path]
    records: int
    environment: Mapping[str, str] = field(default_factory=dict)
    stdin: Path | None = None
    stdout: Path | None = None


@dataclass(frozen=True)
class Round:
    """What the operating system says of one finished process: seconds, and the peak of its memory in MiB."""

    case: str
    records: int
    wall: float
    cpu: float
    rss: float
    exit_code: int

    @property
    def rate(self) -> float:
        return self.records / self.wall


def run_once(case: Case) -> Round:
    """Run a case to its end.

    Raises:
        SystemExit: it failed; a benchmark of something that does not work is worth nothing.
    """
    with (
        Path(case.stdin or os.devnull).open("rb") as stdin,
        Path(case.stdout or os.devnull).open("wb") as stdout,
        (RESULTS / "last-stderr.log").open("wb") as stderr,
    ):
        started = time.perf_counter()
        process = subprocess.Popen(
            case.command, stdin=stdin, stdout=stdout, stderr=stderr, env={**os.environ, **case.environment}
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"bench: {case.name} ended with {process.returncode}: see {RESULTS / 'last-stderr.log'}")
    return Round(case.name, case.records, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, 0)


def run_in_turn(cases: Sequence[Case], rounds: int) -> list[Round]:
    """Every case once a round, round after round."""
    RESULTS.mkdir(exist_ok=True)
    measured = []
    for number in range(rounds):
        for case in cases:
            with CONSOLE.status(f"round {number + 1} of {rounds}: {case.name}"):
                measured.append(run_once(case))
            last = measured[-1]
            CONSOLE.print(
                f"[{number + 1}/{rounds}] {case.name}: {last.wall:.2f} s, {last.rate:,.0f} records/s", highlight=False
            )
    return measured


def rounds_of(measured: Sequence[Round], case: str) -> list[Round]:
    return [each for each in measured if each.case == case]


def ratio(measured: Sequence[Round], ours: str, theirs: str) -> float:
    """How many times as many records a second `ours` moves as `theirs`: the median of the rounds' own ratios."""
    pairs = zip(rounds_of(measured, ours), rounds_of(measured, theirs), strict=True)
    return statistics.median(mine.rate / other.rate for mine, other in pairs)


def report(
    name: str, measured: Sequence[Round], *, ratio: float, of: str, packages: Sequence[str], **more: object
) -> None:
    """Print the table and write ``bench/results/<name>.json``."""
    table = Table(title=f"{name}: {of} = {ratio:.1f}", title_justify="left")
    for heading in ("case", "records", "wall s min / median", "CPU s", "records/s", "peak RSS MiB"):
        table.add_column(heading, justify="left" if heading == "case" else "right")
    for case in dict.fromkeys(each.case for each in measured):
        rounds = rounds_of(measured, case)
        walls = [each.wall for each in rounds]
        table.add_row(
            case,
            f"{rounds[0].records:,}",
            f"{min(walls):.2f} / {statistics.median(walls):.2f}",
            f"{statistics.median(each.cpu for each in rounds):.2f}",
            f"{statistics.median(each.rate for each in rounds):,.0f}",
            f"{max(each.rss for each in rounds):.0f}",
        )
    CONSOLE.print(table)
    for key, value in more.items():
        CONSOLE.print(f"{key}: {value}", highlight=False)
    RESULTS.mkdir(exist_ok=True)
    result = {
        "ratio": round(ratio, 3),
        "of": of,
        "rounds": [asdict(each) for each in measured],
        "versions": {"python": sys.version.split()[0], **{package: version(package) for package in packages}},
        **more,
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=1, default=str) + "\n")
