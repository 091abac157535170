"""One run of a tap as it will be told: what was sent, what is missing, how far it came."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from dif_kit._words import counted
from dif_kit.delivery import (
    RECEIPT_KEY,
    Checksums,
    FailedPartition,
    Receipt,
    StreamReceipt,
    new_run_id,
    run_id_from_environment,
)
from dif_kit.delivery import Window as CoveredWindow
from dif_kit.errors import (
    Deferred,
    DifError,
    ExtractionError,
    NotReadyError,
    PartialRunError,
    SpentBudgetError,
)
from dif_kit.tap._spent import SpentBudgets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_kit.tap._window import Days

__all__ = ["Run"]

_SHOWN_FAILURES: Final = 3
_BYTES_A_RECORD: Final = 30  # few records are smaller; so STATE is a small part of the output


class Run:
    """The receipt of one run while it grows, with the rule for when STATE is worth its bytes."""

    def __init__(self, checksums: Checksums) -> None:
        self._checksums = checksums
        self.started_at = datetime.now(UTC)
        self.receipt = Receipt(run_id=run_id_from_environment() or new_run_id())
        self._finished_partitions = 0
        self._retry_at: list[float] = []
        #: How often something was found to be missing.
        self.missing = 0
        self.spent = SpentBudgets()
        self._put_off: set[str] = set()
        self._is_spent = False
        self._announced: set[str] = set()
        self._events = 0
        self._last_state = b""

    def is_first_schema(self, stream: str) -> bool:
        """True the first time that it is asked for a stream."""
        if stream in self._announced:
            return False
        self._announced.add(stream)
        return True

    def sent(self, stream: str, count: int = 1) -> None:
        """RECORD messages of ``stream`` went out."""
        self._stream(stream).records += count
        self._events += count

    @property
    def records(self) -> int:
        """The RECORD messages so far."""
        return sum(stream.records for stream in list(self.receipt.streams.values()))

    def records_of(self, stream: str) -> int:
        """The RECORD messages of one stream so far."""
        told = self.receipt.streams.get(stream)
        return 0 if told is None else told.records

    def covered(self, stream: str, partition: Mapping[str, Any], days: Days) -> None:
        """All rows of a partition for these days went out. Days next to the last ones widen them."""
        windows = self._stream(stream).windows
        first, last = days.first, days.last
        if windows and windows[-1].partition == partition and _follows(windows[-1].to, first):
            first = date.fromisoformat(windows.pop().from_)
        windows.append(CoveredWindow(dict(partition), first.isoformat(), last.isoformat()))

    def finished(self) -> None:
        """A partition is whole."""
        self._finished_partitions += 1

    def failed(self, stream: str, partition: Mapping[str, Any], reason: str | DifError) -> None:
        """A partition, or the rest of it, is missing."""
        self.missing += 1
        if isinstance(reason, NotReadyError | SpentBudgetError):
            self._retry_at.append(reason.retry_at)
        self.receipt.failed.append(FailedPartition(stream, dict(partition), str(reason)))

    def put_off(self, stream: str, partition: Mapping[str, Any], reason: SpentBudgetError) -> bool:
        """A partition must wait for a budget; where this is spent for all of them, the stream is named, once.

        The answer is whether it was named now.
        """
        self._is_spent = True
        if reason.everywhere and stream in self._put_off:
            self.missing += 1
            return False
        if reason.everywhere:
            self._put_off.add(stream)
        self.failed(stream, {} if reason.everywhere else partition, reason)
        return True

    def failure(self) -> DifError | None:
        """What the run as a whole has to answer for; None if nothing is missing."""
        failed = self.receipt.failed
        if not failed:
            return None
        told = "; ".join(
            f"{part.stream}{f' {json.dumps(part.partition)}' if part.partition else ''}: {part.reason}"
            for part in failed[:_SHOWN_FAILURES]
        )
        more = f"; and {len(failed) - _SHOWN_FAILURES} more" if len(failed) > _SHOWN_FAILURES else ""
        if self._is_spent:
            message = (
                f"{len(self._retry_at)} of {counted(len(failed), 'part')} that are missing must wait: {told}{more}"
            )
            return Deferred(message, retry_at=max(self._retry_at))
        if len(self._retry_at) == len(failed):
            message = f"{len(failed)} partitions are not ready at the provider, the others are delivered: {told}{more}"
            return Deferred(message, retry_at=max(self._retry_at))
        if not self._finished_partitions:
            return ExtractionError(f"nothing could be read: {told}{more}")
        return PartialRunError(f"{len(failed)} partitions are missing, the others are delivered: {told}{more}")

    def summary(self) -> str:
        """What was sent, in one sentence, for a run that is whole."""
        seconds = (datetime.now(UTC) - self.started_at).total_seconds()
        streams = sum(bool(stream.records or stream.windows) for stream in self.receipt.streams.values())
        sent = f"{counted(self.records, 'record')} of {counted(streams, 'stream')}"
        return f"all there: {sent} in {seconds:,.1f} s, run {self.receipt.run_id}"

    def state_value(self, bookmarks: Mapping[str, Any]) -> dict[str, Any]:
        """A STATE value: the bookmarks and the receipt as it stands."""
        # The SDK makes an empty entry for every stream it walks.
        for name, stream in self.receipt.streams.items():
            stream.checksum = self._checksums.of(name)
        held = {stream: entry for stream, entry in bookmarks.get("bookmarks", {}).items() if entry}
        return {"bookmarks": held, RECEIPT_KEY: self.receipt.to_state()}

    def next_state(self, bookmarks: Mapping[str, Any]) -> dict[str, Any] | None:
        """The STATE value to write now; None while it is not worth its bytes, or would be the last one again.

        STATE holds every partition; written after each of them it would be quadratic, so it takes as many bytes of
        records as it has itself. The rule counts messages, not seconds: the output is the same however fast the
        provider answers.
        """
        self._events += 1
        if self._events * _BYTES_A_RECORD < len(self._last_state):
            return None
        value = self.state_value(bookmarks)
        encoded = msgspec.json.encode(value)
        if encoded == self._last_state:
            return None
        self._last_state, self._events = encoded, 0
        return value

    def end(self, *, is_complete: bool) -> None:
        """Nothing more is sent. Streams that had a SCHEMA and no row are in the receipt from here on."""
        for stream in self._checksums.streams():
            self._stream(stream)
        self.receipt.complete = is_complete

    def _stream(self, name: str) -> StreamReceipt:
        return self.receipt.streams.setdefault(name, StreamReceipt(windows=[]))


def _follows(last: str, first: date) -> bool:
    return date.fromisoformat(last) + timedelta(days=1) == first
