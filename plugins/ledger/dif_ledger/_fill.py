"""Days filled in chunk by chunk, each a supervised run; after whatever interrupts it, it goes on where it stopped."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from dif_kit.delivery import new_run_id

from dif_ledger._backfills import Chunk, finish, note
from dif_ledger._records import Kind, RunEnd, Status
from dif_ledger._supervise import Pipe, close, supervise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from dif_ledger._facts import Database
    from dif_ledger._telemetry import Told

__all__ = ["DaysPipe", "Filling", "fill_in", "held_by_nobody_else"]

_PATIENCE_SECONDS: Final = 0.5
# The bookmarks say that these days were read, but not every row of them arrived: they are read again.
_READ_AGAIN: Final = frozenset({"rows_differ", "rows_rejected", "unproven"})
# With these, the next chunk would end as this one did.
_ENOUGH: Final = frozenset({Status.DEFERRED, Status.FAILED})


class DaysPipe(Pipe, Protocol):
    """A tap and a target for the days of one chunk."""

    was_stopped: bool

    def state(self) -> Mapping[str, Any] | None:
        """The STATE that was told last."""

    def forget(self) -> None:
        """Let go of the STATE."""


@dataclass(frozen=True, slots=True)
class Filling:
    """What is filled in, for whom and how; ``tell`` shows a line to the person who waits."""

    backfill_id: str
    whose: Told
    kind: Kind
    target_config: Mapping[str, Any]
    command: str
    logs: Path
    pipe: Callable[[Chunk], DaysPipe]
    tell: Callable[[str], None]


def fill_in(database: Database, filling: Filling, chunks: Sequence[Chunk]) -> list[Chunk]:
    """Load every chunk that is not done, oldest first, and note how each ended; all chunks as they are then.

    It ends early when it is asked to stop, when a budget is used up, and when a run fails.

    Raises:
        DifError: a plugin cannot be started, or the destination not be asked what it has.
    """
    ended = list(chunks)
    begun = time.monotonic()
    loaded = 0
    for place, chunk in enumerate(chunks):
        pipe = filling.pipe(chunk)
        before = ended[place] = _settled(database, filling, chunk, pipe)
        if before.is_done:
            continue
        left = sum(not each.is_done for each in ended[place:])
        which = f"chunk {chunk.number} of {len(chunks)}{_left(begun, loaded, left)}"
        filling.tell(f"{filling.kind.command}: {_days(chunk)}, {which}")
        ended[place], end = _load(database, filling, before, pipe)
        loaded += 1
        because = f" ({end.cause}): {end.message}" if end.cause else ""
        rows = sum(each.loaded or 0 for each in end.streams)
        filling.tell(f"{filling.kind.command}: {_days(chunk)} is {end.status}: {rows:,} rows{because}; {end.run_id}")
        if pipe.was_stopped or end.status in _ENOUGH:
            break
    if all(each.is_done for each in ended):
        finish(database, filling.backfill_id)
    return ended


@contextmanager
def held_by_nobody_else(path: Path, tell: Callable[[str], None]) -> Iterator[int]:
    """A lock file that children inherit, open; it waits for those of a process that was killed, which still work."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        is_told = False
        while not _lock(lock):
            if not is_told:
                tell("a run that lost its witness is still at work; waiting for its end")
                is_told = True
            time.sleep(_PATIENCE_SECONDS)
        yield lock
    finally:
        os.close(lock)


def _lock(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _load(database: Database, filling: Filling, chunk: Chunk, pipe: DaysPipe) -> tuple[Chunk, RunEnd]:
    run_id = new_run_id()
    chunk = note(database, filling.backfill_id, chunk, Status.RUNNING, run_id)
    end = supervise(
        database,
        filling.whose,
        pipe,
        filling.target_config,
        command=filling.command,
        logs=filling.logs,
        kind=filling.kind,
        run_id=run_id,
        asked=chunk.streams,
    )
    return _noted(database, filling, chunk, pipe, (end.status, end.cause)), end


def _settled(database: Database, filling: Filling, chunk: Chunk, pipe: DaysPipe) -> Chunk:
    """The chunk with how its last run really ended, if nobody was there to note it."""
    if chunk.status != Status.RUNNING or chunk.run_id is None:
        return chunk
    asked = "SELECT status, cause FROM ledger.runs WHERE run_id = %s"
    row = database.execute(asked, [chunk.run_id]).fetchone()
    if row is None:
        return chunk  # it was killed before anything began
    status, cause = Status(row["status"]), row["cause"]
    if status is Status.RUNNING:
        end = close(database, filling.whose, chunk.run_id, pipe.state(), filling.target_config, asked=chunk.streams)
        status, cause = end.status, end.cause
        filling.tell(f"{filling.kind.command}: run {chunk.run_id} had lost its witness: it is {status}")
    return _noted(database, filling, chunk, pipe, (status, cause))


def _noted(
    database: Database, filling: Filling, chunk: Chunk, pipe: DaysPipe, ending: tuple[Status, str | None]
) -> Chunk:
    status, cause = ending
    # Before the note: if this process dies between the two, the days are read once more, never once too little.
    if cause in _READ_AGAIN:
        pipe.forget()
    noted = note(database, filling.backfill_id, chunk, status, str(chunk.run_id))
    if status is Status.DONE:
        pipe.forget()
    return noted


def _days(chunk: Chunk) -> str:
    return f"{chunk.first} to {chunk.last}"


def _left(begun: float, loaded: int, left: int) -> str:
    if not loaded:
        return ""
    minutes = (time.monotonic() - begun) / loaded * left / 60
    return f", about {minutes:,.0f} min left" if minutes >= 1 else ", less than a minute left"
