"""Lists inside records, one row for each of their values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from dif_kit.decode._around import Around
from dif_kit.decode._ports import UndecodableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dif_kit.decode._ports import Body, Record

__all__ = ["Unfolded"]


@dataclass(frozen=True, slots=True)
class Unfolded(Around):
    """A row for each value in the lists of the records of ``inner``.

    ``lists`` are columns that hold arrays of objects, such as ``actions``: ``[{"action_type": "purchase", "value": "3",
    "7d_click": "2"}]``. ``names`` are members that say what an object is about; every other member is a value. A row
    has ``keep`` of its record, the list's column in ``metric``, the names, which value it is in ``kind`` (``value``,
    ``7d_click``), and the value itself in ``value``.

    A record without the lists gives no rows. A value that is no number or text is an error: it would be lost.
    """

    lists: tuple[str, ...]
    names: tuple[str, ...]
    keep: tuple[str, ...]
    metric: str = "metric"
    kind: str = "kind"
    value: str = "value"
    is_text: bool = field(default=True, init=False)

    def records(self, body: Body) -> Iterator[Record]:
        """The rows: record by record, list by list, value by value."""
        for record in self.inner.records(body):
            kept = {column: record[column] for column in self.keep if column in record}
            for column in self.lists:
                for item in self._items(record.get(column), column):
                    yield from self._rows({**kept, self.metric: column}, item)

    def _items(self, found: Any, column: str) -> list[Any]:  # noqa: ANN401 - JSON holds anything
        if found is None:
            return []
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            raise UndecodableError(f"expected an array of objects at {column!r}, found {type(found).__name__}")
        return found

    def _rows(self, kept: Record, item: Record) -> Iterator[Record]:
        # Every name is a part of the key: an object without it is about all of them.
        names = {name: str(item.get(name, _ALL)) for name in self.names}
        for kind, value in item.items():
            if kind in self.names or value is None:
                continue
            if isinstance(value, bool | dict | list):
                raise UndecodableError(f"{kind!r} in {kept[self.metric]!r} holds a {type(value).__name__}")
            yield {**kept, **names, self.kind: kind, self.value: str(value)}


_ALL: Final = ""
