"""Records that say the same, told apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dif_kit.decode._around import Around

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dif_kit.decode._ports import Body, Record

__all__ = ["Numbered"]


@dataclass(frozen=True, slots=True)
class Numbered(Around):
    """The records of ``inner`` with a column ``column``: which one of those with the same value in ``by``, from 1.

    For events without an id: what happened twice within a second is two rows, not one. The numbers go by the order of
    one body, so all records that share the value must stand in the same one. The values are held in memory.
    """

    column: str
    by: str

    def records(self, body: Body) -> Iterator[Record]:
        """The records, each with its number as a text or a number, as the others are."""
        seen: set[int] = set()
        counts: dict[int, int] = {}
        is_text = self.inner.is_text
        for record in self.inner.records(body):
            value = hash(record[self.by])  # of 64 bits: the texts themselves would take four times the memory
            count = 1
            if value in seen:
                count = counts[value] = counts.get(value, 1) + 1
            else:
                seen.add(value)
            yield {self.column: str(count) if is_text else count, **record}
