"""A page's bytes into a document whose records are typed rows."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec
from msgspec import UNSET

from dif_kit.decode import JsonRecords, KeyedLists, at_path, parse_json
from dif_kit.emit._rows import Layout, Row, Rows

if TYPE_CHECKING:
    from dif_kit.decode import Decoder

__all__ = ["PageReader", "page_reader"]

# A provider whose pages have new columns all the time is read row by row in the end: making a type takes a millisecond.
_MOST_LAYOUTS: Final = 20
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_MISFITS: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ArithmeticError)
# As `parse_json` reads: fractions keep their text.
_ANYTHING: Final = msgspec.json.Decoder(float_hook=Decimal)
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class PageReader:
    """Reads the pages of one stream, from any thread."""

    def __init__(self, shape: _Shape) -> None:
        self._shape = shape
        self._layouts_left = _MOST_LAYOUTS

    def parse(self, content: bytes) -> Any:  # noqa: ANN401 - JSON holds anything
        """The document with `Rows` where its records are, or as `parse_json` gives it if they do not fit.

        Raises:
            UndecodableError: as `parse_json`.
        """
        try:
            return self._shape.parse(content.removeprefix(_BYTE_ORDER_MARK))
        except _MISFITS:
            document = parse_json(content)
        self._learn(document)
        return document

    def rows(self, document: Any) -> Rows | None:  # noqa: ANN401 - JSON holds anything
        """The typed rows of a document that `parse` gave; None if they did not fit."""
        found = self._shape.find(document)
        return found if isinstance(found, Rows) else None

    def _learn(self, document: Any) -> None:  # noqa: ANN401 - JSON holds anything
        if not self._layouts_left:
            return
        shape = self._shape
        layout = shape.layout.widened(row for row in shape.plain_rows(document) if isinstance(row, dict))
        if layout is not shape.layout:
            self._layouts_left -= 1
            self._shape = shape.with_layout(layout)  # in one step: other threads are reading


def page_reader(decoder: Decoder, layout: Layout) -> PageReader | None:
    """A reader of typed pages; None for a format that has none, or whose values are texts that have yet to be read."""
    if decoder.is_text:
        return None
    match decoder:
        case JsonRecords() if "[]" not in decoder.path.split("."):  # one array, not one in each of many chunks
            return PageReader(_Array(decoder.path, layout))
        case KeyedLists() if decoder.key is None or decoder.key in layout.attributes:
            return PageReader(_Lists(decoder.key, layout))
    return None


class _Array:
    """An array of records at a dotted path; the empty path is the document itself."""

    def __init__(self, path: str, layout: Layout) -> None:
        self.layout = layout
        self._path = path
        self._keys = path.split(".") if path else []
        rows: Any = list[layout.row]  # type: ignore[name-defined]  # made at run time
        self._rows = msgspec.json.Decoder(rows, float_hook=Decimal)
        # No fraction among the members: it would be rounded. An object that has one does not fit.
        self._members = msgspec.json.Decoder(
            dict[str, rows | dict[str, Any] | str | int | bool | None], float_hook=Decimal
        )
        self._is_in_one_go = len(self._keys) == 1

    def with_layout(self, layout: Layout) -> _Array:
        return _Array(self._path, layout)

    def parse(self, content: bytes) -> Any:  # noqa: ANN401 - JSON holds anything
        if self._is_in_one_go:
            try:
                return self._whole(content)
            except _MISFITS:
                document = self._document(content, 0)
            self._is_in_one_go = False  # the rows fit, so it is another member that does not
            return document
        return self._document(content, 0)

    def find(self, document: Any) -> Any:  # noqa: ANN401 - JSON holds anything
        return at_path(document, self._path)

    def plain_rows(self, document: Any) -> list[Any]:  # noqa: ANN401 - JSON holds anything
        rows = at_path(document, self._path)
        return rows if isinstance(rows, list) else []

    def _whole(self, content: bytes) -> dict[str, Any]:
        """The document where the array is its only one: a fifth faster than member by member."""
        document: dict[str, Any] = self._members.decode(content)
        rows = document.pop(self._keys[0], None)
        if not isinstance(rows, list) or any(isinstance(value, list) for value in document.values()):
            raise msgspec.ValidationError
        return {**document, self._keys[0]: self._settled(rows)}

    def _document(self, content: bytes | msgspec.Raw, depth: int) -> Any:  # noqa: ANN401 - JSON holds anything
        """The value ``depth`` keys deep: objects on the way to the rows are opened, all else is read as it is."""
        if depth == len(self._keys):
            return self._settled(self._rows.decode(content))
        document: dict[str, Any] = _OBJECT.decode(content)
        for key, value in document.items():
            is_on_the_way = key == self._keys[depth]
            document[key] = self._document(value, depth + 1) if is_on_the_way else _ANYTHING.decode(value)
        return document

    def _settled(self, decoded: list[Row]) -> Rows:
        rows = Rows(decoded, self.layout)
        self.layout.settle(rows)
        return rows


class _Lists:
    """One object of lists of records; ``column`` takes the key of the list where a record has not got it."""

    def __init__(self, column: str | None, layout: Layout) -> None:
        self.layout = layout
        self._column = column
        self._decoder = msgspec.json.Decoder(dict[str, list[layout.row]], float_hook=Decimal)  # type: ignore[name-defined]  # made at run time

    def with_layout(self, layout: Layout) -> _Lists:
        return _Lists(self._column, layout)

    def parse(self, content: bytes) -> dict[str, Rows]:
        groups = self._decoder.decode(content)
        rows = Rows((row for group in groups.values() for row in group), self.layout)
        if self._column is not None:
            attribute = self.layout.attributes[self._column]
            for entity, group in groups.items():
                for row in group:
                    if getattr(row, attribute) is UNSET:
                        setattr(row, attribute, entity)
        self.layout.settle(rows)
        return {"": rows}

    def find(self, document: Any) -> Any:  # noqa: ANN401 - JSON holds anything
        return document.get("") if isinstance(document, dict) else None

    def plain_rows(self, document: Any) -> list[Any]:  # noqa: ANN401 - JSON holds anything
        groups = document.values() if isinstance(document, dict) else ()
        return [row for group in groups if isinstance(group, list) for row in group]


_Shape: TypeAlias = _Array | _Lists
