"""I3: every kind of value that JSON can hold arrives exactly, or lies in quarantine with a reason: nothing between."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pytest
from dif_sandbox.demo._places import Lake, Warehouse
from dif_sandbox.demo._rows import Row, same
from dif_sandbox.services import Sandbox
from dif_sandbox.services.warehouse import login_of
from faults.rig import BIN, CLIENT, TARGETS, Rig

LONG_NAME = "a name that is longer than any warehouse would take " * 3
LONGEST = 65_535
DIGITS_38 = "9" * 38

SCHEMA: dict[str, dict[str, Any]] = {
    "order": {"type": "integer"},
    "text": {"type": ["null", "string"]},
    "integer": {"type": ["null", "integer"]},
    "number": {"type": ["null", "number"]},
    "wide": {"type": ["null", "number"], "multipleOf": 1},
    "precise": {"type": ["null", "number"], "multipleOf": 1e-19},
    "flag": {"type": ["null", "boolean"]},
    "day": {"type": ["null", "string"], "format": "date"},
    "moment": {"type": ["null", "string"], "format": "date-time"},
    "clock": {"type": ["null", "string"], "format": "time"},
    "nested": {"type": ["null", "object"]},
    "select": {"type": ["null", "string"]},
    "größe 🦊": {"type": ["null", "string"]},
    LONG_NAME: {"type": ["null", "string"]},
    "anything": {},
}

TEXTS = [
    *("", " ", "  both ends  ", "\\N", "\\N1", "N", "NULL", "null", "\\", "\\\\", "ends in \\", "\\n", "\\.", "a\\,b"),
    *('"', '""', '","', "'", "$$", "%s {} $1", ",", ";", "|", "\t", "\n", "\r", "\r\n", "\n\n", "line\nline\r\nline\r"),
    *("\u2028", "\u2029", "\u0085", "\v", "\f", "\x01", "\x1b", "\x1f", "\x7f", "\ufeff", "\ufffd", "\uffff", "\u200d"),
    *("e\u0301", "é", "🦊", "👨\u200d👩\u200d👧", "\u202eright to left", "漢字", "\u00a0"),
    *("z" * LONGEST, "é" * 32_767 + "a"),
    *(f"plane {plane}: {chr(plane << 16 | 0x1F4)}" for plane in range(1, 17)),
]  # fmt: skip
NESTED = {"texts": TEXTS[:50], "numbers": [0, -1, 2**53 - 1, 0.1, 1e22], "none": None, "deep": [[[{"a": [True, {}]}]]]}

GOOD: dict[str, list[str]] = {
    "text": [
        *map(json.dumps, TEXTS),
        *(json.dumps(text, ensure_ascii=False) for text in TEXTS),
        '"\\u0041\\/"',
        "null",
    ],
    "select": ['"from"'],
    "größe 🦊": ['"große"'],
    LONG_NAME: ['"long"'],
    "integer": ["9223372036854775807", "-9223372036854775808", "0", "-0", "1.0", "1e3", "null"],
    "number": ["1.7976931348623157e308", "-1.7976931348623157e308", "5e-324", "2.2250738585072014e-308", "-0.0", "0.1"],
    "wide": [DIGITS_38, f"-{DIGITS_38}", "1e3", "0"],
    "precise": [f"{DIGITS_38[:19]}.{DIGITS_38[:19]}", "-0.0000000000000000001", "1e-19", "0.10"],
    "flag": ["true", "false", "null"],
    "day": ['"0001-01-01"', '"9999-12-31"', '"2024-02-29"', '"1582-10-10"'],
    "moment": [
        *('"0001-01-01T00:00:00Z"', '"9999-12-31T23:59:59.999999Z"', '"2026-03-29T02:30:00+01:00"'),
        *('"1969-12-31 23:59:59"', '"2026-01-01T00:00:00.1+05:30"', '"2026-01-01T00:00:00-11:00"'),
        *('"2026-01-01T00:00:00+0000"', '"2024-02-29T12:00:00+14"'),
    ],
    "clock": ['"00:00:00"', '"23:59:59.999999"'],
    "nested": [json.dumps(NESTED), json.dumps(NESTED, ensure_ascii=False), "{}", '{"":{"":""}}', '{"a":1e2,"b":1.10}'],
    "anything": ["1", '"text"', "[]", "[null]", "true", "null", '{"a":"b\\nc"}'],
}

BAD: list[tuple[str, str, str]] = [
    ("text", '"a\\u0000b"', "NUL"), ("text", '"\\ud800"', "not exact JSON"), ("text", "1", "expected a string"),
    ("text", "{}", "expected a string"), ("integer", "9223372036854775808", "64 bits"), ("integer", "1e30", "64 bits"),
    ("integer", "-9223372036854775809", "64 bits"), ("integer", "1.5", "integer"), ("integer", '"1"', "integer"),
    ("integer", "true", "integer"), ("number", "0.12345678901234567890", "not exact"), ("number", "1e400", "not exact"),
    ("number", "9007199254740993", "not exact"), ("number", "NaN", "not exact JSON"), ("number", '"1"', "a number"),
    ("number", "-Infinity", "not exact JSON"), ("wide", f"{DIGITS_38}9", "DECIMAL"), ("wide", "0.5", "DECIMAL"),
    ("precise", "0.00000000000000000001", "DECIMAL"), ("flag", "1", "true or false"), ("flag", '"true"', "true or"),
    ("day", '"2023-02-29"', "date"), ("day", '"2026-1-1"', "date"), ("day", '""', "date"), ("day", "1", "string"),
    ("moment", '"2026-13-01T00:00:00Z"', "date-time"), ("moment", '"2026-01-01T00:00:00.123456789Z"', "date-time"),
    ("moment", '"tomorrow"', "date-time"), ("clock", '"24:00:00"', "time"), ("nested", '{"a":"\\u0000"}', "NUL"),
]  # fmt: skip
TOO_LONG = json.dumps("x" * (LONGEST + 1))
DRIFTED = {"integer": '"now a text"', "fresh": json.dumps("new\n🦊"), "fresh_number": "12.5", "fresh_list": "[1,null]"}


@dataclass(frozen=True)
class Case:
    """One record: its line in the input, the field that is put to the test, and the reason why it is bad, if it is."""

    line: int
    column: str
    raw: str
    reason: str | None


def torture(target: str) -> tuple[bytes, list[Case]]:
    """The input, and what must become of each record."""
    lines = [_schema(SCHEMA)]
    cases: list[Case] = []

    def add(column: str, raw: str, reason: str | None = None) -> None:
        cases.append(Case(len(lines) + 1, column, raw, reason))
        lines.append(_record(f'{{"order":{len(cases)},{json.dumps(column)}:{raw}}}'))

    for column, raws in GOOD.items():
        for raw in raws:
            add(column, raw)
    for column, raw, reason in BAD:
        add(column, raw, reason)
    add("text", TOO_LONG, "65536 bytes" if target == "target-redshift" else None)
    for text, reason in ((b'{"order":0,"text":"\xff"}', "UTF-8"), (b'{"order":0,"order":1}', "twice"), (b"[1]", "")):
        cases.append(Case(len(lines) + 1, "text", "", reason))
        lines.append(_record(text))
    lines.append(_schema(SCHEMA | {"integer": {"type": ["null", "string"]}}))
    for column, raw in DRIFTED.items():
        add(column, raw)
    lines.append(b'{"type":"STATE","value":{"bookmarks":{"torture":1}}}')
    return b"\n".join(lines) + b"\n", cases


@pytest.mark.parametrize("target", TARGETS)
def test_every_value_arrives_exactly_or_lies_in_quarantine_with_a_reason(
    sandbox: Sandbox, tmp_path: Path, target: str
) -> None:
    with Rig(sandbox, target, f"torture_{target[-3:]}", tmp_path / "rig") as rig:
        content, cases = torture(target)
        config = tmp_path / "config.json"
        config.write_text(json.dumps(rig.settings() | {"checkpoint_rows": 1}))
        ended = subprocess.run(
            [BIN / target, "--config", config], input=content, capture_output=True, env=rig.environment, check=False
        )
        assert ended.returncode == 3, ended.stderr.decode()[-2000:]
        assert json.loads(ended.stdout.splitlines()[-1]) == {"bookmarks": {"torture": 1}}
        lake = Lake(rig.bucket, CLIENT, rig.environment, prefix=f"{rig.name}/")
        put_aside = {entry["line"]: entry for entry in _quarantine(rig)}
        table = lake.table("torture")
        if rig.is_warehouse:
            table = _loaded(rig)
        good = {number: case for number, case in enumerate(cases, 1) if case.reason is None}
        bad = [case for case in cases if case.reason is not None]
        assert len(cases) == len(table.rows) + len(put_aside)
        assert set(table.rows) == {(str(number),) for number in good}
        assert not table.repeated
        wrong = [
            (case.column[:20], case.raw[:60], str(found)[:60])
            for number, case in good.items()
            if not _is_exact(case, found := _value(table.rows[str(number),], case, target), target)
        ]
        assert not wrong
        for case in bad:
            entry = put_aside[case.line]
            assert case.reason is not None
            assert case.reason in entry["reason"], entry
            raw = entry["raw"].encode() if "raw" in entry else base64.b64decode(entry["raw_base64"])
            assert raw in content.split(b"\n")[case.line - 1]


def _schema(properties: dict[str, Any]) -> bytes:
    described = {"type": "object", "properties": properties}
    message = {"type": "SCHEMA", "stream": "torture", "schema": described, "key_properties": ["order"]}
    return json.dumps(message, separators=(",", ":")).encode()


def _record(record: str | bytes) -> bytes:
    text = record.encode() if isinstance(record, str) else record
    return b'{"type":"RECORD","stream":"torture","record":' + text + b"}"


def _quarantine(rig: Rig) -> Iterator[dict[str, Any]]:
    variables = rig.environment
    s3 = boto3.client(
        "s3", endpoint_url=variables["AWS_ENDPOINT_URL_S3"], aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"], region_name=variables["AWS_DEFAULT_REGION"],
    )  # fmt: skip
    for item in s3.list_objects_v2(Bucket=rig.bucket, Prefix=f"{rig.name}/")["Contents"]:
        if "/quarantine/" in item["Key"]:
            packed = s3.get_object(Bucket=rig.bucket, Key=item["Key"])["Body"].read()
            yield from map(json.loads, gzip.decompress(packed).splitlines())
    s3.close()


def _loaded(rig: Rig) -> Any:
    warehouse = Warehouse(rig.name, rig.environment, login_of(rig.environment, CLIENT))
    try:
        return warehouse.table("torture", ("order",))
    finally:
        warehouse.close()


def _value(row: Row, case: Case, target: str) -> object:
    """What stands in the case's column; in the warehouse a long name is cut, and a changed kind has its own column."""
    name = case.column.lower()
    if target == "target-redshift":
        if case.column == LONG_NAME:
            (name,) = [column for column in row if column.startswith(LONG_NAME[:60])]
        if case.raw == DRIFTED["integer"]:
            assert row["integer"] is None
            name = "integer__as_text"
    return row[name]


def _is_exact(case: Case, found: object, target: str) -> bool:
    """Whether it is the value that Python's own decoder finds in the JSON text."""
    source = json.loads(case.raw, parse_float=Decimal)
    if source is None or found is None:
        return source is found
    if target == "target-s3-csv":
        return _is_exact_text(case, source, found)
    if case.column in MOMENTS:
        return (_utc(found) if isinstance(found, datetime) else found) == MOMENTS[case.column](source)
    if case.column in JSON_COLUMNS:
        held = json.loads(found, parse_float=Decimal) if isinstance(found, str) else found
        return type(held) is type(source) and same(source, held)
    return Decimal(repr(found)) == source if isinstance(found, float) else same(source, found)


def _is_exact_text(case: Case, source: object, found: object) -> bool:
    """The same of a file: nested values and moments stand there as the tap wrote them."""
    if case.column in JSON_COLUMNS:
        return found == case.raw
    return found == source if case.column in MOMENTS else same(source, found)


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


JSON_COLUMNS = ("nested", "anything", "fresh_list")
MOMENTS: dict[str, Callable[[str], object]] = {
    "day": date.fromisoformat,
    "moment": lambda text: _utc(datetime.fromisoformat(text)),
    "clock": time.fromisoformat,
}
