"""A sandbox, and other people's software that runs against it as it would against AWS."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from dif_sandbox.services import Sandbox

ROOT = Path(__file__).parents[4]


@dataclass(frozen=True)
class Peer:
    """One peer's own venv, made by `make install`."""

    folder: Path

    def run(self, *command: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run one of its programs; what it said, whatever its exit code."""
        program = self.folder / "bin" / command[0]
        return subprocess.run([program, *command[1:]], capture_output=True, text=True, timeout=300, check=False, **more)


@pytest.fixture(scope="session")
def peer() -> Any:
    def find(name: str) -> Peer:
        folder = ROOT / ".venv-peers" / name
        assert (folder / "bin").exists(), f"{folder} is not there: `make install` makes it"
        return Peer(folder)

    return find


@dataclass(frozen=True)
class Warehouse:
    """What the sandbox tells its clients, and a connection of the test's own."""

    environment: Mapping[str, str]
    user: str
    password: str
    connection: psycopg.Connection[Any]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql.encode()).fetchall()

    @property
    def variables(self) -> dict[str, str]:
        """For a peer's process: the caller's without its settings for clients, and the sandbox's."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "DBT_", "PG"))}
        return {**kept, **self.environment}


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with Sandbox(tmp_path_factory.mktemp("peers"), services=("redshift",), durable=False) as sandbox:
        told = sandbox.environment(is_alone=True)
        secret = json.loads(Path(told["DIF_CREDENTIALS"].removeprefix("file://"), "demo", "redshift").read_text())
        with psycopg.connect(
            host=told["TARGET_REDSHIFT_HOST"],
            port=told["TARGET_REDSHIFT_PORT"],
            dbname=told["TARGET_REDSHIFT_DATABASE"],
            **secret,
            client_encoding="utf8",
            autocommit=True,
            prepare_threshold=None,
        ) as connection:
            yield Warehouse(told, secret["user"], secret["password"], connection)
