"""A row that fits a schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["example_row"]

_BY_FORMAT: Final = {"date": "2026-10-14", "date-time": "2026-10-14T09:37:18Z"}
_BY_TYPE: Final = {"string": "words", "integer": 1623245885, "number": 0.25, "boolean": True, "object": {}, "array": []}


def example_row(schema: Mapping[str, Any], **known: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON holds anything
    """A value in every column of a stream's schema; those that are ``known`` as they are given."""
    return {name: known.get(name, _example(column)) for name, column in schema["properties"].items()}


def _example(column: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON holds anything
    if "enum" in column:
        return column["enum"][0]
    types = column["type"]
    kind = types if isinstance(types, str) else next(kind for kind in types if kind != "null")
    return _BY_FORMAT.get(column.get("format", ""), _BY_TYPE[kind])
