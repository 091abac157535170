"""JSON documents into records."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

from dif_kit.decode._ports import Body, Record, UndecodableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["JsonObject", "JsonRecords", "KeyedLists", "at_path", "parse_json"]

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_MISSING: Final = object()
# float_hook sees the text of each fraction: 0.10 stays 0.10, where a float would already be another number.
_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)


def parse_json(content: bytes) -> Any:  # noqa: ANN401 - JSON holds anything
    """The document in ``content``: fractions as Decimal, integers of any size, nothing rounded.

    Raises:
        UndecodableError: not JSON, or half of it, or not UTF-8, or NaN, which JSON has not.
    """
    try:
        return _DECODER.decode(content.removeprefix(_BYTE_ORDER_MARK))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UndecodableError(f"the body is not whole JSON ({error})") from error


def at_path(document: Any, path: str, default: Any = None) -> Any:  # noqa: ANN401 - JSON holds anything
    """The value at a dotted path of object keys, the document itself for the empty path, else ``default``."""
    value = document
    for key in path.split(".") if path else ():
        if not isinstance(value, dict) or key not in value:
            return default
        value = value[key]
    return value


@dataclass(frozen=True, slots=True)
class JsonRecords:
    """An array of objects at ``path`` (dotted keys; empty: the body itself is the array).

    A path that is not there, or holds something else, is an error: it is never an empty page.
    """

    path: str = ""
    is_text: bool = False

    def check(self, body: Body) -> None:
        """Refuse a body without an array at the path."""
        self._rows(body)

    def records(self, body: Body) -> Iterator[Record]:
        """The objects of the array."""
        for row in self._rows(body):
            if not isinstance(row, dict):
                raise UndecodableError(f"expected objects at {self.path or 'the root'!r}, found {type(row).__name__}")
            yield row

    def _rows(self, body: Body) -> list[Any]:
        rows = at_path(body.json(), self.path, _MISSING)
        if not isinstance(rows, list):
            where = f"at {self.path!r}" if self.path else "as the whole body"
            found = "nothing" if rows is _MISSING else type(rows).__name__
            raise UndecodableError(f"expected an array {where}, found {found}")
        return rows


@dataclass(frozen=True, slots=True)
class JsonObject:
    """One object that is itself the only record, such as an answer about a job or a token."""

    is_text: bool = False

    def check(self, body: Body) -> None:
        """Refuse a body that is no object."""
        if not isinstance(body.json(), dict):
            raise UndecodableError(f"expected one object, found {type(body.json()).__name__}")

    def records(self, body: Body) -> Iterator[Record]:
        """The object."""
        self.check(body)
        yield body.json()


@dataclass(frozen=True, slots=True)
class KeyedLists:
    """One object whose keys are entity ids and whose values are lists of rows: ``{"42": [{...}], ...}``.

    ``key`` names the column that takes the id where a row has not got it already.
    """

    key: str | None = None
    is_text: bool = False

    def check(self, body: Body) -> None:
        """Refuse a body that is not an object of lists."""
        self._groups(body)

    def records(self, body: Body) -> Iterator[Record]:
        """The rows, entity by entity."""
        for entity, rows in self._groups(body).items():
            for row in rows:
                if not isinstance(row, dict):
                    raise UndecodableError(f"expected objects below {entity!r}, found {type(row).__name__}")
                if self.key is not None:
                    row.setdefault(self.key, entity)
                yield row

    @staticmethod
    def _groups(body: Body) -> Mapping[str, list[Any]]:
        document = body.json()
        if not isinstance(document, dict) or not all(isinstance(rows, list) for rows in document.values()):
            raise UndecodableError("expected one object of lists keyed by entity")
        return document
