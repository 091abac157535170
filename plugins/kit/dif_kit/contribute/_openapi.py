"""Lists that an OpenAPI description has, and the streams that are proposed from them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from dif_kit.contribute._place import DescribedList, Proposal, placed
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


def proposed(file: Path) -> Proposal:
    """A stream for each GET that answers with an array of objects: at the root of its answer, or one step below.

    Paths without a hole are lists of their own; `placed` finds which list another one is below.

    Raises:
        ConfigError: the file cannot be read, or describes too few lists.
    """
    document = _read(file)
    lists = [found for path, item in document.get("paths", {}).items() if (found := _list(document, path, item))]
    proposal = placed(lists)
    if len(proposal.streams) < _FEWEST:
        left_out = "".join(f"; {path} is left out: {why}" for path, why in proposal.left_out.items())
        raise ConfigError(
            f"{file} describes {len(proposal.streams)} lists: two are needed, of GETs that answer with an array of "
            f"objects{left_out}"
        )
    return proposal


def _read(file: Path) -> dict[str, Any]:
    try:
        content = file.read_bytes()
        document = json.loads(content) if file.suffix == ".json" else msgspec.yaml.decode(content)
    except (ValueError, msgspec.DecodeError) as error:
        raise ConfigError(f"{file} is not {file.suffix.lstrip('.') or 'YAML'}: {error}") from error
    if not isinstance(document, dict) or "paths" not in document:
        raise ConfigError(f"{file} has no paths: it is no OpenAPI description")
    return document


def _list(document: Mapping[str, Any], path: str, item: Mapping[str, Any]) -> DescribedList | None:
    answer = item.get("get", {}).get("responses", {}).get("200", {})
    media = _resolved(document, answer).get("content", {}).get("application/json", {})
    for records, schema in _arrays(document, _resolved(document, media.get("schema", {}))):
        row = _resolved(document, schema.get("items", {}))
        columns = {name: _column(_resolved(document, column)) for name, column in row.get("properties", {}).items()}
        if columns:
            name = re.sub(r"\W+", "_", _HOLE.sub("", path).strip("/").rpartition("/")[2]).strip("_").lower()
            stream = StreamPlan(
                name=name,
                path=path,
                keys=(_key(columns, row.get("required", ())),),
                schema={"type": "object", "properties": columns},
                records=records,
                words=_sentence(item["get"].get("summary") or f"The list at {path}"),
            )
            return DescribedList(stream, _hole_types(document, item))
    return None


def _hole_types(document: Mapping[str, Any], item: Mapping[str, Any]) -> dict[str, str]:
    """Hole of a path -> its type, as far as the parameters say it."""
    told = [_resolved(document, each) for each in (*item.get("parameters", ()), *item["get"].get("parameters", ()))]
    schemas = {
        each.get("name"): _resolved(document, each.get("schema", {})) for each in told if each.get("in") == "path"
    }
    return {str(name): str(schema["type"]) for name, schema in schemas.items() if "type" in schema}


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


def _sentence(text: str) -> str:
    return text.strip().replace('"', "'").replace("\\", "").rstrip(".").partition("\n")[0] + "."
