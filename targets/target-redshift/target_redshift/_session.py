"""One session of the warehouse at work: prepares tables, loads a stream, repeats what a passing fault broke."""

from __future__ import annotations

import logging
import random
import time
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final, TypeVar

from dif_kit.errors import DeliveryError, DifError
from dif_kit.target import Column, ColumnKind

from target_redshift._connection import UnreachableError, Warehouse
from target_redshift._failures import ConnectionLost, Refused
from target_redshift._fence import Fence
from target_redshift._layout import DELETED_AT
from target_redshift._loading import check_feeder, clear, delivered, load, locked, noted
from target_redshift._sql import qualified
from target_redshift._staging import Stage, drop, fill
from target_redshift._tables import Tables
from target_redshift._withdrawal import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from threading import Lock

    from dif_kit.target import Noted, StagedUnit, Store, StreamSchema

    from target_redshift._layout import Layout
    from target_redshift._settings import Settings

__all__ = ["Session"]

ATTEMPTS: Final = 6
FIRST_PAUSE_SECONDS: Final = 0.5

_VERSION_COLUMNS: Final = (Column(VERSION, ColumnKind.INTEGER), Column(DELETED_AT, ColumnKind.DATETIME))

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")


class Session:
    """What one connection does, one thing at a time; ``changes`` is held while it changes tables.

    Every method raises ConfigError, CredentialError or DeliveryError: one line that says what to do.
    """

    warehouse_class: ClassVar[type[Warehouse]] = Warehouse
    tables_class: ClassVar[type[Tables]] = Tables

    def __init__(self, settings: Settings, store: Store, changes: Lock, first: Session | None = None) -> None:
        self._settings = settings
        self._store = store
        self._changes = changes
        self._warehouse = self.warehouse_class(settings)
        self._tables = self.tables_class(self._warehouse, settings)
        self.fence: Fence = Fence(self._warehouse, settings, first.fence if first else None)

    def begin(self) -> None:
        """Open the session, make the schema, and take a number. Earlier runs go on until there is something to load."""
        self._repeat("connecting", self._begin)

    def prepare(self, schema: StreamSchema) -> None:
        """Go before every earlier run, and make or extend the stream's table for a SCHEMA."""
        self._repeat(f"stream {schema.stream!r}", partial(self._prepare, schema))

    def deliver(self, stream: str, units: Sequence[StagedUnit]) -> None:
        """Load units of one stream in a transaction; units that were loaded before are left out."""
        started = time.monotonic()
        rows = self._repeat(f"stream {stream!r}", partial(self._deliver, units))
        if rows is None:
            logger.info("stream %r: its %s units are in the warehouse already", stream, len(units))
            return
        staged = sum(unit.manifest.rows for unit in units)
        seconds = time.monotonic() - started
        logger.info("stream %r: %s of %s rows written in %.1f s", stream, f"{rows:,}", f"{staged:,}", seconds)

    def empty(self, stream: str) -> None:
        """Delete all rows of a stream."""
        self._repeat(f"stream {stream!r}", partial(self._empty, stream))

    def noted(self, units: Sequence[StagedUnit]) -> list[Noted]:
        """What the table of deliveries says of those of the units that it has."""
        return self._repeat("deliveries", partial(noted, self._warehouse, self._settings, units))

    def close(self) -> None:
        """End the session."""
        self._warehouse.close()

    def _begin(self) -> None:
        self._warehouse.open()
        self._tables.make_schema()
        self.fence.enroll()

    def _prepare(self, schema: StreamSchema) -> None:
        self._begin()
        self.fence.hold()
        check_feeder(self._warehouse, self._settings, self._settings.tap, schema.stream)
        layout = self._tables.fit(schema.stream, schema.columns, self._keys(schema.stream, schema.key_properties))
        self._tables.describe(schema, layout)
        self._tables.grant()

    def _deliver(self, units: Sequence[StagedUnit]) -> int | None:
        """The rows written; None if every unit was there."""
        self._warehouse.label(units[0].manifest.run_id)
        self.fence.hold()
        stages = self._stages(units)
        if not stages:
            return None
        table = self._table(units[0].manifest.stream)
        # Outside the transaction: COPY would take its snapshot before the lock, and hold the lock for as long as it
        # reads from S3. The temporary tables end with the session, whatever happens.
        stages = [fill(self._warehouse, self._settings, table, stage) for stage in stages]
        for stage in stages:  # after COPY: what it read is what is there now, for nobody puts back what he replaced
            self._store.require_unchanged(stage.unit.tags)
        rows = load(self._warehouse, self._settings, self.fence, table, stages)
        for stage in stages:
            drop(self._warehouse, stage)
        return rows

    def _stages(self, units: Sequence[StagedUnit]) -> list[Stage]:
        """The units that are to be loaded, with their places in the table, which is made fit for all of them."""
        with self._changes:
            layouts = [self._fit(unit) for unit in units]
        known = delivered(self._warehouse, self._settings, units)
        stages: list[Stage] = []
        for unit, layout in zip(units, layouts, strict=True):
            stream = unit.manifest.stream
            if unit.manifest.url not in known:
                keys = self._keys(stream, unit.manifest.key_properties)
                stages.append(Stage(unit, layout, len(stages), self._settings.method(stream), keys))
        return stages

    def _fit(self, unit: StagedUnit) -> Layout:
        manifest = unit.manifest
        keys = self._keys(manifest.stream, manifest.key_properties)
        layout = self._tables.fit(manifest.stream, manifest.columns, keys)
        if manifest.activates_version is not None:
            self._tables.fit(manifest.stream, _VERSION_COLUMNS, ())
        return layout

    def _empty(self, stream: str) -> None:
        self.fence.hold()
        with locked(self._warehouse, self._settings, self.fence):
            clear(self._warehouse, self._table(stream))

    def _table(self, stream: str) -> str:
        return qualified(self._settings.schema, self._settings.table(stream))

    def _keys(self, stream: str, key_properties: tuple[str, ...]) -> tuple[str, ...]:
        """The properties that make two rows one: none where every row is kept."""
        return () if self._settings.method(stream) == "append" else key_properties

    def _repeat(self, what: str, work: Callable[[], Answer]) -> Answer:
        """Do the work, again after a lost connection or a conflict with another session, a bounded number of times.

        Repeating is safe: a load that was committed although its answer was lost is found in the table of deliveries.
        """
        for attempt in range(1, ATTEMPTS):
            try:
                return work()
            except (ConnectionLost, Refused, UnreachableError) as failure:
                hopeless = not failure.is_passing if isinstance(failure, Refused) else False
                never_there = isinstance(failure, UnreachableError) and attempt == 1
                if hopeless or never_there:
                    raise self._final(what, failure, attempt) from None
                logger.warning("%s: %s; attempt %s of %s follows", what, failure, attempt + 1, ATTEMPTS)
            self._warehouse.close()
            self._tables.forget()
            time.sleep(FIRST_PAUSE_SECONDS * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))
        try:
            return work()
        except (ConnectionLost, Refused, UnreachableError) as failure:
            raise self._final(what, failure, ATTEMPTS) from None

    def _final(self, what: str, failure: Exception, attempts: int) -> DifError:
        if isinstance(failure, UnreachableError):
            return failure
        settings = self._settings
        place = f"{settings.host}:{settings.port}, database {settings.database!r}, schema {settings.schema!r}"
        lost = "the connection was lost: " if isinstance(failure, ConnectionLost) else ""
        tries = f", tried {attempts} times" if attempts > 1 else ""
        return DeliveryError(f"{what}: Redshift at {place}: {lost}{failure}{tries}; nothing uncommitted is loaded")
