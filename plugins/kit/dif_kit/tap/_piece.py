"""What is read in one go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dif_kit.tap._window import Seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_kit.tap._window import Days, Window

__all__ = ["Piece"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a partition that is read in one go: some days of it, or all. Holds all that reading needs."""

    context: Mapping[str, Any]
    partition: Mapping[str, Any]
    days: Days | None = None
    since: Any = None
    #: The part of the only day, where it is not read at once.
    seconds: Seconds | None = None

    @property
    def ends_its_days(self) -> bool:
        """Whether nothing of its days comes after it."""
        return self.seconds is None or self.seconds.is_last

    def halves(self, window: Window | None) -> tuple[Piece, ...]:
        """The piece in two parts, by its days or by the seconds of its only one; none if there is nothing to split."""
        if self.days is None:
            return ()
        if (halves := self.days.halves()) is not None:
            return tuple(replace(self, days=half) for half in halves)
        if window is None or window.moments is None:
            return ()
        parts = (self.seconds or Seconds(self.days.first)).halves() or ()
        return tuple(replace(self, seconds=part) for part in parts)
