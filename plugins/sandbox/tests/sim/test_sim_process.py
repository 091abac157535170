"""The process: configuration, ready file, credentials, control, end."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Api


def write(folder: Path, **channel: object) -> Path:
    config = {
        "channels": {
            "pinterest": {"port": 0, "clients": ["demo", "acme"], "seed": 1, "scale": 1, "now": None, **channel}
        },
        "credentials_dir": str(folder / "credentials"),
        "ready_file": str(folder / "ready.json"),
    }
    file = folder / "sim.json"
    file.write_text(json.dumps(config))
    return file


@contextmanager
def running(folder: Path, **channel: object) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "dif_sandbox.sim", "--config", str(write(folder, **channel))]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            while not (folder / "ready.json").exists():
                assert process.poll() is None, process.communicate()[1]
                time.sleep(0.02)
            yield process, json.loads((folder / "ready.json").read_text())["pinterest"]["url"]
        finally:
            process.kill()


def refused(folder: Path, file: Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "dif_sandbox.sim", "--config", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert not (folder / "ready.json").exists()
    assert len(done.stderr.splitlines()) == 1
    return done.returncode, done.stderr


def test_it_writes_credentials_that_work_for_the_owner_only_and_then_the_ready_file(tmp_path: Path) -> None:
    with running(tmp_path) as (_, url):
        for client in ("demo", "acme"):
            file = tmp_path / "credentials" / client / "pinterest"
            assert file.stat().st_mode & 0o777 == 0o600
            secrets = json.loads(file.read_text())
            assert set(secrets) == {"client_id", "client_secret", "refresh_token"}
            form = {"grant_type": "refresh_token", "refresh_token": secrets["refresh_token"]}
            app = (secrets["client_id"], secrets["client_secret"])
            token = requests.post(f"{url}/v5/oauth/token", data=form, auth=app, timeout=30).json()["access_token"]
            header = {"authorization": f"Bearer {token}"}
            assert requests.get(f"{url}/v5/ad_accounts", headers=header, timeout=30).json()["items"]


def test_a_restart_keeps_the_credentials(tmp_path: Path) -> None:
    with running(tmp_path):
        before = (tmp_path / "credentials" / "demo" / "pinterest").read_text()
    (tmp_path / "ready.json").unlink()
    with running(tmp_path):
        assert (tmp_path / "credentials" / "demo" / "pinterest").read_text() == before


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once_with_0_even_with_connections_open(tmp_path: Path, end: signal.Signals) -> None:
    with running(tmp_path) as (process, url), requests.Session() as session:
        assert session.get(f"{url}/_sim/clock", timeout=30).status_code == 200
        process.send_signal(end)
        assert process.wait(timeout=5) == 0
        assert process.stderr.read() == ""


def test_it_listens_on_the_loopback_only(tmp_path: Path) -> None:
    with running(tmp_path) as (_, url):
        port = int(url.rsplit(":", 1)[1])
        assert url.startswith("http://127.0.0.1:")
        with pytest.raises(OSError, match="refused"), socket.create_connection(("127.0.0.2", port), timeout=5):
            pass


def test_a_given_port_is_taken(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with running(tmp_path, port=port) as (_, url):
        assert url == f"http://127.0.0.1:{port}"


def test_a_configuration_that_is_wrong_is_said_in_one_line(tmp_path: Path) -> None:
    missing = refused(tmp_path, tmp_path / "nothing.json")
    assert missing[0] == 2
    assert "nothing.json" in missing[1]
    assert "budgets" in refused(tmp_path, write(tmp_path, speed=9))[1]
    assert "now" in refused(tmp_path, write(tmp_path, now="tomorrow"))[1]
    assert "port" in refused(tmp_path, write(tmp_path, port="80"))[1]
    assert "'../x'" in refused(tmp_path, write(tmp_path, clients=["../x"]))[1]
    unknown = tmp_path / "unknown.json"
    unknown.write_text(json.dumps({"channels": {"friendster": {}}}))
    assert "pinterest" in refused(tmp_path, unknown)[1]


def test_the_clock_stands_where_it_is_put_or_follows_real_time(api: Api) -> None:
    def now() -> str:
        return api.control("GET", "clock").json()["now"]

    assert now() == "2026-11-01T23:30:00+00:00"
    api.clock("2026-12-24T01:00:00+01:00")
    assert now() == "2026-12-24T00:00:00+00:00"
    api.clock(None)
    first = now()
    assert now() > first
    assert api.control("PUT", "clock", {"now": "late"}).status_code == 400
    assert api.control("PUT", "clock", {}).status_code == 400


def test_the_request_log_tells_who_asked_what(api: Api) -> None:
    api.control("DELETE", "requests")
    account = api.accounts()[0]
    api.get(f"/ad_accounts/{account}/ads", page_size="0")
    requests.get(f"{api.url}/v5/boards", timeout=30)
    found = api.control("GET", "requests").json()["requests"]
    assert [(entry["method"], entry["path"], entry["status"], entry["client"]) for entry in found] == [
        ("GET", "/v5/ad_accounts", 200, "demo"),
        ("GET", f"/v5/ad_accounts/{account}/ads", 400, "demo"),
        ("GET", "/v5/boards", 401, None),
    ]
    assert found[1]["query"] == {"page_size": ["0"]}
    assert api.control("DELETE", "requests").json() == {"requests": []}


def test_an_unknown_control_path_is_not_found(api: Api) -> None:
    assert api.control("GET", "weather").status_code == 404
    assert api.control("POST", "clock", {}).status_code == 404
