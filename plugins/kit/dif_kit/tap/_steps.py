"""What reading a list is made of: rows that came, or a pause until there is more to ask."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from dif_kit.emit import Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date

    from dif_kit.decode import Record
    from dif_kit.emit import Row, RowTyper

__all__ = ["Chunk", "Pause", "Step", "chunks_of"]

# Answers are cut into chunks of so many rows, so that one huge answer is never in memory as rows.
_ROWS_A_CHUNK: Final = 1000
# Where the bytes of rows are not known: what a value takes in JSON on average, its name included.
_BYTES_A_VALUE: Final = 30


@dataclass(slots=True, eq=False)
class Chunk:
    """Rows of one list that came together, a page for instance.

    ``size`` is about how many bytes of JSON they are. ``final_until`` is the last day whose figures the provider calls
    final, if it says so.
    """

    rows: list[Record]
    size: int = 0
    #: The typed rows of a page, then the only item of ``rows``.
    page: Rows | None = field(default=None, repr=False, kw_only=True)
    final_until: date | None = field(default=None, kw_only=True)

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.rows if self.page is None else self.page)

    def keep(self, is_wanted: Callable[[Row | Record], bool]) -> None:
        """Leave the other rows out."""
        if self.page is None:
            self.rows = list(filter(is_wanted, self.rows))
        else:
            self.page = Rows(filter(is_wanted, self.page), self.page.layout)
            self.rows = cast("list[Record]", [self.page])

    @property
    def edges(self) -> tuple[str, str]:
        """The first and the last row as text."""
        rows: Sequence[object] = self.rows if self.page is None else self.page
        return repr(rows[0]), repr(rows[-1])


@dataclass(frozen=True, slots=True)
class Pause:
    """There is nothing to do for this list before so many seconds are over."""

    seconds: float


Step: TypeAlias = Chunk | Pause


def chunks_of(rows: Iterable[Record] | Rows, typer: RowTyper | None = None) -> Iterator[Chunk]:
    """Rows in chunks; none without rows. Typed ones travel as one: nobody on their way looks into them.

    ``typer`` makes typed ones of records, where they fit.
    """
    if isinstance(rows, Rows):
        if rows:
            size = _BYTES_A_VALUE * len(rows) * len(rows.layout.attributes)
            yield Chunk(cast("list[Record]", [rows]), size, page=rows)
        return
    source = iter(rows)
    while chunk := list(islice(source, _ROWS_A_CHUNK)):
        size = _BYTES_A_VALUE * sum(map(len, chunk))
        page = None if typer is None else typer.rows(chunk)
        yield Chunk(chunk if page is None else cast("list[Record]", [page]), size, page=page)
