"""Records of any format into typed rows, a chunk at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from dif_kit.emit._rows import Layout, Rows

if TYPE_CHECKING:
    from dif_kit.decode import Record

__all__ = ["RowTyper"]

# As in pages of JSON: where columns are new all the time, records stay records in the end.
_MOST_LAYOUTS: Final = 20


class RowTyper:
    """Types the records of one stream, from any thread."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._layouts_left = _MOST_LAYOUTS

    def rows(self, records: list[Record]) -> Rows | None:
        """The records, whose numbers are in the schema's form already, as rows; None if they do not fit."""
        typed = self._typed(records)
        if typed is None and self._layouts_left:
            self._layouts_left -= 1
            self._layout = self._layout.widened(records)  # in one step: other threads are reading
            typed = self._typed(records)
        return typed

    def _typed(self, records: list[Record]) -> Rows | None:
        layout = self._layout
        kind: Any = list[layout.row]  # type: ignore[name-defined]  # made at run time
        try:
            return Rows(msgspec.convert(records, kind), layout)
        except (msgspec.ValidationError, RecursionError):
            return None
