"""Parquet files of BATCH messages: rows as any others, by the same rules."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from dif_kit.errors import DeliveryError, PartialRunError
from pyarrow import parquet

PROPERTIES = {
    "id": {"type": "integer", "maximum": 10},
    "money": {"type": ["null", "number"], "multipleOf": 1e-10},
    "share": {"type": ["null", "number"]},
    "day": {"type": ["null", "string"], "format": "date"},
    "at": {"type": ["null", "string"], "format": "date-time"},
    "hour": {"type": ["null", "string"], "format": "time"},
    "tags": {"type": ["null", "array"]},
    "more": {"type": ["null", "object"]},
    "raw": {"type": ["null", "string"]},
}
SCHEMA = {"type": "SCHEMA", "stream": "s", "schema": {"properties": PROPERTIES}, "key_properties": ["id"]}


def batch(path: Path) -> dict[str, Any]:
    return {"type": "BATCH", "stream": "s", "encoding": {"format": "parquet"}, "manifest": [path.as_uri()]}


def write(path: Path, **columns: Any) -> Path:
    parquet.write_table(pa.table(columns), path)
    return path


def test_a_parquet_row_is_kept_exactly(run: Callable[..., Any], tmp_path: Path) -> None:
    file = write(
        tmp_path / "rows.parquet",
        id=[1, 2],
        money=pa.array([Decimal("1234567890123456789012345678.0123456789"), None], pa.decimal128(38, 10)),
        share=[0.1, None],
        day=[date(2026, 1, 31), None],
        at=pa.array([datetime(2026, 1, 31, 23, 59, 59, 123456, UTC), None], pa.timestamp("ns", "UTC")),
        hour=pa.array([time(23, 59, 59), None], pa.time64("us")),
        tags=[["a", "b"], None],
        more=[{"x": 1}, None],
        raw=[b"\x00\xff", None],
    )
    made = run().take(SCHEMA, batch(file))
    assert made.rows() == [
        {
            "id": "1", "money": "1234567890123456789012345678.0123456789", "share": "0.1", "day": "2026-01-31",
            "at": "2026-01-31T23:59:59.123456+00:00", "hour": "23:59:59", "tags": '["a","b"]', "more": '{"x":1}',
            "raw": "AP8=",
        },
        {"id": "2", "money": None, "share": None, "day": None, "at": None, "hour": None, "tags": None, "more": None,
         "raw": None},
    ]  # fmt: skip


def test_parquet_rows_that_break_a_rule_are_put_aside(run: Callable[..., Any], tmp_path: Path) -> None:
    finer = pa.array([0, 1], pa.timestamp("ns"))
    file = write(tmp_path / "rows.parquet", id=[1, 2], share=[float("nan"), 1.5], at=finer)
    other = write(tmp_path / "other.parquet", id=[3, 11])
    made = run()
    with pytest.raises(PartialRunError):
        made.take(SCHEMA, batch(file), batch(other))
    reasons = [entry["reason"] for entry in made.quarantined()]
    assert [row["id"] for row in made.rows()] == ["3"]
    assert "no number of JSON" in reasons[0]
    assert "date-time" in reasons[1]
    assert "rule maximum" in reasons[2]


def test_a_bad_line_of_a_batch_file_is_put_aside(run: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(b'{"id":1}\n{"id":NaN}\n\xff\n{"id":2}\n')
    encoding = {"format": "jsonl", "compression": "none"}
    made = run()
    with pytest.raises(PartialRunError, match="2 records are in quarantine"):
        made.take(SCHEMA, {"type": "BATCH", "stream": "s", "encoding": encoding, "manifest": [file.as_uri()]})
    assert [row["id"] for row in made.rows()] == ["1", "2"]
    assert made.quarantined()[0]["raw"] == '{"id":NaN}'


@pytest.mark.parametrize("content", [b"", b"PAR1 and nothing else", b'{"id":1}\n' * 20])
def test_what_is_no_parquet_ends_the_run(run: Callable[..., Any], tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "rows.parquet"
    file.write_bytes(content)
    with pytest.raises(DeliveryError, match="is no Parquet that can be read"):
        run().take(SCHEMA, batch(file))


def test_without_pyarrow_the_extra_is_named(
    run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "rows.parquet", id=[1])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DeliveryError, match=r"install `dif-kit\[parquet\]`"):
        run().take(SCHEMA, batch(file))
