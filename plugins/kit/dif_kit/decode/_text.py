"""Values brought to the types of the stream's schema where the provider wrote another that says exactly the same."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from dif_kit.decode._ports import Record, UndecodableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["NumberForms", "TextReader", "read_text_values"]

_MOST_DIGITS: Final = 1000
_MISFITS: Final = (KeyError, ValueError, InvalidOperation)
_TEXTS: Final = frozenset({str, type(None)})
_BOOLEANS: Final = {"true": True, "false": False, "1": True, "0": False}


def read_text_values(row: Record, schema: Mapping[str, Any]) -> Record:
    """The row with numbers and booleans in the types that ``schema`` gives their columns; other columns as they are.

    Raises:
        UndecodableError: a text is not of its column's type; nothing is guessed or dropped.
    """
    properties = schema["properties"]
    return {
        name: value if value is None else _read(name, value, properties.get(name, {})) for name, value in row.items()
    }


class TextReader:
    """`read_text_values` for many rows of a schema: where all are texts, only those of another type are looked at."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        columns = schema["properties"].items()
        self._parsers = [(name, parse) for name, column in columns if (parse := _parser(_types(column))) is not None]

    def read(self, row: Record) -> Record:
        """The row, which is changed; raises UndecodableError."""
        if not _TEXTS.issuperset(map(type, row.values())):
            return read_text_values(row, self._schema)
        try:
            for name, parse in self._parsers:
                if (text := row.get(name)) is not None:
                    row[name] = parse(text)
        except _MISFITS:
            return read_text_values(row, self._schema)  # says which one it is
        return row


@dataclass(frozen=True, slots=True)
class NumberForms:
    """Columns in which providers write numbers in more than one form, by the schema: plain text, and whole numbers."""

    texts: frozenset[str]
    integers: frozenset[str]

    @classmethod
    def of(cls, schema: Mapping[str, Any]) -> NumberForms:
        """Those of a schema."""
        only = {
            name: frozenset(_types(column)) - {"null"}
            for name, column in schema["properties"].items()
            if column.get("type") and "format" not in column
        }
        return cls(
            texts=frozenset(name for name, types in only.items() if types == {"string"}),
            integers=frozenset(name for name, types in only.items() if types == {"integer"}),
        )

    def settle(self, row: Record) -> Record:
        """The row with numbers in the schema's form where that says exactly the same; all else as it is.

        An id comes as ``"42"``, ``42`` and ``42.0``: it is the text ``42``. A moment in seconds comes as ``7`` and
        ``7.0``, which JSON Schema counts as integer too: it is the integer 7.
        """
        for name in self.texts:
            value = row.get(name)
            if value.__class__ is int:
                row[name] = str(value)
            elif isinstance(value, Decimal):
                row[name] = str(int(value)) if _is_whole(value) else str(value)
        for name in self.integers:
            value = row.get(name)
            if isinstance(value, Decimal) and _is_whole(value):
                row[name] = int(value)
        return row


def _is_whole(value: Decimal) -> bool:
    # 1E+999999999 is a whole number too; nobody wants its digits.
    return value.adjusted() < _MOST_DIGITS and value == value.to_integral_value()


def _types(column: Mapping[str, Any]) -> list[str]:
    types = column.get("type", "string")
    return [types] if isinstance(types, str) else list(types)


def _read(name: str, value: Any, column: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a text, in XML also an object
    types = _types(column)
    if not isinstance(value, str):
        return value if not column or {"object", "array"} & set(types) else _as_it_is(name, value, types)
    parse = _parser(types)
    try:
        return value if parse is None else parse(value)
    except _MISFITS as error:
        raise UndecodableError(f"column {name!r} holds {value!r}, its type is {sorted(types)}") from error


def _parser(types: list[str]) -> Callable[[str], Any] | None:
    """What reads the texts of a column; None if they stay as they are."""
    if "string" in types:
        return None
    return next((_PARSERS[kind] for kind in _PARSERS if kind in types), None)


def _as_it_is(name: str, value: Any, types: list[str]) -> Any:  # noqa: ANN401 - what JSON has beside texts
    """A number or boolean among the texts: some providers write texts for some figures only."""
    if isinstance(value, bool):
        if "boolean" in types:
            return value
    elif isinstance(value, int):
        if "integer" in types or "number" in types:
            return value
        if "string" in types:
            return str(value)
    elif isinstance(value, Decimal) and "number" in types:
        return value
    raise UndecodableError(f"column {name!r} holds a {type(value).__name__}, its type is {sorted(types)}")


def _plain(value: str) -> str:
    """A number as data is written; Python itself would also take ``1_0`` for ten, and the digits of other scripts."""
    if not value.isascii() or "_" in value:
        raise ValueError(value)
    return value


def _finite(value: str) -> Decimal:
    number = Decimal(_plain(value))
    if not number.is_finite():
        raise ValueError(value)
    return number


def _integer(value: str) -> int:
    return int(_plain(value))


def _boolean(value: str) -> bool:
    return _BOOLEANS[value.lower()]


#: In this order, where a column may have several.
_PARSERS: Final[dict[str, Callable[[str], Any]]] = {"integer": _integer, "number": _finite, "boolean": _boolean}
