"""The destination of the batch engine: prepares tables, delivers staged units, repeats what a passing fault broke."""

from __future__ import annotations

import logging
import random
import time
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from dif_kit.errors import ConfigError, DeliveryError, DifError
from dif_kit.target import Destination
from typing_extensions import override

from target_redshift._connection import UnreachableError, Warehouse
from target_redshift._failures import ConnectionLost, Refused
from target_redshift._loading import check_feeder, delivered, load
from target_redshift._sql import qualified
from target_redshift._staging import SEQUENCE, Stage, drop, fill
from target_redshift._tables import Tables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dif_kit.target import StagedUnit, StreamSchema

    from target_redshift._settings import Settings

__all__ = ["RedshiftDestination"]

ATTEMPTS: Final = 6
FIRST_PAUSE_SECONDS: Final = 0.5

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")


class RedshiftDestination(Destination):
    """Tables of one Redshift schema, fed from manifests on S3.

    Every method raises ConfigError, CredentialError or DeliveryError: one line that says what to do.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._warehouse = Warehouse(settings)
        self._tables = Tables(self._warehouse, settings)
        self._feeders: dict[str, str] = {}

    def connect(self) -> None:
        """Open the session, so that a wrong setting ends the run before it has read anything."""
        self._repeat("connecting", self._warehouse.open)

    @override
    def prepare(self, schema: StreamSchema) -> None:
        """Make or extend the stream's table before rows are staged: what cannot work is said early."""
        keys = self._keys(schema.key_properties)
        if keys and SEQUENCE not in {column.name for column in schema.columns}:
            raise ConfigError(
                f"stream {schema.stream!r}: load_method upsert needs {SEQUENCE} to tell the latest of two rows of one "
                f"key: leave add_record_metadata on, or set load_method to append"
            )
        first = self._feeders.setdefault(self._settings.table(schema.stream), schema.stream)
        if first != schema.stream and not self._settings.share_tables:
            raise ConfigError(
                f"the streams {first!r} and {schema.stream!r} would both be table {self._settings.table(first)!r} of "
                f"schema {self._settings.schema!r}: deselect one, or rename it with a stream map"
            )
        self._repeat(f"stream {schema.stream!r}", partial(self._prepare_table, schema, keys))

    @override
    def deliver(self, units: Sequence[StagedUnit]) -> None:
        """Load the units, a stream a transaction; units that were loaded before are left out."""
        by_stream: dict[str, list[StagedUnit]] = {}
        for unit in units:
            by_stream.setdefault(unit.manifest.stream, []).append(unit)
        for stream, mine in by_stream.items():
            started = time.monotonic()
            rows = self._repeat(f"stream {stream!r}", partial(self._deliver_stream, mine))
            if rows is None:
                logger.info("stream %r: its %s units are in the warehouse already", stream, len(mine))
                continue
            staged = sum(unit.manifest.rows for unit in mine)
            seconds = time.monotonic() - started
            logger.info("stream %r: %s of %s rows written in %.1f s", stream, f"{rows:,}", f"{staged:,}", seconds)

    @override
    def close(self) -> None:
        """End the session."""
        self._warehouse.close()

    def _prepare_table(self, schema: StreamSchema, keys: tuple[str, ...]) -> None:
        self._tables.make_schema()
        check_feeder(self._warehouse, self._settings, self._settings.tap, schema.stream)
        self._tables.fit(schema.stream, schema.columns, keys)

    def _deliver_stream(self, units: list[StagedUnit]) -> int | None:
        """The rows written; None if every unit was there."""
        self._warehouse.label(units[0].manifest.run_id)
        stream = units[0].manifest.stream
        table = qualified(self._settings.schema, self._settings.table(stream))
        layouts = {
            unit.manifest.url: self._tables.fit(stream, unit.manifest.columns, self._keys(unit.manifest.key_properties))
            for unit in units
        }
        known = delivered(self._warehouse, self._settings, units)
        missing = [unit for unit in units if unit.manifest.url not in known]
        stages = [
            Stage(unit, layouts[unit.manifest.url], number, self._keys(unit.manifest.key_properties))
            for number, unit in enumerate(missing)
        ]
        if not stages:
            return None
        # Outside the transaction: COPY would take its snapshot before the lock, and hold the lock for as long as it
        # reads from S3. The temporary tables end with the session, whatever happens.
        for stage in stages:
            fill(self._warehouse, self._settings, table, stage)
        rows = load(self._warehouse, self._settings, table, stages)
        for stage in stages:
            drop(self._warehouse, stage)
        return rows

    def _keys(self, key_properties: tuple[str, ...]) -> tuple[str, ...]:
        return key_properties if self._settings.load_method == "upsert" else ()

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
