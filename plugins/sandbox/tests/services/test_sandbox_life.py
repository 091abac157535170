"""Up, down, crashes: nothing outlives a sandbox, nothing committed is lost."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import boto3
import psycopg
import pytest
import redis
from dif_sandbox.services import Phase, ProcessIdentity, Sandbox, SandboxError, State, _leftovers
from dif_sandbox.services._processes import wait_until_gone

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dif_sandbox.services import ServiceRecord

pytestmark = pytest.mark.slow

LONG_SECONDS = 20


def state_of(sandbox: Sandbox) -> State:
    state = sandbox.state()
    assert state is not None
    return state


def record(sandbox: Sandbox, service: str) -> ServiceRecord:
    return next(one for one in state_of(sandbox).services if one.name == service)


def processes(sandbox: Sandbox) -> list[ProcessIdentity]:
    state = state_of(sandbox)
    return [state.supervisor, *(one.process for one in state.services if one.process)]


def kill(*identities: ProcessIdentity) -> None:
    for identity in identities:
        identity.send(signal.SIGKILL)


def until(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + LONG_SECONDS
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def database(sandbox: Sandbox) -> psycopg.Connection:
    port = record(sandbox, "postgres").port
    return psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/dev", autocommit=True)


def put(sandbox: Sandbox, key: str) -> None:
    told = sandbox.environment()
    client = boto3.client(
        "s3",
        endpoint_url=told["AWS_ENDPOINT_URL_S3"],
        aws_access_key_id=told["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=told["AWS_SECRET_ACCESS_KEY"],
        region_name=told["AWS_DEFAULT_REGION"],
    )
    client.put_object(Bucket="stage", Key=key, Body=key.encode())
    seen = client.list_objects_v2(Bucket="stage")["Contents"]
    assert all(client.get_object(Bucket="stage", Key=one["Key"])["Body"].read() == one["Key"].encode() for one in seen)
    assert len(seen) == int(key)
    client.close()


def test_a_block_leaves_no_process_behind(make_sandbox: Callable[..., Sandbox]) -> None:
    with make_sandbox("postgres", "valkey") as sandbox:
        ran = processes(sandbox)
        assert len(ran) == 3
        assert state_of(sandbox).is_up
    assert not any(process.is_alive() for process in ran)
    assert sandbox.state() is None


def test_up_is_idempotent(make_sandbox: Callable[..., Sandbox]) -> None:
    sandbox = make_sandbox("valkey")
    before = sandbox.up()
    assert make_sandbox("valkey").up() == before


def test_two_that_start_at_once_become_one(make_sandbox: Callable[..., Sandbox]) -> None:
    first, second = make_sandbox("valkey"), make_sandbox("valkey")
    first._launch(tied=False)
    second._launch(tied=False)
    assert first._wait_until_up(None) == second._wait_until_up(None)


def test_a_restart_keeps_rows_keys_and_addresses(make_sandbox: Callable[..., Sandbox]) -> None:
    with make_sandbox("postgres", "valkey", durable=True) as sandbox:
        before = sandbox.environment()
        with database(sandbox) as connection, redis.Redis.from_url(before["DIF_REDIS_URL"]) as client:
            connection.execute("CREATE TABLE spend AS SELECT 1 AS id")
            client.set("budget", 7)
        sandbox.restart()
        assert sandbox.environment() == before
        with database(sandbox) as connection, redis.Redis.from_url(before["DIF_REDIS_URL"]) as client:
            assert connection.execute("SELECT id FROM spend").fetchall() == [(1,)]
            assert client.get("budget") == b"7"


def test_kills_leave_no_orphan_and_lose_no_committed_row(make_sandbox: Callable[..., Sandbox]) -> None:
    sandbox = make_sandbox("postgres", "s3", durable=True)
    for number in range(1, 4):
        sandbox.up()
        ran = processes(sandbox)
        with database(sandbox) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS spend (id int)")
            connection.execute("INSERT INTO spend VALUES (%s)", [number])
            assert connection.execute("SELECT id FROM spend ORDER BY id").fetchall() == [
                (each,) for each in range(1, number + 1)
            ]
        put(sandbox, str(number))
        # The supervisor alone, the services alone, all of them.
        victims = {1: ran[:1], 2: ran[1:], 3: ran}[number]
        kill(*victims)
        until(lambda victims=victims: not any(victim.is_alive() for victim in victims))
    sandbox.up()
    assert not any(process.is_alive() for process in ran)
    put(sandbox, "4")
    ran = processes(sandbox)
    sandbox.down()
    assert not any(process.is_alive() for process in ran)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere they are ended by the next up or down")
def test_services_end_with_their_supervisor(make_sandbox: Callable[..., Sandbox]) -> None:
    sandbox = make_sandbox("postgres", "s3", "valkey")
    sandbox.up()
    ran = processes(sandbox)
    kill(ran[0])
    assert wait_until_gone(ran, LONG_SECONDS) == []


def test_down_ends_what_survived_its_supervisor(
    make_sandbox: Callable[..., Sandbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_leftovers, "GRACE_SECONDS", 0.2)
    sandbox = make_sandbox("valkey")
    sandbox.up()
    frozen = record(sandbox, "valkey").process
    assert frozen is not None
    frozen.send(signal.SIGSTOP)  # it takes no notice of its supervisor's death
    kill(state_of(sandbox).supervisor)
    until(lambda: not state_of(sandbox).is_alive)
    assert frozen.is_alive()
    assert sandbox.down() == ["valkey"]
    assert not frozen.is_alive()


def test_up_takes_the_place_of_what_survived_its_supervisor(
    make_sandbox: Callable[..., Sandbox], tmp_path: Path
) -> None:
    sandbox = make_sandbox("valkey", durable=True)
    sandbox.up()
    with redis.Redis.from_url(sandbox.environment()["DIF_REDIS_URL"]) as client:
        client.set("budget", 7)
    survivor = record(sandbox, "valkey").process
    assert survivor is not None
    survivor.send(signal.SIGSTOP)
    kill(state_of(sandbox).supervisor)
    until(lambda: not state_of(sandbox).is_alive)
    thaw = subprocess.Popen([sys.executable, "-c", f"import os,time; time.sleep(0.5); os.kill({survivor.pid}, 18)"])
    sandbox.up()
    thaw.wait()
    assert not survivor.is_alive()
    with redis.Redis.from_url(sandbox.environment()["DIF_REDIS_URL"]) as client:
        assert client.get("budget") == b"7"


def test_a_stale_state_never_ends_a_stranger(make_sandbox: Callable[..., Sandbox]) -> None:
    sandbox = make_sandbox("valkey")
    sandbox.up()
    state = state_of(sandbox)
    kill(*processes(sandbox))
    until(lambda: not any(process.is_alive() for process in processes(sandbox)))
    with subprocess.Popen(["sleep", "60"]) as stranger:
        identity = ProcessIdentity.of(stranger.pid)
        assert identity is not None
        reused = ProcessIdentity(stranger.pid, "another boot/1")
        for mistaken in (identity, reused):
            # The same id with another start time; the same process that is not the recorded program.
            stale = replace(
                state, supervisor=reused, services=tuple(replace(one, process=mistaken) for one in state.services)
            )
            stale.write(sandbox.layout.state)
            assert sandbox.down() == []
        stale.write(sandbox.layout.state)
        sandbox.up()
        assert state_of(sandbox).is_up
        assert stranger.poll() is None
        stranger.kill()


def test_a_damaged_state_says_what_to_do(make_sandbox: Callable[..., Sandbox]) -> None:
    sandbox = make_sandbox("valkey")
    sandbox.layout.create()
    sandbox.layout.state.write_text('{"supervisor"')
    with pytest.raises(SandboxError, match=r"state.json is damaged: .* remove the file"):
        sandbox.up()
    sandbox.layout.state.unlink()


def test_sigterm_to_the_supervisor_stops_all(make_sandbox: Callable[..., Sandbox]) -> None:
    sandbox = make_sandbox("postgres", "s3", "valkey")
    sandbox.up()
    ran = processes(sandbox)
    ran[0].send(signal.SIGTERM)
    assert wait_until_gone(ran, LONG_SECONDS) == []
    assert sandbox.state() is None


def test_sigterm_while_starting_stops_all(make_sandbox: Callable[..., Sandbox]) -> None:
    sandbox = make_sandbox("postgres", "s3")
    sandbox._launch(tied=False)
    until(lambda: sandbox.state() and record(sandbox, "s3").process)
    ran = processes(sandbox)
    ran[0].send(signal.SIGTERM)
    assert wait_until_gone(ran, LONG_SECONDS) == []


def test_a_tied_sandbox_ends_with_a_killed_user(tmp_path: Path) -> None:
    script = (
        "import sys, time; from dif_sandbox.services import Sandbox\n"
        f"with Sandbox({str(tmp_path / 'sandbox')!r}, services=['valkey'], durable=False):\n"
        "    print('up', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as user:
        assert user.stdout is not None
        assert user.stdout.readline() == b"up\n"
        ran = processes(Sandbox(tmp_path / "sandbox"))
        user.kill()
    assert wait_until_gone(ran, LONG_SECONDS) == []


def test_a_forgotten_sandbox_stops_by_itself(make_sandbox: Callable[..., Sandbox]) -> None:
    sandbox = make_sandbox("valkey", max_hours=1 / 3600)
    sandbox.up()
    ran = processes(sandbox)
    assert wait_until_gone(ran, LONG_SECONDS) == []
    assert "stopping: it ran for" in sandbox.layout.log("supervisor").read_text()


def test_a_sandbox_whose_folder_was_removed_stops(make_sandbox: Callable[..., Sandbox]) -> None:
    sandbox = make_sandbox("valkey", "postgres")
    sandbox.up()
    ran = processes(sandbox)
    shutil.rmtree(sandbox.folder)
    assert wait_until_gone(ran, LONG_SECONDS) == []


def test_a_service_that_dies_comes_back_with_its_rows(make_sandbox: Callable[..., Sandbox]) -> None:
    with make_sandbox("postgres") as sandbox:
        before = record(sandbox, "postgres")
        assert before.process is not None
        with database(sandbox) as connection:
            connection.execute("CREATE TABLE spend AS SELECT 1 AS id")
        kill(before.process)
        until(lambda: record(sandbox, "postgres").restarts and state_of(sandbox).is_up)
        after = record(sandbox, "postgres")
        assert after.ports == before.ports
        with database(sandbox) as connection:
            assert connection.execute("SELECT id FROM spend").fetchall() == [(1,)]


def test_a_service_that_dies_again_and_again_is_given_up(make_sandbox: Callable[..., Sandbox]) -> None:
    with make_sandbox("valkey", "postgres") as sandbox:
        until(lambda: _kill_valkey(sandbox) is Phase.DOWN)
        assert not state_of(sandbox).is_up
        assert record(sandbox, "postgres").present_phase is Phase.UP
        sandbox.restart()
        assert state_of(sandbox).is_up


def _kill_valkey(sandbox: Sandbox) -> Phase:
    found = record(sandbox, "valkey")
    if found.process is not None and found.phase is Phase.UP:
        kill(found.process)
    return found.phase


def test_two_sandboxes_live_side_by_side(make_sandbox: Callable[..., Sandbox]) -> None:
    with make_sandbox("postgres", "valkey", name="one") as one, make_sandbox("postgres", "valkey", name="two") as two:
        told, other = one.environment(), two.environment()
        assert told["DIF_REDIS_URL"] != other["DIF_REDIS_URL"]
        with redis.Redis.from_url(told["DIF_REDIS_URL"]) as mine, redis.Redis.from_url(other["DIF_REDIS_URL"]) as its:
            mine.set("budget", 7)
            assert its.get("budget") is None
        one.down()
        assert state_of(two).is_up


def test_a_port_that_was_taken_meanwhile_is_replaced(make_sandbox: Callable[..., Sandbox]) -> None:
    import socket

    sandbox = make_sandbox("valkey")
    sandbox.up()
    port = record(sandbox, "valkey").port
    sandbox.down()
    with socket.create_server(("127.0.0.1", port or 0)):
        sandbox.up()
        assert record(sandbox, "valkey").port != port


def test_a_start_that_fails_says_why_and_leaves_nothing(make_sandbox: Callable[..., Sandbox]) -> None:
    sandbox = make_sandbox("postgres", "valkey")
    sandbox.up()
    sandbox.down()
    (sandbox.layout.service("postgres") / "data" / "postgresql.conf").write_text("nonsense")
    with pytest.raises(SandboxError, match="postgres ended with exit code 1") as failure:
        sandbox.up()
    assert "\n" not in str(failure.value)
    assert sandbox.state() is None


def test_wiping_removes_only_what_is_the_sandboxs(make_sandbox: Callable[..., Sandbox]) -> None:
    sandbox = make_sandbox("valkey")
    sandbox.up()
    note = sandbox.folder / "notes.txt"
    note.write_text("mine")
    sandbox.wipe()
    assert [entry.name for entry in sandbox.folder.iterdir()] == ["notes.txt"]


def test_an_unknown_service_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="no service is called mysql"):
        Sandbox(tmp_path, services=["mysql"])


def test_redshift_brings_what_it_needs(tmp_path: Path) -> None:
    assert Sandbox(tmp_path, services=["redshift"]).services == ("s3", "postgres", "redshift")


def test_secrets_outlive_a_restart_but_not_a_wipe(make_sandbox: Callable[..., Sandbox]) -> None:
    sandbox = make_sandbox("valkey")
    kept = []
    for _ in range(2):
        sandbox.up()
        kept.append(json.loads((sandbox.folder / "secrets.json").read_text()))
        sandbox.down()
    sandbox.wipe()
    sandbox.up()
    kept.append(json.loads((sandbox.folder / "secrets.json").read_text()))
    assert kept[0] == kept[1] != kept[2]
