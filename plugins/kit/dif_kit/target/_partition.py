"""Records of one stream, split by the values of one of their fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final
from urllib.parse import quote

import msgspec

from dif_kit.target._ports import Column, ColumnKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dif_kit.target._rows import Records

__all__ = ["PartitionedBy", "Unpartitioned"]

_NO_VALUE: Final = "__HIVE_DEFAULT_PARTITION__"  # what Hive, Spark and Athena read as NULL
_ABSENT: Final = msgspec.Raw(b"null")
_DAY: Final = len("2026-01-31")


class Unpartitioned:
    """All records together."""

    is_one: ClassVar[bool] = True

    def split(self, records: Records) -> Iterator[tuple[str | None, Records]]:
        """The records by the folder of their partition."""
        yield None, records


class PartitionedBy(Unpartitioned):
    """By the value of one column; moments by their day, as their text has it. Folders are named as Hive does."""

    is_one = False

    def __init__(self, column: Column) -> None:
        self._name = column.name
        self._is_moment = column.kind is ColumnKind.DATETIME
        field = msgspec.defstruct("Field", [("field", msgspec.Raw, _ABSENT)], rename={"field": column.name}, gc=False)
        self._decoder = msgspec.json.Decoder(field)

    def split(self, records: Records) -> Iterator[tuple[str | None, Records]]:
        """The records by the folder of their partition, in the order of its first record."""
        places: dict[str, list[int]] = {}
        for place, raw in enumerate(records.raws):
            places.setdefault(self._value(raw), []).append(place)
        for value, found in places.items():
            folder = quote(value, safe="") or _NO_VALUE
            yield f"{quote(self._name, safe='')}={folder}", records.at(found)

    def _value(self, raw: msgspec.Raw) -> str:
        """The value as text; empty where there is none, also in what is no record and will be put aside."""
        try:
            text = bytes(self._decoder.decode(raw).field)  # type: ignore[attr-defined]  # made above
            value = msgspec.json.decode(text, type=str) if text[:1] == b'"' else text.decode()
        except (msgspec.DecodeError, RecursionError):
            return ""
        return "" if text == b"null" else value[:_DAY] if self._is_moment else value
