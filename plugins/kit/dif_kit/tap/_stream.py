"""A stream: what it reads, sent in the SDK's order."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Protocol, cast

from typing_extensions import override

from dif_kit.emit import Rows
from dif_kit.errors import DifError, ExtractionError, SpentBudgetError
from dif_kit.http import WindowTooLargeError
from dif_kit.tap._bookmarks import Bookmarks
from dif_kit.tap._partition import PartitionProgress
from dif_kit.tap._read import fetch_pages
from dif_kit.tap._readable import ReadableStream, ReadableTap
from dif_kit.tap._stop import EndOfRun

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from singer_sdk.helpers.types import Context

    from dif_kit.decode import Record
    from dif_kit.tap._ahead import ReadAhead
    from dif_kit.tap._piece import Piece
    from dif_kit.tap._steps import Step
    from dif_kit.tap._stop import StopSwitch
    from dif_kit.tap._window import Days

__all__ = ["SendingTap", "Stream"]


class SendingTap(ReadableTap, Protocol):
    """What sending asks of a tap besides."""

    ahead: ReadAhead
    stop: StopSwitch

    @property
    def state(self) -> Mapping[str, Any]:
        """STATE as it was given, then as it grows."""


class Stream(ReadableStream):
    """The base of every stream: a subclass states `Facts`, and this reads and sends by them."""

    tap: SendingTap

    def __init__(self, tap: SendingTap) -> None:
        super().__init__(tap)
        self._lock = threading.Lock()
        self._bookmarks: Bookmarks | None = None
        self._known_columns = set(self.columns)
        self._current: PartitionProgress | None = None

    @override
    def fetch(self, values: Mapping[str, Any]) -> Iterator[Step]:
        return fetch_pages(self, dict(values))

    @override
    def pieces_ahead(self, context: Mapping[str, Any]) -> Iterator[Piece]:
        partition = {key: context[key] for key in self.partition_keys()}
        try:
            return PartitionProgress(self, context, partition, self.open_bookmarks()).pieces()
        except DifError:
            return iter(())  # whoever sends the partition meets it, and says so

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        """The rows of one partition. A failure that concerns no other partition goes into the receipt."""
        self.tap.stop.check()
        known = dict(context or {})
        partition = {key: known[key] for key in self.partition_keys()}
        known_spent = self.tap.receipts.spent.of(self)
        if known_spent is not None:
            self._put_off(partition, known_spent)
            return
        try:
            progress = self._current = PartitionProgress(self, known, partition, self.open_bookmarks())
            yield from self._rows(progress, known)
            progress.finish()
        except ExtractionError as error:
            self.tap.receipts.failed(self.name, partition, error)
            self.logger.warning("partition %s failed: %s", partition, error)
        except SpentBudgetError as spent:
            self._put_off(partition, spent)
        except DifError as error:
            raise EndOfRun(error) from error
        else:
            self.tap.receipts.finished()

    def _put_off(self, partition: Mapping[str, Any], spent: SpentBudgetError) -> None:
        """Leave a partition to a later run, and go on with what other budgets pay for; without such, end the run."""
        receipts = self.tap.receipts
        receipts.spent.add(spent)
        others = (cast("ReadableStream", stream) for stream in self.tap.streams.values() if stream.selected)
        if all(receipts.spent.of(stream) is not None for stream in others):
            raise EndOfRun(spent) from spent
        if receipts.put_off(self.name, partition, spent):
            told = "all of it" if spent.everywhere else f"partition {partition}"
            self.logger.warning("%s must wait: %s", told, spent)

    def _rows(self, progress: PartitionProgress, context: Mapping[str, Any]) -> Iterator[Record]:
        ahead = self.tap.ahead
        with ahead.reading(self, context, progress.pieces(tell=True)) as plan:
            for piece in ahead.pieces(plan):
                try:
                    for chunk in ahead.chunks(piece):
                        progress.take(chunk)
                        for row in progress.wanted(ahead.rows(piece, chunk)):
                            self.tap.stop.check()
                            yield self._completed(row, context)
                except WindowTooLargeError:
                    # Rows that came before the refusal come again, with the halves.
                    halves = piece.piece.halves(self.window)
                    if not halves:
                        raise
                    ahead.split(plan, halves)
                else:
                    progress.cover(piece.piece)

    @override
    def should_announce(self) -> bool:
        return self.tap.receipts.is_first_schema(self.name)

    @override
    def should_write(self, record: Record) -> bool:
        return self._current is None or self._current.is_news(record)

    @override
    def looks_at_rows(self) -> bool:
        return self.window is None and self.has_bookmarks()

    @override
    def wrote(self, stream: str, count: int = 1) -> None:
        self.tap.receipts.sent(stream, count)

    @override
    def passed(self, record: Record) -> None:
        if self._current is not None:
            self._current.passed(record)

    @property
    @override
    def days_in_hand(self) -> Days | None:
        return None if self._current is None else self._current.days

    def open_bookmarks(self) -> Bookmarks | None:
        """The bookmarks of this stream in the tap's STATE; None if it has none."""
        with self._lock:
            if self._bookmarks is None and self.has_bookmarks():
                state = cast("dict[str, Any]", self.tap.state)
                self._bookmarks = Bookmarks(state, self.name, self.replication_key or "")
            return self._bookmarks

    def _completed(self, row: Record | Rows, context: Mapping[str, Any]) -> Record:
        """The row with the columns that say where it belongs; what the schema does not know is sent, and told once."""
        if isinstance(row, Rows):
            row.complete({column: context[key] for column, key in self.context_columns.items()})
            self._tell_unknown({name for name in row.layout.extra - self._known_columns if row.holds(name)})
            return cast("Record", row)
        for column, key in self.context_columns.items():
            row.setdefault(column, context[key])
        for field in self.context_keys.values() if self.child_streams else ():
            if field not in row:
                raise ExtractionError(f"a row has no {field!r}, which the context of its children needs")
        self._tell_unknown(row.keys() - self._known_columns)
        # The order in which pages are written whole: the schema's, then what it does not know.
        return {name: row[name] for name in (*self.columns, *sorted(row.keys() - self.columns)) if name in row}

    def _tell_unknown(self, unknown: set[str]) -> None:
        if unknown:
            self._known_columns |= unknown
            self.logger.warning("columns that the schema does not know are sent as they are: %s", sorted(unknown))
