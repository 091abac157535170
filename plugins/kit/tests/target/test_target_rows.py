"""JSON into CSV: exact, or put aside; and by every way the same."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from dif_kit.target._cells import Limits
from dif_kit.target._formats import FileFormat
from dif_kit.target._rows import Encoded, Records, RowEncoder
from dif_kit.target._schema import stream_schema
from hypothesis import given, settings
from hypothesis import strategies as st

PROPERTIES = {
    "id": {"type": "string"},
    "text": {"type": ["null", "string"]},
    "whole": {"type": ["null", "integer"]},
    "double": {"type": ["null", "number"]},
    "money": {"type": ["null", "number"], "multipleOf": 0.01},
    "flag": {"type": ["null", "boolean"]},
    "day": {"type": ["null", "string"], "format": "date"},
    "moment": {"type": ["null", "string"], "format": "date-time"},
    "hour": {"type": ["null", "string"], "format": "time"},
    "nested": {"type": ["null", "object", "array"]},
}
NULL = rb"\N"
RECEIVED_AT = "2026-11-23T00:00:00.000000+00:00"


def encoder(
    properties: dict[str, Any] | None = None,
    keys: tuple[str, ...] = ("id",),
    limits: Limits = Limits(),  # noqa: B008 - it is frozen
    *,
    evolve: bool = False,
    metadata: bool = False,
) -> RowEncoder:
    schema = stream_schema("s", {"properties": properties or PROPERTIES}, keys, metadata=metadata)
    return RowEncoder(schema, limits, "run", FileFormat(), evolve=evolve)


def records(*raws: str | bytes) -> Records:
    made = [msgspec.Raw(raw.encode() if isinstance(raw, str) else raw) for raw in raws]
    absent = [msgspec.Raw(b"")] * len(made)
    places = range(1, len(made) + 1)
    return Records(made, absent, places, places, RECEIVED_AT, absent, made)


def read_back(encoded: Encoded, null: bytes = NULL) -> list[list[str | None]]:
    rows = csv.reader(io.StringIO(encoded.csv.decode(), newline=""), strict=True)
    return [[None if value == null.decode() else value for value in row] for row in rows]


def cells(**fields: str) -> dict[str, str | None]:
    """What one record becomes; fields are JSON text."""
    raw = "{" + ",".join(f'"{name}":{text}' for name, text in {"id": '"k"', **fields}.items()) + "}"
    both = every_way(raw)
    assert not both.rejected, both.rejected
    return dict(zip(PROPERTIES, read_back(both)[0], strict=True))


def reason(raw: str, **facts: Any) -> str:
    encoded = encoder(**facts).encode(records(raw), NULL)
    assert encoded.rows == 0
    assert len(encoded.rejected) == 1
    return encoded.rejected[0][1]


def lines(*raws: str, after: str = "") -> bytes:
    """The records as messages."""
    return "".join(f'{{"type":"RECORD","stream":"s","record":{raw}{after}}}\n' for raw in raws).encode()


def of_lines(made: RowEncoder, chunk: bytes) -> Encoded | None:
    return made.encode_lines(chunk, 1, RECEIVED_AT, NULL)


def every_way(*raws: str) -> Encoded:
    """The plain way's result, once the quick ones, where they dare, have given the same."""
    made = encoder()
    plain = made.encode_rows(records(*raws), NULL)
    for quick in (made.encode_columns(records(*raws), NULL), of_lines(made, lines(*raws))):
        if quick is not None:
            assert (quick.csv, quick.rows, quick.longest) == (plain.csv, plain.rows, plain.longest)
            assert not plain.rejected
    return plain


@pytest.mark.parametrize(
    ("field", "text", "expected"),
    [
        ("text", '""', ""),
        ("text", "null", None),
        ("text", '"null"', "null"),
        ("text", r'"a,\"b\"\n\t\\ \/ \u00e9\ud83d\ude80"', 'a,"b"\n\t\\ / é🚀'),
        ("text", '"é🚀"', "é🚀"),
        ("text", r'"\\N "', "\\N "),
        ("whole", "9223372036854775807", "9223372036854775807"),
        ("whole", "-9223372036854775808", "-9223372036854775808"),
        ("whole", "1623245885.0", "1623245885"),
        ("whole", "-1e3", "-1000"),
        ("double", "0.1", "0.1"),
        ("double", "1.10", "1.10"),
        ("double", "-0.0", "-0.0"),
        ("double", "1e-7", "1e-7"),
        ("double", "1E+22", "1E+22"),
        ("double", "0.1234567890123456", "0.1234567890123456"),
        ("money", "12345678901234567890.12", "12345678901234567890.12"),
        ("money", "1.500", "1.500"),
        ("money", "0E-9", "0"),
        ("money", "1.5E2", "150"),
        ("money", "25e-1", "2.5"),
        ("flag", "true", "true"),
        ("day", '"2024-02-29"', "2024-02-29"),
        ("moment", '"2026-01-31T23:59:59.123456+05:30"', "2026-01-31T23:59:59.123456+05:30"),
        ("moment", '"2026-01-31 23:59:59"', "2026-01-31 23:59:59"),
        ("moment", '"2026-01-31T23:59:59-0700"', "2026-01-31T23:59:59-0700"),
        ("hour", '"23:59:59.5"', "23:59:59.5"),
        (
            "nested",
            '{"a": "q\\"uote, null",  "b":[1.10,{"c":null}]}',
            '{"a": "q\\"uote, null",  "b":[1.10,{"c":null}]}',
        ),
        ("nested", "[]", "[]"),
        ("nested", '"a text"', '"a text"'),
    ],
)
def test_a_value_is_kept_exactly(field: str, text: str, expected: str | None) -> None:
    assert cells(**{field: text})[field] == expected


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("text", "5", "expected a string"),
        ("text", r'"a\u0000b"', "NUL"),
        ("whole", "9223372036854775808", "64 bits"),
        ("whole", "123456789012345678901234567890", "64 bits"),
        ("whole", "1.5", "expected an integer"),
        ("whole", "1e99", "64 bits"),
        ("whole", "1e-3", "expected an integer"),
        ("whole", '"1"', "expected an integer"),
        ("double", '"1.5"', "expected a number"),
        ("double", "true", "expected a number"),
        ("double", "12345678901234567890.12", "not exact as a double"),
        ("double", "0.1000000000000000055511151231257827", "not exact as a double"),
        ("double", "1e400", "not exact as a double"),
        ("double", "1e-400", "not exact as a double"),
        ("double", "1e99999999999999999999", "out of range"),
        ("money", "1.255", "does not fit DECIMAL(38, 2)"),
        ("money", "1e37", "does not fit DECIMAL(38, 2)"),
        ("money", "1e999999999", "does not fit DECIMAL(38, 2)"),
        ("money", "-1e-999999999", "does not fit DECIMAL(38, 2)"),
        ("whole", "1e999999999", "64 bits"),
        ("double", "1e999999999", "not exact as a double"),
        ("flag", '"yes"', "expected true or false"),
        ("flag", "1", "expected true or false"),
        ("day", '"2025-02-29"', "expected a date"),
        ("day", '"2025-01-01T00:00:00Z"', "expected a date"),
        ("moment", '"yesterday"', "expected a date-time"),
        ("moment", '"2025-01-01T24:00:00Z"', "expected a date-time"),
        ("moment", '"2025-01-01T00:00:00.1234567Z"', "expected a date-time"),
        ("hour", '"25:00:00"', "expected a time"),
        ("nested", r'{"a":"\u0000"}', "NUL"),
    ],
)
def test_a_value_that_cannot_be_kept_is_rejected_with_its_column_and_reason(field: str, text: str, words: str) -> None:
    found = reason(f'{{"id":"k","{field}":{text}}}')
    assert found.startswith(f"{field}: ")
    assert words in found


def test_a_reason_shows_of_a_text_its_shape_alone() -> None:
    assert reason('{"id":"k","double":"ann.lee@example.com 12"}').endswith('found "aaa.aaa@aaaaaaa.aaa 99"')
    assert reason('{"id":"k","text":12.5}').endswith("found 12.5")


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ('{"text":"a"}', "the key is missing or null"),
        ('{"id":null}', "the key is missing or null"),
        ("[1]", "not an object"),
        ('{"id":"a","id":"b"}', "same key twice"),
        ('{"id": "a", "text": "x", "text": "x"}', "same key twice"),
        ('{"id":"a","more":1}', "no such field"),
    ],
)
def test_a_record_that_cannot_be_kept_is_rejected(raw: str, words: str) -> None:
    assert words in reason(raw)


def test_a_bad_record_does_not_stop_the_good_ones() -> None:
    made = encoder().encode(records('{"id":"a"}', '{"id":5}', '{"id":"c"}'), NULL)
    assert [row[0] for row in read_back(made)] == ["a", "c"]
    assert [index for index, _ in made.rejected] == [1]
    assert made.consumed == 3


@pytest.mark.parametrize(
    ("raw", "limits"),
    [
        ('{"id":"a","text":"' + "é" * 51 + '"}', Limits(text_bytes=100)),
        ('{"id":"a","nested":"' + "x" * 100 + '"}', Limits(nested_bytes=100)),
        ('{"id":"a","nested":[{"deep":"' + "x" * 101 + '"}]}', Limits(text_bytes=100)),
        ('{"id":"a","nested":{"' + "é" * 51 + '":1}}', Limits(text_bytes=100)),
        ('{"id":"a","text":"' + "x" * 100 + '"}', Limits(row_bytes=100)),
    ],
)
def test_what_is_longer_than_the_destination_takes_is_rejected_not_cut(raw: str, limits: Limits) -> None:
    assert "the destination takes 100" in reason(raw, limits=limits)
    assert encoder().encode(records(raw), NULL).rows == 1


@pytest.mark.parametrize("number", ["1e999999999", "-1E+400", "1e-400", "9" * 400])
def test_a_number_in_nested_json_that_no_double_comes_near_spoils_no_file(number: str) -> None:
    raw = f'{{"id":"a","nested":[1e300,{{"deep":{number}}}]}}'
    assert "which no double comes near" in reason(raw, limits=Limits(nested_bytes=1000))
    assert encoder().encode(records(raw), NULL).rows == 1, "a file of text holds any"
    kept = f'{{"id":"a","nested":["{number}",1e300]}}'
    assert encoder(limits=Limits(nested_bytes=1000)).encode(records(kept), NULL).rows == 1


def test_nested_json_may_be_longer_than_one_text_of_it() -> None:
    raw = '{"id":"a","nested":["' + '","'.join(["x" * 60] * 5) + '"]}'
    assert encoder(limits=Limits(text_bytes=100)).encode(records(raw), NULL).rows == 1


def test_an_unknown_field_stops_the_rows_where_its_column_begins() -> None:
    made = encoder(evolve=True).encode(records('{"id":"a"}', '{"id":"b","more":1.5}', '{"id":"c"}'), NULL)
    assert (made.rows, made.consumed) == (1, 1)
    assert [(column.name, column.kind.value) for column in made.new_columns] == [("more", "number")]


@pytest.mark.parametrize("name", ['x"; DROP TABLE y; --', "back\\slash", "line\nfeed", "\x1b[2J", "=1+1"])
def test_a_column_may_be_called_anything(name: str) -> None:
    raw = msgspec.json.encode({"id": "a", name: "=cmd"}).decode()
    (column,) = encoder(evolve=True).encode(records(raw), NULL).new_columns
    assert column.name == name
    made = encoder({"id": {"type": "string"}, name: {"type": "string"}}).encode(records(raw), NULL)
    assert read_back(made)[0][:2] == ["a", "=cmd"]


def test_an_unknown_field_that_is_null_needs_no_column() -> None:
    made = encoder(evolve=True).encode(records('{"id":"a","more":null}'), NULL)
    assert made.rows == 1


def test_a_text_that_equals_the_null_text_is_not_written_as_null() -> None:
    made = encoder().encode(records('{"id":"a"}', r'{"id":"b","text":"\\N"}'), NULL)
    assert (made.rows, made.null_is_taken) == (1, True)
    other = encoder().encode(records(r'{"id":"b","text":"\\N"}'), rb"\N1")
    assert read_back(other, rb"\N1")[0][1] == "\\N"


def test_days_of_the_calendar_are_taken_at_once_and_others_not_at_all() -> None:
    real: list[str] = []
    for text in (f"{year}-{month:02}-{day:02}" for year in (2023, 2024) for month in range(14) for day in range(33)):
        try:
            date.fromisoformat(text)
        except ValueError:
            assert every_way(f'{{"id":"a","day":"{text}"}}', '{"id":"b"}').rejected
            assert every_way(f'{{"id":"a","moment":"{text}T00:00:00Z"}}', '{"id":"b"}').rejected
        else:
            real.append(f'{{"id":"a","day":"{text}","moment":"{text}T23:59:59Z"}}')
    assert every_way(*real).rows == 365 + 366
    assert encoder().encode_columns(records(*real), NULL) is not None


@pytest.mark.parametrize("nested", [["null"], ['"null"'], ["null", "null", '{"a":null}'], ["[]", '"null"', "null"]])
def test_null_beside_texts_that_look_like_it_is_told_apart_every_way_alike(nested: list[str]) -> None:
    raws = [f'{{"id":"a","text":"null","nested":{text}}}' for text in nested]
    rows = read_back(every_way(*raws))
    assert [dict(zip(PROPERTIES, row, strict=True))["nested"] for row in rows] == [
        None if text == "null" else text for text in nested
    ]
    assert encoder().encode_columns(records(*raws), NULL) is not None


def test_the_longest_value_is_told_in_bytes_of_utf8() -> None:
    made = every_way('{"id":"a","text":"é🚀"}', r'{"id":"bb","text":"\"\""}')
    assert made.longest[:2] == [2, 6]


def test_lines_of_plain_records_are_rows_at_once() -> None:
    chunk = lines('{"id":"a","text":"é"}', '{"whole":1,"id":"b"}', after=',"time_extracted":"2026-11-23T00:00:00Z"')
    made = of_lines(encoder(metadata=True), chunk)
    assert made is not None
    assert [(row[0], row[1], row[2], *row[-4:]) for row in read_back(made)] == [
        ("a", "é", None, "2026-11-23T00:00:00Z", RECEIVED_AT, "1", "run"),
        ("b", None, "1", "2026-11-23T00:00:00Z", RECEIVED_AT, "2", "run"),
    ]


PLAIN = lines('{"id":"a"}')


@pytest.mark.parametrize(
    "chunk",
    [
        PLAIN + b'{"type":"RECORD","stream":"t","record":{"id":"b"}}\n',
        PLAIN + b'{"type":"STATE","value":{}}\n',
        PLAIN + b"\n",
        PLAIN + b'{"type":"RECORD","stream":"s","record":{"id":"b"}} {"id":"c"}\n',
        PLAIN + b'{"type":"RECORD","stream":"s","record":{"id":"b"},"record":{"id":"b"}}\n',
        PLAIN + b'{"type":"RECORD","stream":"s","record":{"id":"b","id":"b"}}\n',
        PLAIN + b'{"type":"RECORD","stream":"s","record":{"id":"b","text":"\xff"}}\n',
        PLAIN + b'{"type":"RECORD","stream":"s","record":{"id":"b"},"version":1}\n',
        PLAIN + b'{"type":"RECORD","stream":"s","record":{"id":"b"},"dif_sequence":7}\n',
        PLAIN + b'{"type":"RECORD","stream":"s","record":{"id":"b","more":null}}\n',
        PLAIN + b'{"type":"RECORD","stream":"s","record":{"text":"no key"}}\n',
        PLAIN + b'{"type":"RECORD","stream":"s","record":null}\n',
        PLAIN + b'{"type":"RECORD","stream":"s"}\n',
        b'{"type": "RECORD", "stream": "s", "record": {"id": "a"}}\n',
    ],
)
def test_lines_of_anything_else_are_left_to_the_plain_way(chunk: bytes) -> None:
    assert of_lines(encoder(), PLAIN) is not None
    assert of_lines(encoder(), chunk) is None


def test_metadata_columns_say_when_and_in_which_order() -> None:
    made = encoder(metadata=True)
    plain, quick = (way(records('{"id":"a"}'), NULL) for way in (made.encode_rows, made.encode_columns))
    assert quick is not None
    assert plain.csv == quick.csv
    assert read_back(quick)[0][-4:] == [None, "2026-11-23T00:00:00.000000+00:00", "1", "run"]


texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6
)
good = st.fixed_dictionaries(
    {"id": texts.filter(lambda text: "\0" not in text)},
    optional={
        "text": st.none() | texts,
        "whole": st.none() | st.integers(-(2**65), 2**65),
        "double": st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**60), 2**60),
        "money": st.none() | st.decimals(allow_nan=False, allow_infinity=False, places=2).map(float),
        "flag": st.none() | st.booleans(),
        "day": st.none() | st.dates().map(str),
        "moment": st.none() | st.datetimes().map(lambda moment: moment.isoformat()),
        "hour": st.none() | st.times().map(str),
        "nested": documents,
    },
)
wild = st.dictionaries(st.sampled_from([*PROPERTIES, "more"]), documents, max_size=5)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.lists(good | wild, min_size=1, max_size=6), st.booleans(), st.booleans())
def test_any_rows_are_read_back_equal_or_rejected_and_every_way_agrees(
    rows: list[dict[str, Any]], is_ascii: bool, is_spaced: bool
) -> None:
    separators = (", ", ": ") if is_spaced else (",", ":")
    raws = [json.dumps(row, ensure_ascii=is_ascii, separators=separators) for row in rows]
    plain = every_way(*raws)
    if plain.null_is_taken:
        return
    rejected = {index for index, _ in plain.rejected}
    kept = [row for index, row in enumerate(rows) if index not in rejected]
    for row, found in zip(kept, read_back(plain), strict=True):
        for name, cell in zip(PROPERTIES, found, strict=True):
            assert same(name, row.get(name), cell), (name, row, cell)


def same(name: str, source: Any, cell: str | None) -> bool:
    if source is None or cell is None:
        return source is cell
    if name in {"whole", "double", "money"}:
        return Decimal(repr(source)) == Decimal(cell)
    if name == "flag":
        return cell == json.dumps(source)
    if name == "nested":
        return bool(json.loads(cell) == source)
    return bool(cell == source)


@given(st.binary(max_size=30))
def test_no_bytes_break_the_encoder(content: bytes) -> None:
    try:
        content.decode()
        msgspec.json.decode(content, type=msgspec.Raw)
    except (UnicodeDecodeError, msgspec.DecodeError):
        return
    encoded = encoder().encode(records(content), NULL)
    assert encoded.rows + len(encoded.rejected) + encoded.null_is_taken == 1
