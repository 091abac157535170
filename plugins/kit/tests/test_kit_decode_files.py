"""The files that providers send: their traps, their packing, and what is sent to do harm."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zipfile
from datetime import date, datetime, time
from typing import Any

import openpyxl
import pytest
from dif_kit.decode import (
    CsvRecords,
    Decoder,
    Gzip,
    JsonLines,
    JsonRecords,
    Limits,
    UndecodableError,
    XlsxRecords,
    XmlRecords,
    Zip,
)
from dif_kit.http import Answer

MICROSOFT = CsvRecords(header_has="TimePeriod", nulls=frozenset({"", "--"}), footer="©", dropped="\0")
REPORT = (
    '\ufeff"Report Name: Campaigns "of" x"\r\n"Report Time: 2026-11-01"\r\n"Rows: 2"\r\n\r\n'
    '"TimePeriod","CampaignName","Ctr"\r\n'
    '"2026-11-01","a, ""b""\r\nc","5.00%"\r\n"2026-11-01|01","d\0","--"\r\n\r\n"©2026 Microsoft Corporation."\r\n'
)
ROWS = [
    {"TimePeriod": "2026-11-01", "CampaignName": 'a, "b"\r\nc', "Ctr": "5.00%"},
    {"TimePeriod": "2026-11-01|01", "CampaignName": "d", "Ctr": None},
]


def decode(decoder: Decoder, content: bytes | str) -> list[dict[str, Any]]:
    body = Answer("u", 200, {}, content.encode() if isinstance(content, str) else content)
    decoder.check(body)
    return list(decoder.records(body))


def archive(**files: bytes | str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name.replace("__", "."), content)
    return out.getvalue()


# Delimited text


def test_a_report_with_words_above_and_below_is_its_table() -> None:
    assert decode(MICROSOFT, REPORT) == ROWS


def test_a_report_that_ends_before_its_footer_is_torn() -> None:
    with pytest.raises(UndecodableError, match="without its footer '©'"):
        decode(MICROSOFT, REPORT.partition('\r\n\r\n"©')[0])


def test_rows_behind_a_footer_are_not_lost() -> None:
    with pytest.raises(UndecodableError, match="rows behind the footer"):
        decode(MICROSOFT, REPORT + '"2026-11-02","e","1"\r\n')
    assert decode(MICROSOFT, REPORT + "\r\nprinted by a machine\r\n") == ROWS


def test_a_total_row_as_wide_as_the_table_is_no_row() -> None:
    assert decode(CsvRecords(footer="Grand Total"), "a,b\n1,2\nGrand Total:,2\n") == [{"a": "1", "b": "2"}]


@pytest.mark.parametrize(
    ("decoder", "content", "told"),
    [
        (CsvRecords(), "a,b\n1,\0\n", "NUL"),
        (CsvRecords(), "a,b,a\n1,2,3\n", "names a twice"),
        (CsvRecords(), "a,,b\n1,2,3\n", "column 2 without a name"),
        (CsvRecords(header_has="day"), "a,b\n1,2\n", "no header with the column 'day'"),
        (CsvRecords(columns=("a", "b", "c")), "x,x\n1,2\n", "3 are declared"),
        (CsvRecords(encoding="ascii"), "a\né\n", "not ascii"),
        (CsvRecords(encoding="utf-16"), b"\xff\xfea\0\n\0\xd8", "not utf-16"),
        (CsvRecords(skip_lines=3), "one\ntwo\n", "expected a header"),
        (CsvRecords(), "<?xml version='1.0'?><a/>", "HTML or XML"),
    ],
)
def test_a_table_that_cannot_be_trusted_is_refused(decoder: CsvRecords, content: bytes | str, told: str) -> None:
    with pytest.raises(UndecodableError, match=told):
        decode(decoder, content)


@pytest.mark.parametrize(
    ("decoder", "content"),
    [
        (CsvRecords(columns=("a", "b")), "x,x\n1,2\n"),
        (CsvRecords(columns=("a", "b")), ",\n1,2\n"),
        (CsvRecords(columns=("a", "b"), header_lines=0), "1,2\n"),
        (CsvRecords(header_lines=2), "first,second\na,b\n1,2\n"),
        (CsvRecords(skip_lines=2), 'free "text\n\na,b\n1,2\n'),
        (CsvRecords(delimiter=";"), "a;b\r1;2\r"),
        (CsvRecords(delimiter="\t", quote=None), "a\tb\n1\t2\n"),
        (CsvRecords(encoding="utf-16"), "a,b\n1,2\n".encode("utf-16")),
        (CsvRecords(), "\ufeffa,b\r\n\r\n1,2"),
    ],
)
def test_odd_tables_are_read_by_what_is_declared(decoder: CsvRecords, content: bytes | str) -> None:
    assert decode(decoder, content) == [{"a": "1", "b": "2"}]


def test_quotes_and_long_fields_stay_as_they_are() -> None:
    assert decode(CsvRecords(quote=None), 'a,b\n1,"x" y\n') == [{"a": "1", "b": '"x" y'}]
    assert decode(CsvRecords(escape="\\"), 'a,b\n1,"x\\" y"\n') == [{"a": "1", "b": 'x" y'}]
    long = "x" * 500_000
    assert decode(CsvRecords(), f'a,b\n"{{""json"": 1}}","{long}"\n') == [{"a": '{"json": 1}', "b": long}]


def test_an_open_quote_does_not_swallow_the_file() -> None:
    content = b'a,b\n1,"' + b"x" * (20 << 20)
    with pytest.raises(UndecodableError, match=r"field larger|longer than"):
        decode(CsvRecords(), content)


# Packed files


def test_gzip_of_json_and_zip_of_csv_and_files_in_files() -> None:
    rows = b'[{"a": 1.10}]'
    assert str(decode(Gzip(JsonRecords()), gzip.compress(rows))) == "[{'a': Decimal('1.10')}]"
    assert decode(Gzip(JsonLines()), gzip.compress(b'{"a": 1}\n') + gzip.compress(b'{"a": 2}\n')) == [
        {"a": 1},
        {"a": 2},
    ]
    assert decode(Zip(MICROSOFT), archive(report__csv=REPORT)) == ROWS
    assert decode(Gzip(Zip(MICROSOFT)), gzip.compress(archive(report__csv=REPORT))) == ROWS
    assert decode(Zip(Gzip(MICROSOFT), "*.gz"), archive(report__csv__gz=gzip.compress(REPORT.encode()))) == ROWS
    assert decode(Zip(Zip(MICROSOFT)), archive(inner__zip=archive(report__csv=REPORT))) == ROWS


def test_members_are_chosen_by_their_names() -> None:
    content = archive(one__csv="a\n1\n", readme__txt="hello", two__csv="a\n2\n")
    assert decode(Zip(CsvRecords(), members="*.csv"), content) == [{"a": "1"}, {"a": "2"}]
    with pytest.raises(UndecodableError, match=r"no file like '\*.xml', but one.csv, readme.txt, two.csv"):
        decode(Zip(CsvRecords(), members="*.xml"), content)
    with pytest.raises(UndecodableError, match="nothing"):
        decode(Zip(CsvRecords()), archive())


@pytest.mark.parametrize("inner", [CsvRecords(), JsonRecords(), JsonLines()], ids=["csv", "json", "lines"])
def test_a_packed_body_that_is_torn_is_an_error(inner: Decoder) -> None:
    rows = {"CsvRecords": b"a\n" + b"1\n" * 5000, "JsonRecords": b"[" + b'{"a": 1},' * 5000 + b'{"a": 1}]'}
    content = rows.get(type(inner).__name__, b'{"a": 1}\n' * 5000)
    packed, zipped = gzip.compress(content), archive(a=content)
    flipped = packed[:-6] + bytes([packed[-6] ^ 1]) + packed[-5:]
    bad = zipped.replace(zipped[60:64], bytes(4), 1)
    for size in (0, 5, len(packed) // 2, len(packed) - 8, len(packed) - 1):
        with pytest.raises(UndecodableError):
            decode(Gzip(inner), packed[:size])
    for broken in (flipped, b"<html>", content):
        with pytest.raises(UndecodableError):
            decode(Gzip(inner), broken)
    for broken in (b"", zipped[:-30], zipped[: len(zipped) // 2], bad, b"PK\x03\x04", content):
        with pytest.raises(UndecodableError):
            decode(Zip(inner), broken)


def test_an_archive_with_a_password_is_refused() -> None:
    content = bytearray(archive(a="x\n1\n"))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(UndecodableError, match=r"encrypted|password"):
        decode(Zip(CsvRecords()), bytes(content))


# Harm


@pytest.mark.slow
@pytest.mark.parametrize("form", ["gzip", "zip"])
def test_a_bomb_is_refused_before_it_fills_anything(form: str) -> None:
    zeros = bytes(150 << 20)
    decoder: Decoder = Gzip(CsvRecords(dropped="\0")) if form == "gzip" else Zip(CsvRecords(dropped="\0"))
    bomb = gzip.compress(zeros, 1) if form == "gzip" else archive(a=zeros)
    del zeros
    tracemalloc.start()
    try:
        with pytest.raises(UndecodableError, match=r"bomb|longer than"):
            decode(decoder, bomb)
        assert tracemalloc.get_traced_memory()[1] < 100 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_a_bomb_of_many_lines_is_refused_by_its_ratio() -> None:
    with pytest.raises(UndecodableError, match="more than 250 times its size: a bomb"):
        decode(Gzip(CsvRecords()), gzip.compress(b"a\n" + (b"1" * 1023 + b"\n") * (80 << 10), 9))


def test_bounds_are_facts_that_can_be_stated() -> None:
    content = b"a\n" + b"12345678\n" * 1000
    for decoder in (
        Gzip(CsvRecords(), Limits(unpacked_bytes=1000)),
        Zip(CsvRecords(), limits=Limits(unpacked_bytes=1000)),
    ):
        with pytest.raises(UndecodableError, match="more than 1000 bytes"):
            decode(decoder, gzip.compress(content) if isinstance(decoder, Gzip) else archive(a=content))
    with pytest.raises(UndecodableError, match="2 files, more than 1"):
        decode(Zip(CsvRecords(), limits=Limits(members=1)), archive(a="x", b="x"))


BILLION = b"""<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;">]><all><item>&b;</item></all>"""


@pytest.mark.parametrize(
    "content",
    [BILLION, b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><all><item/></all>', b"<!DOCTYPE html><html></html>"],
)
def test_xml_that_declares_entities_is_refused(content: bytes) -> None:
    with pytest.raises(UndecodableError, match="document type or entities"):
        decode(XmlRecords("all/item"), content)


# XML

RAKUTEN = b"""<?xml version="1.0" encoding="UTF-8"?>
<ns1:response xmlns:ns1="http://endpoint.example/"><ns1:meta><TotalPages>3</TotalPages></ns1:meta>
<ns1:midlist><ns1:merchant id="42" ns1:kind="x"><ns1:name>A &amp; B</ns1:name><ns1:offer/><tag>1</tag><tag>2</tag>
<price currency="USD">1.10</price></ns1:merchant><ns1:merchant id="43"/></ns1:midlist></ns1:response>"""


def test_xml_elements_become_records() -> None:
    assert decode(XmlRecords("response/midlist/merchant"), RAKUTEN) == [
        {
            "id": "42",
            "kind": "x",
            "name": "A & B",
            "offer": None,
            "tag": ["1", "2"],
            "price": {"currency": "USD", "#text": "1.10"},
        },
        {"id": "43"},
    ]
    [first, _] = decode(XmlRecords("response/midlist/merchant", lists=frozenset({"offer"})), RAKUTEN)
    assert first["offer"] == [None]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "not whole XML"),
        (b"{}", "not whole XML"),
        (RAKUTEN[:-20], "not whole XML"),
        (RAKUTEN + b"<more/>", "not whole XML"),
        (b"<fault><code>30</code></fault>", "below 'response', found 'fault'"),
        (b'<response><midlist><merchant id="1"><id>2</id></merchant></midlist></response>', "both an attribute"),
        (b'<?xml version="1.0" encoding="ascii"?><response>\xc3\xa9</response>', "not whole XML"),
    ],
)
def test_xml_that_cannot_be_trusted_is_refused(content: bytes, told: str) -> None:
    with pytest.raises(UndecodableError, match=told):
        decode(XmlRecords("response/midlist/merchant"), content)


# Excel


def workbook(*rows: list[Any], title: str = "Sheet") -> bytes:
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_sheet_is_read_as_texts() -> None:
    content = workbook(
        ["Report of", "Criteo"],
        [],
        ["Day", "Spend", "Clicks", "Active", "At", "Hour", "Note"],
        [date(2026, 11, 1), 0.1, 3, True, datetime.fromisoformat("2026-11-01T13:05"), time(7), "x"],
        [date(2026, 11, 2), 1e-7, 2.0, False, None, None],
        ["Total", 1],
        title="Figures",
    )
    decoder = XlsxRecords(sheet="Figures", header_has="Day", footer="Total")
    assert decode(decoder, content) == [
        {"Day": "2026-11-01", "Spend": "0.1", "Clicks": "3", "Active": "true", "At": "2026-11-01T13:05:00",
         "Hour": "07:00:00", "Note": "x"},
        {"Day": "2026-11-02", "Spend": "1e-07", "Clicks": "2", "Active": "false", "At": None, "Hour": None,
         "Note": None},
    ]  # fmt: skip
    assert decode(Zip(XlsxRecords()), archive(a__xlsx=workbook(["a"], ["1"]))) == [{"a": "1"}]


@pytest.mark.parametrize(
    ("decoder", "content", "told"),
    [
        (XlsxRecords(), b"", "not a whole Excel"),
        (XlsxRecords(), archive(a="x"), "not a whole Excel"),
        (XlsxRecords(), workbook(["a"], [1])[:-100], "not a whole Excel"),
        (XlsxRecords(sheet="None"), workbook(["a"], [1]), "not a whole Excel"),
        (XlsxRecords(), workbook(), "no header"),
        (XlsxRecords(header_has="b"), workbook(["a"], [1]), "no header with 'b'"),
        (XlsxRecords(), workbook(["a"], [1, 2]), "beyond the header"),
        (XlsxRecords(), workbook(["a", "a"], [1, 2]), "names a twice"),
        (XlsxRecords(footer="Total"), workbook(["a"], [1]), "without its footer"),
        (XlsxRecords(limits=Limits(unpacked_bytes=1000)), workbook(["a"], [1]), "more than 1000 bytes"),
    ],
)
def test_a_workbook_that_cannot_be_trusted_is_refused(decoder: XlsxRecords, content: bytes, told: str) -> None:
    with pytest.raises(UndecodableError, match=told):
        decode(decoder, content)
