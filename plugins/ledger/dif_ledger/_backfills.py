"""Backfills and their chunks, as the platform database keeps them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dif_kit.delivery import new_run_id
from dif_kit.errors import AlreadyRunningError
from psycopg.types.json import Jsonb

from dif_ledger._leases import take
from dif_ledger._records import Kind, Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from dif_ledger._facts import Database
    from dif_ledger._telemetry import Told

__all__ = ["Chunk", "begin", "claim", "find", "finish", "note"]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Days, first and last included, of streams that one run loads; ``run_id`` is of the last run that tried."""

    number: int
    first: date
    last: date
    streams: tuple[str, ...]
    status: str = "waiting"
    runs: int = 0
    run_id: str | None = None

    @property
    def is_done(self) -> bool:
        """Whether its days are there."""
        return self.status == Status.DONE

    @property
    def name(self) -> str:
        """The same for the same days and streams, whoever asks for them: so that one goes on where another stopped."""
        digest = hashlib.sha256("\n".join(sorted(self.streams)).encode()).hexdigest()[:8]
        return f"backfill-{self.first}-{self.last}-{digest}"


def claim(database: Database, whose: Told) -> None:
    """Be the only one who fills in days of this client and tap, for as long as the connection is open.

    Raises:
        AlreadyRunningError: somebody is at it.
    """
    if not take(database, f"backfill\t{whose.client}\t{whose.tap}"):
        message = f"days of {whose.tap} are being filled in for {whose.client} by another process; nothing was done"
        raise AlreadyRunningError(message)


def find(database: Database, whose: Told, kind: Kind, chunks: Sequence[Chunk]) -> tuple[str, list[Chunk]] | None:
    """The last backfill that asked for the same streams and days, with its chunks; None if there is none."""
    for row in database.execute(
        "SELECT backfill_id, streams FROM ledger.backfills WHERE client = %s AND tap = %s AND target = %s "
        "AND kind = %s AND first_day = %s AND last_day = %s ORDER BY started_at DESC",
        [whose.client, whose.tap, whose.target, kind, chunks[0].first, chunks[-1].last],
    ):
        if row["streams"] == _streams(chunks):
            return row["backfill_id"], _chunks(database, row["backfill_id"])
    return None


def begin(database: Database, whose: Told, kind: Kind, chunks: Sequence[Chunk], command: str) -> str:
    """Note what is about to be filled in; the id of it."""
    backfill_id = new_run_id()
    first, last = min(each.first for each in chunks), max(each.last for each in chunks)
    with database.transaction(), database.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger.backfills (backfill_id, client, tap, target, kind, first_day, last_day, streams, "
            "command) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [backfill_id, whose.client, whose.tap, whose.target, kind, first, last, Jsonb(_streams(chunks)), command],
        )
        cursor.executemany(
            "INSERT INTO ledger.chunks (backfill_id, number, first_day, last_day, streams) VALUES (%s, %s, %s, %s, %s)",
            [(backfill_id, each.number, each.first, each.last, Jsonb(list(each.streams))) for each in chunks],
        )
    return backfill_id


def note(database: Database, backfill_id: str, chunk: Chunk, status: Status, run_id: str) -> Chunk:
    """Note what became of a chunk, or that a run of it begins."""
    runs = chunk.runs + (status is Status.RUNNING)
    database.execute(
        "UPDATE ledger.chunks SET status = %s, run_id = %s, runs = %s WHERE backfill_id = %s AND number = %s",
        [status, run_id, runs, backfill_id, chunk.number],
    )
    return replace(chunk, status=status, run_id=run_id, runs=runs)


def finish(database: Database, backfill_id: str) -> None:
    """Note that all of it is there."""
    database.execute(
        "UPDATE ledger.backfills SET ended_at = now() WHERE backfill_id = %s AND ended_at IS NULL", [backfill_id]
    )


def _chunks(database: Database, backfill_id: str) -> list[Chunk]:
    rows = database.execute("SELECT * FROM ledger.chunks WHERE backfill_id = %s ORDER BY number", [backfill_id])
    return [_chunk(row) for row in rows]


def _chunk(row: dict[str, Any]) -> Chunk:
    return Chunk(
        row["number"],
        row["first_day"],
        row["last_day"],
        tuple(row["streams"]),
        row["status"],
        row["runs"],
        row["run_id"],
    )


def _streams(chunks: Sequence[Chunk]) -> list[str]:
    return sorted({stream for each in chunks for stream in each.streams})
