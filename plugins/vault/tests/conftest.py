"""A real PostgreSQL, a real KMS endpoint, and vaults in databases of their own."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest
from botocore.config import Config
from dif_sandbox.services import Aws, Identity, Postgres
from dif_vault import SecretName, Vault
from dif_vault._store import Store
from dif_vault.keys import KeyRing, KmsKeys, LocalKeys

CALLER = Identity("runner", "AKIARUNNER", "runnersecret")


@pytest.fixture
def place() -> SecretName:
    return SecretName("acme", "pinterest")


@pytest.fixture
def values() -> dict[str, str]:
    return {"client_id": "app", "client_secret": "canary-secret", "refresh_token": "canary-refresh-1"}


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with Postgres(tmp_path_factory.mktemp("postgres"), durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    with Aws(tmp_path_factory.mktemp("aws"), callers=(CALLER,)) as service:
        yield service


def control(aws: Aws, method: str, what: str, body: dict[str, Any] | None = None) -> Any:
    request = urllib.request.Request(
        f"{aws.url}/_aws/{what}", method=method, data=None if body is None else json.dumps(body).encode()
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


@pytest.fixture
def kms_calls(aws: Aws) -> Callable[[], int]:
    """How many calls KMS has answered so far."""

    def count() -> int:
        calls = control(aws, "GET", "calls")["calls"]
        return sum(call["count"] for call in calls if call["action"].startswith("kms:"))

    return count


@pytest.fixture
def refuse(aws: Aws) -> Callable[[str, str], None]:
    """Make KMS refuse an action with a code until the end of the test."""

    def refuse(action: str, code: str) -> None:
        control(aws, "PUT", "faults", {"action": f"kms:{action}", "code": code})

    return refuse


@pytest.fixture
def kms(aws: Aws) -> Iterator[Any]:
    """KMS as boto3 sees it; without the pauses between tries that the vault's own client makes."""
    client = boto3.client(
        "kms",
        endpoint_url=aws.url,
        aws_access_key_id=CALLER.access_key,
        aws_secret_access_key=CALLER.secret_key,
        region_name="us-east-1",
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
    )
    yield client
    control(aws, "DELETE", "faults")
    client.close()


@pytest.fixture(scope="session")
def database(postgres: Postgres) -> str:
    Store(postgres.dsn()).migrate()
    return postgres.dsn()


@pytest.fixture
def url(database: str) -> str:
    """The vault's database, with nothing in it."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for table in ("credential", "access_token", "audit", "audit_head"):
            connection.execute(f"DELETE FROM dif_vault.{table}")
        connection.execute("INSERT INTO dif_vault.audit_head (entry, hash) VALUES (0, '')")
    return database


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "keys.json"
    LocalKeys.create(path)
    return path


@pytest.fixture
def vault(url: str, key_file: Path) -> Vault:
    """A vault that is opened with a key file."""
    return Vault(Store(url), KeyRing([LocalKeys(key_file)]), actor="tester", run_id="run-1")


@pytest.fixture
def kms_vault(url: str, aws: Aws, kms: Any) -> Vault:
    """A vault that is opened with KMS."""
    return Vault(Store(url), KeyRing([KmsKeys(_arn(kms, aws.key_id), kms)]), actor="tester")


def _arn(kms: Any, key: str) -> str:
    return str(kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"])


@pytest.fixture(params=["local", "kms"])
def any_vault(request: pytest.FixtureRequest) -> Vault:
    """A vault of either kind."""
    name = {"local": "vault", "kms": "kms_vault"}[request.param]
    found: Vault = request.getfixturevalue(name)
    return found


@pytest.fixture
def attack(url: str) -> Iterator[Callable[..., Any]]:
    """What somebody does who owns the database: any statement, triggers switched off."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection.execute
