"""Values brought to the types of the stream's schema where the provider wrote another that says exactly the same."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from dif_kit.decode._ports import Record, UndecodableError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["read_text_values", "text_columns", "write_numbers_as_text"]

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


def text_columns(schema: Mapping[str, Any]) -> frozenset[str]:
    """The columns that hold plain text and nothing else, by the schema."""
    return frozenset(
        name
        for name, column in schema["properties"].items()
        if column.get("type") and "format" not in column and set(_types(column)) <= {"string", "null"}
    )


def write_numbers_as_text(row: Record, columns: frozenset[str]) -> Record:
    """The row with the numbers in these columns as text: providers write ids both ways, ``42`` and ``"42"``.

    A whole number has its digits only, as ``42.0`` and ``4.2E+1`` are the id 42.
    """
    for name in columns:
        value = row.get(name)
        if value.__class__ is int:
            row[name] = str(value)
        elif isinstance(value, Decimal):
            row[name] = str(int(value)) if value == value.to_integral_value() else str(value)
    return row


def _types(column: Mapping[str, Any]) -> list[str]:
    types = column.get("type", "string")
    return [types] if isinstance(types, str) else list(types)


def _read(name: str, value: str, column: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON scalar
    types = _types(column)
    try:
        if "string" in types:
            return value
        if "integer" in types:
            return int(value)
        if "number" in types:
            return _finite(value)
        if "boolean" in types:
            return _BOOLEANS[value.lower()]
    except (KeyError, ValueError, InvalidOperation) as error:
        raise UndecodableError(f"column {name!r} holds {value!r}, its type is {sorted(types)}") from error
    return value


def _finite(value: str) -> Decimal:
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError(value)
    return number
