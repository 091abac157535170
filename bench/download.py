"""A report of 2 GB of JSON and one of 2 GB of CSV in a ZIP, read row by row: seconds, and the peak of the memory.

The plain way (the answer whole, then its rows) is measured at 200 MB only: at 2 GB it does not fit here.
`--quick` leaves the large ones out.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from _measure import Case, Round, report, rounds_of, run_in_turn

HERE = Path(__file__).parent
SMALL, LARGE = 200, 2000  # megabytes, unpacked
MOST_RSS = 150.0  # MiB: what issue and README promise


@contextmanager
def server(megabytes: int) -> Iterator[str]:
    """The URL of a server whose reports are so large."""
    command = [sys.executable, str(HERE / "_files_server.py"), str(megabytes)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout is None or process.stdin is None:
            raise AssertionError("both are pipes")
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


def measure(megabytes: int, ways: tuple[str, ...], rounds: int) -> list[Round]:
    """Each way with each form, at one size."""
    with server(megabytes) as url:
        cases = [
            Case(
                f"{way} {form} {megabytes} MB",
                [sys.executable, HERE / "_files_client.py", way, form, url],
                records=count(url, form),
            )
            for form in ("json", "zip")
            for way in ways
        ]
        return run_in_turn(cases, rounds)


def count(url: str, form: str) -> int:
    """The rows of a report, as its server tells."""
    return int(requests.head(f"{url}/{form}", timeout=60).headers["X-Rows"])


def main() -> None:
    measured = measure(SMALL, ("kit", "plain"), rounds=3)
    largest = SMALL
    if "--quick" not in sys.argv:
        measured += measure(LARGE, ("kit",), rounds=1)
        largest = LARGE
    speeds = {
        each.case: round(int(each.case.split()[-2]) / each.wall, 1)
        for each in sorted(measured, key=lambda each: -each.wall)
    }
    peak = max(each.rss for each in measured if each.case.startswith("kit"))
    small = {way: max(each.rss for each in rounds_of(measured, f"{way} json {SMALL} MB")) for way in ("kit", "plain")}
    report(
        "download",
        measured,
        ratio=small["plain"] / small["kit"],
        of=f"times the memory of the kit that the plain way takes for {SMALL} MB of JSON",
        packages=("dif-kit", "requests", "urllib3", "msgspec"),
        megabytes_a_second=speeds,
        peak_rss_mib=round(peak, 1),
    )
    if peak > MOST_RSS:
        sys.exit(f"bench: {peak:.0f} MiB at {largest} MB, {MOST_RSS:.0f} are promised")


if __name__ == "__main__":
    main()
