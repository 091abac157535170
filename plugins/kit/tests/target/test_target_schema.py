"""SCHEMA into columns."""

from __future__ import annotations

from typing import Any

import pytest
from dif_kit.errors import DeliveryError
from dif_kit.target import ColumnKind
from dif_kit.target._schema import infer_kind, stream_schema


def kind(facts: Any) -> tuple[str, int | None]:
    column = stream_schema("s", {"properties": {"x": facts}}, (), metadata=False).columns[0]
    return column.kind.value, column.scale


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"type": "string"}, ("text", None)),
        ({"type": ["null", "string"], "format": "date"}, ("date", None)),
        ({"type": "string", "format": "date-time"}, ("date-time", None)),
        ({"type": "string", "format": "time"}, ("time", None)),
        ({"type": "string", "format": "email"}, ("text", None)),
        ({"type": ["integer", "null"]}, ("integer", None)),
        ({"type": "boolean"}, ("boolean", None)),
        ({"type": "number"}, ("number", None)),
        ({"type": ["number", "integer"]}, ("number", None)),
        ({"type": "number", "multipleOf": 0.01}, ("decimal", 2)),
        ({"type": "number", "multipleOf": 1e-06}, ("decimal", 6)),
        ({"type": "number", "multipleOf": 1}, ("decimal", 0)),
        ({"type": "number", "multipleOf": 0.05}, ("number", None)),
        ({"type": "number", "multipleOf": 1e-40}, ("number", None)),
        ({"type": "object", "properties": {}}, ("nested", None)),
        ({"type": "array"}, ("nested", None)),
        ({"type": ["string", "integer"]}, ("nested", None)),
        ({}, ("nested", None)),
        (True, ("nested", None)),
        ({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}, ("date-time", None)),
        ({"anyOf": [{"type": "string", "format": "date-time"}, {"type": ["string", "null"]}]}, ("text", None)),
        ({"oneOf": [{"type": "number", "multipleOf": 0.1}, {"type": "null"}]}, ("decimal", 1)),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, ("nested", None)),
        ({"anyOf": [{"type": "string"}, {"$ref": "#/x"}]}, ("nested", None)),
    ],
)
def test_a_property_becomes_the_column_that_keeps_it_exactly(facts: Any, expected: tuple[str, int | None]) -> None:
    assert kind(facts) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b'"a"', ColumnKind.TEXT),
        (b"true", ColumnKind.BOOLEAN),
        (b"-5", ColumnKind.INTEGER),
        (b"5.0", ColumnKind.NUMBER),
        (b"{}", ColumnKind.NESTED),
        (b"[]", ColumnKind.NESTED),
    ],
)
def test_a_field_without_schema_gets_the_kind_of_its_json(text: bytes, expected: ColumnKind) -> None:
    assert infer_kind(text) is expected


def test_only_keys_are_not_nullable_and_metadata_comes_last() -> None:
    schema = stream_schema("s", {"properties": {"id": {"type": "string"}, "x": {}}}, ("id",), metadata=True)
    assert [column.nullable for column in schema.columns[:2]] == [False, True]
    names = [column.name for column in schema.columns[2:]]
    assert names == ["_sdc_extracted_at", "_sdc_received_at", "_sdc_sequence", "_dif_run_id"]


@pytest.mark.parametrize(
    ("schema", "keys", "words"),
    [
        ({}, (), "no `properties`"),
        ({"properties": {"x": {}}}, ("id",), "key 'id'"),
        ({"properties": {"_sdc_sequence": {}}}, (), "metadata column"),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused_by_name(schema: Any, keys: tuple[str, ...], words: str) -> None:
    with pytest.raises(DeliveryError, match=words):
        stream_schema("orders", schema, keys, metadata=True)
