"""A report of 2 GB of JSON and one of 2 GB of CSV in a ZIP, read row by row: seconds, and the peak of the memory.

Once as the kit reads it, once as a whole tap orders, downloads and writes it as Singer messages.

The plain way (the answer whole, then its rows) is measured at 200 MB only: at 2 GB it does not fit here.
`--quick` leaves the large ones out.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from _measure import RESULTS, Case, Round, report, rounds_of, run_in_turn

HERE = Path(__file__).parent
TAP = "tap"
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
                command(way, form, url),
                records=count(url, form),
                stdout=sent(form) if way == TAP and megabytes == SMALL else None,
            )
            for form in ("json", "zip")
            for way in ways
        ]
        measured = run_in_turn(cases, rounds)
    for case in cases:
        if case.stdout is not None:
            check_rows(case)
    return measured


def command(way: str, form: str, url: str) -> list[str | Path]:
    """A whole tap, or a client that reads the rows and does nothing with them."""
    if way != TAP:
        return [sys.executable, HERE / "_files_client.py", way, form, url]
    config, catalog = RESULTS / "files.json", RESULTS / f"files-{form}.catalog.json"
    config.write_text(json.dumps({"api_url": url}))
    tap = [sys.executable, HERE / "taps" / "dif_files.py", "--config", config]
    found = json.loads(subprocess.run([*tap, "--discover"], check=True, capture_output=True).stdout)
    found["streams"] = [stream for stream in found["streams"] if stream["stream"] == form]
    catalog.write_text(json.dumps(found))
    return [*tap, "--catalog", catalog]


def sent(form: str) -> Path:
    """Where the small report's messages go, to be counted; the large one's go nowhere."""
    return RESULTS / f"download-{form}.jsonl"


def check_rows(case: Case) -> None:
    """Leave with an error if a tap did not write as many records as the server has rows."""
    assert case.stdout is not None
    with case.stdout.open("rb") as lines:
        found = sum(line.startswith(b'{"type":"RECORD"') for line in lines)
    case.stdout.unlink()
    if found != case.records:
        sys.exit(f"bench: {case.name} wrote {found} records of {case.records}")


def count(url: str, form: str) -> int:
    """The rows of a report, as its server tells."""
    return int(requests.head(f"{url}/{form}", timeout=60).headers["X-Rows"])


def main() -> None:
    measured = measure(SMALL, ("kit", TAP, "plain"), rounds=3)
    largest = SMALL
    if "--quick" not in sys.argv:
        measured += measure(LARGE, ("kit", TAP), rounds=1)
        largest = LARGE
    speeds = {
        each.case: round(int(each.case.split()[-2]) / each.wall, 1)
        for each in sorted(measured, key=lambda each: -each.wall)
    }
    peak = max(each.rss for each in measured if each.case.startswith(("kit", TAP)))
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
