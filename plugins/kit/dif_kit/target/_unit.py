"""One unit of delivery while it grows: parts, quarantine, manifest."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Final

import msgspec
from isal.isal_zlib import crc32

from dif_kit.errors import DeliveryError
from dif_kit.target._manifest import manifest_content, schema_content
from dif_kit.target._packed import PackedObject
from dif_kit.target._ports import Manifest, Part, StagedUnit
from dif_kit.target._quarantine import entry_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dif_kit.delivery import Window
    from dif_kit.target._packed import Packed
    from dif_kit.target._ports import Received, StreamSchema
    from dif_kit.target._quarantine import Entry
    from dif_kit.target._rows import Encoded
    from dif_kit.target._run import Run

__all__ = ["OpenUnit"]

_JSON: Final = "application/json"
_MOST_OPEN_PARTS: Final = 256
_MOST_HELD_BYTES: Final = 32 * 1024 * 1024
_MOST_PARTS: Final = 10_000


class OpenUnit:
    """Consecutive rows of one stream with one list of columns and one text for NULL, on their way to S3."""

    def __init__(self, run: Run, schema: StreamSchema, number: int, header: bytes, null: bytes) -> None:
        self._run = run
        self._schema = schema
        self._number = number
        self._header = header
        self._null = null
        self._parts: list[Part] = []
        self._tags: dict[str, str] = {}
        self._open: dict[str | None, _OpenPart] = {}
        self._numbers = count(1)
        self._longest = [0] * len(schema.columns)
        self._quarantine: PackedObject | None = None
        self._quarantine_url: str | None = None
        self._activates_version: int | None = None
        self.rows = 0
        self.quarantined = 0

    @property
    def held_bytes(self) -> int:
        """What of the unit is in memory."""
        return sum(packed.held_bytes for packed in self._packed())

    def write(self, encoded: Encoded, partition: str | None = None) -> None:
        """Add rows of one partition, to another part once one has become large enough.

        Raises:
            DeliveryError: S3 failed, or the partitions are too many.
        """
        part = self._part_of(partition)
        part.checksum = crc32(encoded.csv, part.checksum)
        part.packed.write(encoded.csv)
        part.rows += encoded.rows
        self.rows += encoded.rows
        self._longest = list(map(max, self._longest, encoded.longest))
        while len(self._open) > _MOST_OPEN_PARTS or self.held_bytes > _MOST_HELD_BYTES:
            self._finish_part(max(self._open, key=lambda each: self._open[each].packed.held_bytes))

    def write_header(self) -> None:
        """Begin a file, though there may never be a row for it.

        Raises:
            DeliveryError: S3 failed.
        """
        self._part_of(None)

    def put_aside(self, entry: Entry) -> str:
        """Quarantine one record; the answer is the URL of the file that will hold it.

        Raises:
            DeliveryError: S3 failed.
        """
        if self._quarantine is None:
            key = self._run.layout.quarantine(self._schema.stream, self._number)
            self._quarantine = PackedObject(self._run.store, key, "gzip", self._run.workers)
            self._quarantine_url = self._quarantine.url
        self._quarantine.write(entry_line(entry))
        self.quarantined += 1
        return self._quarantine.url

    def activate(self, version: int) -> None:
        """State that with this unit the rows of lower versions are no longer part of the stream."""
        self._activates_version = version

    def finish_quarantine(self) -> None:
        """Make the quarantined records durable.

        Raises:
            DeliveryError: S3 failed.
        """
        if self._quarantine is not None:
            self._keep_tag(self._quarantine.finish())
            self._quarantine = None

    def close(self) -> None:
        """Make rows and quarantined records durable; no more come. Without a manifest they do not exist yet.

        Raises:
            DeliveryError: S3 failed, or another writer's object is in the place of one of ours.
        """
        for partition in list(self._open):
            self._finish_part(partition)
        self.finish_quarantine()

    def commit(self, windows: Sequence[Window], received: Received | None) -> StagedUnit:
        """Write the schema of a closed unit, then its manifest.

        Raises:
            DeliveryError: S3 failed, or the unit of another writer is there.
        """
        key = self._run.layout.manifest(self._schema.stream, self._number)
        columns = tuple(
            msgspec.structs.replace(column, max_bytes=longest)
            for column, longest in zip(self._schema.columns, self._longest, strict=True)
        )
        manifest = Manifest(
            url=self._run.store.url(key),
            run_id=self._run.layout.run_id,
            client=self._run.settings.client,
            tap=self._run.settings.tap,
            stream=self._schema.stream,
            unit=self._number,
            parts=tuple(self._parts),
            columns=columns,
            key_properties=self._schema.key_properties,
            null=self._null.decode(),
            rows=self.rows,
            quarantined=self.quarantined,
            windows=tuple(windows),
            quarantine_url=self._quarantine_url,
            first_sequence=self._run.first_sequence,
            activates_version=self._activates_version,
            received=received,
        )
        schema_key = self._run.layout.schema(self._schema.stream, self._number)
        self._run.store.put(schema_key, schema_content(self._schema), _JSON)
        self._tags[manifest.url] = self._run.store.put(key, manifest_content(manifest), _JSON)
        return StagedUnit(self._schema, manifest, self._tags)

    def abandon(self) -> None:
        """Give the unit up; what no manifest lists does not exist."""
        for packed in self._packed():
            packed.abandon()

    def _keep_tag(self, packed: Packed) -> None:
        self._tags[packed.url] = packed.tag

    def _packed(self) -> Iterator[PackedObject]:
        """The objects that are being written."""
        yield from (part.packed for part in self._open.values())
        if self._quarantine is not None:
            yield self._quarantine

    def _part_of(self, partition: str | None) -> _OpenPart:
        """The open part of a partition; one that is large enough takes no more."""
        part = self._open.get(partition)
        if part is not None:
            part.packed.settle()
            if part.packed.bytes >= self._run.settings.max_part_bytes:
                self._finish_part(partition)
                part = None
        if part is None:
            number = next(self._numbers)
            if number > _MOST_PARTS:
                raise DeliveryError(
                    f"stream {self._schema.stream!r} would be more than {_MOST_PARTS} files in one unit: choose a "
                    "`partition_by` with fewer values, or a larger `max_part_bytes`",
                )
            layout = self._run.layout
            key = layout.part(self._schema.stream, self._number, number, partition)
            packed = PackedObject(self._run.store, key, layout.format.compression, self._run.workers)
            packed.write(self._header)
            part = self._open[partition] = _OpenPart(packed, checksum=crc32(self._header))
        return part

    def _finish_part(self, partition: str | None) -> None:
        part = self._open.pop(partition)
        try:
            packed = part.packed.finish()
        except BaseException:
            part.packed.abandon()
            raise
        if packed.checksum != part.checksum:
            raise DeliveryError(
                f"stream {self._schema.stream!r}: {packed.url} does not hold the rows that were made for it: they were "
                "altered in this machine's memory; nothing after the last STATE is committed, run again"
            )
        self._keep_tag(packed)
        self._parts.append(Part(packed.url, part.rows, packed.bytes, packed.sha256, partition))


@dataclass(slots=True)
class _OpenPart:
    """A file of rows that is being written."""

    packed: PackedObject
    rows: int = 0
    checksum: int = 0  # CRC-32 of the rows that were made for it
