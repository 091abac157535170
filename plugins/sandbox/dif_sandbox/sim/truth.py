"""The truth of a channel as one function a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["Rows", "Tables"]

Rows = Callable[[str, Mapping[str, str]], Iterable[Mapping[str, Any]]]
"""From a client and the query of the truth endpoint to the rows that a perfect tap holds as of the clock."""


class Tables:
    """What every client's streams hold; each client has them all."""

    def __init__(self, clients: Collection[str], tables: Mapping[str, Rows]) -> None:
        self._clients, self._tables = clients, tables

    def streams(self, client: str) -> Sequence[str]:
        """The names of a client's streams.

        Raises:
            LookupError: an unknown client.
        """
        if client not in self._clients:
            raise LookupError(client)
        return tuple(self._tables)

    def rows(self, client: str, stream: str, query: Mapping[str, str]) -> Iterable[Mapping[str, Any]]:
        """The rows of a stream.

        Raises:
            LookupError: an unknown client or stream.
        """
        if stream not in self.streams(client):
            raise LookupError(stream)
        return self._tables[stream](client, query)
