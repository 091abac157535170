"""Which columns each client asked for last: the truth shows the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Asked"]


class Asked:
    """The latest columns by client and level; synchronous and asynchronous answers each have one of their own."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._all = tuple(columns)
        self._latest: dict[tuple[str, str], tuple[str, ...]] = {}

    def note(self, client: str, level: str, columns: Sequence[str]) -> None:
        """Keep what was asked for."""
        self._latest[client, level] = tuple(columns)

    def columns(self, client: str, level: str) -> tuple[str, ...]:
        """The columns of the latest request; all there are if there was none."""
        return self._latest.get((client, level), self._all)
