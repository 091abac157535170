"""What each client asked for, columns and targeting types: the truth shows the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Asked"]


class Asked:
    """The latest columns and all targeting types by client and level, one for each kind of answers."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._all = tuple(columns)
        self._latest: dict[tuple[str, str], tuple[str, ...]] = {}
        self._types: dict[tuple[str, str], set[str]] = {}

    def note(self, client: str, level: str, columns: Sequence[str], types: Sequence[str] = ()) -> None:
        """Keep what was asked for."""
        self._latest[client, level] = tuple(columns)
        self._types.setdefault((client, level), set()).update(types)

    def columns(self, client: str, level: str) -> tuple[str, ...]:
        """The columns of the latest request; all there are if there was none."""
        return self._latest.get((client, level), self._all)

    def types(self, client: str, level: str) -> frozenset[str]:
        """The targeting types of all requests so far; none if there was none."""
        return frozenset(self._types.get((client, level), ()))
