"""Every encoding: read back by another library it is the truth, and it is made piece by piece."""

from __future__ import annotations

import csv
import gzip
import io
import json
import xml.etree.ElementTree as ET
import zipfile
from datetime import datetime
from itertools import count, islice
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from dif_sandbox.sim import encodings as encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from conftest import MosaicApi

DAYS = {"start_date": "2026-10-20", "end_date": "2026-11-01"}


def texts(rows: Iterable[dict[str, Any]]) -> list[dict[str, str]]:
    return [{name: str(value) for name, value in row.items()} for row in rows]


def table(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


def ornate(content: bytes) -> list[dict[str, str]]:
    """The rows of a CSV file with a preamble, a row of totals and a footer."""
    assert content.startswith(b"\xef\xbb\xbf")
    lines = content.decode("utf-8-sig").split("\r\n")
    assert lines[:3] == ['"Report Name: Figures"', '"Potential Incomplete Data: true"', ""]
    assert lines[-3:] == ["", '"@2026 Mosaic. All rights reserved."', ""]
    *rows, totals = table("\r\n".join(lines[3:-3]))
    assert (totals["account_id"], totals["spend"]) == ("Total", "")
    for name in ("impressions", "clicks"):
        assert int(totals[name]) == sum(int(row[name]) for row in rows)
    return rows


def of_zip(content: bytes, *names: str) -> list[bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == list(names)
        return [archive.read(name) for name in names]


def of_xlsx(content: bytes) -> list[dict[str, str]]:
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    header, *rows = book.active.iter_rows(values_only=True)
    book.close()
    assert isinstance(rows[0][2], datetime)
    assert isinstance(rows[0][6], int | float)
    found = [dict(zip(header, row, strict=True)) for row in rows]
    return texts({**row, "date": row["date"].date(), "spend": f"{row['spend']:.2f}"} for row in found)


DECODERS: dict[str, Callable[[bytes], list[dict[str, str]]]] = {
    "json": lambda content: texts(json.loads(content)["rows"]),
    "keyed": lambda content: texts({**row, "ad_id": ad} for ad, rows in json.loads(content).items() for row in rows),
    "ndjson": lambda content: texts(map(json.loads, content.splitlines())),
    "csv": ornate,
    "semicolons": lambda content: table(content.decode("cp1252"), ";"),
    "tsv": lambda content: table(content.decode("utf-16"), "\t"),
    "xml": lambda content: [{cell.tag: cell.text or "" for cell in row} for row in ET.fromstring(content).iter("row")],
    "xlsx": of_xlsx,
    "gzip": lambda content: texts(json.loads(gzip.decompress(content))),
    "zip": lambda content: ornate(*of_zip(content, "report.csv")),
    "zip_many": lambda content: texts(json.loads(of_zip(content, "figures.csv", "figures.json")[1])),
}


@pytest.mark.parametrize("kind", DECODERS)
def test_the_rows_of_every_encoding_are_the_truth(mosaic: MosaicApi, kind: str) -> None:
    answer = mosaic.get("figures", format=kind, **DAYS)
    assert answer.status_code == 200, answer.text
    truth = texts(mosaic.own("figures", **DAYS))
    assert len(truth) > 1_400
    if kind == "xlsx":
        truth = [{**row, "spend": f"{float(row['spend']):.2f}"} for row in truth]
    assert DECODERS[kind](answer.content) == truth


def test_an_encoding_that_does_not_exist_is_refused(mosaic: MosaicApi) -> None:
    assert mosaic.get("figures", format="parquet", **DAYS).status_code == 400


def test_no_rows_are_an_empty_payload_of_the_right_form(mosaic: MosaicApi) -> None:
    days = {"start_date": "2026-12-01", "end_date": "2026-12-02"}
    assert mosaic.get("figures", format="json", **days).json()["rows"] == []
    assert mosaic.get("figures", format="keyed", **days).json() == {}
    assert mosaic.get("figures", format="ndjson", **days).content == b""
    assert len(mosaic.get("figures", format="semicolons", **days).text.splitlines()) == 1
    assert json.loads(gzip.decompress(mosaic.get("figures", format="gzip", **days).content)) == []


STREAMED: dict[str, Callable[[Iterator[dict[str, Any]]], Iterator[bytes]]] = {
    "json_array": encode.json_array,
    "json_document": lambda rows: encode.json_document(rows, "rows", {"a": 1}),
    "ndjson": encode.ndjson,
    "chunk_array": lambda rows: encode.json_array({"results": chunk} for chunk in encode.batches(rows, 100)),
    "delimited": lambda rows: encode.delimited(rows, ("id", "text"), total_of=("id",)),
    "xml": lambda rows: encode.xml_document(rows, root="r", item="i"),
    "gzip": lambda rows: encode.gzipped(encode.ndjson(rows)),
    "zip": lambda rows: encode.zipped([("a.csv", encode.delimited(rows, ("id", "text")))]),
}


@pytest.mark.parametrize("kind", STREAMED)
def test_rows_without_an_end_are_encoded_a_few_at_a_time(kind: str) -> None:
    drawn = 0

    def rows() -> Iterator[dict[str, Any]]:
        nonlocal drawn
        for drawn in count(1):
            yield {"id": drawn, "text": f"{drawn * 7919 % 1_000_003:x}" * 5}

    pieces = STREAMED[kind](rows())
    before = 0
    for piece in islice(pieces, 5):
        assert len(piece) < 1 << 18
        assert drawn - before < 50_000
        before = drawn
    pieces.close()  # type: ignore[attr-defined]


def test_a_client_may_leave_in_the_middle_of_millions_of_rows(start_mosaic: Callable[..., MosaicApi]) -> None:
    mosaic = start_mosaic(scale=100_000)
    for kind in ("ndjson", "gzip"):
        with mosaic.session.get(
            f"{mosaic.url}/v1/accounts/{mosaic.account}/figures", params={"format": kind, **DAYS}, stream=True
        ) as answer:
            assert len(answer.raw.read(10_000)) == 10_000
    assert mosaic.get("offset").status_code == 200


def test_a_truth_of_millions_of_rows_is_streamed(start_mosaic: Callable[..., MosaicApi]) -> None:
    mosaic = start_mosaic(scale=100_000)
    with mosaic.session.get(f"{mosaic.url}/_sim/truth/demo/ads", stream=True) as answer:
        assert json.loads(next(answer.iter_lines()))["account_id"] == mosaic.account


def test_what_text_holds_is_kept_by_every_text_encoding() -> None:
    row = {"id": 1, "text": 'a"b;c,d\n<e>&é\t日本', "none": None, "nested": {"a": [1, 2]}}
    columns = ("id", "text", "none")
    assert json.loads(b"".join(encode.json_array([row]))) == [row]
    assert json.loads(b"".join(encode.ndjson([row]))) == row
    for delimiter in ",;\t":
        text = b"".join(encode.delimited([row], columns, delimiter=delimiter)).decode()
        assert table(text, delimiter) == [{"id": "1", "text": row["text"], "none": ""}]
    found = ET.fromstring(b"".join(encode.xml_document([row], root="r", item="i")))
    assert (found.findtext("i/text"), found.findtext("i/none")) == (row["text"], "")
    assert [part.text for part in found.findall("i/nested/a")] == ["1", "2"]


def test_a_charset_marks_the_beginning_once() -> None:
    rows = [{"id": number} for number in range(60_000)]
    for charset, mark in (("utf-8-sig", b"\xef\xbb\xbf"), ("utf-16", b"\xff\xfe")):
        content = b"".join(encode.delimited(rows, ("id",), charset=charset))
        assert (content.startswith(mark), content.count(mark)) == (True, 1)
        assert len(content.decode(charset).splitlines()) == 60_001
    declared = b"".join(encode.xml_document([{"a": "é"}], root="r", item="i", charset="iso-8859-1"))
    assert ET.fromstring(declared).findtext("i/a") == "é"


def test_nulls_and_line_ends_are_as_told() -> None:
    content = b"".join(encode.delimited([{"a": None, "b": 0}], ("a", "b"), null="--", line_end="\n"))
    assert content == b"a,b\n--,0\n"


def test_the_same_rows_give_the_same_bytes() -> None:
    for make in (encode.gzipped, lambda chunks: encode.zipped([("a", chunks)])):
        first, second = (b"".join(make([b"x" * 100_000])) for _ in range(2))
        assert first == second


def test_a_payload_is_made_anew_each_time() -> None:
    payload = encode.Payload("text/plain", lambda: [b"ab", b"c"])
    assert payload.size() == 3
    assert b"".join(payload.response().stream or ()) == b"".join(payload.response().stream or ()) == b"abc"
