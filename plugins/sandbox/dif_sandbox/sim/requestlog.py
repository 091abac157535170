"""What was asked of a simulator, for tests that look at a tap from outside."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Entry", "RequestLog"]

MOST_ENTRIES = 100_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One request and its answer's status, or what it means where the provider's own says nothing.

    `client` is None where no credentials told it.
    """

    method: str
    path: str
    query: Mapping[str, tuple[str, ...]]
    status: int
    client: str | None


class RequestLog:
    """The latest 100,000 requests, oldest first."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=MOST_ENTRIES)

    def add(self, entry: Entry) -> None:
        """Take one entry."""
        self._entries.append(entry)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()

    def entries(self) -> list[dict[str, Any]]:
        """All entries as plain JSON."""
        return [asdict(entry) for entry in list(self._entries)]
