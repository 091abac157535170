"""One stream of a run: its columns, its open unit, its count of what came and what was put aside."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Final

from dif_kit.errors import DeliveryError
from dif_kit.target._partition import PartitionedBy, Unpartitioned
from dif_kit.target._quarantine import entry_of
from dif_kit.target._rows import Records, RowEncoder
from dif_kit.target._schema import VERSION, with_columns, with_version
from dif_kit.target._unit import OpenUnit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dif_kit.delivery import Window
    from dif_kit.target._ports import Column, Received, StagedUnit, StreamSchema
    from dif_kit.target._quarantine import Rejected, SchemaMessage
    from dif_kit.target._run import Run

__all__ = ["StreamWriter"]

_OTHER_NULL: Final = rb"\N"


class StreamWriter:
    """Takes records of one stream and keeps the units that have ended, until they are to be committed."""

    def __init__(self, run: Run, schema: StreamSchema, source: SchemaMessage) -> None:
        self._run = run
        self._source = source
        self._format = run.layout.format
        self._null = self._format.null_text.encode()
        self._other_nulls = count()
        self._units = 0
        self._unit: OpenUnit | None = None
        self._closed: list[OpenUnit] = []
        self._windows: Sequence[Window] = ()
        self._committed_windows: Sequence[Window] = ()
        self._use(schema)

    @property
    def held_bytes(self) -> int:
        """What of the stream is in memory."""
        return self._unit.held_bytes if self._unit else 0

    def change(self, schema: StreamSchema, source: SchemaMessage) -> None:
        """Go on as another SCHEMA says, in a unit of its own.

        Raises:
            DeliveryError: S3 failed, or the destination refuses the schema.
        """
        self._source = source
        self._go_on_with(schema)

    def activate(self, version: int) -> None:
        """End the unit with the statement that rows of lower versions are no longer part of the stream.

        Raises:
            DeliveryError: S3 failed.
        """
        self._current().activate(version)
        self._close_unit()

    def cover(self, windows: Sequence[Window]) -> None:
        """Take note of what the tap says it has covered."""
        self._windows = windows

    def write(self, records: Records) -> None:
        """Stage records.

        Raises:
            DeliveryError: S3 failed, too many records are bad, or a new field is not allowed.
        """
        if records.have_versions and VERSION not in self._schema.ours:
            self._go_on_with(with_version(self._schema))
        for partition, found in self._partitions.split(records):
            self._write(found, partition)

    def write_plain(self, chunk: bytes, first_sequence: int, received_at: str) -> int:
        """Stage a chunk of lines that are plain RECORDs of this stream, all of them; of any other nothing.

        Returns:
            The number of records.

        Raises:
            DeliveryError: S3 failed.
        """
        if not self._partitions.is_one:
            return 0
        encoded = self._encoder.encode_lines(chunk, first_sequence, received_at, self._null)
        if encoded is None:
            return 0
        self._current().write(encoded, None)
        return encoded.rows

    def _write(self, records: Records, partition: str | None) -> None:
        while records:
            encoded = self._encoder.encode(records, self._null)
            if encoded.rows:
                self._current().write(encoded, partition)
            for index, reason in encoded.rejected:
                self.put_aside(records.rejected(index, reason))
            if encoded.new_columns:
                self._evolve(encoded.new_columns, records.lines[encoded.consumed])
            elif encoded.null_is_taken:
                self._take_other_null()
            records = records.after(encoded.consumed)

    def put_aside(self, rejected: Rejected) -> None:
        """Quarantine one record.

        Raises:
            DeliveryError: S3 failed, or this is one too many.
        """
        unit = self._current()
        url = unit.put_aside(entry_of(self._schema.stream, self._source, rejected))
        quarantined = self._run.quarantined
        quarantined.rows += 1
        if quarantined.rows == 1:
            where = f"line {rejected.line}, stream {self._schema.stream!r}"
            quarantined.first = f"{where}: {rejected.reason}; see {url}"
        if quarantined.rows > self._run.settings.max_quarantined_rows:
            unit.finish_quarantine()
            limit = self._run.settings.max_quarantined_rows
            raise DeliveryError(
                f"more than max_quarantined_rows ({limit}) records are bad; the first: {quarantined.first}; "
                f"the last are in {url}",
            )

    def end(self) -> None:
        """No more records come: state that there were none, if the format wants to have that stated.

        Raises:
            DeliveryError: S3 failed.
        """
        if self._units == 0 and self._format.empty_streams != "nothing":
            unit = self._current()
            if self._format.empty_streams == "header":
                unit.write_header()

    def staged(self, received: Received | None) -> list[StagedUnit]:
        """End the open unit and commit all that are not committed; those, durable on S3.

        ``received`` is what came of the tap's stream by now. Days that were covered without a row make a unit without
        parts: the destination may have rows to withdraw.

        Raises:
            DeliveryError: S3 failed.
        """
        if list(self._windows) != list(self._committed_windows) and not self._closed:
            self._current()
        self._committed_windows = self._windows
        self._close_unit()
        closed, self._closed = self._closed, []
        return [unit.commit(self._windows, received) for unit in closed]

    def abandon(self) -> None:
        """Give up what is not staged."""
        if self._unit is not None:
            self._unit.abandon()
            self._unit = None

    def _go_on_with(self, schema: StreamSchema) -> None:
        self._close_unit()
        self._use(schema)

    def _use(self, schema: StreamSchema) -> None:
        run = self._run
        self._schema = schema
        evolve = run.settings.unknown_fields != "quarantine"
        self._encoder = RowEncoder(schema, run.limits, run.layout.run_id, self._format, evolve=evolve)
        by = [column for column in schema.columns if column.name == self._format.partition_by]
        self._partitions = PartitionedBy(by[0]) if by else Unpartitioned()
        run.destination.prepare(schema)

    def _current(self) -> OpenUnit:
        if self._unit is None:
            self._units += 1
            self._unit = OpenUnit(self._run, self._schema, self._units, self._encoder.header(), self._null)
        return self._unit

    def _close_unit(self) -> None:
        if self._unit is not None:
            self._unit.close()
            self._closed.append(self._unit)
            self._unit = None

    def _evolve(self, columns: Sequence[Column], line: int) -> None:
        names = ", ".join(repr(column.name) for column in columns)
        if self._run.settings.unknown_fields == "fail":
            raise DeliveryError(
                f"line {line}: stream {self._schema.stream!r} has a field that its SCHEMA has not: {names}; "
                "correct the tap's schema, or set `unknown_fields` to `evolve` or `quarantine`",
            )
        self._go_on_with(with_columns(self._schema, columns))

    def _take_other_null(self) -> None:
        """A value equals the text that stands for NULL: from here on another text does."""
        self._close_unit()
        taken = self._null
        while self._null == taken:
            self._null = _OTHER_NULL + (b"%d" % number if (number := next(self._other_nulls)) else b"")
