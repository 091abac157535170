"""The seams of the SDK's Stream: what is written, what is remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import singer_sdk
from typing_extensions import override

if TYPE_CHECKING:
    from singer_sdk.helpers.types import Context, Record

__all__ = ["SdkStream"]


class SdkStream(singer_sdk.Stream):
    """A stream whose STATE is kept by us: the SDK walks the streams and writes the messages, no more.

    The SDK keeps its markers inside STATE, finds a partition by scanning all, takes the largest value of a row for
    progress, and puts the partition's keys into every row. None of that is right for reports that are restated.
    """

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
