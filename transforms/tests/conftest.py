"""A warehouse of the sandbox with what target-redshift would have loaded, and dbt, unmodified, upon it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from dif_kit.dbt import environment
from dif_sandbox.services import Sandbox
from dif_sandbox.services.warehouse import connect
from loads import FIRST, SECOND, first_load, second_load
from warm import Warm

ROOT: Final = Path(__file__).parents[2]
METADATA: Final = "_sdc_extracted_at timestamptz, _sdc_sequence bigint, _dif_run_id varchar(256)"
DELIVERIES: Final = (
    "delivery_id varchar(1024), run_id varchar(256), client varchar(256), tap varchar(256), stream varchar(1024), "
    "table_name varchar(256), load_method varchar(16), finished_at timestamptz, "
    "manifest_url varchar(4096), rows_staged bigint, rows_loaded bigint, checksum varchar(64)"
)
WINDOWS: Final = (
    "delivery_id varchar(1024), run_id varchar(256), client varchar(256), tap varchar(256), stream varchar(1024), "
    "partition_keys varchar(65535), first_day date, last_day date, finished_at timestamptz"
)


@dataclass
class World:
    """One client's raw schema: loads are told as target-redshift notes them."""

    sandbox: Sandbox
    environment: Mapping[str, str]
    warm: Warm
    connection: psycopg.Connection[tuple[Any, ...]]
    folder: Path
    client: str = "shop"
    sequence: int = 0
    made: set[str] = field(default_factory=set)
    has_run: bool = False
    statements: Path = Path()  # what dbt has sent
    look: subprocess.Popen[str] | None = None  # sqlfluff, upon that
    ran: dict[str, str] = field(default_factory=dict)  # the status of every node, at last
    failures: dict[str, int] = field(default_factory=dict)  # how many rows each test of the last run found

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        cursor = self.connection.execute(sql)
        return cursor.fetchall() if cursor.description else []

    def table(self, name: str, columns: str) -> None:
        if name not in self.made:
            self.query(f"create schema if not exists {self.client}")
            self.query(f"create table {self.client}.{name} ({columns})")
            self.made.add(name)

    def load(
        self,
        tap: str,
        stream: str,
        columns: str,
        rows: Sequence[Sequence[Any]],
        moment: str,
        *,
        windows: Sequence[tuple[dict[str, Any], str, str]] = (),
        day: str = "",
        method: str = "replace",
        table: str = "",
    ) -> None:
        """Load a stream: its table is made, what the windows cover is replaced, the delivery is noted."""
        table = table or stream
        run = moment.replace("-", "").replace(":", "").replace(" ", "T") + "Z-00"
        delivery = f"{run}/{stream}/0"
        self.table("_dif_deliveries", DELIVERIES)
        self.table("_dif_windows", WINDOWS)
        self.table(table, f"{columns}, {METADATA}")
        for partition, first, last in windows:
            where = " and ".join(f"{key} = '{value}'" for key, value in partition.items())
            self.query(f"delete from {self.client}.{table} where {where} and {day} between '{first}' and '{last}'")
            keys = json.dumps(partition, separators=(",", ":"))
            cells = (delivery, run, self.client, tap, stream, keys, first, last, f"{moment}+00")
            self._insert("_dif_windows", cells)
        if method == "overwrite":
            self.query(f"delete from {self.client}.{table}")
        for row in rows:
            self.sequence += 1
            self._insert(table, (*row, f"{moment}+00", self.sequence, run))
        self._insert("_dif_deliveries", (delivery, run, self.client, tap, stream, table, method, f"{moment}+00"))

    def _insert(self, table: str, cells: Sequence[Any]) -> None:
        marks = ", ".join(["%s"] * len(cells))
        self.connection.execute(f"insert into {self.client}.{table} values ({marks})", tuple(cells))

    def dbt(self, *arguments: str, as_of: str, code: int = 0, **more: str) -> dict[str, str]:
        """Run dbt to this exit code; the answer is each node's status.

        The first time it is through the command that production runs, then by forks that need not import dbt.
        """
        variables = {
            **os.environ,
            **self.environment,
            "DIF_DBT_CLIENT": self.client,
            "DIF_DBT_AS_OF": as_of,
            "DIF_DBT_CREDENTIAL_REF": self.environment["DIF_CREDENTIALS"] + "/demo/redshift",
            "DBT_TARGET_PATH": str(self.folder),
            "DBT_LOG_PATH": str(self.folder),
            **more,
        }
        is_first, self.has_run = not self.has_run, True
        if is_first:
            command = [str(ROOT / ".venv/bin/dif-dbt"), *arguments]
            done = subprocess.run(command, env=variables, cwd=ROOT, capture_output=True, check=False, timeout=300)
        else:
            project = str(ROOT / "transforms")
            command = ["dbt", *arguments, "--project-dir", project, "--profiles-dir", project]
            done = self.warm.run(command, env=environment(variables, ROOT), cwd=ROOT, timeout=300)
        assert done.returncode == code, (done.stdout + done.stderr).decode()
        results = json.loads((self.folder / "run_results.json").read_text())["results"]
        statuses = {".".join(result["unique_id"].split(".")[2:]): result["status"] for result in results}
        self.failures = {result["unique_id"].split(".")[2]: result.get("failures") or 0 for result in results}
        if variables["DIF_DBT_CLIENT"] == self.client:
            self.ran |= statuses
        return statuses


@pytest.fixture(name="sqlfluff", scope="session")
def _sqlfluff() -> Callable[[Path], subprocess.Popen[str]]:
    return sqlfluff


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("warehouse")
    with Sandbox(folder / "sandbox", durable=False, services=("postgres", "redshift", "s3")) as sandbox:
        told = sandbox.environment(is_alone=True)  # a connection a node: all that is trusted takes a fifth of a build
        python = ROOT / ".venv-transforms/bin/python"
        with connect(told) as connection, Warm("dbt", prepare="", python=python) as warm:
            yield World(sandbox, told, warm, connection, folder / "dbt")


def sqlfluff(folder: Path) -> subprocess.Popen[str]:
    """A look at each statement of a folder; it fails for one that is not Redshift's."""
    settings = ["--config", str(ROOT / "transforms/.sqlfluff"), "--processes", "2", "--disable-progress-bar"]
    program = ROOT / ".venv-transforms/bin/sqlfluff"
    return subprocess.Popen(
        [program, "lint", "--nocolor", *settings, str(folder)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


@pytest.fixture(scope="session")
def built(world: World) -> Iterator[World]:
    """Both loads, each built as it came: one warehouse for every test that looks into it."""
    first_load(world)
    first = world.dbt("build", as_of=FIRST)
    assert set(first.values()) <= {"success", "pass", "warn", "no-op"}, first
    assert world.query(f"select count(*) from {world.client}_marts.ctl_restatement_log") == [(0,)]
    second_load(world)
    world.dbt("build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test", as_of=SECOND)
    # What was sent, in both builds: tables, views, snapshots, tests, and facts as they are restated.
    world.statements = world.folder.parent / "statements"
    shutil.copytree(world.folder / "run/dif", world.statements, ignore=shutil.ignore_patterns("unit_tests"))
    world.look = sqlfluff(world.statements)
    yield world
    world.look.kill()
    world.look.communicate()
