"""SIGTERM while rows are written: what a target of the stock SDK tells, and what it keeps.

``make bench what=sigterm``. The stock target drains once more inside its signal handler, tells STATE for rows that the
interrupted drain then never commits, and ends with 0 (meltano/sdk 3775, read 2026-11). The promise of ours is held by
``tests/test_faults_drain.py``; the stock one stays out of the tests, for it is not ours to fix.
"""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from singer_sdk import Target
from singer_sdk.sinks import BatchSink

WRITE_SECONDS = 2.0


class SlowSink(BatchSink):
    """Five rows a batch into SQLite, each batch slowly: a COPY that takes its time."""

    max_size = 5

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        context.setdefault("records", []).append(record)

    def process_batch(self, context: dict[str, Any]) -> None:
        if rows := context.get("records", []):
            Path("writing").touch()
            time.sleep(WRITE_SECONDS)
        with sqlite3.connect("rows.db") as database:
            database.execute("CREATE TABLE IF NOT EXISTS s (id INTEGER)")
            database.executemany("INSERT INTO s VALUES (?)", [(row["id"],) for row in rows])


class StockTarget(Target):
    """A target as the SDK's template makes it."""

    name = "target-stock"
    config_jsonschema = {"properties": {}}
    default_sink_class = SlowSink


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        stock = subprocess.Popen(
            [sys.executable, str(Path(__file__).resolve()), "target"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder,
        )  # fmt: skip
        assert stock.stdin
        schema = {"properties": {"id": {"type": "integer"}}}
        messages: list[dict[str, Any]] = [{"type": "SCHEMA", "stream": "s", "schema": schema, "key_properties": ["id"]}]
        messages += [{"type": "RECORD", "stream": "s", "record": {"id": number}} for number in range(4)]
        messages += [{"type": "STATE", "value": {"bookmarks": {"s": 3}}}]
        messages += [{"type": "RECORD", "stream": "s", "record": {"id": 4}}]
        stock.stdin.write(b"".join(json.dumps(message).encode() + b"\n" for message in messages))
        stock.stdin.flush()
        while not Path(folder, "writing").exists():
            time.sleep(0.01)
        stock.send_signal(signal.SIGTERM)
        told, _ = stock.communicate(timeout=60)
        rows = sqlite3.connect(Path(folder, "rows.db"))
        tables = rows.execute("SELECT count(*) FROM sqlite_master WHERE name = 's'").fetchone()[0]
        kept = rows.execute("SELECT count(*) FROM s").fetchone()[0] if tables else 0
        rows.close()
    state = told.decode().strip() or "none"
    print(f"stock SDK target: exit code {stock.returncode}, STATE told {state}, rows kept {kept}")


if __name__ == "__main__":
    StockTarget.cli(sys.argv[2:]) if sys.argv[1:] == ["target"] else main()
