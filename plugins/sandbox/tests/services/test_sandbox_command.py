"""The command `sandbox`, as a user runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import redis
from dif_sandbox.services import Sandbox
from dif_sandbox.services._processes import wait_until_gone

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

PROGRAM = str(Path(sys.executable).with_name("sandbox"))
SETTINGS = {**os.environ, "NO_COLOR": "1", "COLUMNS": "80"}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "sandbox"
    Sandbox(tmp_path / "sandbox").down()


def sandbox(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAM, words[0], "--dir", str(folder), *words[1:]], env=SETTINGS, capture_output=True, text=True, check=False
    )


def test_up_status_env_down(folder: Path) -> None:
    assert sandbox(folder, "status").returncode == 1
    started = sandbox(folder, "up", "--service", "valkey")
    assert started.returncode == 0
    assert "valkey      answers after" in started.stdout
    assert f'use it:  eval "$(sandbox env --dir {folder})"' in started.stdout

    assert "already up" in sandbox(folder, "up", "--service", "valkey").stdout
    assert "with other options" in sandbox(folder, "up", "--service", "postgres").stdout
    assert sandbox(folder, "status").returncode == 0
    facts = json.loads(sandbox(folder, "status", "--json").stdout)
    assert facts["up"]
    assert [one["name"] for one in facts["services"]] == ["valkey"]

    told = json.loads(sandbox(folder, "env", "--json").stdout)
    assert f"export DIF_REDIS_URL='{told['DIF_REDIS_URL']}'\n" in sandbox(folder, "env").stdout
    with redis.Redis.from_url(told["DIF_REDIS_URL"]) as client:
        assert client.ping()

    assert "stopped valkey" in sandbox(folder, "down").stdout
    assert "nothing runs" in sandbox(folder, "down").stdout
    assert sandbox(folder, "status").returncode == 1


def test_the_folder_may_come_from_the_environment(folder: Path) -> None:
    done = subprocess.run(
        [PROGRAM, "status", "--json"],
        env={**SETTINGS, "DIF_SANDBOX": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert json.loads(done.stdout)["folder"] == str(folder)


def test_env_of_a_sandbox_that_is_down_is_one_clear_line(folder: Path) -> None:
    done = sandbox(folder, "env")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == f"Error: the sandbox in {folder} is not up: run `sandbox up --dir {folder}`\n"


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = sandbox(tmp_path / "file" / "sandbox", "up")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1


def test_status_shows_a_service_that_is_gone(folder: Path) -> None:
    sandbox(folder, "up", "--service", "valkey")
    state = Sandbox(folder).state()
    assert state is not None
    for process in (state.supervisor, state.services[0].process):
        assert process is not None
        process.send(signal.SIGKILL)
        wait_until_gone([process], 10)
    done = sandbox(folder, "status")
    assert done.returncode == 1
    assert "down, not in good order" in done.stdout
    assert not json.loads(sandbox(folder, "status", "--json").stdout)["up"]
    assert sandbox(folder, "up", "--service", "valkey").returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_in_the_foreground_a_signal_stops_all(folder: Path, number: signal.Signals) -> None:
    command = [PROGRAM, "up", "--dir", str(folder), "--foreground", "--service", "valkey"]
    # As a job in the background of a script starts: with SIGINT ignored.
    command = ["/bin/sh", "-c", "trap '' INT; exec \"$@\"", "sh", *command]
    with subprocess.Popen(command, env=SETTINGS, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        while "stop it:" not in running.stdout.readline():
            assert running.poll() is None
        state = Sandbox(folder).state()
        assert state is not None
        running.send_signal(number)
        rest = running.stdout.read()
    assert running.returncode == 0
    assert "sandbox: stopped" in rest
    assert wait_until_gone([state.supervisor, *(one.process for one in state.services if one.process)], 10) == []


def test_down_wipe_removes_the_data(folder: Path) -> None:
    sandbox(folder, "up", "--service", "valkey")
    assert "removed" in sandbox(folder, "down", "--wipe").stdout
    assert not folder.exists()


def test_logs_show_what_a_service_said(folder: Path) -> None:
    assert "was it ever up?" in sandbox(folder, "logs").stderr
    sandbox(folder, "up", "--service", "valkey")
    assert "Ready to accept connections" in sandbox(folder, "logs", "valkey").stdout
    assert f"==> {folder}/logs/supervisor.log <==" in sandbox(folder, "logs").stdout
