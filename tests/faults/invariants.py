"""What must hold after every attempt, whatever happened in it: I1 to I5 (docs/faults.md)."""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dif_sandbox.demo._rows import same

from faults import truth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faults.pipe import Ended
    from faults.places import Found
    from faults.rig import Rig

__all__ = ["Attempt", "broken_by", "frozen_wrote", "left_behind"]

MOST_MEBIBYTES = 260
PATIENCE_SECONDS = 30.0
COMPLETE, PARTIAL = 0, 3


@dataclass(frozen=True)
class Attempt:
    """What one run was given: its id, the places it was to send, and the bookmark told before."""

    run_id: str
    first: int
    last: int

    @property
    def told_before(self) -> int:
        """The bookmark that the orchestrator gave to the run."""
        return self.first - 1


def bookmark(state: dict[str, Any] | None, before: int) -> int:
    """The place that a told STATE claims to be durable."""
    return before if state is None else int(state["bookmarks"]["place"])


def broken_by(attempt: Attempt, ended: Ended, found: Found) -> Iterator[str]:
    """Every promise that an ended run has broken, in words that begin with its number."""
    yield from _state_is_ahead(bookmark(ended.told, attempt.told_before), found)
    yield from _rows_are_wrong(attempt.last, found)
    yield from _counts_differ(attempt, ended, found)
    yield from _is_silent(attempt, ended, found)
    if ended.peak_mebibytes > MOST_MEBIBYTES:
        yield f"I5: a process took {ended.peak_mebibytes:.0f} MiB"
    if "Traceback" in ended.said and ended.target not in (-2, -9, -15) and "dif_kit/target" in ended.said:
        yield f"errors: the target ended with a traceback: {ended.said[-600:]}"


def _state_is_ahead(told: int, found: Found) -> Iterator[str]:
    for stream in truth.KEYS:
        places = found.places(stream)
        ahead = [name for name, number in truth.latest(stream, told).items() if places.get(name, 0) < number]
        if ahead:
            yield f"I1: STATE says {told}, but {stream} has not {len(ahead)} of its rows, as {ahead[:3]}"
        put_aside = found.put_aside(stream)
        lost = [n for n in range(1, told + 1) if truth.is_bad(stream, n) and n not in put_aside]
        if lost:
            yield f"I1, I3: STATE says {told}, but bad rows of {stream} are not in quarantine: {lost[:3]}"


def _rows_are_wrong(last: int, found: Found) -> Iterator[str]:
    yield from (f"I2: stands more than once: {what}" for what in found.repeated[:3])
    for stream, rows in found.rows.items():
        for row in rows:
            number = truth.place(stream, dict(row))
            wrong = _wrong_columns(stream, number, tuple(row.items()))
            if wrong or number > last or truth.is_bad(stream, number):
                yield f"I2: {stream} has a row that the source has not: {number} {wrong} {dict(row)}"
                return


@functools.cache  # a series only grows: each row is looked at after every attempt
def _wrong_columns(stream: str, number: int, row: tuple[tuple[str, Any], ...]) -> list[str]:
    found = dict(row)
    return [name for name, value in truth.row(stream, number).items() if not same(value, found[name])]


def _counts_differ(attempt: Attempt, ended: Ended, found: Found) -> Iterator[str]:
    """Extracted = loaded + quarantined; before the end of a run, at least what the told receipt states."""
    for stream in truth.KEYS:
        mine = [unit for unit in found.units if (unit.run_id, unit.stream) == (attempt.run_id, stream)]
        for unit in mine:
            if unit.quarantined != len(unit.put_aside):
                yield f"I3: {unit.url} states {unit.quarantined} in quarantine, there are {len(unit.put_aside)}"
        delivered = sum(unit.rows + unit.quarantined for unit in mine)
        sent = attempt.last + 1 - attempt.first
        told = ended.told["dif"]["streams"][stream]["records"] if ended.told else 0
        is_over = ended.target in (COMPLETE, PARTIAL) and ended.told is not None and ended.told["dif"]["complete"]
        if not told <= delivered <= sent or (is_over and delivered != told):
            yield f"I3: of {stream} {told} were extracted, {delivered} are loaded or in quarantine, {sent} there are"


def _is_silent(attempt: Attempt, ended: Ended, found: Found) -> Iterator[str]:
    missing = []
    for stream in truth.KEYS:
        places = found.places(stream)
        missing += [name for name, n in truth.latest(stream, attempt.last).items() if places.get(name, 0) < n]
        missing += [
            n for n in range(1, attempt.last + 1) if truth.is_bad(stream, n) and n not in found.put_aside(stream)
        ]
    if missing and ended.is_all_well:
        yield f"I4: {len(missing)} rows are missing, as {missing[:3]}, and the run ended with 0"
    if missing and ended.told is not None and ended.told["dif"]["complete"]:
        yield f"I4: {len(missing)} rows are missing, as {missing[:3]}, and STATE says complete"
    mine = [unit for unit in found.units if unit.run_id == attempt.run_id]
    if any(unit.quarantined for unit in mine) and ended.target == COMPLETE:
        yield "I4: rows are in quarantine, and the target ended with 0"


def left_behind(rig: Rig, *, may_leave_uploads: bool) -> Iterator[str]:
    """What a run that is over has left in the lake and in the warehouse; a session may take a moment to end."""
    if not may_leave_uploads and (uploads := rig.lake.unfinished_uploads()):
        yield f"I5: uploads are neither finished nor given up: {uploads[:3]}"
    if not rig.is_warehouse:
        return
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (left := rig.warehouse.sessions() + rig.warehouse.temporary_tables()) and time.monotonic() < deadline:
        time.sleep(0.02)
    if left:
        yield f"I5: sessions or temporary tables are left: {left[:3]}"


def frozen_wrote(before: Found, after: Found) -> Iterator[str]:
    """I6: what a run that woke late has changed in what the run that took over had delivered."""
    for stream in truth.KEYS:
        places, now = before.places(stream), after.places(stream)
        undone = [name for name, number in places.items() if now.get(name, 0) < number]
        if undone:
            yield f"I6: a run that woke late has put back older rows of {stream}: {undone[:3]}"
