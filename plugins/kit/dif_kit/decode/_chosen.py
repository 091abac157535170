"""Some of the records of a body that holds several kinds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from dif_kit.decode._ports import Body, Decoder, Record

__all__ = ["Chosen"]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The records of ``inner`` whose ``column`` says one of ``words``: one kind of a file that holds several."""

    inner: Decoder
    column: str
    words: AbstractSet[str]

    @property
    def is_text(self) -> bool:
        """As in ``inner``."""
        return self.inner.is_text

    def check(self, body: Body) -> None:
        """Refuse what ``inner`` refuses."""
        self.inner.check(body)

    def records(self, body: Body) -> Iterator[Record]:
        """Those records; raises UndecodableError."""
        for record in self.inner.records(body):
            if record.get(self.column) in self.words:
                yield record
