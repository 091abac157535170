"""Streams proposed from an OpenAPI description: its lists, and the lists below them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from dif_kit.contribute._plan import StreamPlan
from dif_kit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["proposed"]

_HOLE: Final = re.compile(r"\{([^{}]+)\}")
_PLAIN: Final = {"string", "integer", "number", "boolean", "object", "array"}
_FORMATS: Final = {"date", "date-time"}
_FEWEST: Final = 2


def proposed(file: Path) -> tuple[StreamPlan, ...]:
    """A stream for each GET that answers with an array of objects: at the root of its answer, or one step below.

    Paths without a hole are lists of their own, those with one hole are below the list that their path begins with.

    Raises:
        ConfigError: the file cannot be read, or describes too few lists.
    """
    document = _read(file)
    lists = [found for path, item in document.get("paths", {}).items() if (found := _list(document, path, item))]
    roots = [stream for stream in lists if not _HOLE.search(stream.path)]
    below = [child for stream in lists if (child := _below(stream, roots)) is not None]
    streams = (*roots, *below)
    if len(streams) < _FEWEST:
        raise ConfigError(
            f"{file} describes {len(streams)} lists: two are needed, of GETs that answer with an array of objects"
        )
    return streams


def _read(file: Path) -> dict[str, Any]:
    try:
        content = file.read_bytes()
        document = json.loads(content) if file.suffix == ".json" else msgspec.yaml.decode(content)
    except (ValueError, msgspec.DecodeError) as error:
        raise ConfigError(f"{file} is not {file.suffix.lstrip('.') or 'YAML'}: {error}") from error
    if not isinstance(document, dict) or "paths" not in document:
        raise ConfigError(f"{file} has no paths: it is no OpenAPI description")
    return document


def _list(document: Mapping[str, Any], path: str, item: Mapping[str, Any]) -> StreamPlan | None:
    answer = item.get("get", {}).get("responses", {}).get("200", {})
    media = _resolved(document, answer).get("content", {}).get("application/json", {})
    for records, schema in _arrays(document, _resolved(document, media.get("schema", {}))):
        row = _resolved(document, schema.get("items", {}))
        columns = {name: _column(_resolved(document, column)) for name, column in row.get("properties", {}).items()}
        if columns:
            name = re.sub(r"\W+", "_", _HOLE.sub("", path).strip("/").rpartition("/")[2]).strip("_").lower()
            return StreamPlan(
                name=name,
                path=path,
                keys=(_key(columns, row.get("required", ())),),
                schema={"type": "object", "properties": columns},
                records=records,
                words=_sentence(item["get"].get("summary") or f"The list at {path}"),
            )
    return None


def _arrays(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if schema.get("type") == "array":
        yield "", schema
    for name, part in schema.get("properties", {}).items():
        found = _resolved(document, part)
        if found.get("type") == "array":
            yield name, found


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema behind ``$ref``, the parts of ``allOf`` together."""
    while "$ref" in schema:
        place: Any = document
        for key in str(schema["$ref"]).removeprefix("#/").split("/"):
            place = place[key.replace("~1", "/").replace("~0", "~")]
        schema = place
    if "allOf" in schema:
        parts = [_resolved(document, part) for part in schema["allOf"]]
        columns = {name: column for part in parts for name, column in part.get("properties", {}).items()}
        return {"type": "object", "properties": columns}
    return schema


def _column(schema: Mapping[str, Any]) -> dict[str, Any]:
    types = schema.get("type", "object")
    kind = next((kind for kind in ([types] if isinstance(types, str) else types) if kind in _PLAIN), "string")
    column: dict[str, Any] = {"type": [kind, "null"]}
    if schema.get("format") in _FORMATS:
        column["format"] = schema["format"]
    return column


def _key(columns: Mapping[str, Any], required: Any) -> str:  # noqa: ANN401 - as the file has it
    ids = [name for name in columns if name == "id"] or [name for name in columns if name.endswith("id")]
    return (ids or [name for name in required if name in columns] or list(columns))[0]


def _below(stream: StreamPlan, roots: list[StreamPlan]) -> StreamPlan | None:
    holes = _HOLE.findall(stream.path)
    if len(holes) != 1:
        return None
    above = stream.path.partition("{")[0].rstrip("/")
    parent = next((root for root in roots if root.path.rstrip("/") == above), None)
    if parent is None or stream.path.endswith("}"):
        return None
    hole = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", holes[0]).replace("-", "_").lower()
    columns = {hole: parent.schema["properties"][parent.keys[0]], **stream.schema["properties"]}
    return StreamPlan(
        name=stream.name,
        path=stream.path.replace(f"{{{holes[0]}}}", f"{{{hole}}}"),
        keys=tuple(dict.fromkeys((hole, *stream.keys))),
        schema={"type": "object", "properties": columns},
        parent=parent.name,
        hole=hole,
        records=stream.records,
        words=stream.words,
    )


def _sentence(text: str) -> str:
    return text.strip().replace('"', "'").replace("\\", "").rstrip(".").partition("\n")[0] + "."
