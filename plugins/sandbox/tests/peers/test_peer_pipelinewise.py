"""pipelinewise-target-redshift 1.6.0, its code unmodified: it makes tables, loads, upserts, versions a column."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

START = (  # the target uses a name that left Python in 3.10; nothing else is given to it
    "import collections, collections.abc; collections.MutableMapping = collections.abc.MutableMapping;"
    "from target_redshift import main; main()"
)
COLUMNS = {
    "id": {"type": ["integer"]},
    "name": {"type": ["string", "null"]},
    "spend": {"type": ["number", "null"]},
    "active": {"type": ["boolean", "null"]},
    "updated_at": {"type": ["string", "null"], "format": "date-time"},
    "labels": {"type": ["array", "null"], "items": {"type": "string"}},
}


def messages(*records: dict[str, Any], **columns: Any) -> str:
    schema = {"type": "object", "properties": {**COLUMNS, **columns}}
    said: list[dict[str, Any]] = [
        {"type": "SCHEMA", "stream": "campaigns", "schema": schema, "key_properties": ["id"]},
        *({"type": "RECORD", "stream": "campaigns", "record": record} for record in records),
        {"type": "STATE", "value": {"bookmarks": {"campaigns": {"rows": len(records)}}}},
    ]
    return "".join(json.dumps(message) + "\n" for message in said)


def row(number: int, name: str = "Brand", **more: Any) -> dict[str, Any]:
    facts = {"spend": 1.5, "active": True, "updated_at": "2026-11-01T08:00:00", "labels": ["a", "b"]}
    return {"id": number, "name": name, **facts, **more}


@pytest.fixture
def load(peer: Any, warehouse: Any, tmp_path: Path) -> Any:
    """Run the target on messages, into a schema that is empty at the start; its last state."""
    warehouse.connection.execute("drop schema if exists pipelinewise cascade")
    config = {
        "host": warehouse.environment["TARGET_REDSHIFT_HOST"],
        "port": int(warehouse.environment["TARGET_REDSHIFT_PORT"]),
        "dbname": warehouse.environment["TARGET_REDSHIFT_DATABASE"],
        "user": warehouse.user,
        "password": warehouse.password,
        "aws_redshift_copy_role_arn": warehouse.environment["TARGET_REDSHIFT_IAM_ROLE"],
        "s3_bucket": warehouse.environment["TARGET_REDSHIFT_BUCKET"],
        "s3_key_prefix": "pipelinewise/",
        "default_target_schema": "pipelinewise",
        "compression": "gzip",
        "slices": 2,
    }
    file = tmp_path / "config.json"
    file.write_text(json.dumps(config))

    def run(said: str) -> Any:
        target = peer("pipelinewise")
        done = target.run("python", "-c", START, "--config", file, input=said, env=warehouse.variables)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run


def test_it_loads_and_upserts(load: Any, warehouse: Any) -> None:
    assert load(messages(row(1), row(2, "Été, 'flash' \"q\""), row(3, spend=None))) == {
        "bookmarks": {"campaigns": {"rows": 3}}
    }
    load(messages(row(2, "renamed", spend=2.25, active=False), row(4, "ブランド")))
    found = warehouse.rows(
        "select id, name, spend, active, updated_at::varchar from pipelinewise.campaigns order by id"
    )
    assert found == [
        (1, "Brand", 1.5, True, "2026-11-01 08:00:00"),
        (2, "renamed", 2.25, False, "2026-11-01 08:00:00"),
        (3, "Brand", None, True, "2026-11-01 08:00:00"),
        (4, "ブランド", 1.5, True, "2026-11-01 08:00:00"),
    ]
    assert warehouse.rows("select distinct labels from pipelinewise.campaigns") == [('["a", "b"]',)]


def test_a_column_of_another_type_gets_a_new_one_beside_the_old(load: Any, warehouse: Any) -> None:
    load(messages(row(1)))
    load(messages(row(2, spend="2.25"), spend={"type": ["string", "null"]}))
    columns = [
        name for (name,) in warehouse.rows("select column_name from svv_columns where table_schema = 'pipelinewise'")
    ]
    (old,) = (name for name in columns if name.startswith("spend_"))
    assert warehouse.rows(f"select id, {old}, spend from pipelinewise.campaigns order by id") == [
        (1, 1.5, None),
        (2, None, "2.25"),
    ]


def test_its_line_ends_load_as_letters_as_redshift_reads_them(load: Any, warehouse: Any) -> None:
    r"""Its own mistake, shown: it writes json.dumps texts for ESCAPE, which takes the n of \n as it is."""
    load(messages(row(1, "one\ntwo\tthree")))
    assert warehouse.rows("select name from pipelinewise.campaigns") == [("onentwotthree",)]
