"""What passes between the batch engine and the place it delivers to."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - msgspec reads the annotation
from datetime import datetime  # noqa: TC003 - msgspec reads the annotation
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from dif_kit.delivery import Delivered, Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dif_kit.delivery import Receipt

__all__ = ["Column", "ColumnKind", "Destination", "Manifest", "Noted", "Part", "Received", "StagedUnit", "StreamSchema"]


class ColumnKind(Enum):
    """What a column holds, whatever the destination calls it."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "date-time"
    TIME = "time"
    NESTED = "nested"  # serialized JSON, exact text


class Column(msgspec.Struct, frozen=True):
    """One column of staged rows.

    ``max_bytes`` is the UTF-8 length of its longest value in the unit, ``scale`` the digits after a decimal's point.
    """

    name: str
    kind: ColumnKind
    nullable: bool = True
    max_bytes: int = 0
    scale: int | None = None


class StreamSchema(msgspec.Struct, frozen=True):
    """A stream as its SCHEMA message describes it; the last ``metadata`` of its columns are ours."""

    stream: str
    columns: tuple[Column, ...]
    key_properties: tuple[str, ...]
    json_schema: dict[str, Any]
    bookmark_properties: tuple[str, ...] = ()
    metadata: int = 0

    @property
    def ours(self) -> tuple[Column, ...]:
        """The columns that are not the tap's own."""
        return self.columns[len(self.columns) - self.metadata :]


class Part(msgspec.Struct, frozen=True):
    """One CSV object, packed as its name says: whole rows below one header line.

    ``sha256`` is of the object's bytes, in hex; ``partition`` the folder, as ``day=2026-01-31``, whose rows it holds.
    """

    url: str
    rows: int
    bytes: int
    sha256: str
    partition: str | None = None


class Received(msgspec.Struct, frozen=True):
    """What a run had read of a stream of the tap: records, and the checksum of their lines (`dif_kit.delivery`)."""

    records: int
    checksum: str


class Manifest(msgspec.Struct, frozen=True):
    """The commit point of staged rows: what no manifest lists does not exist.

    ``null`` is the text that stands for NULL in every part; no value of the unit equals it. ``windows`` are the days
    that the tap, when the unit ended, had said to have covered. A unit may have no parts: all its records were
    quarantined, or it has nothing to state but a version.

    ``quarantine_url`` is the object that holds the quarantined records, as `dif-replay` reads it. ``first_sequence`` is
    the run's smallest ``_sdc_sequence``: rows below it are older than the run, or were put aside by an earlier one and
    replayed. With ``activates_version``, once the unit is delivered, rows of its stream whose ``_sdc_table_version`` is
    lower or NULL are no longer part of the stream. ``received`` is what had come of its stream when the unit was
    committed, from the beginning of the run.
    """

    url: str
    run_id: str
    client: str
    tap: str
    stream: str
    unit: int
    parts: tuple[Part, ...]
    columns: tuple[Column, ...]
    key_properties: tuple[str, ...]
    null: str
    rows: int
    quarantined: int
    windows: tuple[Window, ...] = ()
    quarantine_url: str | None = None
    first_sequence: int = 0
    activates_version: int | None = None
    received: Received | None = None

    @property
    def delivery_id(self) -> str:
        """The name of this unit in the warehouse's delivery table; a unit loads once."""
        return f"{self.run_id}/{self.stream}/{self.unit}"

    @property
    def bytes(self) -> int:
        """How large its parts are, packed."""
        return sum(part.bytes for part in self.parts)


class StagedUnit(msgspec.Struct, frozen=True):
    """Rows of one stream with one list of columns, durable on S3 and waiting to be delivered.

    ``tags`` are what `Store.require_unchanged` knows each of its objects by: manifest, parts, quarantine.
    """

    schema: StreamSchema
    manifest: Manifest
    tags: Mapping[str, str] = {}


class Noted(msgspec.Struct, frozen=True):
    """What became of a unit's rows: loaded, or ``superseded`` by a later one of their key; and when."""

    manifest: Manifest
    loaded: int
    superseded: int | None
    at: datetime

    def delivered(self, destination: str) -> Delivered:
        """The unit as a mirror shows it, with the name of the target that delivered it."""
        manifest, received = self.manifest, self.manifest.received
        return Delivered(
            run_id=manifest.run_id,
            client=manifest.client,
            tap=manifest.tap,
            stream=manifest.stream,
            unit=manifest.unit,
            destination=destination,
            manifest=manifest.url,
            rows=manifest.rows,
            loaded=self.loaded,
            quarantined=manifest.quarantined,
            committed_at=self.at,
            bytes=manifest.bytes,
            covered=manifest.windows,
            records_received=None if received is None else received.records,
            checksum=None if received is None else received.checksum,
            superseded=self.superseded,
        )


class Destination(Protocol):
    """Where staged units go. The engine prints STATE only after ``deliver`` has returned."""

    def prepare(self, schema: StreamSchema) -> None:
        """Check early what a new or changed SCHEMA needs (names, types, rights); raise DeliveryError or ConfigError."""

    def deliver(self, units: Sequence[StagedUnit]) -> None:
        """Make the units durable, each stream all or nothing; safe to repeat. Raise DeliveryError."""

    def finish(self, receipt: Receipt | None) -> None:
        """Do what only a run that came to its end may do: all units are delivered, the last STATE is not told yet.

        ``receipt`` is what the tap says it sent; None where the tap is not one of ours. Raise DeliveryError.
        """

    def noted(self, units: Sequence[StagedUnit]) -> Sequence[Noted]:
        """What became of those of the units that are delivered, for whoever keeps a mirror. Raise DeliveryError."""

    def close(self) -> None:
        """Let go of connections; called once, also after a failure."""
