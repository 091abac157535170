"""The seams of the SDK's Stream: what is written, what is remembered."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final, TypeVar

import singer_sdk
from singer_sdk.metrics import Counter, Meter, Timer
from typing_extensions import override

if TYPE_CHECKING:
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

    _is_quiet = False

    def should_announce(self) -> bool:
        """Whether the SCHEMA is still to be written; the SDK would repeat it for every partition."""
        raise NotImplementedError

    def should_write(self, record: Record) -> bool:
        """Whether the target is to see a record of a selected stream."""
        raise NotImplementedError

    def wrote(self, stream: str) -> None:
        """Take note of one RECORD message; ``stream`` is the name it bears, which a stream map may have changed."""
        raise NotImplementedError

    def passed(self, record: Record) -> None:
        """Take note that a record of a selected stream and all its children are written."""
        raise NotImplementedError

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
