"""Connecting: TLS, passwords, users, the life of the process."""

from __future__ import annotations

import os
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import psycopg2
import pytest
from dif_sandbox.services.postgres import Postgres

pytestmark = pytest.mark.slow


def test_every_driver_connects_over_tls_and_reads(client: Any) -> None:
    assert client.value("select 1") == 1
    assert "Redshift" in client.value("select version()")


def test_a_wrong_password_is_refused(sandbox: Any) -> None:
    with pytest.raises(Exception, match="password authentication failed"):
        sandbox.connect("psycopg2", password="wrong")


def test_an_unknown_user_is_refused(sandbox: Any) -> None:
    with pytest.raises(Exception, match="password authentication failed"):
        sandbox.connect("psycopg2", user="postgres", password="")


def test_an_ordinary_user_has_schemas_of_its_own_and_no_others(sandbox: Any, one_client: Any) -> None:
    one_client.run("create table private (id int)")
    analyst = sandbox.open("psycopg2", user="analyst", password="Readonly1", schema="analysts")
    analyst.run("create table mine (id int, v varchar(3), s super)")
    analyst.run("alter table mine alter column v type varchar(9)")
    assert analyst.value("select count(*) from svv_columns where table_name = 'mine'") == 3
    analyst.refused("select * from dif_sandbox_test.private", "permission denied")
    analyst.run("drop schema analysts cascade")
    analyst.close()


def test_temporary_credentials_end(sandbox: Any, servers: Any, start_front: Any, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    users = [
        {"user": "IAM:loader", "password": "short-lived", "expires_at": (now + timedelta(hours=1)).isoformat()},
        {"user": "IAMA:old", "password": "over", "expires_at": (now - timedelta(seconds=1)).isoformat()},
    ]
    with start_front(tmp_path, *servers, temporary_users=users) as front:
        at = sandbox.at(front.port)
        loader = at.connect("psycopg2", user="IAM:loader", password="short-lived")
        cursor = loader.cursor()
        cursor.execute("select current_user")
        assert cursor.fetchone() == ("loader",)
        loader.close()
        with pytest.raises(Exception, match="password authentication failed"):
            at.connect("psycopg2", user="IAMA:old", password="over")


def test_a_client_that_trusts_several_sandboxes_reaches_each(
    front: Any, servers: Any, start_front: Any, tmp_path: Path
) -> None:
    with start_front(tmp_path / "other", *servers) as other:
        context = ssl.create_default_context()
        context.verify_flags |= ssl.VERIFY_X509_STRICT  # Python 3.13's default
        for order in ((front, other), (other, front)):
            bundle = tmp_path / "bundle.pem"
            bundle.write_text("".join(Path(one.ca).read_text() for one in order))
            context.load_verify_locations(bundle)
            for one in order:
                psycopg.connect(
                    f"postgresql://awsuser:Passw0rd@localhost:{one.port}/dev?client_encoding=utf8&sslmode=verify-full",
                    sslrootcert=str(bundle),
                ).close()
                with socket.create_connection(("localhost", one.port)) as plain:
                    plain.sendall(struct.pack("!II", 8, 80877103))  # SSLRequest
                    assert plain.recv(1) == b"S"
                    with context.wrap_socket(plain, server_hostname="localhost") as secured:
                        assert secured.version()


def test_a_front_waits_for_a_database_that_still_comes_up(servers: Any, start_front: Any, tmp_path: Path) -> None:
    _, seaweed = servers
    log = tmp_path / "front" / "front.log"
    with Postgres(tmp_path / "postgres", durable=False) as postgres:
        postgres.stop()

        def revive() -> None:
            while not (log.exists() and "waiting for PostgreSQL" in log.read_text()):
                time.sleep(0.02)
            postgres.start()

        reviving = threading.Thread(target=revive, daemon=True)
        reviving.start()
        with start_front(log.parent, postgres, seaweed) as front:
            assert front.port
        reviving.join()


def test_a_second_front_on_the_same_database_finds_everything(
    sandbox: Any, one_client: Any, servers: Any, start_front: Any, tmp_path: Path
) -> None:
    name = "n" * 100
    one_client.run(f"create table {name} (s super)")
    one_client.run(f"""insert into {name} values (json_parse('{{"a": 5}}'))""")
    with start_front(tmp_path, *servers) as front:
        connection = sandbox.at(front.port).connect("psycopg2")
        cursor = connection.cursor()
        cursor.execute(f"select s.a::int from dif_sandbox_test.{name}")
        assert cursor.fetchone() == (5,)
        connection.close()


def test_the_serializable_isolation_refuses_cycles_of_reads_and_writes(
    sandbox: Any, servers: Any, start_front: Any, tmp_path: Path
) -> None:
    with start_front(tmp_path, *servers, isolation="serializable") as front:
        at = sandbox.at(front.port)
        one, two = at.connect("psycopg2"), at.connect("psycopg2")
        cursor, other = one.cursor(), two.cursor()
        cursor.execute("create table public.tab1 (n int); create table public.tab2 (n int)")
        one.commit()
        cursor.execute("select * from public.tab1")
        other.execute("select * from public.tab2")
        cursor.execute("insert into public.tab2 values (1)")
        other.execute("insert into public.tab1 values (1)")
        one.commit()
        with pytest.raises(Exception, match="1023"):
            two.commit()
        cursor.execute("drop table public.tab1, public.tab2")
        one.commit()
        one.close()
        two.close()


def test_noise_on_the_port_does_not_stop_the_front(sandbox: Any, one_client: Any) -> None:
    for noise in (b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\x08", struct.pack("!II", 1 << 30, 196608)):
        with socket.create_connection(("127.0.0.1", sandbox.port)) as connection:
            connection.sendall(noise)
    assert one_client.value("select 1") == 1


def test_a_running_statement_is_cancelled(sandbox: Any) -> None:
    connection = sandbox.connect("psycopg")
    with pytest.raises(Exception, match="canceling statement"):
        connection.execute("set statement_timeout to 100").connection.execute(
            "select count(*) from generate_series(1, 100000000) a, generate_series(1, 1000) b"
        )
    connection.close()


def test_a_pipeline_stops_at_its_first_error(sandbox: Any) -> None:
    client = sandbox.open("psycopg")

    def run_all(*statements: str) -> None:
        with client.connection.pipeline():
            for statement in statements:
                client.connection.execute(statement)

    with pytest.raises(psycopg.errors.UndefinedTable):
        run_all("create table before (id int)", "select * from nothing", "create table after (id int)")
    made = client.run("select table_name from svv_tables where table_schema = current_schema() order by 1")
    assert ("after",) not in made
    with client.connection.pipeline():
        client.connection.execute("create table second (id int)")
        client.connection.execute("insert into second values (%s)", (5,))
        found = client.connection.execute("select id from second")
        assert found.fetchall() == [(5,)]
    client.close()


@pytest.fixture
def copying(sandbox: Any, one_client: Any, clients: Any) -> Any:
    """Start a COPY of two million rows, and do something to its connection once it runs."""
    url = sandbox.bucket.put("big/1.gz", "".join(f"{number}\n" for number in range(2_000_000)))
    one_client.run("create table big (id bigint)")
    loading, watching = clients(), clients()
    running = "select count(*) from pg_stat_activity where state = 'active' and query like 'COPY%'"

    def act_when_it_runs(action: Callable[[], object]) -> None:
        while not watching.value(running):
            pass
        action()

    def start(action: Callable[[Any], object]) -> None:
        thread = threading.Thread(target=act_when_it_runs, args=(lambda: action(loading.connection),))
        thread.start()
        try:
            loading.run(f"copy big from '{url}' iam_role '{sandbox.bucket.role}' csv gzip")
        finally:
            thread.join()

    return start


def test_a_copy_is_cancelled(copying: Any, one_client: Any) -> None:
    with pytest.raises(psycopg2.errors.QueryCanceled):
        copying(lambda connection: connection.cancel())
    assert one_client.value("select count(*) from big") == 0


def test_a_client_that_vanishes_in_its_copy_leaves_nothing_behind(copying: Any, one_client: Any) -> None:
    def vanish(connection: Any) -> None:
        with socket.socket(fileno=os.dup(connection.fileno())) as line:
            line.shutdown(socket.SHUT_RDWR)

    with pytest.raises(psycopg2.Error):
        copying(vanish)
    one_client.run("set statement_timeout to 20000")
    one_client.run("truncate big")  # waits for the lock of the one that is gone
    assert one_client.value("select count(*) from big") == 0


def test_large_results_arrive_whole(client: Any) -> None:
    rows = client.run("select n, repeat('x', 100) from generate_series(1, 50000) n order by n")
    assert len(rows) == 50000
    assert rows[-1] == (50000, "x" * 100)


def test_the_front_gets_its_own_session_back_when_the_database_ends_it(
    sandbox: Any, bucket: Any, servers: Any, start_front: Any, tmp_path: Path
) -> None:
    postgres, _ = servers
    with start_front(tmp_path, *servers) as front:
        connection = sandbox.at(front.port).connect("psycopg2")
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute("create table public.kept (id int)")
        with psycopg.connect(f"postgresql://postgres@127.0.0.1:{postgres.port}/dev", autocommit=True) as superuser:
            superuser.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = 'dev' and usename = 'postgres' and pid <> pg_backend_pid()"
            )
        copy = f"copy public.kept from '%s' iam_role '{bucket.role}' csv maxerror 5"
        cursor.execute(copy % bucket.put("kept/1", "1\nno\n2\n", compress=False))
        cursor.execute("select count(*), max(pg_last_copy_count()) from public.kept")
        assert cursor.fetchone() == (2, 2)
        cursor.execute("select raw_field_value from stl_load_errors where query = pg_last_copy_id()")
        assert [row[0].strip() for row in cursor.fetchall()] == ["no"]
        cursor.execute(f"create table public.{'n' * 90} (id int)")
        cursor.execute(f"drop table public.kept, public.{'n' * 90}")
        connection.close()
