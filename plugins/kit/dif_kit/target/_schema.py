"""A SCHEMA message into columns."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

from dif_kit.errors import DeliveryError
from dif_kit.target._ports import Column, ColumnKind, StreamSchema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["METADATA", "VERSION", "infer_kind", "stream_schema", "with_columns", "with_version"]

METADATA: Final = (
    Column("_sdc_extracted_at", ColumnKind.DATETIME),
    Column("_sdc_received_at", ColumnKind.DATETIME),
    Column("_sdc_sequence", ColumnKind.INTEGER),
    Column("_dif_run_id", ColumnKind.TEXT),
)

VERSION: Final = Column("_sdc_table_version", ColumnKind.INTEGER)

_FORMATS: Final = {"date": ColumnKind.DATE, "date-time": ColumnKind.DATETIME, "time": ColumnKind.TIME}
_SCALARS: Final = {"integer": ColumnKind.INTEGER, "boolean": ColumnKind.BOOLEAN}
_PROPERTIES: Final[dict[ColumnKind, dict[str, Any]]] = {
    ColumnKind.TEXT: {"type": ["null", "string"]},
    ColumnKind.BOOLEAN: {"type": ["null", "boolean"]},
    ColumnKind.INTEGER: {"type": ["null", "integer"]},
    ColumnKind.NUMBER: {"type": ["null", "number"]},
    ColumnKind.NESTED: {"type": ["null", "object", "array"]},
}
_LARGEST_SCALE: Final = 37  # of 38 digits, one is before the point


def stream_schema(
    stream: str,
    json_schema: Mapping[str, Any],
    key_properties: Sequence[str],
    bookmark_properties: Sequence[str] = (),
    *,
    metadata: bool,
) -> StreamSchema:
    """The columns of a stream: its properties in the SCHEMA's order, then ours.

    Raises:
        DeliveryError: the SCHEMA has no properties object, a key is not a property, or a name is ours.
    """
    properties = json_schema.get("properties")
    if not isinstance(properties, dict):
        raise DeliveryError(f"SCHEMA of stream {stream!r} has no `properties`: the tap breaks the Singer specification")
    missing = [key for key in key_properties if key not in properties]
    if missing:
        raise DeliveryError(f"SCHEMA of stream {stream!r} names key {missing[0]!r}, which is not among its properties")
    columns = tuple(_column(name, facts, key_properties) for name, facts in properties.items())
    ours = METADATA if metadata else ()
    bookmarks = tuple(name for name in bookmark_properties if name in properties)
    schema = StreamSchema(stream, columns + ours, tuple(key_properties), dict(json_schema), bookmarks, len(ours))
    _refuse_repeated_names(schema)
    return schema


def with_columns(schema: StreamSchema, added: Sequence[Column]) -> StreamSchema:
    """The schema with further columns of its own, before ours.

    Raises:
        DeliveryError: a name is ours.
    """
    count = len(schema.columns) - schema.metadata
    columns = (*schema.columns[:count], *added, *schema.columns[count:])
    properties = schema.json_schema["properties"] | {column.name: _PROPERTIES[column.kind] for column in added}
    wider = msgspec.structs.replace(
        schema, columns=columns, json_schema={**schema.json_schema, "properties": properties}
    )
    _refuse_repeated_names(wider)
    return wider


def with_version(schema: StreamSchema) -> StreamSchema:
    """The schema of a stream whose records belong to versions, which ACTIVATE_VERSION is about.

    Raises:
        DeliveryError: the stream has a field of the column's name.
    """
    columns = (*schema.columns, VERSION)
    versioned = msgspec.structs.replace(schema, columns=columns, metadata=schema.metadata + 1)
    _refuse_repeated_names(versioned)
    return versioned


def infer_kind(raw: bytes) -> ColumnKind:
    """The kind of a field that no SCHEMA describes, by its JSON text (not ``null``)."""
    first = raw[:1]
    if first == b'"':
        return ColumnKind.TEXT
    if first in b"tf":
        return ColumnKind.BOOLEAN
    if first in b"{[":
        return ColumnKind.NESTED
    return ColumnKind.INTEGER if raw.lstrip(b"-").isdigit() else ColumnKind.NUMBER


def _column(name: str, facts: object, key_properties: Sequence[str]) -> Column:
    kind, scale = _kind(facts) if isinstance(facts, dict) else (ColumnKind.NESTED, None)
    return Column(name, kind, nullable=name not in key_properties, scale=scale)


def _kind(facts: Mapping[str, Any]) -> tuple[ColumnKind, int | None]:
    """What a property holds; several types in one property are kept as JSON."""
    variants = facts.get("anyOf") or facts.get("oneOf")
    if "type" not in facts and isinstance(variants, list):
        return _kind_of_variants(variants)
    stated = facts.get("type", [])
    types = {stated} if isinstance(stated, str) else set(stated)
    types.discard("null")
    if types == {"string"}:
        return _FORMATS.get(str(facts.get("format")), ColumnKind.TEXT), None
    if types in ({"number"}, {"number", "integer"}):
        scale = _scale(facts.get("multipleOf"))
        return (ColumnKind.NUMBER, None) if scale is None else (ColumnKind.DECIMAL, scale)
    if len(types) == 1:
        return _SCALARS.get(types.pop(), ColumnKind.NESTED), None
    return ColumnKind.NESTED, None


def _kind_of_variants(variants: Sequence[object]) -> tuple[ColumnKind, int | None]:
    """One kind where all variants agree; a date or any other string (singer-python's idiom) is text."""
    stated = [facts for facts in variants if isinstance(facts, dict) and facts.get("type") not in ("null", ["null"])]
    if len(stated) != len([facts for facts in variants if facts != {"type": "null"}]) or not stated:
        return ColumnKind.NESTED, None
    kinds = {_kind(facts) for facts in stated}
    if len(kinds) == 1:
        return kinds.pop()
    strings = {ColumnKind.TEXT, *_FORMATS.values()}
    return (ColumnKind.TEXT if {kind for kind, _ in kinds} <= strings else ColumnKind.NESTED), None


def _scale(multiple_of: object) -> int | None:
    """The digits after the point, if ``multiple_of`` is a power of ten that a DECIMAL can hold."""
    if not isinstance(multiple_of, int | float | Decimal) or isinstance(multiple_of, bool) or multiple_of <= 0:
        return None
    _, digits, exponent = Decimal(str(multiple_of)).normalize().as_tuple()
    is_scale = digits == (1,) and isinstance(exponent, int) and -_LARGEST_SCALE <= exponent <= 0
    return -int(exponent) if is_scale else None


def _refuse_repeated_names(schema: StreamSchema) -> None:
    repeated = [name for name, times in Counter(column.name for column in schema.columns).items() if times > 1]
    if repeated:
        raise DeliveryError(
            f"stream {schema.stream!r} has a field {repeated[0]!r} of its own, which is the name of a metadata column: "
            "rename it by a stream map, or set `add_record_metadata: false`",
        )
