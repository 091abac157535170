"""One unit of delivery while it grows: parts, quarantine, manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from dif_kit.target._manifest import manifest_content
from dif_kit.target._packed import PackedObject
from dif_kit.target._ports import Manifest, Part, StagedUnit
from dif_kit.target._quarantine import entry_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dif_kit.delivery import Window
    from dif_kit.target._ports import StreamSchema
    from dif_kit.target._quarantine import Entry
    from dif_kit.target._rows import Encoded
    from dif_kit.target._run import Run

__all__ = ["OpenUnit"]


class OpenUnit:
    """Consecutive rows of one stream with one list of columns and one text for NULL, on their way to S3."""

    def __init__(self, run: Run, schema: StreamSchema, number: int, header: bytes, null: bytes) -> None:
        self._run = run
        self._schema = schema
        self._number = number
        self._header = header
        self._null = null
        self._parts: list[Part] = []
        self._part: PackedObject | None = None
        self._part_rows = 0
        self._longest = [0] * len(schema.columns)
        self._quarantine: PackedObject | None = None
        self._quarantine_url: str | None = None
        self._activates_version: int | None = None
        self.rows = 0
        self.quarantined = 0

    @property
    def held_bytes(self) -> int:
        """What of the unit is in memory."""
        return sum(packed.held_bytes for packed in (self._part, self._quarantine) if packed)

    def write(self, encoded: Encoded) -> None:
        """Add rows; a part that has become large enough is finished.

        Raises:
            DeliveryError: S3 failed.
        """
        if self._part is None:
            key = self._run.layout.part(self._schema.stream, self._number, len(self._parts) + 1)
            self._part = PackedObject(self._run.bucket, key)
            self._part.write(self._header)
        self._part.write(encoded.csv)
        self._part_rows += encoded.rows
        self.rows += encoded.rows
        self._longest = list(map(max, self._longest, encoded.longest))
        if self._part.bytes >= self._run.settings.max_part_bytes:
            self._finish_part(self._part)

    def put_aside(self, entry: Entry) -> str:
        """Quarantine one record; the answer is the URL of the file that will hold it.

        Raises:
            DeliveryError: S3 failed.
        """
        if self._quarantine is None:
            key = self._run.layout.quarantine(self._schema.stream, self._number)
            self._quarantine = PackedObject(self._run.bucket, key)
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
            self._quarantine.finish()
            self._quarantine = None

    def close(self) -> None:
        """Make rows and quarantined records durable; no more come. Without a manifest they do not exist yet.

        Raises:
            DeliveryError: S3 failed, or another writer's object is in the place of one of ours.
        """
        if self._part is not None:
            self._finish_part(self._part)
        self.finish_quarantine()

    def commit(self, windows: Sequence[Window]) -> StagedUnit:
        """Write the manifest of a closed unit.

        Raises:
            DeliveryError: S3 failed, or the unit of another writer is there.
        """
        key = self._run.layout.manifest(self._schema.stream, self._number)
        columns = tuple(
            msgspec.structs.replace(column, max_bytes=longest)
            for column, longest in zip(self._schema.columns, self._longest, strict=True)
        )
        manifest = Manifest(
            url=self._run.bucket.url(key),
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
        )
        self._run.bucket.put(key, manifest_content(manifest), "application/json")
        return StagedUnit(self._schema, manifest)

    def abandon(self) -> None:
        """Give the unit up; what no manifest lists does not exist."""
        for packed in (self._part, self._quarantine):
            if packed is not None:
                packed.abandon()

    def _finish_part(self, part: PackedObject) -> None:
        packed = part.finish()
        self._parts.append(Part(packed.url, self._part_rows, packed.bytes, packed.sha256))
        self._part, self._part_rows = None, 0
