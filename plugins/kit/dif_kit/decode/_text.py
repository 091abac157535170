"""Values that came as text, read by the types of the stream's schema."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from dif_kit.decode._ports import Record, UndecodableError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["read_text_values"]

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


def _read(name: str, value: str, column: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON scalar
    types = column.get("type", "string")
    types = {types} if isinstance(types, str) else set(types)
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
