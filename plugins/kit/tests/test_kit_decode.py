"""Bytes into records: exact, whole, or refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import simplejson
from dif_kit.decode import (
    CsvRecords,
    Decoder,
    Digested,
    Distinct,
    JsonObject,
    JsonRecords,
    KeyedLists,
    Lifted,
    Picked,
    UndecodableError,
    Unfolded,
    parse_json,
    read_text_values,
)
from dif_kit.http import Answer
from hypothesis import given
from hypothesis import strategies as st


def decode(decoder: Decoder, content: bytes | str) -> list[dict[str, Any]]:
    body = Answer("u", 200, {}, content.encode() if isinstance(content, str) else content)
    decoder.check(body)
    return list(decoder.records(body))


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_every_number_leaves_json_as_it_came(number: Decimal) -> None:
    text = str(number) if number != number.to_integral_value() else f"{int(number)}"
    assert simplejson.dumps(parse_json(text.encode()), use_decimal=True) == text


@pytest.mark.parametrize(
    "text", ["0.10", "-0.0", "1.10", "9007199254740993", "123456789012345678901234567890", "5E-324"]
)
def test_numbers_beyond_a_float_keep_their_digits(text: str) -> None:
    assert simplejson.dumps(parse_json(text.encode()), use_decimal=True) == text


@pytest.mark.parametrize("content", [b"", b"{", b'{"a": 1', b"<html>", b"NaN", b'{"a": NaN}', b"\xff\xfe", b"{} x"])
def test_what_is_not_whole_json_is_refused(content: bytes) -> None:
    with pytest.raises(UndecodableError, match="not whole JSON"):
        parse_json(content)


def test_a_byte_order_mark_is_no_data() -> None:
    assert parse_json(b"\xef\xbb\xbf[1]") == [1]


def test_records_at_a_path() -> None:
    assert decode(JsonRecords("data.items"), '{"data": {"items": [{"a": 1}]}}') == [{"a": 1}]
    assert decode(JsonRecords(), '[{"a": 1}]') == [{"a": 1}]
    assert decode(JsonObject(), '{"a": 1}') == [{"a": 1}]


@pytest.mark.parametrize("content", ["{}", '{"items": null}', '{"items": {}}', "[]", "null", '{"items": [1]}'])
def test_a_missing_list_is_never_an_empty_one(content: str) -> None:
    with pytest.raises(UndecodableError):
        decode(JsonRecords("items"), content)


def test_lists_keyed_by_entity_tell_their_key() -> None:
    content = '{"42": [{"D": "1"}, {"D": "2", "ID": "own"}], "43": []}'
    assert decode(KeyedLists("ID"), content) == [{"D": "1", "ID": "42"}, {"D": "2", "ID": "own"}]
    with pytest.raises(UndecodableError):
        decode(KeyedLists("ID"), '{"code": 8}')


def test_csv_is_read_by_its_header() -> None:
    content = '\ufeffname,spend\r\n"a, ""b""\r\nc",1.10\r\nd,\r\n'
    assert decode(CsvRecords(), content) == [{"name": 'a, "b"\r\nc', "spend": "1.10"}, {"name": "d", "spend": None}]


@pytest.mark.parametrize(
    "content", [b"", b"<html></html>", b"a,b\n1\n", b"a,b\n1,2,3\n", b'a,b\n"1,2\n', b"a,a\n1,2\n", b"a\n\xff\n"]
)
def test_csv_that_is_broken_is_refused(content: bytes) -> None:
    with pytest.raises(UndecodableError):
        decode(CsvRecords(), content)


def test_texts_take_the_types_of_their_columns() -> None:
    schema = {
        "properties": {
            "n": {"type": ["number", "null"]},
            "i": {"type": "integer"},
            "b": {"type": ["boolean", "null"]},
            "s": {"type": "string"},
        }
    }
    row = read_text_values({"n": "0.10", "i": "7", "b": "TRUE", "s": "01", "new": "x", "none": None}, schema)
    assert row == {"n": Decimal("0.10"), "i": 7, "b": True, "s": "01", "new": "x", "none": None}
    assert str(row["n"]) == "0.10"
    wrong = [("n", "1,5"), ("i", "1.0"), ("b", "maybe"), ("n", "NaN"), ("i", "1_0"), ("n", "1_0.5"), ("i", "٣")]
    for name, text in wrong:
        with pytest.raises(UndecodableError, match=name):
            read_text_values({name: text}, schema)


def test_nested_values_stand_only_in_columns_for_them() -> None:
    schema = {"properties": {"o": {"type": ["object", "null"]}, "a": {"type": "array"}, "i": {"type": "integer"}}}
    row = {"o": {"x": "1"}, "a": ["1", "2"], "new": {"y": "2"}}
    assert read_text_values(row, schema) == row
    for nested in ({"x": "1"}, ["1"]):
        with pytest.raises(UndecodableError, match="'i' holds a"):
            read_text_values({"i": nested}, schema)


PICKED = Picked(JsonRecords("[].results", optional=True), {"id": "campaign.id", "cost": "metrics.costMicros"}, {"id"})


def test_columns_are_picked_out_of_nested_objects() -> None:
    first = {"campaign": {"id": "9007199254740993", "name": "not asked"}, "metrics": {"costMicros": 0.5}}
    content = simplejson.dumps([{"results": [first]}, {"fieldMask": "campaign.id"}, {"results": [{"campaign": None}]}])
    assert decode(PICKED, content) == [{"id": 9007199254740993, "cost": Decimal("0.5")}, {}]


def test_a_part_of_a_key_that_is_left_out_is_what_the_facts_say() -> None:
    picked = Picked(JsonRecords("rows"), {"id": "id", "brand": "product.brand"}, absent={"brand": ""})
    rows = [{"id": 1}, {"id": 2, "product": {"brand": "Aurora"}}]
    assert decode(picked, simplejson.dumps({"rows": rows})) == [
        {"brand": "", "id": 1},
        {"brand": "Aurora", "id": 2},
    ]


def test_a_thing_that_is_listed_twice_comes_once() -> None:
    rows = [{"id": 1, "level": 1}, {"id": 2}, {"id": 1, "level": 2}, {"name": "none"}, {"name": "none"}]
    found = decode(Distinct(JsonRecords("rows"), ("id",)), simplejson.dumps({"rows": rows}))
    assert found == [{"id": 1, "level": 1}, {"id": 2}, {"name": "none"}, {"name": "none"}]


@pytest.mark.parametrize("text", ["", "1.5", "+1", "1e3", "\u0661", "1 "])
def test_a_text_that_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(UndecodableError, match=r"campaign\.id is"):
        decode(PICKED, simplejson.dumps([{"results": [{"campaign": {"id": text}}]}]))


def test_lists_inside_records_give_a_row_for_each_value() -> None:
    unfolded = Unfolded(JsonRecords("data"), ("actions", "values"), ("type",), ("day",), kind="window")
    actions = [{"type": "buy", "value": "3.50", "7d": "2"}, {"value": 4}]
    row = {"day": "2026-11-01", "clicks": "9", "actions": actions}
    assert decode(unfolded, simplejson.dumps({"data": [row, {"day": "2026-11-02"}]})) == [
        {"day": "2026-11-01", "metric": "actions", "type": "buy", "window": "value", "value": "3.50"},
        {"day": "2026-11-01", "metric": "actions", "type": "buy", "window": "7d", "value": "2"},
        {"day": "2026-11-01", "metric": "actions", "type": "", "window": "value", "value": "4"},
    ]


@pytest.mark.parametrize("lists", ['"many"', "[1]", '[{"type": "a", "value": [1]}]', '[{"value": true}]'])
def test_a_value_that_would_be_lost_is_an_error(lists: str) -> None:
    unfolded = Unfolded(JsonRecords("data"), ("actions",), ("type",), ())
    with pytest.raises(UndecodableError, match="actions"):
        decode(unfolded, f'{{"data": [{{"actions": {lists}}}]}}')


def test_records_without_an_id_get_one_of_what_they_say() -> None:
    digested = Digested(JsonRecords(), "digest", ("at", "what"))
    said = '[{"at": 1, "what": "a", "by": "x"}, {"at": 1, "what": "a"}, {"at": 1, "what": null}, {"at": 1}]'
    rows = decode(digested, said)
    first, same, other, missing = [row["digest"] for row in rows]
    assert first == same != other == missing
    assert rows[0]["by"] == "x"


LIFTED = Lifted(
    JsonRecords("rows"), ("dimensions", "metrics"), blank="-", figures=frozenset({"cost"}), days={"day": "hour"}
)


def test_members_of_objects_take_their_place() -> None:
    row = {"id": 1, "dimensions": {"hour": "2026-11-01 23:00:00", "id": 1}, "metrics": {"cost": "-", "name": "-"}}
    assert decode(LIFTED, simplejson.dumps({"rows": [row]})) == [
        {"id": 1, "hour": "2026-11-01 23:00:00", "cost": None, "name": "-", "day": "2026-11-01"}
    ]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"dimensions": {"hour": "2026-11-01"}}, "an object at 'metrics', found NoneType"),
        ({"dimensions": [], "metrics": {}}, "an object at 'dimensions', found list"),
        ({"dimensions": {"hour": "2026-11-01", "id": 1}, "metrics": {"id": 2}}, "'id' is 1 and, in 'metrics', 2"),
        ({"dimensions": {}, "metrics": {}}, "'hour' is None, which does not begin with a day"),
        ({"dimensions": {"hour": "20261101"}, "metrics": {}}, "'hour' is '20261101', which does not begin with a day"),
    ],
)
def test_members_that_would_be_lost_are_an_error(row: dict[str, Any], told: str) -> None:
    with pytest.raises(UndecodableError, match=told):
        decode(LIFTED, simplejson.dumps({"rows": [row]}))


def test_numbers_among_texts_are_what_they_are() -> None:
    types = {"i": "integer", "n": "number", "m": "number", "b": "boolean", "s": "string"}
    schema = {"properties": {name: {"type": [kind, "null"]} for name, kind in types.items()}}
    row = {"i": 7, "n": 8, "m": Decimal("0.10"), "b": True, "s": 9007199254740993, "new": 1}
    assert read_text_values(row, schema) == {**row, "s": "9007199254740993"}
    wrong: list[tuple[str, Any]] = [("i", True), ("i", Decimal("1.5")), ("n", False), ("b", 1), ("s", Decimal(1))]
    for name, value in wrong:
        with pytest.raises(UndecodableError, match=f"'{name}' holds a"):
            read_text_values({name: value}, schema)
