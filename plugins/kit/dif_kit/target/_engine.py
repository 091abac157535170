"""The run of a target: messages in, units delivered, only then STATE out."""

from __future__ import annotations

import logging
import time
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk.exceptions import RecordsWithoutSchemaException

from dif_kit._words import counted
from dif_kit.delivery import new_run_id, run_id_from_environment
from dif_kit.errors import DeliveryError, PartialRunError
from dif_kit.target._arrived import Arrived, MappedArrived
from dif_kit.target._batch import batch_records
from dif_kit.target._layout import Layout, root
from dif_kit.target._messages import BadLine, Message, field_of, messages
from dif_kit.target._quarantine import Rejected, SchemaMessage, stated
from dif_kit.target._reader import LineReader
from dif_kit.target._rows import Records
from dif_kit.target._run import Run
from dif_kit.target._schema import stream_schema
from dif_kit.target._stream import StreamWriter
from dif_kit.target._waiting import Since, Waiting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dif_kit.target._cells import Limits
    from dif_kit.target._formats import FileFormat
    from dif_kit.target._maps import StreamMaps
    from dif_kit.target._ports import Destination
    from dif_kit.target._reader import ByteSource
    from dif_kit.target._settings import Settings
    from dif_kit.target._signals import Signals
    from dif_kit.target._state import HeldState
    from dif_kit.target._store import Store

__all__ = ["Engine", "MissingSchemaError"]

_MOST_HELD_BYTES = 96 * 1024 * 1024
_LOG = logging.getLogger(__name__)


class Engine:
    """One run. Records are staged as they come; a checkpoint delivers the staged units, then tells STATE."""

    def __init__(
        self,
        settings: Settings,
        limits: Limits,
        maps: StreamMaps,
        store: Store,
        destination: Destination,
        *,
        signals: Signals,
        form: FileFormat,
        state: HeldState,
    ) -> None:
        self._settings = settings
        self._format = form
        self._limits = limits
        self._maps = maps
        self._destination = destination
        self._signals = signals
        self._store = store
        self._state = state
        self._schemas: dict[str, SchemaMessage] = {}
        self._writers: dict[str, StreamWriter] = {}
        self._waiting: dict[str, Waiting] = {}
        self._latest: str | None = None
        self._sequence = time.time_ns() // 1000  # microseconds: later runs begin above, 2**53 is far
        self._batched = 0
        self._arrived = MappedArrived() if settings.mapper_between else Arrived()
        self._since_checkpoint = Since()
        self._delivered: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()

    @cached_property
    def _run(self) -> Run:
        """Decided when the first SCHEMA comes: the tap tells its run id before."""
        told = self._state.receipt.run_id if self._state.receipt else None
        run_id = run_id_from_environment() or told or new_run_id()
        layout = Layout.of(self._settings, run_id, datetime.now(UTC), self._format)
        return Run(self._settings, self._limits, self._store, layout, self._destination, self._sequence + 1)

    def consume(self, source: ByteSource) -> None:
        """Take all messages of the source.

        Raises:
            DifError: the run failed; nothing after the last STATE told is committed.
            SystemExit: a signal asked to end; what was told is true.
        """
        self._store.check(f"{root(self._settings)}/check")
        reader = LineReader(source, self._settings.max_line_bytes)
        for chunk in reader.chunks():
            self._take(chunk, reader.lines + 1)
            if self._signals.received is not None:
                break
            if self._is_checkpoint_due(len(chunk)):
                self.checkpoint()
        if self._signals.received is not None:
            self._end_early(self._signals.received)
        if reader.torn:
            self._take_last_line(reader.torn, reader.lines + 1)

    def finish(self) -> None:
        """Deliver what is left, tell the last STATE.

        Raises:
            DeliveryError: the run failed.
            PartialRunError: all that came is delivered, but something did not come, or was put aside.
        """
        receipt = self._state.receipt
        if receipt is not None and receipt.complete:
            self._arrived.require_no_more(receipt)
        for writer in self._writers.values():
            writer.end()
        self._deliver()
        self._destination.finish(receipt)
        self._tell()
        delivered = counted(self._delivered.total(), "row"), counted(len(self._delivered), "stream")
        _LOG.info("delivered %s of %s; %s in quarantine", *delivered, counted(self._quarantined_rows, "record"))
        missing = self._missing()
        if missing:
            raise PartialRunError("; ".join(missing))

    def checkpoint(self) -> None:
        """Stage and deliver all that came, then tell the latest STATE.

        Raises:
            DeliveryError: the run failed; the STATE is not told.
        """
        self._deliver()
        self._tell()

    def _deliver(self) -> None:
        sources = {name: stream for stream in self._schemas for name in self._maps.names(stream)}
        units = [
            unit
            for name, writer in self._writers.items()
            for unit in writer.staged(self._arrived.of(sources.get(name, name)))
        ]
        if units:
            self._destination.deliver(units)
            for unit in units:
                self._delivered[unit.schema.stream] += unit.manifest.rows
                _LOG.info("delivered %d rows of %s: %s", unit.manifest.rows, unit.schema.stream, unit.manifest.url)

    def _tell(self) -> None:
        self._state.tell()
        self._since_checkpoint = Since()

    def abandon(self) -> None:
        """Leave no half-written object behind."""
        for writer in self._writers.values():
            writer.abandon()
        if "_run" in self.__dict__:
            self._run.workers.shutdown()

    def _take(self, chunk: bytes, first_line: int) -> None:
        """All messages of a chunk. Records wait until the chunk ends, or until something that orders them comes."""
        if self._take_plain(chunk, first_line):
            return
        for lines, whole, found in messages(chunk, first_line):
            if isinstance(found, BadLine):
                self._arrived.take(found.stream, whole, 1)
                self._write_waiting()
                self._put_aside(lines[0], found)
            elif found[0].type == "RECORD":
                self._arrived.take(str(found[0].stream), whole, len(found))
                self._latest = str(found[0].stream)
                waiting = self._waiting.setdefault(self._latest, Waiting())
                waiting.lines += lines
                waiting.messages += found
                self.counts["RECORD"] += len(found)
            else:
                if found[0].stream is not None:
                    self._arrived.take(found[0].stream, whole)
                for line, message in zip(lines, found, strict=True):
                    self._obey(line, message)
        self._write_waiting()

    def _take_plain(self, chunk: bytes, first_line: int) -> bool:
        """Take a chunk of nothing but plain RECORDs of the latest stream, as most are, in one go."""
        stream = self._latest if self._maps.are_none else None
        if stream is None or stream not in self._schemas:
            return False
        received_at = datetime.now(UTC).isoformat(timespec="microseconds")
        first_sequence = self._sequence + self._batched + first_line
        count = self._writers[stream].write_plain(chunk, first_sequence, received_at)
        if count:
            self._arrived.take(stream, chunk, count)
            self.counts["RECORD"] += count
            self._since_checkpoint.rows += count
        return bool(count)

    def _obey(self, line: int, message: Message) -> None:
        self.counts[message.type] += 1
        match message.type:
            case "STATE":
                self._take_state(message, line)
            case "SCHEMA":
                self._write_waiting()
                self._take_schema(message, line)
            case "BATCH":
                self._write_waiting()
                self._take_batch(message, line)
            case "ACTIVATE_VERSION":
                self._write_waiting()
                self._activate_version(message, line)
            case _:
                raise DeliveryError(f"line {line} of the input is a message of unknown type {message.type!r}")

    def _write_waiting(self) -> None:
        received_at = datetime.now(UTC).isoformat(timespec="microseconds")
        waiting, self._waiting = self._waiting, {}
        base = self._sequence + self._batched
        for stream, held in waiting.items():
            self._write(stream, held.records(base, received_at))

    def _write(self, stream: str, records: Records) -> None:
        if stream not in self._schemas:
            raise MissingSchemaError(
                f"line {records.lines[0]}: a RECORD of stream {stream!r} came before its SCHEMA: "
                "the tap breaks the Singer specification",
            )
        self._since_checkpoint.rows += len(records)
        for name, mapped, rejected in self._maps.records(stream, records):
            if mapped:
                self._writers[name].write(mapped)
            for each in rejected:
                self._writers[name].put_aside(each)

    def _put_aside(self, line: int, bad: BadLine) -> None:
        self.counts["RECORD"] += 1
        sequence = self._sequence + self._batched + line
        self._reject(bad.stream, Rejected(line, bad.reason, bad.raw, sequence, holds="line"))

    def _reject(self, stream: str, rejected: Rejected) -> None:
        """Put aside what cannot even be mapped, in the first of the streams that are made of its stream."""
        if stream not in self._schemas:
            raise MissingSchemaError(f"line {rejected.line}: {rejected.reason}; and {stream!r} has no SCHEMA yet")
        for name in self._maps.names(stream)[:1]:
            self._writers[name].put_aside(rejected)

    def _take_state(self, message: Message, line: int) -> None:
        if not message.value:
            raise DeliveryError(f"line {line} of the input is a STATE without `value`: the tap is broken")
        self._state.take(bytes(message.value), line, self._arrived)
        if self._state.receipt:
            for stream, sent in self._state.receipt.streams.items():
                for name in self._maps.names(stream):
                    if name in self._writers:
                        self._writers[name].cover(sent.windows)

    def _take_schema(self, message: Message, line: int) -> None:
        if not message.stream or not message.schema:
            raise DeliveryError(f"line {line} of the input is a SCHEMA without `stream` or `schema`: the tap is broken")
        source = SchemaMessage(
            stream=message.stream,
            schema=stated(message.schema),
            key_properties=stated(message.key_properties),
            bookmark_properties=stated(message.bookmark_properties),
        )
        if self._schemas.get(source.stream) == source:
            return
        json_schema = field_of(source.schema, dict[str, Any], line, float_hook=Decimal)  # bounds may have 38 digits
        keys = field_of(source.key_properties or b"null", list[str] | None, line) or []
        bookmarks = field_of(source.bookmark_properties or b"null", list[str] | str | None, line) or []
        bookmarks = [bookmarks] if isinstance(bookmarks, str) else bookmarks
        self._schemas[source.stream] = source
        for name, mapped_schema, mapped_keys in self._maps.schemas(source.stream, json_schema, keys):
            metadata = self._settings.add_record_metadata
            schema = stream_schema(name, mapped_schema, mapped_keys, bookmarks, metadata=metadata)
            if name in self._writers:
                self._writers[name].change(schema, source)
            else:
                self._writers[name] = StreamWriter(self._run, schema, source)

    def _activate_version(self, message: Message, line: int) -> None:
        if message.stream not in self._schemas:
            raise MissingSchemaError(f"line {line}: ACTIVATE_VERSION of stream {message.stream!r} before its SCHEMA")
        version = field_of(message.version, int, line)
        if not self._settings.process_activate_version_messages:
            return
        for name in self._maps.names(message.stream):
            self._writers[name].activate(version)

    def _take_batch(self, message: Message, line: int) -> None:
        if not message.stream or not message.manifest:
            raise DeliveryError(
                f"line {line} of the input is a BATCH without `stream` or `manifest`: the tap is broken"
            )
        received_at = datetime.now(UTC).isoformat(timespec="microseconds")
        for raws, bad in batch_records(message, line, self._settings.max_line_bytes):
            first = self._sequence + self._batched + line
            self._arrived.take_batch(message.stream, len(raws) + len(bad))
            for raw, reason in bad:
                self._reject(message.stream, Rejected(line, reason, raw, first))
            absent = [msgspec.Raw(b"")] * len(raws)
            sequences = range(first, first + len(raws))
            self._batched += len(raws)
            records = Records(raws, absent, [line] * len(raws), sequences, received_at, absent, raws)
            self._write(message.stream, records)

    def _is_checkpoint_due(self, read: int) -> bool:
        """Whether to deliver now: a limit is reached and there is STATE to tell, or too much is in memory."""
        self._since_checkpoint.bytes += read
        if sum(writer.held_bytes for writer in self._writers.values()) > _MOST_HELD_BYTES:
            return True
        return self._state.is_waiting and self._since_checkpoint.is_over(self._settings)

    def _end_early(self, signal: int) -> None:
        """A signal came: if there is STATE to tell, make it true; else leave at once, all comes again."""
        if self._state.is_waiting:
            self.checkpoint()
        _LOG.warning("ended by signal %d; what came after the last STATE told comes again with the next run", signal)
        raise SystemExit(128 + signal)

    def _take_last_line(self, line: bytes, number: int) -> None:
        """A last line without newline: whole, or the tap died while it wrote."""
        try:
            msgspec.json.decode(line, type=Message)
        except (msgspec.DecodeError, RecursionError):
            self.checkpoint()
            raise DeliveryError(
                f"the input ends in the middle of line {number}: the tap was cut off; "
                "what came before is delivered, run again",
            ) from None
        self._take(line + b"\n", number)

    @property
    def _quarantined_rows(self) -> int:
        return self._run.quarantined.rows if "_run" in self.__dict__ else 0

    def _missing(self) -> Iterable[str]:
        """What is not there, in words."""
        missing = []
        receipt = self._state.receipt
        if receipt is not None and not receipt.complete:
            reasons = [
                f"{failed.stream}{f' {failed.partition}' if failed.partition else ''}: {failed.reason}"
                for failed in receipt.failed[:3]
            ]
            missing.append(f"the tap did not send all: {'; '.join(reasons) or 'its receipt is not complete'}")
        if self._quarantined_rows:
            missing.append(
                f"{self._quarantined_rows} records are in quarantine; the first: {self._run.quarantined.first}"
            )
        return missing


class MissingSchemaError(DeliveryError, RecordsWithoutSchemaException):
    """A record came before its stream's SCHEMA."""
