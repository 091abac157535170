"""The seams of the SDK's Stream: what is written, what is remembered."""

from __future__ import annotations

import logging
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import singer_sdk
from singer_sdk.helpers._util import utc_now
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.metrics import Counter, Meter, Timer
from typing_extensions import override

from dif_kit._sdk._selection import Selection
from dif_kit._sdk._writer import Writer
from dif_kit.emit import Rows, record_lines

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from singer_sdk.helpers.types import Context, Record

__all__ = ["SdkStream"]

M = TypeVar("M", bound=Meter)

_SILENT: Final = logging.getLogger(f"{__name__}.silent")
_SILENT.setLevel(logging.WARNING)


class SdkStream(singer_sdk.Stream):
    """A stream whose STATE is kept by us: the SDK walks the streams and writes the messages, no more.

    The SDK keeps its markers inside STATE, finds a partition by scanning all, takes the largest value of a row for
    progress, and puts the partition's keys into every row. None of that is right for reports that are restated.
    """

    name: str  # a fact of the class

    _is_quiet = False

    def should_announce(self) -> bool:
        """Whether the SCHEMA is still to be written; the SDK would repeat it for every partition."""
        raise NotImplementedError

    def should_write(self, record: Record) -> bool:
        """Whether the target is to see a record of a selected stream."""
        raise NotImplementedError

    def wrote(self, stream: str, count: int = 1) -> None:
        """Take note of RECORD messages; ``stream`` is the name they bear, which a stream map may have changed."""
        raise NotImplementedError

    def passed(self, record: Record) -> None:
        """Take note that a record of a selected stream and all its children are written."""
        raise NotImplementedError

    def looks_at_rows(self) -> bool:
        """Whether `should_write` and `passed` depend on the record at all."""
        raise NotImplementedError

    def takes_pages(self) -> bool:
        """Whether `get_records` may yield the `Rows` of a page in place of its records, one by one.

        It may where the SDK would do nothing between reading a record and writing it: no children to visit, no stream
        map, no flattening, no BATCH, no trial.
        """
        return (
            self.ABORT_AT_RECORD_COUNT is None
            and self.selected
            and not self.child_streams
            and self.TYPE_CONFORMANCE_LEVEL is TypeConformanceLevel.NONE
            and type(self).post_process is singer_sdk.Stream.post_process
            and not self.get_batch_config(self.config)
            and not self.emit_activate_version_messages
            and isinstance(self._tap.message_writer, Writer)
            and self._has_plain_map()
        )

    @cached_property
    def selection(self) -> Selection:
        """What the catalog selects of this stream's columns."""
        return Selection(self.schema, self.mask)

    def request_state(self) -> None:
        """Let the SDK write STATE at its next occasion, even if no record came since the last one."""
        self.state_manager.is_flushed = False

    def offer_state(self) -> None:
        """Write STATE now, if it is worth its bytes. All records so far must have been written."""
        self.request_state()
        self._write_state_message()

    @override  # type: ignore[misc]  # final for type checkers only
    def sync(self, context: Context | None = None) -> None:
        """Sync one context. What the SDK logs about each is for debugging: there may be tens of thousands."""
        super().sync(context)
        self._is_quiet = self.parent_stream_type is not None and not self.logger.isEnabledFor(logging.DEBUG)

    @override
    def log(self, message: str, *args: Any, level: int = logging.INFO, **more: Any) -> None:
        if level > logging.INFO or not self._is_quiet:
            super().log(message, *args, level=level, **more)

    @override
    def get_record_counter(self, **options: Any) -> Counter:
        return self._quietened(super().get_record_counter(**options))

    @override
    def get_sync_timer(self) -> Timer:
        return self._quietened(super().get_sync_timer())

    def _quietened(self, meter: M) -> M:
        if self._is_quiet:
            meter.logger = _SILENT
        return meter

    @override
    def _write_schema_message(self) -> None:
        if self.should_announce():
            super()._write_schema_message()

    @override
    def _write_record_message(self, record: Record) -> None:
        if not self.should_write(record):
            return
        for message in self._generate_record_messages(record):
            self._tap.write_message(message)
            self.wrote(message.stream)
        self.request_state()

    @override
    def _sync_records(
        self, context: Context | None = None, *, write_messages: bool = True
    ) -> Generator[Record, None, None]:
        """Write all records of a context: the SDK's own way, or its shorter equal where pages may come whole."""
        if not write_messages or not self.takes_pages():
            yield from super()._sync_records(context, write_messages=write_messages)
            return
        done = 0
        with self.get_record_counter() as counter, self.get_sync_timer() as timer:
            counter.with_context(context or {})
            timer.with_context(context or {})
            for item in cast("Iterator[Rows | Record]", self.get_records(context)):
                for part in self._parts(item, done):
                    count = self._write_rows(part) if isinstance(part, Rows) else self._write_record(part)
                    counter.increment(count)
                    done += count
                    if done % self.STATE_MSG_FREQUENCY == 0:
                        self._write_state_message()
        if not context:
            self._finalize_state(self.stream_state)
        self._write_state_message()

    def _parts(self, item: Rows | Record, done: int) -> Iterator[Rows | Record]:
        """A page in parts, so that STATE comes after as many records as it would if they came one by one."""
        if isinstance(item, Rows):
            return item.parts(self.STATE_MSG_FREQUENCY - done % self.STATE_MSG_FREQUENCY, self.STATE_MSG_FREQUENCY)
        return iter((item,))

    def _write_record(self, record: Record) -> int:
        self._write_record_message(record)
        self.passed(record)
        return 1

    def _write_rows(self, rows: Rows) -> int:
        """Write a page's rows in one go, and all before it if one of them is bad. The page is empty afterwards."""
        news = rows
        try:
            if self.looks_at_rows():
                news = Rows((), rows.layout)
                for row in rows:
                    record = cast("Record", row)  # all that is asked of it is `get`
                    if self.should_write(record):
                        news.append(row)
                    self.passed(record)
        finally:
            if news:
                self.selection.clear(news)
                cast("Writer", self._tap.message_writer).write_page(self.name, record_lines(self.name, news, utc_now()))
                self.wrote(self.name, len(news))
                self.request_state()
        count = len(rows)
        rows.clear()  # all through whose hands the page went still hold it: now the next one gets its place in memory
        return count

    def _has_plain_map(self) -> bool:
        """Whether the record goes out as it is, under the stream's own name."""
        first = self.stream_maps[0]
        return (
            len(self.stream_maps) == 1
            and type(first) is SameRecordTransform
            and first.stream_alias == self.name
            and not first.flattening_enabled
        )

    @override
    def _increment_stream_state(self, latest_record: Record, *, context: Context | None = None) -> None:
        self.passed(latest_record)

    @override
    def _write_starting_replication_value(self, context: Context | None) -> None:
        """Nothing: where a partition starts is no matter of STATE."""

    @override
    def _get_state_partition_context(self, context: Context | None) -> Context | None:
        """None of the context's keys: the SDK would add them to every row and look the partition up by scanning."""
        return None if context is None else {}

    @override
    def get_replication_key_signpost(self, context: Context | None = None) -> Any | None:
        """None: our bookmarks are capped by their own rule."""
        return None

    @property
    @override
    def partitions(self) -> list[dict[str, Any]] | None:
        """None: the SDK would run a root stream once for each partition that STATE remembers."""
        return None
