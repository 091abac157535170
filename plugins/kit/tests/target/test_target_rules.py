"""JSON Schema's rules for scalars: a value that breaks one is put aside with the rule's name, by both ways."""

from __future__ import annotations

import json
import logging
from decimal import Decimal
from typing import Any

import jsonschema
import msgspec
import pytest
from dif_kit.target._cells import Limits
from dif_kit.target._formats import FileFormat
from dif_kit.target._rows import Records, RowEncoder
from dif_kit.target._schema import stream_schema
from hypothesis import given, settings
from hypothesis import strategies as st

NULL = rb"\N"


def verdict(facts: dict[str, Any], text: str) -> str | None:
    """Why a value is put aside; both ways agree."""
    schema = stream_schema("s", {"properties": {"x": facts}}, (), metadata=False)
    encoder = RowEncoder(schema, Limits(), "run", FileFormat(), evolve=False)
    raws, absent = [msgspec.Raw(f'{{"x":{text}}}'.encode())], [msgspec.Raw(b"")]
    record = Records(raws, absent, [1], [1], "2026-11-23T00:00:00.000000+00:00", absent, raws)
    plain, quick = encoder.encode_rows(record, NULL), encoder.encode_columns(record, NULL)
    assert (quick is None) == bool(plain.rejected)
    return plain.rejected[0][1] if plain.rejected else None


@pytest.mark.parametrize(
    ("facts", "good", "bad"),
    [
        ({"type": "string", "enum": ["a", "b"]}, '"a"', '"c"'),
        ({"type": ["null", "string"], "enum": ["a"]}, "null", '"c"'),
        ({"type": "integer", "enum": [1, 2]}, "1", "3"),
        ({"type": ["integer", "boolean"], "enum": [1]}, "1", "true"),
        ({"type": "string", "const": "a"}, '"a"', '"b"'),
        ({"type": "integer", "minimum": 1}, "1", "0"),
        ({"type": "integer", "maximum": 5}, "5", "6"),
        ({"type": "number", "exclusiveMinimum": 0}, "0.1", "0"),
        ({"type": "number", "exclusiveMaximum": 1.5}, "1.4", "1.5"),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": True}, "0.1", "0"),
        ({"type": "number", "multipleOf": 0.05}, "0.15", "0.12"),
        ({"type": "integer", "multipleOf": 5}, "-15", "7"),
        ({"type": "string", "pattern": "^[A-Z]{2}$"}, '"DE"', '"de"'),
        ({"type": "string", "minLength": 2}, r'"\u00e9\u00e9"', '"é"'),
        ({"type": "string", "maxLength": 2}, '"🚀🚀"', '"🚀🚀🚀"'),
        ({"anyOf": [{"type": "string", "maxLength": 1}, {"type": "null"}]}, '"a"', '"ab"'),
    ],
)
def test_a_value_that_breaks_a_rule_is_put_aside_with_the_rule(facts: dict[str, Any], good: str, bad: str) -> None:
    assert verdict(facts, good) is None
    assert "breaks the SCHEMA's rule" in (verdict(facts, bad) or "")


def test_a_bound_has_all_its_digits() -> None:
    facts = {"type": "number", "multipleOf": 0.01, "maximum": Decimal("12345678901234567890.12")}
    assert verdict(facts, "12345678901234567890.12") is None
    assert verdict(facts, "12345678901234567890.13") is not None


def test_a_number_of_any_size_is_checked_in_no_time() -> None:
    facts = {"type": ["string", "number"], "multipleOf": 7}
    assert verdict(facts, "1e999999999") is not None
    assert verdict(facts, "1e99999999999999999999") is not None
    assert verdict(facts, '"a"') is None


def test_a_pattern_that_cannot_be_read_is_told_and_puts_nothing_aside(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert verdict({"type": "string", "pattern": r"\p{L}+"}, '"a"') is None
    assert "is not checked" in caplog.text


numbers = st.integers(-20, 20) | st.decimals(-20, 20, places=1, allow_nan=False).map(float)
rules = st.fixed_dictionaries(
    {},
    optional={
        "minimum": numbers,
        "maximum": numbers,
        "exclusiveMinimum": numbers,
        "exclusiveMaximum": numbers,
        "minLength": st.integers(0, 3),
        "maxLength": st.integers(0, 3),
        "enum": st.lists(numbers | st.sampled_from(["a", "ab", True]), min_size=1, max_size=4),
        "pattern": st.sampled_from(["^a", "b$", "[0-9]"]),
    },
)
values = numbers | st.booleans() | st.text("ab1é🚀", max_size=4)


@settings(max_examples=300, deadline=None)
@given(rules, values)
def test_any_rule_says_of_any_value_what_jsonschema_says(stated: dict[str, Any], value: Any) -> None:
    is_valid = jsonschema.Draft202012Validator(stated).is_valid(value)
    assert (verdict(stated, json.dumps(value)) is None) == is_valid
