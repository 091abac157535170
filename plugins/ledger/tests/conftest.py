"""A warehouse and a bucket of the sandbox, and a client whose rows the real target has loaded."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import psycopg
import pytest
from dif_kit.testing import run_target
from dif_sandbox.services import Sandbox
from dif_sandbox.services.warehouse import connect
from target_redshift.target import TargetRedshift
from target_s3_csv.target import TargetS3Csv

TARGETS = {"target-redshift": TargetRedshift, "target-s3-csv": TargetS3Csv}
SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "account": {"type": "string"},
        "day": {"type": "string", "format": "date"},
        "name": {"type": ["string", "null"]},
        "spend": {"type": ["number", "null"], "multipleOf": 0.01},
        "ratio": {"type": ["number", "null"]},
        "at": {"type": ["string", "null"], "format": "date-time"},
        "is_open": {"type": ["boolean", "null"]},
        "tags": {"type": ["array", "null"], "items": {"type": "string"}},
    },
}


def pytest_configure(config: pytest.Config) -> None:
    # The driver asks for a TLS context of any version by a constructor that Python is about to retire.
    config.addinivalue_line(
        "filterwarnings", r"ignore:ssl\.(PROTOCOL_TLS|SSLContext\(\)) .*deprecated:DeprecationWarning"
    )


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    error: str


def ledger(*arguments: str) -> Ended:
    """Call the command, in this process: starting one takes longer than what it does."""
    from click.testing import CliRunner
    from dif_ledger.cli import main

    done = CliRunner().invoke(main, list(arguments))
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Ended(done.exit_code, done.stdout, done.stderr)


@dataclass
class Client:
    """One test's client: a schema in the warehouse and a folder on S3."""

    environment: Mapping[str, str]
    name: str
    folder: Path
    target: str = "target-redshift"
    config: dict[str, Any] = field(default_factory=dict)

    @property
    def config_file(self) -> Path:
        path = self.folder / f"{self.target}.json"
        path.write_text(json.dumps(self.config))
        return path

    def load(
        self,
        stream: str,
        rows: list[dict[str, Any]],
        run_id: str,
        days: tuple[str, str] | None = None,
        code: int = 0,
        *,
        bookmarks: tuple[str, ...] = ("day",),
    ) -> str:
        """One whole run of a tap of ours, that covers the days, through the real target; what that said."""
        windows = [{"partition": {"account": "a"}, "from": days[0], "to": days[1]}] if days else []
        receipt = {
            "run_id": run_id,
            "streams": {stream: {"records": len(rows), "windows": windows}},
            "failed": [],
            "complete": True,
        }
        messages = [
            {
                "type": "SCHEMA",
                "stream": stream,
                "schema": SCHEMA,
                "key_properties": ["id", "day"],
                "bookmark_properties": bookmarks,
            },
            *({"type": "RECORD", "stream": stream, "record": row} for row in rows),
            {"type": "STATE", "value": {"dif": receipt}},
        ]
        # In this process, as `ledger` below; what the shell sees of a target is for its own tests.
        with patch.dict(os.environ, {**self.environment, "DIF_RUN_ID": run_id}, clear=True):
            done = run_target(TARGETS[self.target], self.config, messages)
        assert done.exit_code == code, done.errors
        return done.errors

    def verify(self, *options: str) -> Ended:
        return ledger("verify", self.name, "tap-shop", self.target, "--target-config", str(self.config_file), *options)

    def rebuild(self) -> Ended:
        return ledger("rebuild", self.name, "tap-shop", self.target, "--target-config", str(self.config_file))

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        """What somebody does in the warehouse behind the target's back; ``{s}`` is the schema."""
        with connect(self.environment) as connection:
            done = connection.execute(sql.replace("{s}", f'"{self.name}"'))  # type: ignore[call-overload]
            return done.fetchall() if done.description else []


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of the sandbox's servers; this process's own, too."""
    with (
        Sandbox(tmp_path_factory.mktemp("sandbox"), services=("redshift", "aws"), durable=False) as sandbox,
        pytest.MonkeyPatch.context() as patch,
    ):
        told = sandbox.environment(is_alone=True)
        for name, value in told.items():
            patch.setenv(name, value)
        yield {**os.environ, **told, "DIF_TEST_FOLDER": str(sandbox.folder)}


@pytest.fixture(scope="session")
def make_client(sandbox: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Client]:
    """Clients whose schemas do not exist yet."""
    return lambda: _client(sandbox, tmp_path_factory.mktemp("client"))


@pytest.fixture
def client(make_client: Callable[[], Client]) -> Client:
    """One of them."""
    return make_client()


def _client(sandbox: dict[str, str], folder: Path) -> Client:
    name = f"shop_{uuid4().hex[:12]}"
    config = {
        "bucket": sandbox["TARGET_REDSHIFT_BUCKET"],
        "prefix": "raw",
        "client": name,
        "tap": "tap-shop",
        "endpoint_url": sandbox["AWS_ENDPOINT_URL_S3"],
        "host": sandbox["TARGET_REDSHIFT_HOST"],
        "port": int(sandbox["TARGET_REDSHIFT_PORT"]),
        "database": sandbox["TARGET_REDSHIFT_DATABASE"],
        "iam_role": sandbox["TARGET_REDSHIFT_IAM_ROLE"],
        "credential_ref": f"file://{sandbox['DIF_TEST_FOLDER']}/credentials/demo/redshift",
        "schema": name,
        "load_method": "replace",
    }
    return Client(sandbox, name, folder, config=config)


@dataclass
class Book:
    """The platform database of one test, and a hand that writes runs into it."""

    connection: psycopg.Connection[dict[str, Any]]
    runs: int = 0

    def run(self, at: datetime, client: str = "acme", tap: str = "tap-pinterest", **facts: Any) -> str:
        """A run that ended an hour later, its streams as ``streams={name: {...}}``; done, if nothing else is said."""
        self.runs += 1
        run_id = f"run-{self.runs:04d}"
        streams = facts.pop("streams", {})
        given = {
            "run_id": run_id, "client": client, "tap": tap, "target": "target-redshift", "kind": "live",
            "command": f"ledger run {client} {tap} target-redshift", "started_at": at,
            "ended_at": at + timedelta(hours=1), "status": "done", **facts,
        }  # fmt: skip
        if given["status"] == "running":
            given["ended_at"] = None
        if given.get("request") is not None:
            given["request"] = json.dumps(given["request"])
        self._insert("runs", given)
        for name, counted in streams.items():
            windows = [
                {"partition": {"account": account}, "from": first, "to": last}
                for account, first, last in counted.pop("windows", [])
            ]
            extracted = counted.pop("extracted", 100)
            row = {
                "run_id": run_id, "stream": name, "extracted": extracted, "staged": extracted, "loaded": extracted,
                "rejected": 0, "complete": given["status"] == "done", "windows": json.dumps(windows), **counted,
            }  # fmt: skip
            self._insert("streams", row)
            if given["status"] in ("done", "partial") and extracted:
                delivery = {
                    "run_id": run_id, "client": client, "tap": tap, "stream": name, "unit": 1,
                    "destination": "warehouse", "manifest": f"s3://lake/{run_id}/{name}/manifest.json",
                    "rows": extracted, "loaded": extracted, "quarantined": 0, "bytes": 1000,
                    "covered": json.dumps(windows), "committed_at": given["ended_at"],
                }  # fmt: skip
                self._insert("deliveries", delivery)
        return run_id

    def _insert(self, table: str, row: Mapping[str, Any]) -> None:
        names, places = ", ".join(row), ", ".join(f"%({name})s" for name in row)
        self.connection.execute(f"INSERT INTO ledger.{table} ({names}) VALUES ({places})", row)  # type: ignore[call-overload]


@pytest.fixture
def book(sandbox: dict[str, str]) -> Iterator[Book]:
    """An empty ledger."""
    from dif_ledger._store import migrate
    from psycopg.rows import dict_row

    with psycopg.connect(sandbox["DIF_VAULT_URL"], autocommit=True, row_factory=dict_row) as connection:
        connection.execute("DROP SCHEMA IF EXISTS ledger CASCADE")
        migrate(connection)
        yield Book(connection)


class Inbox:
    """A local HTTP server that keeps what it is sent; ``refuse`` lets it say no."""

    def __init__(self) -> None:
        self.received: list[tuple[str, bytes]] = []
        self.refuse = False
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if not inbox.refuse:
                    inbox.received.append((self.path, body))
                answer = b"<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>"
                self.send_response(503 if inbox.refuse else 200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    made = Inbox()
    thread = Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


@pytest.fixture
def command(sandbox: dict[str, str]) -> Callable[..., Ended]:
    return ledger
