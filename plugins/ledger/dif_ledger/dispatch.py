"""What the ledger knows of each client's tap, for whoever decides what runs next."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from dif_ledger import _check
from dif_ledger._facts import Database, connected

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Database", "PastRun", "connected", "missing_days", "past_runs"]

_LATELY: Final = timedelta(days=8)
_RUNS: Final = """
SELECT client, tap, target, kind, started_at, ended_at, status, cause, retry_at
FROM ledger.runs WHERE (started_at >= %s OR status = 'running') AND cause IS DISTINCT FROM 'duplicate_start'
ORDER BY started_at
"""


class PastRun(msgspec.Struct, frozen=True):
    """One run of a client's tap, under way if its status is ``running``."""

    client: str
    tap: str
    target: str
    kind: str
    started_at: datetime
    ended_at: datetime | None
    status: str
    cause: str | None = None
    retry_at: datetime | None = None


def past_runs(database: Database, now: datetime) -> list[PastRun]:
    """The runs of the last days, and those under way, oldest first; one that was started twice did nothing."""
    # One by one: of a thousand clients they are half a million.
    return [PastRun(**row) for row in database.execute(_RUNS, [now - _LATELY])]


def missing_days(database: Database, levels: Path, now: datetime) -> dict[tuple[str, str], str]:
    """The oldest day that `ledger check` misses, by client and tap; raises ConfigError for a file of levels."""
    found: dict[tuple[str, str], str] = {}
    for day, client, tap, _ in _check.missing_days(_check.check(database, levels, now)):
        found.setdefault((client, tap), day)
    return found
