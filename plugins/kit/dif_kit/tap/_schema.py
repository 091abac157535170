"""The JSON schema of a stream, as a file beside the tap's code; and columns in a table that is shorter than schemas."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from dif_kit.errors import ConfigError

__all__ = ["COLUMN_TYPES", "Columns", "known_columns", "load_schema"]

Columns: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Columns by their names, each with its JSON schema."""

#: The words of a table of columns, each with the JSON schema that it stands for. All can be null.
COLUMN_TYPES: Final[Columns] = MappingProxyType(
    {
        **{word: {"type": [word, "null"]} for word in ("integer", "number", "boolean", "string", "array", "object")},
        "strings": {"type": ["array", "null"], "items": {"type": "string"}},
        "date": {"type": ["string", "null"], "format": "date"},
        "moment": {"type": ["string", "null"], "format": "date-time"},
    }
)


def load_schema(module: str, name: str) -> dict[str, Any]:
    """The schema in ``schemas/<name>.json`` of the package that ``module`` belongs to, read anew on each call.

    Raises:
        ConfigError: there is no such file, or it does not describe an object.
    """
    package = module.partition(".")[0]
    file = files(package) / "schemas" / f"{name}.json"
    try:
        schema = json.loads(file.read_bytes())
    except FileNotFoundError as error:
        raise ConfigError(f"stream {name!r} has no schema: {package}/schemas/{name}.json is missing") from error
    except ValueError as error:
        raise ConfigError(f"{package}/schemas/{name}.json is not JSON ({error})") from error
    if not isinstance(schema, dict) or "properties" not in schema:
        raise ConfigError(f"{package}/schemas/{name}.json has no properties")
    return schema


def known_columns(package: str) -> dict[str, Columns]:
    """The tables in ``fields.json`` of a package: of each, the columns with their JSON schemas.

    ``{"campaigns": {"string": ["id", "name"], "moment": ["created"]}}`` names columns by the words of `COLUMN_TYPES`.
    """
    tables = json.loads(files(package).joinpath("fields.json").read_bytes())
    return {
        table: {name: COLUMN_TYPES[word] for word, names in words.items() for name in names}
        for table, words in tables.items()
    }
