"""`make doctor` finds what is dead, refused, late or wrong, and says what to do."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import redis
from click.testing import CliRunner
from dif_kit.budget.health import checkup as look_at_redis
from dif_kit.doctor import Finding, Project, Verdict, clock, examine
from dif_kit.doctor import __main__ as command
from dif_kit.doctor._machine import disk, versions
from dif_kit.doctor._services import buckets, credentials
from dif_kit.errors import ConfigError
from dif_sandbox.services import Valkey

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
DEAD = "127.0.0.1:9"
TARGET = """
plugins:
  loaders:
    - name: target-redshift
      settings:
        - name: bucket
        - name: port
          value: 5439
        - name: credential_ref
      config:
        credential_ref: file:///nowhere/$MELTANO_ENVIRONMENT
"""
CLIENT = """
environments:
  - name: acme
schedules:
  - name: acme-shop
    job: shop-to-redshift
"""
JOBS = "jobs:\n  - name: shop-to-redshift\n    tasks: [tap-shop target-redshift]\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with one client, whose schedule loads the warehouse."""
    for name, text in {
        "meltano.yml": JOBS,
        "clients/acme.meltano.yml": CLIENT,
        "targets/target-redshift/target-redshift.meltano.yml": TARGET,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def project(root: Path, **environment: str) -> Project:
    return Project(root, environment)


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    with Valkey(tmp_path_factory.mktemp("valkey"), durable=False) as server:
        yield server


def test_a_sound_redis_is_told_with_its_version_and_its_clock(valkey: Valkey, tmp_path: Path) -> None:
    found = list(look_at_redis(project(tmp_path, DIF_REDIS_URL=valkey.url)))
    assert [finding.verdict for finding in found] == [Verdict.GOOD, Verdict.GOOD]
    assert "9." in found[0].found
    assert found[1].what == "clock, redis"


def test_a_dead_redis_is_broken_with_advice(tmp_path: Path) -> None:
    (found,) = look_at_redis(project(tmp_path, DIF_REDIS_URL=f"redis://:hush-hush@{DEAD}/0"))
    assert found.verdict is Verdict.BROKEN
    assert DEAD in found.found
    assert "DIF_REDIS_URL" in found.advice
    assert "hush-hush" not in repr(found)


def test_a_wrong_password_and_a_reader_are_broken(valkey: Valkey, tmp_path: Path) -> None:
    with redis.Redis.from_url(valkey.url) as server:
        server.execute_command("ACL", "SETUSER", "reader", "on", ">right-word", "~*", "+@read", "+ping", "+info")
    place = valkey.url.removeprefix("redis://")
    for login, says in (("reader:wrong-word", "credentials"), ("reader:right-word", "cannot keep budgets")):
        (found,) = look_at_redis(project(tmp_path, DIF_REDIS_URL=f"redis://{login}@{place}"))
        assert found.verdict is Verdict.BROKEN
        assert says in found.found
        assert login.partition(":")[2] not in repr(found)


def test_a_redis_that_forgets_is_looked_at(valkey: Valkey, tmp_path: Path) -> None:
    with redis.Redis.from_url(valkey.url) as server:
        server.config_set("maxmemory-policy", "allkeys-lru")
        try:
            found = next(look_at_redis(project(tmp_path, DIF_REDIS_URL=valkey.url)))
        finally:
            server.config_set("maxmemory-policy", "noeviction")
    assert found.verdict is Verdict.POOR
    assert "noeviction" in found.advice


@pytest.mark.parametrize(
    ("ahead", "verdict", "says"),
    [
        (0, Verdict.GOOD, "agrees"),
        (4, Verdict.GOOD, "agrees"),
        (60, Verdict.POOR, "60 s behind"),
        (-60, Verdict.POOR, "60 s ahead of"),
        (600, Verdict.BROKEN, "600 s behind"),
        (-600, Verdict.BROKEN, "600 s ahead of"),
    ],
)
def test_a_clock_is_judged_by_how_far_it_is_off(ahead: int, verdict: Verdict, says: str) -> None:
    found = clock("redis", NOW + timedelta(seconds=ahead), NOW, NOW)
    assert found.verdict is verdict
    assert says in found.found
    assert bool(found.advice) is (verdict is not Verdict.GOOD)


def test_what_a_slow_answer_explains_is_no_skew() -> None:
    assert clock("redis", NOW + timedelta(seconds=20), NOW, NOW + timedelta(seconds=30)).verdict is Verdict.GOOD


@contextmanager
def s3(*, minutes_ahead: int = 0, refusal: str = "") -> Iterator[str]:
    """What S3 answers to a beginning upload, at a time of its own."""

    class Handler(BaseHTTPRequestHandler):
        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string(time.time() + minutes_ahead * 60)

        def do_POST(self) -> None:
            body = (
                f"<Error><Code>{refusal}</Code><Message>no</Message></Error>"
                if refusal
                else "<InitiateMultipartUploadResult><Bucket>stage</Bucket><Key>k</Key><UploadId>1</UploadId>"
                "</InitiateMultipartUploadResult>"
            )
            self._answer(403 if refusal else 200, body)

        def do_DELETE(self) -> None:
            self._answer(204, "")

        def _answer(self, status: int, body: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x" * 16)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    return monkeypatch


def look_at_s3(root: Path, aws: pytest.MonkeyPatch, address: str) -> list[Finding]:
    aws.setenv("AWS_ENDPOINT_URL_S3", address)
    return list(buckets(project(root, TARGET_REDSHIFT_BUCKET="stage")))


def test_a_bucket_that_may_be_written_is_good(root: Path, aws: pytest.MonkeyPatch) -> None:
    with s3() as address:
        found = look_at_s3(root, aws, address)
    assert [finding.verdict for finding in found] == [Verdict.GOOD, Verdict.GOOD]
    assert "acme" in found[0].found


def test_a_skewed_clock_is_found_also_where_s3_refuses(root: Path, aws: pytest.MonkeyPatch) -> None:
    with s3(minutes_ahead=20) as address:
        assert [finding.verdict for finding in look_at_s3(root, aws, address)] == [Verdict.GOOD, Verdict.BROKEN]
    with s3(minutes_ahead=-20, refusal="AccessDenied") as address:
        refused, skewed = look_at_s3(root, aws, address)
    assert "s3:PutObject" in refused.advice
    assert "ahead of" in skewed.found
    assert "timedatectl" in skewed.advice


def test_a_dead_s3_is_broken_with_advice(root: Path, aws: pytest.MonkeyPatch) -> None:
    (found,) = look_at_s3(root, aws, f"http://{DEAD}")
    assert found.verdict is Verdict.BROKEN
    assert "AWS_ENDPOINT_URL_S3" in found.advice


def test_a_clients_credential_that_does_not_open_is_named(root: Path, tmp_path: Path) -> None:
    (found,) = credentials(project(root))
    assert (found.what, found.verdict) == ("file:///nowhere/acme", Verdict.BROKEN)
    good = tmp_path / "good"
    good.write_text(json.dumps({"user": "u", "password": "canary-word"}))
    good.chmod(0o600)
    (found,) = credentials(project(root, TARGET_REDSHIFT_CREDENTIAL_REF=f"file://{good}"))
    assert found.verdict is Verdict.GOOD
    assert "canary-word" not in repr(found)
    good.chmod(0o644)
    (found,) = credentials(project(root, TARGET_REDSHIFT_CREDENTIAL_REF=f"file://{good}"))
    assert "chmod 600" in found.found


def test_settings_come_from_the_environment_then_the_client_then_the_plugin(root: Path) -> None:
    (plugin,) = project(root, TARGET_REDSHIFT_PORT="5440").plugins
    assert (plugin.client, plugin.settings["port"]) == ("acme", "5440")
    assert project(root).plugins[0].settings["port"] == 5439


def test_another_version_than_the_locked_one_is_broken(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text('[[package]]\nname = "click"\nversion = "0.0.1"\n')
    found = list(versions(project(tmp_path)))[-1]
    assert found.verdict is Verdict.BROKEN
    assert "click is " in found.found
    assert "make install" in found.advice


def test_a_full_disk_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert {finding.verdict for finding in disk(project(tmp_path))} <= {Verdict.GOOD, Verdict.POOR, Verdict.BROKEN}
    usage = type("Usage", (), {"free": 10 << 20})
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: usage)
    assert {finding.verdict for finding in disk(project(tmp_path))} == {Verdict.BROKEN}


def silent(_project: Project) -> Iterator[Finding]:
    yield Finding("first", Verdict.GOOD, "was quick")
    time.sleep(30)


def unset(_project: Project) -> Iterator[Finding]:
    raise ConfigError("DIF_X is not set")
    yield


def wrong(_project: Project) -> Iterator[Finding]:
    raise RuntimeError("a mistake of its own")
    yield


def test_what_hangs_is_left_behind_and_costs_no_other_finding(tmp_path: Path) -> None:
    began = time.monotonic()
    found = examine(project(tmp_path), {"silent": silent, "unset": unset, "wrong": wrong}, patience=0.5)
    assert time.monotonic() - began < 5
    assert [(finding.what, finding.verdict) for finding in found] == [
        ("first", Verdict.GOOD),
        ("silent", Verdict.BROKEN),
        ("unset", Verdict.UNSET),
        ("wrong", Verdict.BROKEN),
    ]


@pytest.mark.parametrize(("checkup", "code"), [(unset, 0), (wrong, 1)])
def test_the_exit_code_says_whether_something_is_broken(
    checkup: Any, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "examine", lambda *_, **__: examine(project(tmp_path), {"one": checkup}))

    def ended(code: int) -> None:
        raise SystemExit(code)

    monkeypatch.setattr("os._exit", ended)
    result = CliRunner().invoke(command.main, ["--root", str(tmp_path)])
    assert result.exit_code == code
    assert "doctor:" in result.output
