"""What the week says: a line a day, a table at the end, whether memory stayed flat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from rich.table import Table

from soak.day import Day
from soak.troubles import KINDS
from soak.world import OURS

__all__ = ["growth", "leaks", "line", "table", "totals"]

WARM_UP_DAYS: Final = 2
MOST_GROWTH: Final = 0.02
MOST_GROWTH_MEBIBYTES: Final = 2.0
FEWEST_DAYS: Final = 3
WATCHED: Final = [name for name in OURS if name != "simulators"]


def line(day: Day) -> str:
    """One day."""
    return (
        f"soak: day {day.number + 1}: {day.jobs:,} jobs in {day.seconds:.0f} s ({day.jobs / day.seconds:.1f}/s), "
        f"{sum(day.troubles.values())} faults, {day.expected} late expected, {day.raised} alerts, "
        f"{len(day.violations)} violations, {sum(day.memory.get(name, 0) for name in OURS):.0f} MiB"
    )


def growth(days: Sequence[Day]) -> dict[str, float]:
    """MiB a day by which each long-living process of ours grows once it is warm, by least squares."""
    warm = days[WARM_UP_DAYS:]
    if len(warm) < FEWEST_DAYS:
        return {}
    middle = sum(each.number for each in warm) / len(warm)
    spread = sum((each.number - middle) ** 2 for each in warm)
    return {name: sum((each.number - middle) * each.memory[name] for each in warm) / spread for name in warm[0].memory}


def leaks(days: Sequence[Day]) -> list[str]:
    """I5: those that grow by more than a process's own restlessness.

    The simulators may: they remember what they have drawn, up to a bound that a small fleet's week does not meet.
    """
    return [
        f"I5: {name} grows by {slope:.1f} MiB a day, to {days[-1].memory[name]:.0f} MiB"
        for name, slope in growth(days).items()
        if name in WATCHED and slope > max(MOST_GROWTH_MEBIBYTES, MOST_GROWTH * days[-1].memory[name])
    ]


def totals(days: Sequence[Day]) -> dict[str, Any]:
    """Everything added up."""
    jobs, seconds = sum(each.jobs for each in days), sum(each.seconds for each in days)
    return {
        "jobs": jobs,
        "seconds": round(seconds, 1),
        "jobs_a_second": round(jobs / seconds, 2),
        "cpu_seconds_a_job": round(sum(each.busy_seconds for each in days) / max(1, jobs), 3),
        "rows_compared": days[-1].rows,
        "faults": dict(sum((each.troubles for each in days), Counter())),
        "faults_met": dict(sum((each.met for each in days), Counter())),
        "endings": {str(code): number for code, number in sum((each.endings for each in days), Counter()).items()},
        "alerts_expected": sum(each.expected for each in days),
        "alerts_raised": sum(each.raised for each in days),
        "peak_mebibytes_of_a_run": round(max(each.peak_mebibytes for each in days)),
        "memory": {name: [round(each.memory[name]) for each in days] for name in days[-1].memory},
        "growth_mebibytes_a_day": {name: round(slope, 2) for name, slope in growth(days).items()},
    }


def table(days: Sequence[Day]) -> Table:
    """The faults by kind."""
    found = Table("fault", "lasts", "drawn", "met", title="soak")
    drawn, met = (sum((getattr(each, name) for each in days), Counter()) for name in ("troubles", "met"))
    for kind, mischief in KINDS.items():
        found.add_row(kind, mischief.lasts.value, str(drawn[kind]), str(met[kind]))
    return found
