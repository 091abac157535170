"""What is read in one go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_kit.tap._window import Days

__all__ = ["Piece"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a partition that is read in one go: some days of it, or all. Holds all that reading needs."""

    context: Mapping[str, Any]
    partition: Mapping[str, Any]
    days: Days | None = None
    since: Any = None

    def halves(self) -> tuple[Piece, ...]:
        """The piece in two parts, by its days; none if there is nothing to split."""
        halves = None if self.days is None else self.days.halves()
        return () if halves is None else tuple(replace(self, days=half) for half in halves)
