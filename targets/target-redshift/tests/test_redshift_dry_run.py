"""--dry-run says every statement of a run, in its order, and changes nothing: neither tables, nor S3, nor STATE."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dif_kit.target import ColumnKind, StagedUnit
from target_redshift._connection import Warehouse
from target_redshift._destination import RedshiftDestination
from target_redshift._rehearsal import RehearsedSession
from target_redshift._settings import Settings

PROGRAM = str(Path(sys.executable).with_name("target-redshift"))
SCHEMA = {
    "type": "SCHEMA",
    "stream": "orders",
    "schema": {"properties": {"id": {"type": "integer"}, "note": {"type": ["string", "null"]}}},
    "key_properties": ["id"],
}
STATE = {"type": "STATE", "value": {"bookmarks": {"orders": 2}}}


def record(number: int, note: str = "n") -> dict[str, Any]:
    return {"type": "RECORD", "stream": "orders", "record": {"id": number, "note": note}}


def run(shop: Any, *messages: dict[str, Any], arguments: tuple[str, ...] = ("--dry-run",), **config: Any) -> str:
    """What a run prints; it must end well."""
    file = shop.credential.with_name("config.json")
    file.write_text(json.dumps(shop.config(**config)))
    text = "".join(json.dumps(message) + "\n" for message in messages)
    done = subprocess.run(
        [PROGRAM, "--config", file, *arguments], input=text, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def staged(shop: Any) -> int:
    return int(shop.s3.list_objects_v2(Bucket=shop.world.bucket, Prefix=f"raw/{shop.schema}/")["KeyCount"])


def in_order(text: str, *words: str) -> bool:
    places = [text.find(word) for word in words]
    return -1 not in places and places == sorted(places)


@pytest.mark.parametrize("method", ["upsert", "append"])
def test_a_first_load_is_said_from_the_schema_to_commit_and_not_done(shop: Any, method: str) -> None:
    said = run(shop, SCHEMA, record(1), record(2), STATE, load_method=method)
    name = f'"{shop.schema}"."orders"'
    last = f"INSERT INTO {name}"
    assert in_order(said, "CREATE SCHEMA", "_dif_deliveries", f"CREATE TABLE {name}", "COPY ", last)
    assert (f"DELETE FROM {name}" in said) == (method == "upsert")
    assert said.count(f"CREATE TABLE {name}") == 1
    assert said.rstrip().endswith('DROP TABLE IF EXISTS "_dif_stage_0";')
    assert said.rindex("COMMIT;") > said.index(last)
    assert "bookmarks" not in said
    assert shop.query(f"SELECT 1 FROM pg_namespace WHERE nspname = '{shop.schema}'") == []
    assert staged(shop) == 0


def test_what_is_there_is_taken_into_account(shop: Any) -> None:
    shop.deliver(shop.unit({"id": ColumnKind.INTEGER, "note": ColumnKind.TEXT}, [["1", "old"]]))
    before, objects = shop.types("orders"), staged(shop)
    said = run(shop, SCHEMA, {**record(2, "x" * 300), "record": {"id": 2, "note": "x" * 300, "more": 1}}, STATE)
    assert "CREATE TABLE" not in said
    assert said.count('ADD COLUMN "more"') == said.count('ALTER COLUMN "note"') == 1
    assert (shop.types("orders"), shop.rows("orders", "id", "note"), staged(shop)) == (before, [(1, "old")], objects)


def test_the_statements_that_are_said_are_those_that_are_sent(
    shop: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unit = shop.unit({"id": ColumnKind.INTEGER, "note": ColumnKind.TEXT}, [["1", "a"], ["2", "b"]])
    settings = Settings.from_config(shop.config(parallel_streams=1), "tap-shop")
    deliver(RedshiftDestination(settings, shop.store(), RehearsedSession), unit)
    said = [text for text in capsys.readouterr().out.split(";\n\n") if text and not text.startswith("SELECT")]
    sent: list[str] = []

    def recorded(way: Callable[[Warehouse, str], Any]) -> Callable[[Warehouse, str], Any]:
        def send(warehouse: Warehouse, sql: str) -> Any:
            sent.append(sql.strip())
            return way(warehouse, sql)

        return send

    for way in (Warehouse.execute, Warehouse.change):
        monkeypatch.setattr(Warehouse, way.__name__, recorded(way))
    deliver(RedshiftDestination(settings, shop.store()), unit)
    assert list(map(without_moments, said)) == list(map(without_moments, sent))
    assert shop.rows("orders", "id") == [(1,), (2,)]


def deliver(destination: RedshiftDestination, unit: StagedUnit) -> None:
    """As a run of the target does."""
    try:
        destination.connect()
        destination.prepare(unit.schema)
        destination.deliver([unit])
    finally:
        destination.close()


def without_moments(sql: str) -> str:
    """A statement without what differs between any two runs: moments and sessions."""
    return re.sub(r"'\d{4}-\d\d-\d\d [^']*'|\b\d{2,}\b", "?", sql)
