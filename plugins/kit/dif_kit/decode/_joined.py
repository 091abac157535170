"""Records of one body that belong to others of it, joined with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dif_kit.decode._around import Around
from dif_kit.decode._json import at_path
from dif_kit.decode._ports import UndecodableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dif_kit.decode._ports import Body, Record

__all__ = ["Elements", "Joined"]


@dataclass(frozen=True, slots=True)
class Joined(Around):
    """The children among the records of ``inner``, each with what ``taken`` takes of its parent (column -> path).

    A child names its parent in ``link``, which parents lack; a parent is known by ``key``. So Shopify's bulk operations
    write a connection inside a connection. A child may stand anywhere, before its parent too: the body is read twice,
    and of each parent only the columns are held in memory.

    A child without its parent in the body is an error: it would be a row of nobody's.
    """

    taken: Mapping[str, str] = field(hash=False)
    link: str = "__parentId"
    key: str = "id"

    def records(self, body: Body) -> Iterator[Record]:
        """The children, in the order of the body; raises UndecodableError."""
        parents = {
            record.get(self.key): tuple(at_path(record, path) for path in self.taken.values())
            for record in self.inner.records(body)
            if self.link not in record
        }
        for record in self.inner.records(body):
            if (name := record.get(self.link)) is None:
                continue
            if name not in parents:
                raise UndecodableError(f"a record belongs to {name!r}, which the body does not hold")
            yield {**record, **dict(zip(self.taken, parents[name], strict=True))}


@dataclass(frozen=True, slots=True)
class Elements(Around):
    """The objects of the array ``at`` in each record of ``inner``, each with what ``taken`` takes of the record.

    ``taken`` is column -> path in the record. No array, or null, is an empty one; anything else is an error.
    """

    at: str
    taken: Mapping[str, str] = field(hash=False)

    def records(self, body: Body) -> Iterator[Record]:
        """The objects, record by record; raises UndecodableError."""
        for record in self.inner.records(body):
            kept: dict[str, Any] = {column: at_path(record, path) for column, path in self.taken.items()}
            for element in self._elements(record):
                yield {**element, **kept}

    def _elements(self, record: Record) -> list[Record]:
        found = at_path(record, self.at)
        if found is None:
            return []
        if not isinstance(found, list) or not all(isinstance(element, dict) for element in found):
            raise UndecodableError(f"expected an array of objects at {self.at!r}, found {type(found).__name__}")
        return found
