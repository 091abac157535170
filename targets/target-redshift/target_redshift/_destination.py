"""The destination of the batch engine: streams side by side, and what waits for the end of the run."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from threading import Lock
from typing import TYPE_CHECKING

from dif_kit.errors import ConfigError, DeliveryError
from dif_kit.target import Destination
from typing_extensions import override

from target_redshift._session import Session
from target_redshift._staging import SEQUENCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dif_kit.delivery import Receipt
    from dif_kit.target import Noted, StagedUnit, Store, StreamSchema

    from target_redshift._settings import Settings

__all__ = ["RedshiftDestination"]

logger = logging.getLogger(__name__)


class RedshiftDestination(Destination):
    """Tables of one Redshift schema, fed from manifests on S3, which is ``store``.

    Every method raises ConfigError, CredentialError or DeliveryError: one line that says what to do.
    """

    def __init__(self, settings: Settings, store: Store, session: type[Session] = Session) -> None:
        self._settings = settings
        changes = Lock()
        self._first = session(settings, store, changes)
        others = [session(settings, store, changes, self._first) for _ in range(settings.parallel_streams - 1)]
        self._sessions = [self._first, *others]
        self._feeders: dict[str, str] = {}
        self._waiting: dict[str, list[StagedUnit]] = {}

    def connect(self) -> None:
        """Open the session, so that a wrong setting ends the run before it has read anything."""
        self._first.begin()

    @override
    def prepare(self, schema: StreamSchema) -> None:
        """Take over from earlier runs, make or extend the stream's table before rows are staged: errors come early."""
        self._check_method(schema)
        table = self._settings.table(schema.stream)
        first = self._feeders.setdefault(table, schema.stream)
        if first != schema.stream and not self._settings.share_tables:
            raise ConfigError(
                f"the streams {first!r} and {schema.stream!r} would both be table {table!r} of "
                f"schema {self._settings.schema!r}: deselect one, or rename it with a stream map"
            )
        self._first.prepare(schema)
        if self._settings.method(schema.stream) == "overwrite":
            self._waiting.setdefault(schema.stream, [])

    @override
    def deliver(self, units: Sequence[StagedUnit]) -> None:
        """Load the units, a stream a transaction; those of a stream that is overwritten wait for the end of the run."""
        by_stream: dict[str, list[StagedUnit]] = {}
        for unit in units:
            stream = unit.manifest.stream
            (self._waiting if stream in self._waiting else by_stream).setdefault(stream, []).append(unit)
        self._load(by_stream)

    @override
    def finish(self, receipt: Receipt | None) -> None:
        """Overwrite, if the tap says that it has sent everything: a part must not take the place of the whole."""
        if not self._waiting:
            return
        streams = ", ".join(self._waiting)
        if receipt is None:
            raise DeliveryError(
                f"load_method overwrite of {streams}: the tap does not say whether it has sent all, so nothing was "
                f"overwritten: use upsert, and let the tap send ACTIVATE_VERSION"
            )
        if not receipt.complete:
            logger.warning("not overwritten, because the tap has not sent all: %s", streams)
            return
        self._load({stream: units for stream, units in self._waiting.items() if units})
        for stream, units in self._waiting.items():
            if not units:
                self._first.empty(stream)

    @override
    def noted(self, units: Sequence[StagedUnit]) -> Sequence[Noted]:
        """As the table of deliveries has them, whichever session brought them there."""
        return self._first.noted(units)

    @override
    def close(self) -> None:
        """End the sessions."""
        for session in self._sessions:
            session.close()

    def _load(self, by_stream: dict[str, list[StagedUnit]]) -> None:
        """All streams, each in a session that is free; the first failure in their order is raised, after all ended."""
        if len(self._sessions) == 1 or len(by_stream) < 2:  # noqa: PLR2004 - one stream needs no thread
            for stream, units in by_stream.items():
                self._first.deliver(stream, units)
            return
        free: SimpleQueue[Session] = SimpleQueue()
        for session in self._sessions:
            free.put(session)

        def one(stream: str, units: list[StagedUnit]) -> None:
            session = free.get()
            try:
                session.deliver(stream, units)
            finally:
                free.put(session)

        with ThreadPoolExecutor(len(self._sessions), thread_name_prefix="redshift") as pool:
            loads = [pool.submit(one, stream, units) for stream, units in by_stream.items()]
        for done in loads:
            done.result()

    def _check_method(self, schema: StreamSchema) -> None:
        method = self._settings.method(schema.stream)
        names = {column.name for column in schema.columns}
        needs_order = method == "replace" or (method != "append" and bool(schema.key_properties))
        if needs_order and SEQUENCE not in names:
            raise ConfigError(
                f"stream {schema.stream!r}: load_method {method} needs {SEQUENCE} to tell the latest of two rows of "
                f"one key: leave add_record_metadata on, or set load_method to append"
            )
        if method == "overwrite" and schema.bookmark_properties:
            raise ConfigError(
                f"stream {schema.stream!r}: load_method overwrite would lose the rows before its bookmark "
                f"{schema.bookmark_properties[0]!r}: use upsert or replace for it in load_methods"
            )
