"""Many parents with one child row each: what a partition costs in time and in STATE. No network is in it.

The time is a run's without that of a run with one parent, which is start-up. usage: make bench what=state
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path

from _measure import CONSOLE, Case, Round, report, rounds_of, run_in_turn

HERE = Path(__file__).parent
PARENTS, PARENTS_OF_STOCK, ROUNDS = 16_000, 1_000, 3


def case(kind: str, parents: int, folder: Path) -> Case:
    config = folder / f"{kind}.json"
    config.write_text(json.dumps({"api_url": "http://127.0.0.1"} if kind == "dif" else {}))
    command = [sys.executable, HERE / "_state_taps.py", kind, str(parents), "--config", config]
    return Case(f"{kind}, {parents:,} parents", command, 2 * parents, stdout=folder / f"{kind}-{parents}.jsonl")


def state_bytes(case: Case) -> tuple[int, int]:
    """The bytes of all STATE messages, and of the last one."""
    assert case.stdout is not None
    with case.stdout.open("rb") as lines:
        sizes = [len(line) for line in lines if line.startswith(b'{"type":"STATE"')]
    return sum(sizes), sizes[-1]


def seconds(measured: list[Round], full: Case, empty: Case) -> float:
    walls = [statistics.median(each.wall for each in rounds_of(measured, case.name)) for case in (full, empty)]
    return walls[0] - walls[1]


def main() -> None:
    rounds = 1 if "--quick" in sys.argv else ROUNDS
    with tempfile.TemporaryDirectory() as folder:
        ours, ours_empty = case("dif", PARENTS, Path(folder)), case("dif", 1, Path(folder))
        small = case("dif", PARENTS_OF_STOCK, Path(folder))
        theirs, theirs_empty = case("stock", PARENTS_OF_STOCK, Path(folder)), case("stock", 1, Path(folder))
        measured = run_in_turn([ours, ours_empty, small, theirs, theirs_empty], rounds)
        told = {
            each.name: {"seconds": seconds(measured, each, empty), "state_bytes": state_bytes(each)}
            for each, empty in ((ours, ours_empty), (small, ours_empty), (theirs, theirs_empty))
        }
    for name, figures in told.items():
        total, last = figures["state_bytes"]
        size = f"{total / 1e6:.2f} MB of STATE, the last {last / 1e6:.2f}"
        CONSOLE.print(f"{name}: {figures['seconds']:.2f} s without start-up, {size}", highlight=False)
    report(
        "state",
        measured,
        ratio=told[theirs.name]["seconds"] / told[small.name]["seconds"],
        of=f"stock / ours, seconds at {PARENTS_OF_STOCK:,} parents",
        packages=("dif-kit", "singer-sdk"),
        without_start=told,
    )


if __name__ == "__main__":
    main()
