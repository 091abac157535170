"""Everything at once: rows in are rows out and rows put aside, and every value is what Python's own decoder says."""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from dif_kit.errors import PartialRunError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PROPERTIES: dict[str, Any] = {
    "id": {"type": "integer"},
    "text": {"type": ["null", "string"]},
    "whole": {"type": ["null", "integer"]},
    "double": {"type": ["null", "number"]},
    "money": {"type": ["null", "number"], "multipleOf": 1e-10},
    "flag": {"type": ["null", "boolean"]},
    "day": {"type": ["null", "string"], "format": "date"},
    "moment": {"type": ["null", "string"], "format": "date-time"},
    "hour": {"type": ["null", "string"], "format": "time"},
    "nested": {"type": ["null", "object", "array"]},
    "mixed": {"type": ["null", "string", "integer", "boolean"]},
    "few": {"type": ["null", "string"], "enum": ["a", "b", None]},
    "named": {"type": ["null", "string"], "minLength": 2, "maxLength": 5, "pattern": "^[^ ]"},
    "bounded": {"type": ["null", "integer"], "minimum": 0, "exclusiveMaximum": 100, "multipleOf": 5},
}
NUMBERS = {"id", "whole", "double", "money", "bounded", "drift_number", "drift_whole"}
JSON = {"nested", "mixed", "drift_nested"}

# Fields as JSON text, one a row, all of which are kept.
GOOD = {
    "text": [
        '""', '"null"', r'"\\N"', r'"\"quoted\", \\ / \/ \b\f\n\r\t"', '"a\'b\\"c"', '"línea\\u2028\\u2029"',
        r'"\u00e9 \ud83d\ude80 \ud834\udd1e"', '"🚀𝄞𐍈\U0010fffd￿"', '"\\u0001\\u001f\x7f\x80"',
        '"' + "x" * 65_535 + '"', '"' + "é" * 70_000 + '"', '"' + r"\u00e9" * 30_000 + '"', '", , \\"\\""', '"=1+1"',
    ],
    "whole": ["0", "-0", "9223372036854775807", "-9223372036854775808", "1.0", "1e3", "-12E2"],
    "double": ["0.1", "1.10", "-0.0", "1e-7", "1E+22", "5e-324", "1.7976931348623157e308", "9007199254740992"],
    "money": [
        "1234567890123456789012345678.0123456789", "-9999999999999999999999999999.9999999999", "0E-9", "1.5E2", "25e-1",
    ],
    "flag": ["true", "false"],
    "day": ['"2024-02-29"', '"0001-01-01"', r'"\u0032026-01-31"'],
    "moment": ['"2026-01-31T23:59:59.123456+05:30"', '"2026-01-31 23:59:59"', '"2026-01-31T23:59:59-0700"'],
    "hour": ['"23:59:59.5"'],
    "nested": [
        "[]", "{}", '{"a": [1.10, {"b": null}],  "c":"\\"q\\" \\u00e9"}', "[12345678901234567890.123456789]",
        "[" * 200 + "]" * 200, '{"big": "' + "y" * 100_000 + '"}', '{"a":1,"a":2}',
    ],
    "mixed": ['"text"', "5", "true", "123456789012345678901234567890"],
    "few": ['"a"', '"b"'],
    "named": ['"ab"', '"🚀🚀🚀🚀🚀"'],
    "bounded": ["0", "95", "1e1"],
    "drift_text": ['"new"'], "drift_number": ["1.5"], "drift_whole": ["7"], "drift_nested": ['{"a":[1]}'],
    "drift_flag": ["true"],
}  # fmt: skip
# Fields of which each puts its row aside, and a word of the reason.
BAD = [
    ("text", "5", "expected a string"), ("text", r'"a\u0000b"', "NUL"), ("text", r'"\ud800"', "not exact JSON"),
    ("whole", "9223372036854775808", "64 bits"), ("whole", "1.5", "expected an integer"), ("whole", "true", "integer"),
    ("whole", "1e99999999999999999999", "out of range"), ("double", "NaN", "not exact JSON"),
    ("double", "-Infinity", "not exact JSON"), ("double", "0.1000000000000000055511151231257827", "not exact"),
    ("double", "1e999", "not exact"), ("money", "0.00000000001", "DECIMAL(38, 10)"),
    ("money", "1e28", "DECIMAL(38, 10)"),
    ("flag", "1", "true or false"), ("day", '"2026-02-30"', "date"), ("moment", '"yesterday"', "date-time"),
    ("hour", '"24:00:00"', "time"), ("nested", r'["\u0000"]', "NUL"), ("few", '"c"', "rule enum"),
    ("named", '"a"', "rule minLength"), ("named", '"abcdef"', "rule maxLength"), ("named", '" ab"', "rule pattern"),
    ("bounded", "-5", "rule minimum"), ("bounded", "100", "rule exclusiveMaximum"), ("bounded", "7", "rule multipleOf"),
    ("id", '1,"id":2', "same key twice"),
]  # fmt: skip

SCHEMA = {"type": "SCHEMA", "stream": "s", "schema": {"properties": PROPERTIES}, "key_properties": ["id"]}


def line(number: int, name: str, text: str, form: str) -> str:
    spaced = form == "spaced"
    fields = [f'"id":{" " * spaced}{number}'] if name != "id" else []
    fields.append(f'"{name}":{" " * spaced}{text}')
    record = "{" + ("," + " " * spaced).join(fields) + "}"
    if form == "backwards":
        return f'{{"record":{record},"stream":"s","type":"RECORD"}}\n'
    return f'{{"type":"RECORD",{" " * spaced}"stream":"s","record":{record}}}\n'


@pytest.mark.parametrize("form", ["compact", "spaced", "backwards"])
@pytest.mark.parametrize("seed", [1, 2])
def test_every_row_is_kept_exactly_or_put_aside_with_its_reason(run: Callable[..., Any], form: str, seed: int) -> None:
    rows = [(name, text, None) for name, texts in GOOD.items() for text in texts] + list(BAD)
    rows += [("text", '"filler"', None)] * 200
    random.Random(seed).shuffle(rows)
    lines = [line(number, name, text, form) for number, (name, text, _) in enumerate(rows)]
    made = run(max_quarantined_rows=1000)
    with pytest.raises(PartialRunError, match=f"{len(BAD)} records are in quarantine"):
        made.take(SCHEMA, *lines, {"type": "STATE", "value": {"done": True}})
    found = {int(row["id"]): row for row in made.rows()}
    aside = {entry["line"]: entry for entry in made.quarantined()}
    assert len(made.rows()) + len(aside) == len(rows)
    for number, (name, text, words) in enumerate(rows):
        if words is not None:
            entry = aside[number + 2]
            assert words in entry["reason"]
            raw = entry["raw"]
            assert raw in lines[number]
            continue
        row = found[number]
        assert same(name, json.loads(text, parse_float=Decimal, parse_int=Decimal), row[name]), (name, text, row[name])
        assert all(value is None for other, value in row.items() if other not in (name, "id"))
    assert sum(manifest.rows for manifest in made.manifests) == len(found)
    assert sum(manifest.quarantined for manifest in made.manifests) == len(aside)
    assert made.states == [{"done": True}]


def same(name: str, source: Any, cell: str | None) -> bool:
    if source is None or cell is None:
        return source is cell
    if name in JSON:
        return bool(json.loads(cell, parse_float=Decimal, parse_int=Decimal) == source)
    if name in NUMBERS:
        return bool(Decimal(cell) == source)
    if isinstance(source, bool):
        return cell == json.dumps(source)
    return bool(cell == source)


texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
scalars = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | texts
documents = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))
records = st.lists(
    st.dictionaries(st.sampled_from([*PROPERTIES, "drift_a", "drift_b"]), documents, max_size=6), min_size=1, max_size=8
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records, st.sampled_from(["evolve", "quarantine"]), st.booleans())
def test_whatever_comes_is_counted_once(
    run: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory, rows: list[Any], fields: str, is_ascii: bool
) -> None:
    made = run(bucket=tmp_path_factory.mktemp("lake").as_uri(), unknown_fields=fields)
    rows = [row | {"id": number} for number, row in enumerate(rows)]
    lines = [f'{{"type":"RECORD","stream":"s","record":{json.dumps(row, ensure_ascii=is_ascii)}}}\n' for row in rows]
    with contextlib.suppress(PartialRunError):
        made.take(SCHEMA, *lines)
    kept = {int(row["id"]): row for row in made.rows()}
    aside = sum(manifest.quarantined for manifest in made.manifests)
    assert len(made.rows()) == len(kept)
    assert len(kept) + aside == len(rows)
    kinds = {column.name: column.kind.value for manifest in made.manifests for column in manifest.columns}
    for number, row in kept.items():
        for name, value in row.items():
            source = json.loads(json.dumps(rows[number].get(name)), parse_float=Decimal, parse_int=Decimal)
            named = {"nested": "nested", "number": "double", "integer": "whole"}.get(kinds[name], name)
            assert same(named if name.startswith("drift") else name, source, value), (name, source, value)
