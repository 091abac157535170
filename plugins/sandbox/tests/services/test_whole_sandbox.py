"""All of it together: what a client of AWS and of Pinterest would do, with nothing but the environment it is told."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import psutil
import psycopg
import pytest
from dif_sandbox.services import Sandbox
from dif_sandbox.services._processes import wait_until_gone
from dif_sandbox.services.warehouse import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

TOLD = {
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL_KMS",
    "AWS_ENDPOINT_URL_REDSHIFT",
    "AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    "AWS_ENDPOINT_URL_STS",
    "AWS_SECRET_ACCESS_KEY",
    "DIF_CREDENTIALS",
    "DIF_REDIS_URL",
    "DIF_SANDBOX",
    "DIF_VAULT_KEY",
    "DIF_VAULT_URL",
    "SANDBOX_KMS_KEY_ID",
    "SANDBOX_GOOGLE_ADS_URL",
    "SANDBOX_PINTEREST_URL",
    "SSL_CERT_FILE",
    "TAP_GOOGLE_ADS_API_URL",
    "TAP_PINTEREST_API_URL",
    "TARGET_REDSHIFT_BUCKET",
    "TARGET_REDSHIFT_DATABASE",
    "TARGET_REDSHIFT_HOST",
    "TARGET_REDSHIFT_IAM_ROLE",
    "TARGET_REDSHIFT_PORT",
    "TARGET_S3_CSV_BUCKET",
}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("whole"), durable=False) as sandbox:
        yield sandbox


def warehouse(sandbox: Sandbox) -> psycopg.Connection:
    return connect(sandbox.environment())


def load(sandbox: Sandbox, table: str) -> None:
    """Put two rows on S3 and have the warehouse fetch them with its own role."""
    told = sandbox.environment()
    client = boto3.client(
        "s3",
        endpoint_url=told["AWS_ENDPOINT_URL_S3"],
        aws_access_key_id=told["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=told["AWS_SECRET_ACCESS_KEY"],
        region_name=told["AWS_DEFAULT_REGION"],
    )
    bucket = told["TARGET_REDSHIFT_BUCKET"]
    client.put_object(Bucket=bucket, Key=f"{table}/part.csv", Body=b"1,one\n2,two\n")
    client.close()
    with warehouse(sandbox) as connection:
        connection.execute(f"CREATE TABLE {table} (id INTEGER, name VARCHAR(10))")
        connection.execute(
            f"COPY {table} FROM 's3://{bucket}/{table}/' IAM_ROLE '{told['TARGET_REDSHIFT_IAM_ROLE']}' CSV"
        )


def rows(sandbox: Sandbox, table: str) -> list[tuple[object, ...]]:
    with warehouse(sandbox) as connection:
        return connection.execute(f"SELECT id, name FROM {table} ORDER BY id").fetchall()


def test_clients_are_told_all_they_need(sandbox: Sandbox) -> None:
    assert sandbox.environment().keys() == TOLD


def test_the_warehouse_loads_from_s3_with_its_role(sandbox: Sandbox) -> None:
    load(sandbox, "loaded")
    assert rows(sandbox, "loaded") == [(1, "one"), (2, "two")]


def test_the_warehouse_lends_temporary_users_to_the_identity_of_its_clients(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    with contextlib.closing(boto3.client("redshift-serverless")) as client:
        lent = client.get_credentials(workgroupName="dif-sandbox", dbName="dev")
    with psycopg.connect(
        host=os.environ["TARGET_REDSHIFT_HOST"],
        port=os.environ["TARGET_REDSHIFT_PORT"],
        dbname=os.environ["TARGET_REDSHIFT_DATABASE"],
        user=lent["dbUser"],
        password=lent["dbPassword"],
        sslmode="verify-full",
        sslrootcert=os.environ["SSL_CERT_FILE"],
        client_encoding="utf8",
    ) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("IAM:loader",)


def test_pinterest_answers_for_every_client(sandbox: Sandbox) -> None:
    told = sandbox.environment()
    for client in ("demo", "acme", "globex"):
        with urllib.request.urlopen(f"{told['SANDBOX_PINTEREST_URL']}/_sim/truth/{client}") as answer:
            assert "campaigns" in json.load(answer)["streams"]
        secret = json.loads(Path(told["DIF_CREDENTIALS"].removeprefix("file://"), client, "pinterest").read_text())
        assert secret.keys() == {"client_id", "client_secret", "refresh_token"}
    assert told["TAP_PINTEREST_API_URL"] == f"{told['SANDBOX_PINTEREST_URL']}/v5"


def test_google_ads_gives_every_client_a_manager_of_its_own(sandbox: Sandbox) -> None:
    told = sandbox.environment()
    folder = Path(told["DIF_CREDENTIALS"].removeprefix("file://"))
    secrets = [json.loads((folder / client / "google_ads").read_text()) for client in ("demo", "acme", "globex")]
    assert len({secret["login_customer_id"] for secret in secrets}) == 3
    assert len({secret["developer_token"] for secret in secrets}) == 1
    assert told["TAP_GOOGLE_ADS_API_URL"] == f"{told['SANDBOX_GOOGLE_ADS_URL']}/v25"


def test_public_authorities_are_trusted_besides_the_sandboxs_own(sandbox: Sandbox) -> None:
    bundle = Path(sandbox.environment()["SSL_CERT_FILE"])
    *certificates, _end = bundle.read_text().split("-----END CERTIFICATE-----\n")
    assert len(certificates) > 100
    assert len(set(certificates)) == len(certificates), "each costs time at every connection"
    assert sandbox.authority.read_text().startswith(certificates[-1])


def test_no_server_listens_beyond_loopback(sandbox: Sandbox) -> None:
    state = sandbox.state()
    assert state is not None
    family = psutil.Process(state.supervisor.pid).children(recursive=True)
    ends = [one.laddr for process in family for one in process.net_connections("inet")]
    assert len({end.port for end in ends}) >= 5
    assert {end.ip for end in ends} == {"127.0.0.1"}


def test_loaded_rows_outlive_the_kill_of_everything(sandbox: Sandbox) -> None:
    load(sandbox, "kept")
    before = sandbox.environment()
    state = sandbox.state()
    assert state is not None
    ran = [state.supervisor, *(one.process for one in state.services if one.process)]
    for process in ran:
        process.send(signal.SIGKILL)
    assert wait_until_gone(ran, 10) == []
    sandbox.restart()
    assert sandbox.environment() == before
    assert rows(sandbox, "kept") == [(1, "one"), (2, "two")]


def test_the_warehouse_comes_back_when_its_database_was_killed(sandbox: Sandbox) -> None:
    load(sandbox, "recovered")
    state = sandbox.state()
    assert state is not None
    database = next(one.process for one in state.services if one.name == "postgres")
    assert database is not None
    database.send(signal.SIGKILL)
    deadline = time.monotonic() + 30
    while True:  # until the supervisor has noticed and the front has found the new database, clients are turned away
        try:
            found = rows(sandbox, "recovered")
            break
        except psycopg.OperationalError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    assert found == [(1, "one"), (2, "two")]
