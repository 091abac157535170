"""The fault proxy in front of a real S3 and a real PostgreSQL."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from dif_sandbox.proxy import Fault, FaultProxy, Kind
from dif_sandbox.services import Postgres, Seaweed

BODY = b"x" * 300_000


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    with Seaweed(tmp_path_factory.mktemp("s3"), durable=False) as server:
        yield server


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with Postgres(tmp_path_factory.mktemp("postgres"), durable=False) as server:
        yield server


@pytest.fixture
def s3_proxy(s3: Seaweed) -> Iterator[FaultProxy]:
    with FaultProxy(("127.0.0.1", s3.port), "http") as proxy:
        yield proxy


def s3_client(s3: Seaweed, port: int, attempts: int = 1) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id=s3.identities[0].access_key,
        aws_secret_access_key=s3.identities[0].secret_key,
        region_name="us-east-1",
        config=Config(retries={"total_max_attempts": attempts}, read_timeout=20),
    )


def stored(client: Any, key: str) -> bytes | None:
    try:
        return client.get_object(Bucket="stage", Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchKey":
            raise
        return None


def test_what_passes_unharmed_is_unchanged(s3: Seaweed, s3_proxy: FaultProxy) -> None:
    client = s3_client(s3, s3_proxy.port)
    client.put_object(Bucket="stage", Key="whole", Body=BODY, ChecksumAlgorithm="SHA256")
    assert stored(client, "whole") == BODY


def test_slow_down_is_answered_as_often_as_told_and_then_the_client_succeeds(s3: Seaweed, s3_proxy: FaultProxy) -> None:
    fault = Fault(Kind.STATUS, match="^PUT ", status=503, times=2)
    s3_proxy.inject(fault)
    s3_client(s3, s3_proxy.port, attempts=4).put_object(Bucket="stage", Key="retried", Body=BODY)
    assert fault.broken == 2


def test_a_torn_put_leaves_no_object(s3: Seaweed, s3_proxy: FaultProxy) -> None:
    client = s3_client(s3, s3_proxy.port)
    s3_proxy.inject(Fault(Kind.TORN_REQUEST, match="^PUT .*torn-put", after_bytes=100_000))
    with pytest.raises((BotoCoreError, ClientError)):
        client.put_object(Bucket="stage", Key="torn-put", Body=BODY)
    assert stored(client, "torn-put") is None


def test_a_torn_answer_is_an_error_to_the_reader(s3: Seaweed, s3_proxy: FaultProxy) -> None:
    client = s3_client(s3, s3_proxy.port)
    client.put_object(Bucket="stage", Key="torn-get", Body=BODY)
    s3_proxy.inject(Fault(Kind.TORN_ANSWER, match="^GET .*torn-get", after_bytes=1000))
    with pytest.raises((BotoCoreError, ClientError)):
        client.get_object(Bucket="stage", Key="torn-get")["Body"].read()


def test_a_lost_answer_hides_work_that_was_done(s3: Seaweed, s3_proxy: FaultProxy) -> None:
    client = s3_client(s3, s3_proxy.port)
    s3_proxy.inject(Fault(Kind.LOST_ANSWER, match="^PUT .*lost"))
    with pytest.raises((BotoCoreError, ClientError)):
        client.put_object(Bucket="stage", Key="lost", Body=BODY)
    assert stored(client, "lost") == BODY


@pytest.fixture
def warehouse(postgres: Postgres) -> Iterator[FaultProxy]:
    with FaultProxy(("127.0.0.1", postgres.port), "postgres") as proxy:
        yield proxy


def connect(proxy: FaultProxy) -> psycopg.Connection:
    return psycopg.connect(host="127.0.0.1", port=proxy.port, user="postgres", dbname="postgres", connect_timeout=10)


@pytest.mark.parametrize(("kind", "rows"), [(Kind.DROP_BEFORE, 0), (Kind.LOST_ANSWER, 1)])
def test_a_connection_dropped_around_commit(warehouse: FaultProxy, kind: Kind, rows: int) -> None:
    table = f"around_{kind.name.lower()}"
    with connect(warehouse) as connection:
        connection.execute(f"CREATE TABLE {table} (id int)")
    warehouse.inject(Fault(kind, match="^COMMIT"))
    connection = connect(warehouse)
    connection.execute(f"INSERT INTO {table} VALUES (1)")
    with pytest.raises(psycopg.OperationalError):
        connection.commit()
    connection.close()
    with connect(warehouse) as again:
        assert again.execute(f"SELECT count(*) FROM {table}").fetchone() == (rows,)


def test_a_statement_can_be_spared_before_one_is_broken(warehouse: FaultProxy) -> None:
    warehouse.inject(Fault(Kind.DROP_BEFORE, match="SELECT 7", skip=1))
    with connect(warehouse) as connection:
        connection.execute("SELECT 7")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 7")


def test_a_refused_connection_is_closed_at_once(postgres: Postgres) -> None:
    upstream = ("127.0.0.1", postgres.port)
    with FaultProxy(upstream, "raw") as proxy:
        proxy.inject(Fault(Kind.REFUSE, times=1))
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as refused:
            assert refused.recv(1) == b""
        with connect(proxy) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_two_proxies_stand_side_by_side(postgres: Postgres, tmp_path: Path) -> None:
    upstream = ("127.0.0.1", postgres.port)
    with FaultProxy(upstream, "postgres") as one, FaultProxy(upstream, "postgres") as other:
        one.inject(Fault(Kind.REFUSE, match="SELECT", times=9))
        with connect(other) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize(("kind", "rows_while_held"), [(Kind.HOLD, 0), (Kind.HOLD_ANSWER, 1)])
def test_a_statement_stands_still_until_it_is_released(warehouse: FaultProxy, kind: Kind, rows_while_held: int) -> None:
    table = f"held_{kind.name.lower()}"
    with connect(warehouse) as connection:
        connection.execute(f"CREATE TABLE {table} (id int)")
    held = Fault(kind, match="^COMMIT")
    warehouse.inject(held)
    with connect(warehouse) as writer:
        writer.execute(f"INSERT INTO {table} VALUES (1)")
        commit = threading.Thread(target=writer.commit)
        commit.start()
        assert held.reached.wait(10)
        with connect(warehouse) as reader:
            assert reader.execute(f"SELECT count(*) FROM {table}").fetchone() == (rows_while_held,)
            assert commit.is_alive()
        held.release()
        commit.join(10)
        assert writer.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,)


@pytest.mark.parametrize(("kind", "body_while_held"), [(Kind.HOLD, None), (Kind.HOLD_ANSWER, BODY)])
def test_a_request_stands_still_until_it_is_released(
    s3: Seaweed, s3_proxy: FaultProxy, kind: Kind, body_while_held: bytes | None
) -> None:
    held = Fault(kind, match=f"^PUT .*{kind.name}")
    s3_proxy.inject(held)
    client = s3_client(s3, s3_proxy.port)
    put = threading.Thread(target=client.put_object, kwargs={"Bucket": "stage", "Key": kind.name, "Body": BODY})
    put.start()
    assert held.reached.wait(10)
    assert stored(client, kind.name) == body_while_held
    held.release()
    put.join(10)
    assert stored(client, kind.name) == BODY
