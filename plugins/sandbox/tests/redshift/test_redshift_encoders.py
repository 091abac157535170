"""The fast encoder gives what the plain one gives."""

from __future__ import annotations

from typing import Any

import pytest
from dif_sandbox.redshift.load._columns import Column
from dif_sandbox.redshift.load._encode import RowEncoder
from dif_sandbox.redshift.load._encode_columns import ColumnEncoder
from dif_sandbox.redshift.load._records import Batch
from hypothesis import given, settings
from hypothesis import strategies as st

COLUMNS = {
    "varchar": Column("c", "varchar", max_bytes=6),
    "wide varchar": Column("c", "varchar", max_bytes=65535),
    "char": Column("c", "bpchar", max_bytes=4),
    "smallint": Column("c", "int2"),
    "integer": Column("c", "int4"),
    "bigint": Column("c", "int8", not_null=True),
    "numeric": Column("c", "numeric", precision=6, scale=2),
    "whole numeric": Column("c", "numeric", precision=5, scale=0),
    "fraction numeric": Column("c", "numeric", precision=3, scale=3),
    "real": Column("c", "float4"),
    "double": Column("c", "float8"),
    "boolean": Column("c", "bool"),
    "date": Column("c", "date"),
    "timestamp": Column("c", "timestamp"),
    "timestamptz": Column("c", "timestamptz"),
    "super": Column("c", "jsonb"),
}
ORDINARY = {
    "int2": ["0", "-12", "7"],
    "int4": ["0", "-12", "123456789"],
    "int8": ["0", "-12", "123456789012345678"],
    "numeric": ["0", "-1.25", "999"],
    "float4": ["0", "1.5"],
    "float8": ["0", "-1.5", "0.1428571428571"],
    "bool": ["t", "false", "TRUE", "no"],
    "date": ["2026-01-31", "2024-02-29"],
    "timestamp": ["2026-01-02 03:04:05", "2026-01-02T03:04:05.123456"],
    "timestamptz": ["2026-01-02T03:04:05Z", "2026-01-02 03:04:05+02:00", "2026-01-02 03:04:05.5-0330"],
    "jsonb": ['{"a": 1}', "[1.10]", '"x"', '{"é": "a\\"b\\n"}'],
    "varchar": ["", "abc", "é", "b c", "\\", "a\nb"],
    "bpchar": ["", "abc"],
}
AWKWARD = [
    "", " ", "\\N", "\\\\N", "NULL", "a\tb", "a\nb", "a\r", "\\", "\0", "\udcff", "ééé", "x" * 7, "é" * 4, "+5", " 5 ",
    "1_0", "٣", "99999999999999999999", "-9223372036854775808", "32768", "1.005", "1e3", "1e400", "-.5", "5.", "nan",
    "inf", "0x1F", "12345.678", "0.9999", "yes", "Y", "2", "2026-02-30", "2026-1-1", "20260101", "0000-01-01",
    "2026-13-01 00:00:00", "2026-01-02 24:00:00", "2026-01-02T03:04:05.1234567Z", "2026-01-02 03:04:05+99",
    "2026/01/02 03:04", "now", "{a}", '{"a": "\\u0000"}', '"\\ud800"', "NaN", "2026-01-02\n2026-01-03", "1\n2",
    "[1", "2]", "1,2", "[1]\n", " [1]", '["\\ud83d\\ude00"]', '"a\tb"', "[" * 1001 + "]" * 1001,
    "-", "--1", "1-2",
]  # fmt: skip
OPTIONS: list[dict[str, str]] = [
    {"CSV": "", "TIMEFORMAT": "auto", "DATEFORMAT": "auto"},
    {"CSV": ""},
    {"CSV": "", "NULL": "", "TIMEFORMAT": "auto"},
    {"CSV": "", "NULL": "NULL", "ROUNDEC": "", "TRUNCATECOLUMNS": "", "TIMEFORMAT": "auto"},
    {"CSV": "", "EMPTYASNULL": "", "BLANKSASNULL": "", "TRIMBLANKS": "", "ACCEPTINVCHARS": "?", "ACCEPTANYDATE": ""},
    {"CSV": "", "FILLRECORD": "", "IGNOREBLANKLINES": ""},
]


def outcome(encoder: RowEncoder, rows: list[list[str]]) -> Any:
    encoded = encoder.encode(Batch([list(row) for row in rows], 1))
    refused = [(bad.row, bad.column, bad.error.code, bad.error.reason, bad.error.position) for bad in encoded.refused]
    return encoded.data, encoded.loaded, refused


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("kind", COLUMNS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_both_encoders_give_the_same_bytes_and_the_same_errors(kind: str, options: dict[str, str], data: Any) -> None:
    column = COLUMNS[kind]
    ordinary = st.sampled_from([*ORDINARY[column.type], "\\N"])
    values = data.draw(st.lists(ordinary, max_size=30)) + data.draw(st.lists(st.sampled_from(AWKWARD), max_size=2))
    rows = [[value, str(number)] for number, value in enumerate(data.draw(st.permutations(values)))]
    if data.draw(st.booleans()) and rows:
        rows[len(rows) // 2] = data.draw(st.sampled_from([[], [""], ["x"], ["x", "1", "2"]]))
    columns = [column, Column("n", "int4")]
    assert outcome(ColumnEncoder(columns, options), rows) == outcome(RowEncoder(columns, options), rows)


@pytest.mark.parametrize("kind", COLUMNS)
def test_every_ordinary_and_awkward_value_alone(kind: str) -> None:
    column = COLUMNS[kind]
    for options in OPTIONS:
        for value in [*ORDINARY[column.type], *AWKWARD]:
            fast, plain = (maker([column], options) for maker in (ColumnEncoder, RowEncoder))
            assert outcome(fast, [[value]]) == outcome(plain, [[value]]), (kind, value, options)


def test_what_the_encoders_let_through_postgresql_reads(one_client: Any, bucket: Any) -> None:
    """A value that the checks take as sound and PostgreSQL does not would fail the whole load."""
    for kind, column in COLUMNS.items():
        types = {"int2": "smallint", "int4": "int", "int8": "bigint", "bool": "bool", "jsonb": "super"}
        name = types.get(column.type, column.type.replace("bpchar", "char"))
        name += f"({column.max_bytes})" if column.max_bytes else ""
        name += f"({column.precision},{column.scale})" if column.precision else ""
        one_client.run("drop table if exists v")
        one_client.run(f"create table v (c {name}, n int)")
        values = [*ORDINARY[column.type], *AWKWARD]
        lines = ['"' + value.replace('"', '""') + f'",{number}' for number, value in enumerate(values)]
        url = bucket.put("en/1.gz", "\n".join(lines).encode("utf8", "surrogateescape") + b"\n")
        load = f"copy v from '{url}' iam_role '{bucket.role}' csv gzip timeformat 'auto' dateformat 'auto'"
        one_client.run(f"{load} ignoreallerrors")
        assert one_client.value("select count(*) from v") >= len(ORDINARY[column.type]), kind
