"""A front in front of real servers, or a real cluster (`--redshift-dsn`), and three drivers."""

from __future__ import annotations

import contextlib
import gzip
import json
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
import psycopg2
import pytest
import redshift_connector
from dif_sandbox.services.postgres import Postgres
from dif_sandbox.services.seaweed import Identity, Seaweed

ROLE = "arn:aws:iam::123456789012:role/RedshiftLoader"
WRITER = "arn:aws:iam::123456789012:role/RedshiftUnloader"
LOADER = Identity("loader", "LOADERKEY", "loadersecret", ("Read:stage", "List:stage"))
UNLOADER = Identity("unloader", "UNLOADERKEY", "unloadersecret", ("Read:stage", "List:stage", "Write:stage"))
ADMIN = Identity("admin", "ADMINKEY", "adminsecret")
SCHEMA = "dif_sandbox_test"
DRIVERS = ("redshift_connector", "psycopg2", "psycopg")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--redshift-dsn", help="run the SQL tests on this cluster: redshift://user:password@host:port/db")


@dataclass
class Bucket:
    """The staging bucket and a role that may read it."""

    client: Any
    name: str
    role: str

    def put(self, key: str, data: str | bytes, *, compress: bool = True) -> str:
        body = data.encode() if isinstance(data, str) else data
        self.client.put_object(Bucket=self.name, Key=key, Body=gzip.compress(body) if compress else body)
        return f"s3://{self.name}/{key}"

    def manifest(
        self, key: str, urls: Sequence[str], *, mandatory: bool = True, meta: dict[str, int] | None = None
    ) -> str:
        entries = [{"url": url, "mandatory": mandatory, **({"meta": meta} if meta else {})} for url in urls]
        return self.put(key, json.dumps({"entries": entries}), compress=False)

    def get(self, key: str) -> bytes:
        return self.client.get_object(Bucket=self.name, Key=key)["Body"].read()

    def keys(self, prefix: str) -> list[str]:
        found = self.client.list_objects_v2(Bucket=self.name, Prefix=prefix).get("Contents", [])
        return [item["Key"] for item in found]


@dataclass
class Warehouse:
    """Where the warehouse listens."""

    host: str
    port: int
    database: str
    user: str
    password: str
    sandbox: bool
    bucket: Bucket | None = None

    def connect(self, driver: str, *, user: str | None = None, password: str | None = None) -> Any:
        user, password = user or self.user, password or self.password
        if driver == "redshift_connector":
            with warnings.catch_warnings():  # the driver makes an SSLContext() without a protocol
                warnings.simplefilter("ignore", DeprecationWarning)
                return redshift_connector.connect(
                    host=self.host, port=self.port, database=self.database, user=user, password=password
                )
        if driver == "psycopg2":
            return psycopg2.connect(
                host=self.host, port=self.port, dbname=self.database, user=user, password=password, sslmode="require"
            )
        return psycopg.connect(
            host=self.host,
            port=self.port,
            dbname=self.database,
            user=user,
            password=password,
            sslmode="require",
            client_encoding="utf8",
        )

    def open(self, driver: str, *, schema: str = SCHEMA, **account: str) -> Client:
        """A connection in an empty schema."""
        client = Client(self.connect(driver, **account))
        client.run(f"drop schema if exists {schema} cascade")
        client.run(f"create schema {schema}")
        client.run(f"set search_path to {schema}")
        return client

    def at(self, port: int) -> Warehouse:
        """Another front."""
        return replace(self, port=port, host="127.0.0.1")


class Client:
    """One connection, and short words for what tests do with it."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.connection.autocommit = True

    def run(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        cursor = self.connection.cursor()
        if parameters:
            cursor.execute(sql, parameters)
        else:
            cursor.execute(sql)
        rows = [tuple(row) for row in cursor.fetchall()] if cursor.description else []
        cursor.close()
        return rows

    def value(self, sql: str, *parameters: Any) -> Any:
        return self.run(sql, *parameters)[0][0]

    def refused(self, sql: str, message: str) -> None:
        with pytest.raises(Exception, match=message):
            self.run(sql)
        if not self.connection.autocommit:
            self.connection.rollback()

    def begin(self) -> None:
        self.connection.autocommit = False

    def commit(self) -> None:
        self.connection.commit()
        self.connection.autocommit = True

    def rollback(self) -> None:
        self.connection.rollback()
        self.connection.autocommit = True

    def close(self) -> None:
        self.connection.close()


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Postgres, Seaweed]]:
    folder = tmp_path_factory.mktemp("redshift")
    identities = (ADMIN, LOADER, UNLOADER)
    with contextlib.ExitStack() as stack:
        postgres = Postgres(folder / "postgres", durable=False)
        seaweed = Seaweed(folder / "s3", durable=False, identities=identities, buckets=("stage", "lake"))
        for service in (postgres, seaweed):
            service.begin()
            stack.callback(service.stop)
        while not (postgres.poll() and seaweed.poll()):
            time.sleep(0.02)
        yield postgres, seaweed


@dataclass
class Front:
    """A front as its own process."""

    process: subprocess.Popen[bytes]
    port: int
    ca: str
    api: str
    pid: int


@contextlib.contextmanager
def running_front(folder: Path, postgres: Postgres, seaweed: Seaweed, **more: Any) -> Iterator[Front]:
    folder.mkdir(parents=True, exist_ok=True)
    ready = folder / "ready.json"
    config = {
        "listen_port": 0,
        "postgres": {"host": "127.0.0.1", "port": postgres.port, "user": "postgres", "database": "dev"},
        "tls_dir": str(folder / "tls"),
        "users": {"awsuser": "Passw0rd", "analyst": "Readonly1"},
        "s3_endpoint": seaweed.url,
        "roles": {
            role: [identity.access_key, identity.secret_key]
            for role, identity in ((ROLE, LOADER), (WRITER, UNLOADER), ("default", LOADER))
        },
        "ready_file": str(ready),
        **more,
    }
    file = folder / "config.json"
    file.write_text(json.dumps(config))
    command = [sys.executable, "-m", "dif_sandbox.redshift", "--config", str(file)]
    with (folder / "front.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            while not ready.exists():
                assert process.poll() is None, (folder / "front.log").read_text()
                time.sleep(0.02)
            document = json.loads(ready.read_text())
            yield Front(process, document["port"], document["ca"], document["api"], process.pid)
        finally:
            process.terminate()
            assert process.wait(15) == 0, (folder / "front.log").read_text()
    said = (folder / "front.log").read_text()
    assert "Traceback" not in said, said


@pytest.fixture(scope="session")
def start_front() -> Any:
    return running_front


@pytest.fixture(scope="session")
def front(servers: tuple[Postgres, Seaweed], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with running_front(tmp_path_factory.mktemp("front"), *servers) as started:
        yield started


@pytest.fixture(scope="session")
def warehouse(request: pytest.FixtureRequest) -> Iterator[Warehouse]:
    dsn = request.config.getoption("--redshift-dsn", None)
    if dsn:
        parts = urlsplit(dsn)
        yield Warehouse(
            parts.hostname or "",
            parts.port or 5439,
            parts.path.lstrip("/"),
            parts.username or "",
            unquote(parts.password or ""),
            sandbox=False,
        )
        return
    started: Front = request.getfixturevalue("front")
    _, seaweed = request.getfixturevalue("servers")
    bucket = Bucket(seaweed.client(), "stage", ROLE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", started.ca)
        yield Warehouse("localhost", started.port, "dev", "awsuser", "Passw0rd", sandbox=True, bucket=bucket)


@pytest.fixture
def sandbox(warehouse: Warehouse) -> Warehouse:
    """The warehouse, if it is the sandbox; what needs its S3 or its rules is left out on a cluster."""
    if not warehouse.sandbox:
        pytest.skip("needs the sandbox")
    return warehouse


@pytest.fixture
def bucket(sandbox: Warehouse) -> Bucket:
    assert sandbox.bucket is not None
    return sandbox.bucket


@pytest.fixture
def clients(warehouse: Warehouse) -> Iterator[Any]:
    """Make further connections; they are closed at the end."""
    made: list[Client] = []

    def make(driver: str = "psycopg2", **account: str) -> Client:
        made.append(Client(warehouse.connect(driver, **account)))
        made[-1].run(f"set search_path to {SCHEMA}")
        return made[-1]

    yield make
    for client in made:
        with contextlib.suppress(psycopg.Error, psycopg2.Error):
            client.close()


@pytest.fixture(params=DRIVERS)
def client(warehouse: Warehouse, request: pytest.FixtureRequest) -> Iterator[Client]:
    """A connection of each driver, in an empty schema."""
    made = warehouse.open(request.param)
    yield made
    made.close()


@pytest.fixture
def one_client(warehouse: Warehouse) -> Iterator[Client]:
    """A connection of redshift_connector, in an empty schema: for what no driver changes."""
    made = warehouse.open("redshift_connector")
    yield made
    made.close()
