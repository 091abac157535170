"""AWS Lambda on one machine: the Runtime API, with the real client on the other side of it, and a project to run."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from queue import Empty
from typing import Any

import psycopg
import pytest
from dif_ledger._store import migrate
from dif_sandbox.aws.functions import RuntimeApi
from dif_sandbox.services import Sandbox
from psycopg.rows import dict_row

BIN = Path(sys.executable).parent


class Lambda(RuntimeApi):
    """A function whose handler the real runtime client calls, in a process of its own."""

    def __init__(self, handler: str, environment: Mapping[str, str], timeout_seconds: float) -> None:
        super().__init__(timeout_seconds)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "awslambdaric", handler], env={**environment, **self.environment}
        )

    def call(self, event: Mapping[str, Any]) -> tuple[str, Any]:
        try:
            return super().call(event)
        except Empty:
            pytest.fail(f"the handler did not answer; its process: {self.process.poll()}")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        super().close()


# A tap that sends 40 rows, then waits until it is stopped; what is left of its 120 it sends the next time.
TAP = """
    import json, os, signal, sys, time

    facts = json.load(open(sys.argv[sys.argv.index("--config") + 1]))
    if "--discover" in sys.argv:
        stream = {"tap_stream_id": "ads", "stream": "ads", "schema": SCHEMA, "metadata": [
            {"breadcrumb": [], "metadata": {"inclusion": "available", "selected-by-default": True}}]}
        print(json.dumps({"streams": [stream]}))
        sys.exit(0)
    catalog = json.load(open(sys.argv[sys.argv.index("--catalog") + 1]))
    assert catalog["streams"][0]["tap_stream_id"] == "ads"
    held = json.load(open(sys.argv[sys.argv.index("--state") + 1])) if "--state" in sys.argv else {}
    first = held.get("bookmarks", {}).get("ads", 0)
    last = min(first + facts["rows_a_part"], facts["rows"])
    sent = 0

    def say(message):
        sys.stdout.write(json.dumps(message) + "\\n")
        sys.stdout.flush()

    def state(complete):
        receipt = {"run_id": os.environ["DIF_RUN_ID"], "streams": {"ads": {"records": sent}}, "failed": [],
                   "complete": complete}
        say({"type": "STATE", "value": {"bookmarks": {"ads": first + sent}, "dif": receipt}})

    def stop(*_):
        state(False)
        print("tap-shop: stopped by SIGTERM; run again, it goes on from the last STATE", file=sys.stderr)
        sys.exit(3)

    say({"type": "SCHEMA", "stream": "ads", "schema": SCHEMA, "key_properties": ["id"]})
    for number in range(first, last):  # together more than a pipe holds: when all is sent, the target reads
        say({"type": "RECORD", "stream": "ads", "record": {"id": number, "text": "x" * 4000}})
        sent += 1
    if last < facts["rows"]:
        signal.signal(signal.SIGTERM, stop)
        print("INFO | tap-shop | all of this part is sent", file=sys.stderr, flush=True)
        time.sleep(120)
    state(True)
"""
PROJECT = """
    version: 1
    project_id: shop
    send_anonymous_usage_stats: false
    auto_install: false
    include_paths: [clients/*.meltano.yml]
    plugins:
      extractors:
        - name: tap-shop
          namespace: tap_shop
          executable: tap-shop
          capabilities: [catalog, discover, state]
          settings: [{name: rows, kind: integer}, {name: rows_a_part, kind: integer}]
          config: {rows: 120, rows_a_part: 40}
      loaders:
        - name: target-s3-csv
          namespace: target_s3_csv
          executable: target-s3-csv
          settings: [{name: bucket}, {name: client}, {name: prefix}]
          config: {client: $MELTANO_ENVIRONMENT, prefix: raw}
    jobs:
      - name: shop
        tasks: [tap-shop target-s3-csv]
"""
CLIENT = """
    environments: [{name: shop}]
    schedules: [{name: shop-shop, interval: "0 0 * * *", job: shop, env: {MELTANO_ENVIRONMENT: shop}}]
"""


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """S3, Valkey and PostgreSQL, as a task's environment names them; an empty ledger."""
    folder = tmp_path_factory.mktemp("sandbox")
    with Sandbox(folder, services=("s3", "valkey", "postgres"), durable=False) as sandbox:
        told = {**os.environ, **sandbox.environment()}
        told["DIF_LEDGER_URL"] = told["DIF_VAULT_URL"]
        with psycopg.connect(told["DIF_LEDGER_URL"], autocommit=True, row_factory=dict_row) as connection:
            migrate(connection)
        yield told


@pytest.fixture(scope="session")
def project(sandbox: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a task that runs the project of one client, whose tap takes its time."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "clients").mkdir()
    (folder / "meltano.yml").write_text(textwrap.dedent(PROJECT))
    (folder / "clients" / "shop.meltano.yml").write_text(textwrap.dedent(CLIENT))
    tap = folder / "bin" / "tap-shop"
    tap.parent.mkdir()
    schema = {"type": "object", "properties": {"id": {"type": "integer"}, "text": {"type": "string"}}}
    tap.write_text(f"#!{sys.executable} -S\nSCHEMA = {schema!r}\n" + textwrap.dedent(TAP))
    tap.chmod(0o755)
    return {
        **sandbox,
        "PATH": f"{tap.parent}:{BIN}:{os.environ['PATH']}",
        "MELTANO_PROJECT_ROOT": str(folder),
        "MELTANO_STATE_BACKEND_URI": f"s3://{sandbox['TARGET_S3_CSV_BUCKET']}/state",
        "TARGET_S3_CSV_BUCKET": sandbox["TARGET_S3_CSV_BUCKET"],
        "DIF_WORK": str(folder / "work"),
    }


@pytest.fixture
def environment(project: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The same, this process's own, too."""
    for name, value in project.items():
        monkeypatch.setenv(name, value)
    return project


@pytest.fixture
def function(environment: dict[str, str]) -> Iterator[Callable[..., Lambda]]:
    """Lambda functions with a handler of ours: ``function("run_job", timeout_seconds=900, DIF_PLACES="2")``.

    One with a dot in it is a test's own: ``deadline.run_job``.
    """
    made: list[Lambda] = []

    def make(handler: str, timeout_seconds: float = 900, **settings: str) -> Lambda:
        name = handler if "." in handler else f"dif_deploy.handlers.{handler}"
        told = {**environment, "PYTHONPATH": str(Path(__file__).parent), **settings}
        made.append(Lambda(name, told, timeout_seconds))
        return made[-1]

    yield make
    for each in made:
        each.close()
