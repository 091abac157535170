"""Partitions of pages behind a round trip of 200 ms and a quota of 20 requests a second: who comes near the minimum?

No client can be faster than (requests - 20) / 20 s + 0.2 s. Each case has a server of its own, which counts what it is
asked and what it refuses; the time is the server's, from the first request to the last answer, so that start-up does
not count. usage: make bench what=quota, or python bench/quota.py --quick for a fifth of it
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from _measure import CONSOLE, Case, Round, report, run_in_turn
from _venvs import peer
from rich.table import Table

HERE = Path(__file__).parent
PAGES, LATENCY, QUOTA, ROWS_A_PAGE = 5, 0.2, 20, 100
DLT, AIRBYTE = "dlt==1.31.0", "airbyte-cdk==7.39.1"
OURS = "dif, concurrency 8"


@dataclass(frozen=True)
class Outcome:
    """One run, and what its server saw."""

    measured: Round
    stats: dict[str, Any]

    @property
    def seconds(self) -> float:
        return float(self.stats["last"] - self.stats["first"])


@contextmanager
def serving(partitions: int) -> Iterator[str]:
    command = [sys.executable, HERE / "_quota_server.py", str(partitions), str(PAGES), str(LATENCY), str(QUOTA)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        yield server.stdout.readline().strip()
        server.stdin.close()


def cases(url: str, folder: Path, partitions: int) -> dict[str, list[str | Path]]:
    """The command of each case; settings go into the folder."""
    settings = {}
    for concurrency in (1, 8):
        settings[concurrency] = folder / f"config-{concurrency}.json"
        settings[concurrency].write_text(json.dumps({"api_url": url, "concurrency": concurrency}))
    ours = [sys.executable, HERE / "_quota_taps.py"]
    return {
        OURS: [*ours, "dif", settings[8]],
        "dlt 1.31.0, 5 workers": [peer("dlt", DLT), HERE / "_quota_dlt.py", url],
        "airbyte-cdk 7.39.1, 10 workers, its budget": [
            peer("airbyte", AIRBYTE), HERE / "_quota_airbyte.py", url, str(partitions), folder,
        ],
        "stock singer-sdk": [*ours, "stock", settings[8]],
    }  # fmt: skip


def run(name: str, partitions: int, folder: Path) -> Outcome:
    with serving(partitions) as url:
        command = cases(url, folder, partitions)[name]
        case = Case(name, command, partitions * PAGES * ROWS_A_PAGE, stdout=folder / "output")
        [measured] = run_in_turn([case], 1)
        return Outcome(measured, requests.get(f"{url}/stats", timeout=10).json())


def main() -> None:
    partitions = 40 if "--quick" in sys.argv else 200
    asked = partitions * PAGES
    minimum = (asked - QUOTA) / QUOTA + LATENCY
    with tempfile.TemporaryDirectory() as folder:
        names = list(cases("http://127.0.0.1", Path(folder), partitions))
        outcomes = [run(name, partitions, Path(folder)) for name in names]
    table = Table(title=f"{asked} requests, minimum {minimum:.1f} s", title_justify="left")
    for heading in ("case", "seconds", "minimum / seconds", "asked", "answered", "429", "most at once"):
        table.add_column(heading, justify="left" if heading == "case" else "right")
    for outcome in outcomes:
        stats = outcome.stats
        table.add_row(
            outcome.measured.case,
            f"{outcome.seconds:.2f}",
            f"{minimum / outcome.seconds:.3f}",
            *(str(stats[key]) for key in ("asked", "answered", "refused", "most_at_once")),
        )
    CONSOLE.print(table)
    report(
        "quota",
        [outcome.measured for outcome in outcomes],
        ratio=minimum / outcomes[0].seconds,
        of="theoretical minimum / ours",
        packages=("dif-kit", "singer-sdk", "requests"),
        minimum_seconds=minimum,
        peers=[DLT, AIRBYTE],
        served={outcome.measured.case: {**outcome.stats, "seconds": outcome.seconds} for outcome in outcomes},
    )


if __name__ == "__main__":
    main()
