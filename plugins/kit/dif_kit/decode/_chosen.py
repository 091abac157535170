"""Some of the records of a body that holds several kinds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dif_kit.decode._around import Around

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from dif_kit.decode._ports import Body, Record

__all__ = ["Chosen"]


@dataclass(frozen=True, slots=True)
class Chosen(Around):
    """The records of ``inner`` whose ``column`` says one of ``words``: one kind of a file that holds several."""

    column: str
    words: AbstractSet[str]

    def records(self, body: Body) -> Iterator[Record]:
        """Those records; raises UndecodableError."""
        for record in self.inner.records(body):
            if record.get(self.column) in self.words:
                yield record
