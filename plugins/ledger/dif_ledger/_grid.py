"""Clients by channels: how each stands, what its runs did; what the terminal and the page both show."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from dif_ledger._check import check
from dif_ledger._facts import of_runs
from dif_ledger._levels import Verdict  # noqa: TC001 - msgspec reads the annotation

if TYPE_CHECKING:
    from pathlib import Path

    from dif_ledger._facts import Database

__all__ = ["Cell", "Run", "Story", "cells", "story"]

_STREAMS: Final = "SELECT * FROM ledger.streams WHERE run_id = ANY(%s) ORDER BY run_id, stream"
_FAILURES: Final = "SELECT * FROM ledger.failures WHERE run_id = %s ORDER BY stream"
_DAYS: Final = 30


class Run(msgspec.Struct, frozen=True):
    """One run of one tap for one client."""

    run_id: str
    started_at: datetime
    seconds: float | None
    status: str
    kind: str
    rows: int
    rejected: int
    cause: str = ""
    message: str = ""
    command: str = ""
    waited_seconds: float = 0
    retries: int = 0
    log_path: str = ""
    request: dict[str, Any] | None = None


class Cell(msgspec.Struct, frozen=True):
    """A client's channel: the worst of its streams, and its runs, oldest first."""

    client: str
    tap: str
    verdicts: tuple[Verdict, ...]
    runs: tuple[Run, ...]

    @property
    def worst(self) -> Verdict:
        """The verdict that the cell shows."""
        return max(self.verdicts, key=lambda each: each.state.rank)

    @property
    def fresh_day(self) -> str | None:
        """The last day that every stream has."""
        return min((each.fresh_day for each in self.verdicts if each.fresh_day), default=None)

    @property
    def age_hours(self) -> float | None:
        """Hours since the oldest of the streams' last deliveries."""
        return max((each.age_hours for each in self.verdicts if each.age_hours is not None), default=None)


class Story(msgspec.Struct, frozen=True):
    """One run as it went: the run, what each stream counted, and what is missing."""

    run: Run
    streams: tuple[dict[str, Any], ...]
    failures: tuple[dict[str, Any], ...]


def cells(database: Database, levels: Path, now: datetime, client: str | None = None) -> list[Cell]:
    """Every client's channels, by name; raises ConfigError for a file of levels."""
    by_cell: dict[tuple[str, str], list[Verdict]] = defaultdict(list)
    for verdict in check(database, levels, now, client):
        by_cell[verdict.client, verdict.tap].append(verdict)
    rows = of_runs(database, now - timedelta(days=_DAYS), client)
    counted = _counted(database, [row["run_id"] for row in rows])
    runs: dict[tuple[str, str], list[Run]] = defaultdict(list)
    for row in rows:
        runs[row["client"], row["tap"]].append(_run(row, counted.get(row["run_id"], [])))
    return [Cell(*key, tuple(found), tuple(runs[key])) for key, found in sorted(by_cell.items())]


def story(database: Database, client: str, tap: str, run_id: str | None) -> Story | None:
    """One run, the last one if no other is named; None where there is none."""
    found = database.execute(
        "SELECT * FROM ledger.runs WHERE client = %s AND tap = %s AND (%s::text IS NULL OR run_id = %s) "
        "ORDER BY started_at DESC LIMIT 1",
        (client, tap, run_id, run_id),
    ).fetchone()
    if found is None:
        return None
    streams = _counted(database, [found["run_id"]]).get(found["run_id"], [])
    failures = database.execute(_FAILURES, (found["run_id"],)).fetchall()
    return Story(_run(found, streams), tuple(streams), tuple(failures))


def _counted(database: Database, run_ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in database.execute(_STREAMS, (run_ids,)):
        found[row["run_id"]].append(row)
    return found


def _run(row: dict[str, Any], streams: list[dict[str, Any]]) -> Run:
    ended = row["ended_at"]
    return Run(
        run_id=row["run_id"],
        started_at=row["started_at"],
        seconds=None if ended is None else (ended - row["started_at"]).total_seconds(),
        status=row["status"],
        kind=row["kind"],
        rows=sum(each["extracted"] or 0 for each in streams),
        rejected=sum(each["rejected"] or 0 for each in streams),
        cause=row["cause"] or "",
        message=row["message"] or "",
        command=row["command"] or "",
        waited_seconds=row["waited_seconds"] or 0,
        retries=row["retries"] or 0,
        log_path=row["log_path"] or "",
        request=row["request"],
    )
