"""Columns picked out of nested objects."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from dif_kit.decode._around import Around
from dif_kit.decode._json import at_path
from dif_kit.decode._ports import UndecodableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from dif_kit.decode._ports import Body, Record

__all__ = ["Picked"]

_INTEGER: Final = re.compile(r"-?[0-9]+")


@dataclass(frozen=True, slots=True)
class Picked(Around):
    """Flat records out of the nested ones of ``inner``: column -> dotted path of object keys.

    What a record has not got is left out of it, or is what ``absent`` says: a part of a key cannot be missing. The rest
    of a record is not taken. ``integers`` are columns whose whole numbers come as text, as proto3 JSON writes those of
    64 bits; any other text there is an error.
    """

    columns: Mapping[str, str] = field(hash=False)
    integers: AbstractSet[str] = frozenset()
    absent: Mapping[str, str] = field(default_factory=dict, hash=False)
    is_text: bool = False

    def records(self, body: Body) -> Iterator[Record]:
        """The flat records."""
        for nested in self.inner.records(body):
            found = {column: at_path(nested, path) for column, path in self.columns.items()}
            picked = {column: self._typed(column, value) for column, value in found.items() if value is not None}
            yield {**self.absent, **picked} if self.absent else picked

    def _typed(self, column: str, value: object) -> object:
        if column not in self.integers or not isinstance(value, str):
            return value
        if not _INTEGER.fullmatch(value):
            raise UndecodableError(f"{self.columns[column]} is {value!r}, not a whole number")
        return int(value)
