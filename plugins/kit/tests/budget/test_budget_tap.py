"""Budgets and leases as whole processes of taps use them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import redis
from dif_kit.budget import Budget, connect
from dif_kit.errors import ConfigError, ExitCode
from dif_kit.tap._fleet import Fleet as Place
from dif_kit.testing import ApiAnswer, FakeApi
from dif_sandbox.services.valkey import Valkey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

PROBE = """
    from dif_kit.budget import Budget
    from dif_kit.http import OAuth2Refresh, Retry
    from dif_kit.paging import Cursor
    from dif_kit.tap import Stream, Tap

    class Things(Stream):
        name = "things"
        path = "/things"
        records = "items"
        paging = Cursor(token="next", param="page")
        primary_keys = ("id",)
        budgets = (Budget("things_read", ("3/h",), scope=()),)
        schema = {"type": "object", "properties": {"id": {"type": "string"}}}

    class TapProbe(Tap):
        name = "tap-probe"
        package_name = "dif-kit"
        api_url = "http://127.0.0.1:9"
        auth = OAuth2Refresh(token_url="{api_url}/token")
        retry = Retry(horizon_seconds=5)
        stream_types = (Things,)

    TapProbe.cli()
"""
CREDENTIAL = {"client_id": "app", "client_secret": "very-secret-client", "refresh_token": "refresh-1"}


class Fleet:
    """Starts taps as processes of one client."""

    def __init__(self, folder: Path, api: FakeApi, redis_url: str | None) -> None:
        self.program = folder / "tap_probe.py"
        self.program.write_text(textwrap.dedent(PROBE))
        self.folder = folder
        self.config: dict[str, Any] = {"credential_ref": "env://PROBE", "api_url": api.url}
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("DIF_", "MELTANO_"))},
            "PROBE": json.dumps(CREDENTIAL),
            "MELTANO_ENVIRONMENT": "acme",
            "DIF_RUN_ID": "run-1",
            **({"DIF_REDIS_URL": redis_url} if redis_url else {}),
        }

    def start(self, *, config: dict[str, Any] | None = None, **environment: str) -> subprocess.Popen[str]:
        config_file = self.folder / f"config-{time.monotonic_ns()}.json"
        config_file.write_text(json.dumps(self.config | (config or {})))
        return subprocess.Popen(
            [sys.executable, str(self.program), "--config", str(config_file)],
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def ended(process: subprocess.Popen[str]) -> tuple[int, list[dict[str, Any]], str]:
    """Exit code, messages and the last line on stderr."""
    output, errors = process.communicate(timeout=90)
    return (
        process.returncode,
        [json.loads(line) for line in output.splitlines()],
        errors.strip().splitlines()[-1:][0] if errors.strip() else "",
    )


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with FakeApi() as running:
        running.on("POST", "/token", ApiAnswer({"access_token": "access-1", "expires_in": 3600}))
        running.on("GET", "/things", ApiAnswer({"items": [{"id": "1"}]}))
        yield running


@pytest.fixture
def fleet(tmp_path: Path, api: FakeApi, redis_url: str) -> Fleet:
    return Fleet(tmp_path, api, redis_url)


class Gate:
    """An answer that waits until a test lets it go, and tells when it was asked for."""

    def __init__(self, body: Any) -> None:
        self.body = body
        self.asked = threading.Event()
        self.open = threading.Event()

    def __call__(self, _request: Any) -> Any:
        self.asked.set()
        assert self.open.wait(60)
        return self.body


# Deferred


def test_beyond_the_horizon_the_state_is_saved_and_the_time_to_come_back_told(fleet: Fleet, api: FakeApi) -> None:
    pages = {None: "2", "2": "3", "3": "4", "4": None}
    api.on(
        "GET", "/things", lambda r: {"items": [{"id": r.query.get("page", "1")}], "next": pages[r.query.get("page")]}
    )
    code, messages, last = ended(fleet.start())
    assert code == ExitCode.DEFERRED
    assert last.startswith("tap-probe: deferred, run again at 20")
    assert "budget 'things_read' is used up (3/h)" in last
    assert [m["record"]["id"] for m in messages if m["type"] == "RECORD"] == ["1", "2", "3"]
    assert messages[-1]["type"] == "STATE"
    assert messages[-1]["value"]["dif"]["complete"] is False


# Settings


def test_a_client_has_budgets_of_its_own_by_a_setting(fleet: Fleet, api: FakeApi) -> None:
    api.on("GET", "/things", lambda r: {"items": [{"id": "1"}], "next": "2" if r.query.get("page") is None else None})
    assert ended(fleet.start(config={"budgets": {"things_read": ["1/h"]}}))[0] == ExitCode.DEFERRED


@pytest.mark.parametrize(
    ("config", "environment", "told"),
    [
        ({"budgets": {"thing_read": ["9/h"]}}, {}, "budgets: 'thing_read' is none of this tap's: things_read"),
        ({"budgets": {"things_read": ["9/moon"]}}, {}, "budgets: 'things_read': policy '9/moon' is not understood"),
        ({"budgets": {"things_read": []}}, {}, "budgets: 'things_read' has no policies"),
        ({"budgets": {"things": {"read": {"all": ["9/h"]}}}}, {}, "budgets: 'things.read.all' is none of this tap's"),
        ({"budgets": {}}, {}, "budgets holds nothing: leave it out"),
        ({}, {"DIF_PRIORITY": "urgent"}, r"priority (DIF_PRIORITY) is 'urgent'; it is one of live, backfill"),
    ],
)
def test_a_wrong_setting_says_what_to_write(
    monkeypatch: pytest.MonkeyPatch, config: dict[str, Any], environment: dict[str, str], told: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream = SimpleNamespace(budgets=(Budget("things_read", ("3/h",)),))
    with pytest.raises(ConfigError, match=re.escape(told)):
        Place("tap-probe", config, [stream])  # type: ignore[list-item]


def test_a_wrong_setting_ends_the_run_with_one_line(fleet: Fleet) -> None:
    code, messages, last = ended(fleet.start(config={"budgets": {"thing_read": ["9/h"]}}))
    assert (code, messages) == (ExitCode.USAGE, [])
    assert "'thing_read' is none of this tap's" in last


# One live run


def test_a_second_run_ends_at_once_and_names_the_first(fleet: Fleet, api: FakeApi) -> None:
    gate = Gate({"items": [{"id": "1"}]})
    api.on("GET", "/things", gate)
    fleet.config["budgets"] = {"things_read": ["1000/s"]}
    first = fleet.start()
    assert gate.asked.wait(60)
    code, messages, last = ended(fleet.start(DIF_RUN_ID="run-2"))
    assert code == ExitCode.ALREADY_RUNNING
    assert messages == []  # a STATE would overwrite one of the first run's
    assert "already running for acme: run run-1 on " in last
    assert f"process {first.pid}, since 20" in last
    other = fleet.start(MELTANO_ENVIRONMENT="globex")
    gate.open.set()
    assert [ended(run)[0] for run in (first, other)] == [ExitCode.COMPLETE] * 2


def test_a_run_that_was_killed_leaves_its_place_when_its_time_is_up(fleet: Fleet, api: FakeApi, redis_url: str) -> None:
    gate = Gate({"items": []})
    api.on("GET", "/things", gate)
    first = fleet.start()
    assert gate.asked.wait(60)
    first.kill()
    ended(first) if first.poll() is None else first.communicate()
    gate.open.set()
    with redis.Redis.from_url(redis_url) as driver:
        [(holder, until)] = driver.zrange("{dif}:lease:run/acme/tap-probe/live:holders", 0, -1, withscores=True)
        assert until / 1e6 - time.time() < 31
        driver.zadd("{dif}:lease:run/acme/tap-probe/live:holders", {holder: 1})  # as if these seconds had passed
    assert ended(fleet.start())[0] == ExitCode.COMPLETE


def test_i6_a_run_that_lost_its_place_sends_nothing_more(fleet: Fleet, api: FakeApi, redis_url: str) -> None:
    gate = Gate({"items": [{"id": "1"}]})
    api.on("GET", "/things", gate)
    fleet.program.write_text(
        "import dif_kit.tap._fleet as fleet\nfleet._RUN_SECONDS = 1.0\n" + fleet.program.read_text()
    )
    frozen = fleet.start()
    assert gate.asked.wait(60)
    frozen.send_signal(signal.SIGSTOP)
    successor = connect(redis_url, horizon_seconds=60)
    with successor.lease("run/acme/tap-probe/live"):  # free when the frozen run's time is up
        frozen.send_signal(signal.SIGCONT)
        gate.open.set()
        code, messages, last = ended(frozen)
    successor.close()
    assert code == ExitCode.FAILED
    assert "the lease 'run/acme/tap-probe/live' was lost" in last
    assert [m["type"] for m in messages if m["type"] == "RECORD"] == []
    assert [m for m in messages if m["type"] == "STATE"] == messages[:1]  # the first, from before


def test_a_run_does_not_start_without_the_redis_that_it_is_told_of(fleet: Fleet, unused_url: str) -> None:
    code, messages, last = ended(fleet.start(DIF_REDIS_URL=unused_url))
    assert code == ExitCode.FAILED
    assert "cannot reach Redis" in last
    assert not any(m["type"] == "RECORD" for m in messages)


@pytest.fixture
def unused_url() -> Iterator[str]:
    import socket

    with socket.socket() as taken:  # bound, not listening: refuses
        taken.bind(("127.0.0.1", 0))
        yield f"redis://127.0.0.1:{taken.getsockname()[1]}/0"


# Tokens


def test_eight_processes_that_need_a_token_make_one_call(fleet: Fleet, api: FakeApi, redis_url: str) -> None:
    policies = {"budgets": {"things_read": ["1000/s"]}}
    runs = [fleet.start(config=policies, MELTANO_EXTRACTOR_NAME=f"tap-{number}") for number in range(8)]
    assert [ended(run)[0] for run in runs] == [ExitCode.COMPLETE] * 8
    assert len(api.asked("/token")) == 1
    assert len(api.asked("/things")) == 8
    with redis.Redis.from_url(redis_url) as driver:
        kept = b"".join(driver.get(key) or b"" for key in driver.scan_iter("{dif}:token:*"))
    assert kept
    for secret in ("access-1", *CREDENTIAL.values()):
        assert secret.encode() not in kept


def test_a_token_that_the_provider_refuses_is_renewed_once(fleet: Fleet, api: FakeApi) -> None:
    issued: list[str] = []

    def issue(_request: Any) -> Any:
        issued.append(f"access-{len(issued) + 1}")
        return {"access_token": issued[-1], "expires_in": 3600, "refresh_token": f"refresh-{len(issued) + 1}"}

    def things(request: Any) -> Any:
        if request.headers["Authorization"] == "Bearer access-1":
            return ApiAnswer({}, status=401)
        return {"items": [{"id": "1"}]}

    api.on("POST", "/token", issue)
    api.on("GET", "/things", things)
    policies = {"budgets": {"things_read": ["1000/s"]}}
    assert ended(fleet.start(config=policies))[0] == ExitCode.COMPLETE
    assert issued == ["access-1", "access-2"]
    # The next process has only the first refresh token, which was replaced twice: it finds the last access token.
    assert ended(fleet.start(config=policies))[0] == ExitCode.COMPLETE
    assert issued == ["access-1", "access-2"]
    assert [request.form["refresh_token"] for request in api.asked("/token")] == ["refresh-1", "refresh-2"]


# Redis lost in mid-run


def test_a_run_outlives_its_redis_and_the_provider_sees_one_burst_more_at_most(tmp_path: Path, api: FakeApi) -> None:
    with Valkey(tmp_path, durable=True) as server:
        fleet = Fleet(tmp_path, api, server.url)
        asked: list[float] = []

        def things(request: Any) -> Any:
            asked.append(time.monotonic())
            page = int(request.query.get("page", "1"))
            if page == 12:
                server.kill()
            if page == 16:
                server.start()
            return {"items": [{"id": str(page)}], "next": str(page + 1) if page < 40 else None}

        api.on("GET", "/things", things)
        code, messages, _ = ended(fleet.start(config={"budgets": {"things_read": ["10/s"]}}))
    assert code == ExitCode.COMPLETE
    assert [m["record"]["id"] for m in messages if m["type"] == "RECORD"] == [str(page) for page in range(1, 41)]
    assert messages[-1]["value"]["dif"]["complete"] is True
    assert max(sum(begin <= each < begin + 1 for each in asked) for begin in asked) <= 20
