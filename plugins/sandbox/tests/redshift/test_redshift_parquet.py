"""COPY from Parquet."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

WHEN = datetime(2026, 1, 2, 3, 4, 5, 123456)  # noqa: DTZ001 - a Parquet timestamp without a zone


def written(table: Any) -> bytes:
    out = io.BytesIO()
    parquet.write_table(table, out)
    return out.getvalue()


def load(client: Any, bucket: Any, data: bytes, more: str = "") -> None:
    url = bucket.put("pq/1.parquet", data, compress=False)
    manifest = bucket.manifest("pq/manifest", [url], meta={"content_length": len(data)})
    client.run(f"copy t from '{manifest}' iam_role '{bucket.role}' format as parquet manifest {more}")


def test_parquet_columns_load_by_position(client: Any, bucket: Any) -> None:
    client.run(
        "create table t (id bigint, v varchar(20), n numeric(10,2), d date, at timestamp, z timestamptz, ok bool,"
        " f double precision, b varbyte)"
    )
    table = pyarrow.table(
        {
            "anything": pyarrow.array([1, 2], pyarrow.int64()),
            "v": ["é\t\n\\", None],
            "n": pyarrow.array([Decimal("1.25"), None], pyarrow.decimal128(10, 2)),
            "d": [date(2026, 1, 2), None],
            "at": pyarrow.array([WHEN, None], pyarrow.timestamp("us")),
            "z": pyarrow.array([WHEN.replace(tzinfo=UTC), None], pyarrow.timestamp("us", "UTC")),
            "ok": [True, None],
            "f": [1 / 3, None],
            "b": pyarrow.array([b"\x00\xff", None], pyarrow.binary()),
        }
    )
    load(client, bucket, written(table))
    rows = client.run("select id, v, n, d, at::varchar, z::varchar, ok, f from t order by id")
    assert rows == [
        (1, "é\t\n\\", Decimal("1.25"), date(2026, 1, 2), "2026-01-02 03:04:05.123456",
         "2026-01-02 03:04:05.123456+00", True, 1 / 3),
        (2, None, None, None, None, None, None, None),
    ]  # fmt: skip
    assert client.value("select pg_last_copy_count()") == 2


def test_nested_parquet_needs_serializetojson(one_client: Any, bucket: Any) -> None:
    one_client.run("create table t (s super)")
    data = written(pyarrow.table({"s": [{"a": [1, 2], "b": "x"}]}))
    with pytest.raises(Exception, match="Spectrum Scan Error"):
        load(one_client, bucket, data)
    load(one_client, bucket, data, "serializetojson")
    assert one_client.value("select s.a[1]::int from t") == 2


@pytest.mark.parametrize("column", ["id int", "id bigint, more int", "id varchar(9)"])
def test_a_schema_that_does_not_fit_is_refused(one_client: Any, bucket: Any, column: str) -> None:
    one_client.run(f"create table t ({column})")
    with pytest.raises(Exception, match="Spectrum Scan Error"):
        load(one_client, bucket, written(pyarrow.table({"id": pyarrow.array([1], pyarrow.int64())})))


def test_a_manifest_without_content_length_is_refused(one_client: Any, bucket: Any) -> None:
    one_client.run("create table t (id bigint)")
    url = bucket.put("pq/2", written(pyarrow.table({"id": [1]})), compress=False)
    manifest = bucket.manifest("pq/m2", [url])
    one_client.refused(
        f"copy t from '{manifest}' iam_role '{bucket.role}' parquet manifest", "full path of an S3 object"
    )
