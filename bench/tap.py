"""make bench what=tap: pages of an API into Singer messages, a tap of dif and one made from singer-sdk's own template.

Both get the same pages from the same server: ROWS_A_PAGE rows of 25 columns each, one page after another, no waiting.
What counts is the whole process, start to end, the same number of records for both. Before anything is timed, the
records of both are compared, number by number as exact decimals.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path
from typing import Any

from _measure import CONSOLE, RESULTS, Case, ratio, report, run_in_turn

HERE = Path(__file__).parent
ROWS_A_PAGE = 1000
RECORDS = int(os.environ.get("BENCH_RECORDS", "1000000"))
COMPARED = 20_000  # all the different pages that the server has
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
MOST_MEMORY = 64  # MiB
OURS, STOCK = "dif", "stock singer-sdk"
TAPS = {OURS: HERE / "taps" / "dif_pages.py", STOCK: HERE / "taps" / "stock_pages.py"}


@contextmanager
def pages(records: int) -> Iterator[str]:
    """A server of that many records; gives its URL."""
    command = [sys.executable, HERE / "_pages_server.py", str(records // ROWS_A_PAGE), str(ROWS_A_PAGE)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        yield server.stdout.readline().strip()
        server.stdin.close()


def case(name: str, url: str, records: int, label: str | None = None, **environment: str) -> Case:
    config = RESULTS / f"tap-{records}.json"
    config.write_text(json.dumps({"api_url": url}))
    command = [sys.executable, TAPS[name], "--config", config]
    return Case(label or name, command, records, environment)


def records_of(case: Case) -> Iterator[Any]:
    """What a tap sends, each number as the exact decimal it is."""
    command = subprocess.Popen(
        case.command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, **case.environment}
    )
    with command:
        for line in command.stdout or ():
            message = json.loads(line, parse_float=Decimal, parse_int=Decimal)
            if message["type"] == "RECORD":
                yield message["record"]


def compare(*cases: Case) -> None:
    """Leave with an error if the cases do not send the same records; one at a time, for what this process holds would
    count as memory of those that it starts.
    """
    for number, records in enumerate(zip_longest(*map(records_of, cases))):
        if any(record != records[0] for record in records):
            sys.exit(f"bench: record {number} is not the same from {[case.name for case in cases]}")
    if number + 1 != COMPARED:
        sys.exit(f"bench: {number + 1} records, {COMPARED} expected")
    CONSOLE.print(f"{COMPARED:,} records compared: equal")


def main() -> None:
    RESULTS.mkdir(exist_ok=True)
    with pages(COMPARED) as url:
        compare(
            case(STOCK, url, COMPARED),
            case(OURS, url, COMPARED),
            case(OURS, url, COMPARED, "dif, row by row", DIF_PLAIN_EMISSION="1"),
        )
    with pages(RECORDS) as url:
        measured = run_in_turn([case(STOCK, url, RECORDS), case(OURS, url, RECORDS)], ROUNDS)
    report(
        "tap",
        measured,
        ratio=ratio(measured, OURS, STOCK),
        of=f"records/s of a tap of dif / stock singer-sdk RESTStream, {RECORDS:,} records each",
        packages=["singer-sdk", "msgspec", "requests"],
        compared_records=COMPARED,
    )
    memory = max(each.rss for each in measured if each.case == OURS)
    if memory > MOST_MEMORY:
        sys.exit(f"bench: {memory:.0f} MiB of memory, more than {MOST_MEMORY}")


if __name__ == "__main__":
    main()
