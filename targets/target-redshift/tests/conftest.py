"""A warehouse and a bucket of the sandbox, a schema for every test, and a builder of staged units."""

from __future__ import annotations

import gzip
import hashlib
import json
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import psycopg
import pytest
from dif_kit.delivery import Window
from dif_kit.target import Column, ColumnKind, Manifest, Part, StagedUnit, Store, StreamSchema
from dif_kit.target import Settings as StagingSettings
from dif_kit.target._store import open_store
from dif_sandbox.proxy import FaultProxy
from dif_sandbox.services import Sandbox
from dif_sandbox.services.warehouse import connect
from target_redshift._destination import RedshiftDestination
from target_redshift._settings import Settings


def pytest_configure(config: pytest.Config) -> None:
    # The driver asks for a TLS context of any version by a constructor that Python is about to retire.
    config.addinivalue_line(
        "filterwarnings", r"ignore:ssl\.(PROTOCOL_TLS|SSLContext\(\)) .*deprecated:DeprecationWarning"
    )


@dataclass(frozen=True)
class World:
    """Where the servers are, as the sandbox tells it, and the warehouse's login."""

    variables: Mapping[str, str]
    folder: Path
    user: str
    password: str = field(repr=False)

    @property
    def login(self) -> str:
        """User and password, as a file of credentials holds them."""
        return json.dumps({"user": self.user, "password": self.password})

    @property
    def bucket(self) -> str:
        return self.variables["TARGET_REDSHIFT_BUCKET"]

    def session(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A session of a reader who is no part of the target."""
        return connect(self.variables)

    def warehouse_proxy(self) -> FaultProxy:
        """A proxy before the warehouse that reads its statements and answers in its name."""
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        certificate = next(self.folder.rglob("redshift.pem"))
        tls.load_cert_chain(certificate, certificate.with_suffix(".key"))
        upstream = (self.variables["TARGET_REDSHIFT_HOST"], int(self.variables["TARGET_REDSHIFT_PORT"]))
        return FaultProxy(upstream, "postgres", tls=tls)

    def config(self, schema: str, credential: Path, **changes: Any) -> dict[str, Any]:
        """A whole config of the target."""
        return {
            "bucket": self.bucket,
            "prefix": "raw",
            "client": schema,
            "tap": "tap-shop",
            "endpoint_url": self.variables["AWS_ENDPOINT_URL_S3"],
            "host": self.variables["TARGET_REDSHIFT_HOST"],
            "port": int(self.variables["TARGET_REDSHIFT_PORT"]),
            "database": self.variables["TARGET_REDSHIFT_DATABASE"],
            "iam_role": self.variables["TARGET_REDSHIFT_IAM_ROLE"],
            "credential_ref": f"file://{credential}",
            "schema": schema,
            "load_method": "upsert",
            "share_tables": False,
            "connect_timeout_seconds": 10,
            "statement_timeout_seconds": 60,
            "parallel_streams": 2,
        } | changes


@dataclass
class Shop:
    """One test's client: its schema in the warehouse, its folder on S3, its sequence of rows."""

    world: World
    schema: str
    credential: Path
    connection: psycopg.Connection[tuple[Any, ...]]
    s3: Any
    sequence: int = 0

    def config(self, **changes: Any) -> dict[str, Any]:
        return self.world.config(self.schema, self.credential, **changes)

    def destination(self, **changes: Any) -> RedshiftDestination:
        config = self.config(**changes)
        return RedshiftDestination(Settings.from_config(config, config["tap"]), self.store())

    def store(self) -> Store:
        """Where the target stages."""
        return open_store(StagingSettings.from_config(self.config()), lambda _seconds: False)

    def deliver(self, *units: StagedUnit, **changes: Any) -> None:
        """Prepare and deliver in a session of its own, as one run of the target."""
        destination = self.destination(**changes)
        try:
            for unit in units:
                destination.prepare(unit.schema)
            destination.deliver(units)
        finally:
            destination.close()

    def end_sessions(self) -> None:
        """End every session that is at work in the schema, but this one."""
        self.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE pid <> pg_backend_pid() AND query LIKE '%{self.schema}%'"
        )

    def wait_for_lock(self) -> None:
        """Wait until a load of the schema waits for the lock of loads."""
        self._wait(f"query LIKE 'LOCK TABLE \"{self.schema}\"%' AND wait_event_type = 'Lock'")

    def wait_for_number(self) -> None:
        """Wait until a run has looked which number it is, and has done nothing since."""
        self._wait(f"query LIKE '%\"{self.schema}\"%_dif_fences%' AND state = 'idle' AND pid <> pg_backend_pid()")

    def _wait(self, session: str) -> None:
        with self.world.session() as other:
            for _ in range(400):
                if other.execute(f"SELECT pid FROM pg_stat_activity WHERE {session}").fetchall():  # type: ignore[call-overload]
                    return
                time.sleep(0.05)
        pytest.fail(f"no session ever was one whose {session}")

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the warehouse; ``{s}`` is the schema, quoted."""
        return self.connection.execute(sql.replace("{s}", f'"{self.schema}"')).fetchall()

    def execute(self, sql: str) -> None:
        self.connection.execute(sql.replace("{s}", f'"{self.schema}"'))

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """The columns of a table, sorted as texts."""
        names = ", ".join('"' + column.replace('"', '""') + '"' for column in columns)
        return sorted(self.query(f'SELECT {names} FROM {{s}}."{table}"'), key=repr)

    def types(self, table: str) -> dict[str, tuple[str, int | None]]:
        """Type and VARCHAR length of each column of a table."""
        found = self.query(
            "SELECT column_name, data_type, character_maximum_length FROM svv_columns "
            f"WHERE table_schema = '{self.schema}' AND table_name = '{table}' ORDER BY ordinal_position"
        )
        return {name: (type_, length) for name, type_, length in found}

    def unit(
        self,
        columns: Mapping[str, ColumnKind | Column],
        rows: Sequence[Sequence[str | None]],
        *,
        stream: str = "orders",
        keys: tuple[str, ...] = ("id",),
        run_id: str = "run-1",
        number: int = 0,
        tap: str = "tap-shop",
        metadata: bool = True,
        null: str = "\\N",
        parts: int = 1,
        bucket: str | None = None,
        windows: Sequence[Window] = (),
        first_sequence: int | None = None,
        version: int | None = None,
        bookmarks: tuple[str, ...] = (),
        quarantined: Sequence[Mapping[str, Any]] = (),
        description: Mapping[str, Any] | None = None,
    ) -> StagedUnit:
        """Stage rows as the engine does: texts quoted, NULL bare, metadata last, manifest written at the end."""
        facts = [
            kind if isinstance(kind, Column) else Column(name, kind, nullable=name not in keys)
            for name, kind in columns.items()
        ]
        lines = [[_cell(value, fact, null) for value, fact in zip(row, facts, strict=True)] for row in rows]
        if metadata:
            facts += [
                Column("_sdc_extracted_at", ColumnKind.DATETIME),
                Column("_sdc_received_at", ColumnKind.DATETIME),
                Column("_sdc_sequence", ColumnKind.INTEGER),
                Column("_dif_run_id", ColumnKind.TEXT),
            ]
            for line in lines:
                self.sequence += 1
                line += ['"2026-11-23T10:00:00.5Z"', '"2026-11-23T10:00:01+00:00"', str(self.sequence), f'"{run_id}"']
        began = self.sequence - len(rows) + 1 if first_sequence is None else first_sequence
        schema = StreamSchema(stream, tuple(facts), keys, dict(description or {}), bookmarks)
        measured = tuple(_measured(fact, [line[place] for line in lines]) for place, fact in enumerate(facts))
        folder = f"raw/{self.schema}/{tap}/{stream}/{run_id}/{number:04d}"
        bucket = bucket or self.world.bucket
        written = []
        for part in range(parts):
            mine = lines[part::parts]
            text = "".join(",".join(cells) + "\n" for cells in ([_quoted(fact.name) for fact in facts], *mine))
            body = gzip.compress(text.encode())
            key = f"{folder}/{part:06d}.csv.gz"
            self.s3.put_object(Bucket=self.world.bucket, Key=key, Body=body)
            digest = hashlib.sha256(body).hexdigest()
            written.append(Part(f"s3://{bucket}/{key}", len(mine), len(body), digest))
        entries = [{"url": part.url, "mandatory": True, "meta": {"content_length": part.bytes}} for part in written]
        self.s3.put_object(
            Bucket=self.world.bucket, Key=f"{folder}/manifest.json", Body=json.dumps({"entries": entries})
        )
        manifest = Manifest(
            url=f"s3://{bucket}/{folder}/manifest.json",
            run_id=run_id,
            client=self.schema,
            tap=tap,
            stream=stream,
            unit=number,
            parts=tuple(written),
            columns=measured,
            key_properties=keys,
            null=null,
            rows=len(lines),
            quarantined=len(quarantined),
            windows=tuple(windows),
            first_sequence=began,
            activates_version=version,
            quarantine_url=self._put_aside(folder, quarantined) if quarantined else None,
        )
        return StagedUnit(schema, manifest)

    def _put_aside(self, folder: str, entries: Sequence[Mapping[str, Any]]) -> str:
        body = gzip.compress("".join(json.dumps(entry) + "\n" for entry in entries).encode())
        self.s3.put_object(Bucket=self.world.bucket, Key=f"{folder}/quarantine.jsonl.gz", Body=body)
        return f"s3://{self.world.bucket}/{folder}/quarantine.jsonl.gz"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _cell(value: str | None, column: Column, null: str) -> str:
    if value is None:
        return null
    bare = column.kind in {ColumnKind.INTEGER, ColumnKind.NUMBER, ColumnKind.DECIMAL, ColumnKind.BOOLEAN}
    return value if bare else _quoted(value)


def _measured(column: Column, cells: list[str]) -> Column:
    longest = max((len(cell.strip('"').replace('""', '"').encode()) for cell in cells), default=0)
    return Column(column.name, column.kind, column.nullable, longest, column.scale)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The servers of all tests of this package; their variables are this process's own meanwhile."""
    with (
        Sandbox(tmp_path_factory.mktemp("sandbox"), services=("redshift", "aws"), durable=False) as sandbox,
        pytest.MonkeyPatch.context() as patch,
    ):
        told = sandbox.environment(is_alone=True)
        for name, value in told.items():
            patch.setenv(name, value)
        login = json.loads((sandbox.folder / "credentials" / "demo" / "redshift").read_text())
        yield World(told, sandbox.folder, login["user"], login["password"])


@pytest.fixture(scope="module")
def proxy(world: World) -> Iterator[FaultProxy]:
    """The warehouse through a proxy that can break its statements."""
    with world.warehouse_proxy() as proxy:
        yield proxy


@pytest.fixture
def shop(world: World, tmp_path: Path) -> Iterator[Shop]:
    """A client whose schema does not exist yet."""
    credential = tmp_path / "redshift"
    credential.touch(mode=0o600)
    credential.write_text(world.login)
    s3 = boto3.client("s3", endpoint_url=world.variables["AWS_ENDPOINT_URL_S3"])
    with world.session() as connection:
        yield Shop(world, f"shop_{uuid4().hex[:12]}", credential, connection, s3)
    s3.close()
