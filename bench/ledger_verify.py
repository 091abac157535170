"""`ledger verify` of ten million rows: files against a table, one cent altered; rows a second, and its peak memory.

The files are gzip CSV with manifests, in a local folder; the table is in a real PostgreSQL, asked with the very SQL
that Redshift is asked. Each size runs in a process of its own: memory must not grow with the rows. The ratio is the
rate, the table's sums included, over that of counting the same columns of the files in Python: csv module, decimals.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import psycopg
from _measure import CONSOLE, RESULTS
from dif_kit.target import Column, ColumnKind, Delivery, Manifest, Part, Placed
from dif_ledger._verify import verify_stream
from dif_sandbox.services import Postgres

PART_ROWS = 500_000
COLUMNS = {
    "id": (ColumnKind.INTEGER, "bigint", "i"),
    "account": (ColumnKind.TEXT, "varchar(256)", "'act_' || (i % 5)"),
    "day": (ColumnKind.DATE, "date", "CAST(DATE '2026-11-01' + CAST(i % 30 AS INTEGER) AS DATE)"),
    "name": (ColumnKind.TEXT, "varchar(256)", "'Ad \"' || (i % 9973) || '\", autumn'"),
    "spend": (ColumnKind.DECIMAL, "numeric(38, 2)", "CAST((i * 37 % 1000000) / 100.0 AS DECIMAL(18, 2))"),
    "ratio": (ColumnKind.NUMBER, "double precision", "(i % 1000) / 8.0"),
    "impressions": (ColumnKind.INTEGER, "bigint", "i % 5000"),
    "_sdc_sequence": (ColumnKind.INTEGER, "bigint", "i"),
}


class PlainTables:
    """The table, without a target behind it."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)

    def places(self, _delivery: Delivery, columns: Sequence[str]) -> dict[str, Placed]:
        return {name: Placed(f'"{name}"', COLUMNS[name][0], 2 if name == "spend" else None) for name in columns}

    def table(self, delivery: Delivery) -> str:
        return delivery.table

    def deleted_at(self, _delivery: Delivery) -> None:
        return None

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql).fetchall()  # type: ignore[call-overload]

    def deliveries(self, _tap: str) -> list[Delivery]:
        return []

    def close(self) -> None:
        self._connection.close()


def stage(folder: Path, url: str, rows: int) -> None:
    """Write files and manifest, load the table from the same rows, then take one cent away."""
    database = duckdb.connect()
    table = f"ads_{rows}"
    selected = ", ".join(f'{sql} AS "{name}"' for name, (_, _, sql) in COLUMNS.items())
    parts = []
    with psycopg.connect(url, autocommit=True) as warehouse:
        warehouse.execute(f"DROP TABLE IF EXISTS {table}")
        types = ", ".join(f'"{name}" {type_}' for name, (_, type_, _) in COLUMNS.items())
        warehouse.execute(f"CREATE UNLOGGED TABLE {table} ({types})")
        for start in range(0, rows, PART_ROWS):
            end = min(start + PART_ROWS, rows)
            plain = folder / "part.csv"
            quoted = "FORCE_QUOTE (account, day, name), NULLSTR '\\N', HEADER"
            database.execute(f"COPY (SELECT {selected} FROM range({start}, {end}) AS t(i)) TO '{plain}' ({quoted})")
            with warehouse.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN (FORMAT csv, HEADER)") as copy:
                copy.write(plain.read_bytes())
            packed = folder / f"{start:09d}.csv.gz"
            packed.write_bytes(gzip.compress(plain.read_bytes(), 1))
            digest = hashlib.sha256(packed.read_bytes()).hexdigest()
            parts.append(Part(packed.as_uri(), end - start, packed.stat().st_size, digest))
            plain.unlink()
        warehouse.execute(f"UPDATE {table} SET spend = spend + 0.01 WHERE id = {rows // 2}")
        warehouse.execute(f"ANALYZE {table}")
    columns = tuple(Column(name, kind, max_bytes=24, scale=2) for name, (kind, _, _) in COLUMNS.items())
    manifest = Manifest(
        url=(folder / "manifest.json").as_uri(), run_id="run", client="acme", tap="tap-x", stream="ads", unit=1,
        parts=tuple(parts), columns=columns, key_properties=("id", "day"), null="\\N", rows=rows, quarantined=0,
    )  # fmt: skip
    (folder / "manifest.json").write_bytes(msgspec.json.encode({"entries": [], "dif": manifest}))
    (folder / "schema.json").write_text(json.dumps({"bookmark_properties": ["day"]}))


def verify(folder: Path, url: str, rows: int) -> dict[str, Any]:
    """In a process of its own: what differs, how long it took, the peak of its memory in MiB."""
    delivery = Delivery(
        "run", "acme", "tap-x", "ads", 1, f"ads_{rows}", (folder / "manifest.json").as_uri(), rows, rows, 0, "upsert",
        datetime.now(UTC),
    )  # fmt: skip
    started = time.monotonic()
    found = verify_stream(PlainTables(url), [delivery])
    wall = time.monotonic() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rows": found.rows, "seconds": wall, "rss": peak, "differences": msgspec.to_builtins(found.differences)}


def by_hand(part: Path) -> float:
    """Rows a second of Python's own csv module and decimals: count, sum, lowest and highest of each column."""
    started = time.monotonic()
    totals: dict[tuple[str, str], list[Any]] = {}
    rows = 0
    with gzip.open(part, "rt", newline="") as text:
        for row in csv.DictReader(text):
            rows += 1
            for name, (kind, _, _) in COLUMNS.items():
                numeric = kind in (ColumnKind.INTEGER, ColumnKind.DECIMAL, ColumnKind.NUMBER)
                value: Any = Decimal(row[name]) if numeric else row[name]
                total = totals.setdefault((row["day"], name), [0, Decimal(0), value, value])
                total[0] += 1
                total[1] += value if numeric else len(value.encode())
                total[2], total[3] = min(total[2], value), max(total[3], value)
    return rows / (time.monotonic() - started)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=10_000_000)
    arguments.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.one:
        print(json.dumps(verify(Path(given.one[0]), given.one[1], given.rows)))
        return
    results = []
    with tempfile.TemporaryDirectory() as place, Postgres(Path(place) / "postgres", durable=False) as postgres:
        for rows in (given.rows // 10, given.rows):
            folder = Path(place) / str(rows)
            folder.mkdir()
            stage(folder, postgres.dsn(), rows)
            command = [sys.executable, __file__, "--rows", str(rows), "--one", str(folder), postgres.dsn()]
            done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
            result = json.loads(done.stdout)
            result["rate"] = rows / result["seconds"]
            results.append(result)
            found = [(each["day"], each["column"], each["what"]) for each in result["differences"]]
            CONSOLE.print(
                f"{rows:>12,} rows: {result['seconds']:6.1f} s, {result['rate']:>9,.0f} rows/s, "
                f"{result['rss']:5.0f} MiB, found {found}"
            )
            day = f"2026-11-{1 + rows // 2 % 30:02d}"
            assert (day, "spend", "sum") in found
            assert {each[:2] for each in found} == {(day, "spend")}
        hand = by_hand(folder / "000000000.csv.gz")
    ratio = results[-1]["rate"] / hand
    CONSOLE.print(f"ratio {ratio:.1f} over Python's csv and decimals ({hand:,.0f} rows/s)")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "ledger_verify.json").write_text(json.dumps({"ratio": ratio, "by_hand": hand, "sizes": results}))


if __name__ == "__main__":
    main()
