"""Any size, any pieces: what comes in chunks is what comes whole, and half of it is an error."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import simplejson
from dif_kit.decode import (
    CsvRecords,
    Decoder,
    JsonLines,
    JsonRecords,
    KeyedLists,
    UndecodableError,
    XmlRecords,
    parse_json,
)
from dif_kit.http import Answer
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Sequence


class Drip(io.RawIOBase):
    """Gives the content in pieces of the given sizes, over and over."""

    def __init__(self, content: bytes, sizes: Sequence[int]) -> None:
        self._content, self._sizes, self._at, self._turn = content, sizes, 0, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = min(self._sizes[self._turn % len(self._sizes)], len(buffer))
        self._turn += 1
        piece = self._content[self._at : self._at + size]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


class Pieces(io.BufferedReader):
    """Gives a reader what has come, as a socket does, where a file would wait until all that was asked for is there."""

    def read(self, size: int | None = -1, /) -> bytes:
        return self.read1(-1 if size is None else size)


class Large:
    """A body that may not fit into memory."""

    is_large = True

    def __init__(self, content: bytes, sizes: Sequence[int] = (1 << 16,)) -> None:
        self._content, self._sizes = content, sizes

    @property
    def content(self) -> bytes:
        raise AssertionError("a large body is not to be read whole")

    def json(self) -> Any:
        return self.content

    def open(self) -> Any:
        return Pieces(Drip(self._content, self._sizes), 16)


def streamed(decoder: Decoder, content: bytes, sizes: Sequence[int] = (1 << 16,)) -> list[dict[str, Any]]:
    body = Large(content, sizes)
    decoder.check(body)
    return list(decoder.records(body))


def whole(decoder: Decoder, content: bytes) -> list[dict[str, Any]]:
    return list(decoder.records(Answer("u", 200, {}, content)))


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
numbers = st.integers(-(10**30), 10**30) | st.decimals(allow_nan=False, allow_infinity=False, places=3)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
rows = st.lists(st.dictionaries(texts, values, max_size=4), max_size=6)
pieces = st.lists(st.integers(1, 9), min_size=1, max_size=5)


def dump(value: Any, indent: int | None = None) -> bytes:
    return simplejson.dumps(value, use_decimal=True, indent=indent, ensure_ascii=False).encode()


def exact(value: Any) -> str:
    """The value with the text of every number."""
    return repr(value)


@pytest.mark.slow
@given(rows, values, pieces, st.sampled_from([None, 2]))
def test_json_in_any_pieces_is_json_as_a_whole(rows: Any, beside: Any, sizes: Any, indent: int | None) -> None:
    for decoder, document in [
        (JsonRecords(), rows),
        (JsonRecords("data.items"), {"x": beside, "data": {"y": beside, "items": rows, "z": beside}}),
        (JsonRecords("[].results"), [{"results": rows, "x": beside}, {"results": []}, {"results": rows}]),
        (KeyedLists("id"), {"42": rows, "43": [], "44": rows}),
    ]:
        content = dump(document, indent)
        assert exact(streamed(decoder, content, sizes)) == exact(whole(decoder, content))


@pytest.mark.parametrize("number", ["12.75", "-1e5", "0.5E+10", "1e-7", "100"])
@pytest.mark.parametrize("size", range(1, 9))
def test_a_number_beside_the_rows_may_be_cut_by_any_piece(number: str, size: int) -> None:
    content = f'{{"total": {number}, "items": [{{"x": {number}}}], "sum": {number}}}'.encode()
    assert streamed(JsonRecords("items"), content, [size]) == [{"x": parse_json(number.encode())}]


@given(rows.filter(bool), values, st.data())
def test_json_cut_anywhere_is_an_error(rows: Any, beside: Any, data: st.DataObject) -> None:
    for decoder, document in [
        (JsonRecords("a.b"), {"a": {"b": rows, "x": beside}, "y": beside}),
        (JsonRecords("[].b"), [{"b": rows}, {"b": rows}]),
        (KeyedLists(), {"1": rows}),
    ]:
        content = dump(document)
        cut = content[: data.draw(st.integers(0, len(content) - 1))]
        with pytest.raises(UndecodableError):
            streamed(decoder, cut)


@given(rows, pieces)
def test_lines_of_json_in_any_pieces_are_all_there(rows: Any, sizes: Any) -> None:
    content = b"".join(dump(row) + b"\n" for row in rows)
    decoder = JsonLines(may_be_empty=True)
    assert exact(streamed(decoder, content, sizes)) == exact(whole(decoder, content))
    assert len(whole(decoder, content)) == len(rows)


table = st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(texts, min_size=width, max_size=width), max_size=6))


@given(table, pieces, st.sampled_from([",", ";", "\t"]), st.sampled_from(["utf-8-sig", "utf-16"]))
def test_csv_in_any_pieces_is_the_table_that_was_written(
    table: list[list[str]], sizes: Any, delimiter: str, encoding: str
) -> None:
    out = io.StringIO(newline="")
    header = [f"column {number}" for number in range(len(table[0]) if table else 2)]
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([header, *table])
    decoder = CsvRecords(delimiter=delimiter, encoding=encoding, nulls=frozenset())
    content = out.getvalue().encode(encoding)
    assert streamed(decoder, content, sizes) == [dict(zip(header, row, strict=True)) for row in table]
    assert whole(decoder, content) == streamed(decoder, content, sizes)


@given(table, st.data())
def test_csv_without_its_footer_is_torn(table: list[list[str]], data: st.DataObject) -> None:
    out = io.StringIO(newline="")
    width = len(table[0]) if table else 2
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([[f"c{n}" for n in range(width)], *table, ["©2026 The Owner"]])
    content = out.getvalue().encode()
    decoder = CsvRecords(footer="©2026", nulls=frozenset())
    if not any(row[0].startswith("©2026") for row in table):
        assert len(streamed(decoder, content)) == len(table)
        with pytest.raises(UndecodableError):
            streamed(decoder, content[: data.draw(st.integers(0, len(content) - len("26 The Owner..") - 1))])


names = st.sampled_from(["a", "b", "c-d", "e.f"])
words = st.text(st.characters(codec="utf-8", categories=["L", "N", "Zs", "P"]), min_size=1, max_size=8)
items = st.lists(st.dictionaries(names, words, min_size=1, max_size=4), max_size=5)


@given(items, pieces)
def test_xml_in_any_pieces_is_the_elements_that_were_written(items: list[dict[str, str]], sizes: Any) -> None:
    from xml.sax.saxutils import escape

    inner = "".join(
        "<n:item>" + "".join(f"<n:{k}>{escape(v)}</n:{k}>" for k, v in item.items()) + "</n:item>" for item in items
    )
    content = f'<?xml version="1.0"?><n:all xmlns:n="urn:x"><n:page>1</n:page><n:list>{inner}</n:list></n:all>'.encode()
    assert streamed(XmlRecords("all/list/item"), content, sizes) == items
    with pytest.raises(UndecodableError, match="not whole XML"):
        streamed(XmlRecords("all/list/item"), content[:-3], sizes)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"   ", b"<html>", b"{}", b'{"items": {}}', b'{"items": null}', b'{"items": [1]}', b'{"items": [{}],}',
        b'{"items": [{},]}', b'{"items": [{} {}]}', b'{"items": [{}]} x', b'{"items": [{"a": NaN}]}',
        b'{"items": [{"a": Infinity}]}', b'{"items": [{"a": 01}]}', b'{"items": [{"a": "\xff"}]}', b"{items: []}",
        b'{"items": [{"a": "\\ud800"}]}', b'{"items": [{}], "items": [{}]}', b'{"other": [{}]}', b'[{"items": []}]',
    ],
)  # fmt: skip
def test_a_large_body_is_refused_where_a_small_one_is(content: bytes) -> None:
    with pytest.raises(UndecodableError):
        streamed(JsonRecords("items"), content)
    if b'[{}], "items"' not in content:  # the whole parser cannot tell
        with pytest.raises(UndecodableError):
            whole(JsonRecords("items"), content)


def test_numbers_in_a_large_body_keep_their_digits() -> None:
    text = '[{"a": 0.10, "b": 123456789012345678901234567890, "c": -1.5E-7, "d": 1.0}]'
    [row] = streamed(JsonRecords(), text.encode(), [1])
    assert {name: str(value) for name, value in row.items()} == {
        "a": "0.10", "b": "123456789012345678901234567890", "c": "-1.5E-7", "d": "1.0",
    }  # fmt: skip
    assert isinstance(row["a"], Decimal)
    assert row == parse_json(text.encode())[0]


CHUNKS: list[Any] = [{"results": [{"a": 1}], "requestId": "x"}, {"fieldMask": "a"}]


@pytest.mark.parametrize("read", [streamed, whole], ids=["large", "small"])
def test_chunks_may_leave_an_empty_list_out_but_not_hide_an_error(read: Any) -> None:
    with pytest.raises(UndecodableError, match="found nothing"):
        read(JsonRecords("[].results"), json.dumps(CHUNKS).encode())
    optional = JsonRecords("[].results", optional=True)
    assert read(optional, json.dumps(CHUNKS).encode()) == [{"a": 1}]
    with pytest.raises(UndecodableError, match="'error'"):
        read(optional, json.dumps([*CHUNKS, {"error": {"code": 8}}]).encode())


def test_lines_that_are_no_objects_are_refused() -> None:
    for content in (b"", b"\n\n", b'{"a": 1}\n[1]\n', b'{"a": 1}\n{"a": ', b"<html>\n"):
        with pytest.raises(UndecodableError):
            streamed(JsonLines(), content)
