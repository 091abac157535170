"""How a run ended, by what the tap says it sent and what the destination says it has; exit codes only explain."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Final

import msgspec
from dif_kit.delivery import Receipt, StreamReceipt
from dif_kit.errors import ExitCode

from dif_ledger._records import FailureRow, Status, StreamRow

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from dif_kit.delivery import Delivered

    from dif_ledger._pipe import PipeEnd

__all__ = ["Changes", "Judgement", "judge"]

_DEFERRED: Final = re.compile(r"deferred, run again at (\S+?): (.*)")
_RUNNING: Final = re.compile(r"already running for .*")
_FENCED: Final = re.compile(r"target-[a-z0-9-]+: .*fenced off: .*")
_LOST: Final = re.compile(r"lines were lost or altered between the two")
# What a plugin says last is its name and one sentence; its log lines begin with a date.
_LAST_WORD: Final = re.compile(r"(?:tap|target)-[a-z0-9-]+: .*")
# What a target says of a tap that has said why itself.
_ECHO: Final = re.compile(r"target-[a-z0-9-]+: the tap did not send all")
_PUT_ASIDE: Final = re.compile(r"\d records are in quarantine")
_CREDENTIAL: Final = re.compile(r"\b(?:vault|env|file)://\S")
_SETTINGS: Final = re.compile(r"the settings are wrong")


class Changes(Enum):
    """How rows may rightly become others between tap and table."""

    NONE = "none"
    MAPPER_BETWEEN = "a program between tap and target"
    STREAM_MAPS = "the target's own stream maps: fewer rows, other names"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The status of a run with its cause: a short code for machines, a sentence for people."""

    status: Status
    streams: tuple[StreamRow, ...]
    failures: tuple[FailureRow, ...] = ()
    cause: str | None = None
    message: str | None = None
    retry_at: datetime | None = None


def judge(
    run_id: str,
    end: PipeEnd,
    delivered: Sequence[Delivered],
    *,
    changes: Changes = Changes.NONE,
    asked: Collection[str] = (),
) -> Judgement:
    """The judgement of a run by its receipt and by the units that its destination committed under its id.

    ``changes`` says whether rows may rightly become others on their way. ``asked`` are streams that the run was started
    for: without a word on one of them it is not done.
    """
    receipt = _receipt_of(run_id, end.state)
    streams = _streams(receipt, _SENT[changes](receipt, delivered), delivered)
    found = _put_off(end, streams) or _unproven(receipt, end, streams) or _incomplete(receipt, end, streams)
    return found or _unread(receipt, streams, asked) or Judgement(Status.DONE, streams)


def _put_off(end: PipeEnd, streams: tuple[StreamRow, ...]) -> Judgement | None:
    """A run that is to come later, or that another one stands in the way of."""
    for line in end.said:
        if deferral := _DEFERRED.search(line):
            at = datetime.fromisoformat(deferral[1])
            message = f"come back at {at.astimezone(UTC):%Y-%m-%d %H:%M} UTC: {deferral[2]}"
            return Judgement(Status.DEFERRED, streams, cause="deferred", message=message, retry_at=at)
        if (running := _RUNNING.search(line)) and not streams:
            return Judgement(Status.FAILED, streams, cause="duplicate_start", message=running[0])
    return None


def _unproven(receipt: Receipt | None, end: PipeEnd, streams: tuple[StreamRow, ...]) -> Judgement | None:
    """Rows that nobody accounts for, or other rows than the receipt says."""
    status = Status.PARTIAL if any(each.staged for each in streams) else Status.FAILED
    word = _last_word(end.said)
    if receipt is None:
        if word and _LOST.search(word):
            return Judgement(status, streams, cause="rows_differ", message=word)
        what = "no receipt of this run came through, so nobody can say what is missing"
        message = word if word and not streams else f"{what}: {word}" if word else what
        return Judgement(status, streams, cause=_why(end, word), message=message)
    different = [f"{each.stream}: {_account(each)}" for each in streams if not _is_all_there(each)]
    if not different:
        return None
    cause = "rows_differ" if receipt.complete else _death(end)
    return Judgement(status, streams, _failures(receipt), cause, "; ".join(filter(None, (*different, word))))


def _incomplete(receipt: Receipt | None, end: PipeEnd, streams: tuple[StreamRow, ...]) -> Judgement | None:
    """What was sent is there, but something was never sent, or was put aside."""
    assert receipt is not None  # noqa: S101 - that would be unproven
    failures, word = _failures(receipt), _last_word(end.said)
    if failures:
        return Judgement(Status.PARTIAL, streams, failures, "partition_failed", word or failures[0].reason)
    if not receipt.complete:
        status = Status.PARTIAL if streams else Status.FAILED
        return Judgement(status, streams, cause=_why(end, word), message=word or "the tap did not say that it is done")
    if rejected := sum(each.rejected or 0 for each in streams):
        told = word if word and _PUT_ASIDE.search(word) else f"{rejected:,} rows are in quarantine"
        return Judgement(Status.PARTIAL, streams, cause="rows_rejected", message=told)
    if end.tap_exit or end.target_exit:
        return Judgement(
            Status.PARTIAL, streams, cause=_death(end), message=word or "it ended badly after the last row"
        )
    return None


def _unread(receipt: Receipt | None, streams: tuple[StreamRow, ...], asked: Collection[str]) -> Judgement | None:
    """Streams that the run was for, and that the tap does not even mention."""
    told = {each.stream for each in streams} | set(receipt.streams if receipt is not None else ())
    unread = sorted(set(asked) - told)
    if not unread:
        return None
    status = Status.PARTIAL if any(each.staged for each in streams) else Status.FAILED
    return Judgement(status, streams, cause="stream_unread", message=f"the tap did not read {', '.join(unread)}")


def _failures(receipt: Receipt) -> tuple[FailureRow, ...]:
    return tuple(FailureRow(each.stream, each.partition, each.reason) for each in receipt.failed)


def _receipt_of(run_id: str, state: Mapping[str, object] | None) -> Receipt | None:
    """The receipt in the STATE, if it is of this run: STATE of an earlier one says nothing of it."""
    try:
        receipt = Receipt.from_state(state) if state else None
    except msgspec.ValidationError:
        return None
    return receipt if receipt is not None and receipt.run_id == run_id else None


def _as_sent(receipt: Receipt | None, delivered: Sequence[Delivered]) -> dict[str, StreamReceipt]:
    """What the tap says of each stream; one that had a SCHEMA alone is none to speak of, but where it failed."""
    if receipt is None:
        return {}
    failed = {each.stream: StreamReceipt() for each in receipt.failed}
    spoken_of = {unit.stream for unit in delivered} | set(failed)
    sent = failed | receipt.streams
    return {name: told for name, told in sent.items() if told.records or told.windows or name in spoken_of}


def _as_read(_receipt: Receipt | None, delivered: Sequence[Delivered]) -> dict[str, StreamReceipt]:
    """What the target says it has read of each stream."""
    return {name: StreamReceipt(records=last.records_received or 0) for name, last in _last_units(delivered).items()}


def _as_mapped(receipt: Receipt | None, delivered: Sequence[Delivered]) -> dict[str, StreamReceipt]:
    """What the target made of each stream's rows; that all of the tap's had come, it compares at every STATE itself."""
    made: dict[str, StreamReceipt] = {}
    for unit in delivered:
        told = receipt.streams.get(unit.stream) if receipt is not None else None
        new = StreamReceipt(0, told.checksum if told else None, list(told.windows) if told else [])
        made.setdefault(unit.stream, new).records += unit.rows + unit.quarantined
    return made


def _last_units(delivered: Sequence[Delivered]) -> dict[str, Delivered]:
    return {unit.stream: unit for unit in sorted(delivered, key=lambda unit: unit.unit)}


def _streams(
    receipt: Receipt | None, sent: Mapping[str, StreamReceipt], delivered: Sequence[Delivered]
) -> tuple[StreamRow, ...]:
    last = _last_units(delivered)
    rows = []
    for name in sorted({*sent, *(unit.stream for unit in delivered)}):
        units = [unit for unit in delivered if unit.stream == name]
        row = StreamRow(
            name,
            sent[name].records if name in sent else None,
            sum(unit.rows for unit in units),
            sum(unit.loaded for unit in units),
            sum(unit.quarantined for unit in units),
            sent[name].checksum if name in sent else None,
            last[name].checksum if name in last else None,
            superseded=sum(unit.superseded or 0 for unit in units),
            windows=[msgspec.to_builtins(window) for window in sent[name].windows] if name in sent else [],
        )
        is_whole = receipt is not None and receipt.complete and _is_all_there(row)
        rows.append(replace(row, complete=is_whole))
    return tuple(rows)


def _is_all_there(row: StreamRow) -> bool:
    """I3: extracted = loaded + superseded + quarantined, from the very lines that the tap wrote."""
    is_counted = row.extracted == (row.staged or 0) + (row.rejected or 0)
    return is_counted and (row.loaded or 0) + (row.superseded or 0) == row.staged and not _is_altered(row)


def _is_altered(row: StreamRow) -> bool:
    return None not in {row.checksum_sent, row.checksum_received} and row.checksum_sent != row.checksum_received


def _account(row: StreamRow) -> str:
    sent = "an unknown number of" if row.extracted is None else f"{row.extracted:,}"
    counted = f"{sent} rows sent, {row.staged:,} staged, {row.loaded:,} loaded, {row.rejected:,} in quarantine"
    altered = f"; lines with checksum {row.checksum_sent} sent, {row.checksum_received} received"
    return counted + (altered if _is_altered(row) else "")


def _death(end: PipeEnd) -> str:
    """Which of the two ended the run before its time, as far as that can be told."""
    if any(_FENCED.search(line) for line in end.said):
        return "fenced_off"
    if end.was_stopped:
        return "stopped"
    if end.target_exit is not None and end.target_exit not in {ExitCode.COMPLETE, ExitCode.PARTIAL}:
        return "target_died" if end.target_exit < 0 else "target_failed"
    if end.tap_exit is not None and end.tap_exit < 0:
        return "tap_died"
    return "tap_failed" if end.tap_exit else "receipt_missing"


def _why(end: PipeEnd, word: str | None) -> str:
    """What somebody has to mend, where the last word tells it; else which of the two ended the run."""
    death = _death(end)
    if word is None or death not in {"tap_failed", "target_failed", "receipt_missing"}:
        return death
    if _CREDENTIAL.search(word):
        return "credential"
    is_usage = ExitCode.USAGE in {end.tap_exit, end.target_exit}
    return "settings" if is_usage or _SETTINGS.search(word) else death


def _last_word(said: Sequence[str]) -> str | None:
    found = [match[0] for line in said if (match := _LAST_WORD.search(line)) and " | " not in match[0]]
    own = [word for word in found if not _ECHO.match(word)]
    return next(reversed(own or found), None)


_SENT: Final = {
    Changes.NONE: _as_sent,
    Changes.MAPPER_BETWEEN: _as_read,
    Changes.STREAM_MAPS: _as_mapped,
}
