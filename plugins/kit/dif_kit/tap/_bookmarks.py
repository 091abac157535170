"""How far each partition of a stream has been read, as it stands in STATE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Bookmarks", "partition_key"]


def partition_key(partition: Mapping[str, Any]) -> bytes:
    """A partition as something to look up by, whatever the order of its keys."""
    return msgspec.json.encode(partition, order="sorted")


class Bookmarks:
    """The bookmarks of one stream inside the tap's STATE, in the SDK's own form, found without scanning."""

    def __init__(self, state: dict[str, Any], stream: str, replication_key: str) -> None:
        self._state = state
        self._stream = stream
        self._replication_key = replication_key
        # Made at once: whoever looks ahead reads it while bookmarks are put.
        entries = self._of_stream().get("partitions", [])
        self._index: dict[bytes, dict[str, Any]] = {partition_key(entry["context"]): entry for entry in entries}

    def get(self, partition: Mapping[str, Any]) -> Any | None:  # noqa: ANN401 - a text or a number
        """The bookmark of a partition (empty: the stream itself); None without one, or if it is of another column."""
        entry = self._index.get(partition_key(partition), {}) if partition else self._of_stream()
        if entry.get("replication_key") != self._replication_key:
            return None
        return entry.get("replication_key_value")

    def put(self, partition: Mapping[str, Any], value: Any) -> None:  # noqa: ANN401 - a text or a number
        """Set the bookmark of a partition."""
        entry = self._entry(partition) if partition else self._of_stream()
        entry["replication_key"] = self._replication_key
        entry["replication_key_value"] = value

    def annotate(self, partition: Mapping[str, Any], key: str, values: list[Any]) -> None:
        """Put ``values`` beside the bookmark of a partition; take ``key`` away if there are none."""
        if values:
            (self._entry(partition) if partition else self._of_stream())[key] = values
        else:
            entry = self._index.get(partition_key(partition)) if partition else self._of_stream()
            if entry is not None:
                entry.pop(key, None)

    def _of_stream(self) -> dict[str, Any]:
        found: dict[str, Any] = self._state.setdefault("bookmarks", {}).setdefault(self._stream, {})
        return found

    def _entry(self, partition: Mapping[str, Any]) -> dict[str, Any]:
        key = partition_key(partition)
        entry = self._index.get(key)
        if entry is None:
            entry = {"context": dict(partition)}
            self._of_stream().setdefault("partitions", []).append(entry)
            self._index[key] = entry
        return entry
