"""Cells in another form, kinds of records in one file, and what a file says about itself."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
from dif_kit.decode import (
    Cells,
    Chosen,
    CsvRecords,
    JsonRecords,
    Parts,
    TextReader,
    UndecodableError,
    Words,
    Zip,
    preamble_of,
    read_text_values,
)
from dif_kit.http import Answer
from hypothesis import given
from hypothesis import strategies as st

STATED = CsvRecords(header_has="Day", stated_rows="Rows")
REPORT = '"Report Time: 11/1/2026"\r\n"Done: 2/8/2020 10:15:00 PM (GMT)"\r\n"Rows: 2"\r\n\r\n"Day","Ctr"\r\n"a","1"\r\n'


def body(text: str | bytes) -> Answer:
    return Answer(url="", status=200, headers={}, content=text.encode() if isinstance(text, str) else text)


def zipped(text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("report.csv", text)
    return packed.getvalue()


def cells(text: str, **said: object) -> list[dict[str, object]]:
    return list(Cells(CsvRecords(), **said).records(body(text)))  # type: ignore[arg-type]


def test_dressed_numbers_are_numbers() -> None:
    rows = cells('a,b,c\n5.00%,"1,234,567.50",50%\n-0.5%,"12,34",\n', numbers=frozenset("ab"))
    assert rows == [{"a": "5.00", "b": "1234567.50", "c": "50%"}, {"a": "-0.5", "b": "12,34", "c": None}]


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2))
def test_a_dressed_number_keeps_its_digits(number: object) -> None:
    [row] = cells(f'n\n"{number:,}%"\n', numbers=frozenset("n"))
    assert read_text_values(row, {"properties": {"n": {"type": "number"}}}) == {"n": number}


COLUMNS = {
    "properties": {
        "text": {"type": ["string", "null"]},
        "whole": {"type": "integer"},
        "number": {"type": ["null", "number"]},
        "either": {"type": ["number", "integer", "null"]},
        "flag": {"type": "boolean"},
        "any": {"type": ["string", "number"]},
        "list": {"type": ["array", "null"]},
        "untyped": {},
    }
}
CELL = st.one_of(
    st.none(),
    st.sampled_from(["", "7", "-1.50", "1e3", "1_0", "\u0667", "NaN", "true", "FALSE", "0"]),
    st.sampled_from(["7", "0", "1"]),
)
ODD = st.one_of(CELL, st.integers(), st.booleans(), st.just([]), st.just({"a": "b"}), st.decimals(allow_nan=False))


@given(st.dictionaries(st.sampled_from([*COLUMNS["properties"], "unknown"]), st.one_of(CELL, CELL, CELL, ODD)))
def test_many_rows_of_texts_are_read_as_one_is(row: dict[str, object]) -> None:
    def outcome(read: Callable[[], object]) -> tuple[object, str]:
        try:
            return read(), ""
        except UndecodableError as error:
            return None, str(error)

    plain, quick = outcome(lambda: read_text_values(row, COLUMNS)), outcome(lambda: TextReader(COLUMNS).read({**row}))
    assert repr(quick) == repr(plain)


def test_a_cell_that_holds_two_is_cut() -> None:
    assert cells("t\n2026-03-15|7\n", parts={"t": Parts("|", "hour")}) == [{"t": "2026-03-15", "hour": "7"}]
    with pytest.raises(UndecodableError, match=r"without the '\|'"):
        cells("t\n2026-03-15\n", parts={"t": Parts("|", "hour")})


def test_days_are_written_as_iso_8601_has_them() -> None:
    assert cells("d,e\n3/5/2026,\n", dates={"d": "%m/%d/%Y"}) == [{"d": "2026-03-05", "e": None}]
    with pytest.raises(UndecodableError, match="is no day"):
        cells("d\n2026-03-05\n", dates={"d": "%m/%d/%Y"})


def test_words_are_told_in_others_and_an_unknown_one_stays() -> None:
    rows = Cells(JsonRecords("all"), words=(Words("zone", {"Arizona": "America/Phoenix"}, "iana"),))
    found = list(rows.records(body('{"all": [{"zone": "Arizona"}, {"zone": "Moon"}, {"zone": null}]}')))
    assert [row["iana"] for row in found] == ["America/Phoenix", "Moon", None]


def test_a_part_of_the_key_is_never_null() -> None:
    assert cells("a,b\n,\n", absent={"a": ""}) == [{"a": "", "b": None}]


def test_one_kind_of_several_is_chosen() -> None:
    text = "Type,Id\nAccount,1\nKeyword,2\nLabel,3\nKeyword,4\n"
    found = Chosen(CsvRecords(), "Type", frozenset({"Keyword"})).records(body(text))
    assert [row["Id"] for row in found] == ["2", "4"]


def test_a_file_that_does_not_hold_as_many_rows_as_it_says_is_torn() -> None:
    assert len(list(STATED.records(body(REPORT + '"b","2"\r\n')))) == 2
    with pytest.raises(UndecodableError, match="says Rows: 2, and holds 1"):
        list(STATED.records(body(REPORT)))
    with pytest.raises(UndecodableError, match="says Rows: None"):
        list(STATED.records(body('"Day","Ctr"\r\n"a","1"\r\n')))


def test_what_stands_above_a_table_is_known_however_it_is_packed() -> None:
    told = {"Report Time": "11/1/2026", "Done": "2/8/2020 10:15:00 PM (GMT)", "Rows": "2"}
    assert preamble_of(STATED, body(REPORT)) == told
    assert preamble_of(Cells(Zip(STATED)), body(zipped(REPORT))) == told
    assert preamble_of(JsonRecords(), body("[]")) == {}
