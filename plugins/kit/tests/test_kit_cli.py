"""The tap as a process: exit codes, one clear line, signals."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest
from dif_kit.support import Support
from dif_kit.testing import ApiAnswer, FakeApi, run_tap

if TYPE_CHECKING:
    from dif_kit.tap import Tap

pytestmark = pytest.mark.slow

Config = dict[str, Any]
SECRET = "secret-token-of-the-shop"

# The shop stands in conftest.py, which is no module that a process could import by name.
PROGRAM = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("shop", sys.argv.pop(1))
shop = importlib.util.module_from_spec(spec)
sys.modules["shop"] = shop
spec.loader.exec_module(shop)
shop.TapShop.cli()
"""


@pytest.fixture
def shop(request: pytest.FixtureRequest, config: Config, tmp_path: Path) -> list[str]:
    """The command of the shop as a process, with its settings."""
    settings = tmp_path / "config.json"
    settings.write_text(json.dumps(config))
    conftest = str(request.path.with_name("conftest.py"))
    return [sys.executable, "-c", PROGRAM, conftest, "--config", str(settings)]


def read_until(stream: IO[str], word: str) -> list[str]:
    """The lines of a process up to one with the word; a process that ends before is a failure, not read for ever."""
    lines = [""]
    while word not in lines[-1]:
        lines.append(stream.readline())
        assert lines[-1], f"it ended without {word!r}, with: {''.join(lines)[-2000:]}"
    return lines[1:]


def wrong(config: Config, **changes: Any) -> Config:
    return {key: value for key, value in {**config, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"credential_ref": None}, "'credential_ref' is a required property"),
        ({"start_date": None}, "'start_date' is a required property"),
        ({"start_date": "last week"}, "start_date"),
        ({"lookback_days": -1, "concurrency": 0}, "lookback_days"),
    ],
)
def test_wrong_settings_are_one_line_and_a_usage_error(
    tap: type[Tap], config: Config, changes: Config, complaint: str
) -> None:
    run = run_tap(tap, wrong(config, **changes))
    assert run.exit_code == 2
    assert run.last_line.startswith("tap-shop: the settings are wrong: ")
    assert complaint in run.last_line
    assert run.output == ""


def test_a_day_that_does_not_exist_is_a_usage_error(tap: type[Tap], config: Config) -> None:
    run = run_tap(tap, config | {"start_date": "2026-02-30"})
    assert run.exit_code == 2
    assert "start_date is '2026-02-30'; write it as 2026-01-31" in run.last_line


def test_a_setting_that_nobody_knows_is_told(tap: type[Tap], config: Config) -> None:
    assert "unknown setting 'look_back'" in run_tap(tap, config | {"look_back": 3}).errors


@pytest.mark.parametrize(
    ("days", "warning"),
    [(61, None), (60, "is switched off in 60 days, on "), (1, "in 1 days, on "), (0, "is switched off since ")],
)
def test_the_end_of_an_apis_version_is_told_from_60_days_before(
    tap: type[Tap], config: Config, monkeypatch: pytest.MonkeyPatch, days: int, warning: str | None
) -> None:
    monkeypatch.setattr(tap, "api_sunset", datetime.now(UTC).date() + timedelta(days=days))
    errors = run_tap(tap, config).errors
    assert warning in errors if warning else "switched off" not in errors


def test_a_run_of_what_is_deprecated_says_so(tap: type[Tap], config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "deprecated" not in run_tap(tap, config).errors
    monkeypatch.setattr(tap, "support", Support.DEPRECATED)
    assert f"{tap.name} is deprecated: docs/support.md says when" in run_tap(tap, config).errors


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"credential_ref": "env://NOT_THERE"}, "no variable NOT_THERE"),
        ({"redis_url": "redis://127.0.0.1:9/0"}, "cannot reach Redis at 127.0.0.1:9"),
        ({"api_url": "http://127.0.0.1:9"}, "connection failed"),
    ],
)
def test_a_service_that_is_not_there_is_one_line(
    tap: type[Tap], config: Config, changes: Config, complaint: str
) -> None:
    run = run_tap(tap, config | changes)
    assert run.exit_code == 1
    assert complaint in run.last_line
    assert "Traceback" not in run.errors
    assert not run.receipt.complete


def test_the_budgets_store_may_come_from_the_environment(
    tap: type[Tap], config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIF_REDIS_URL", "redis://user:hidden-word@127.0.0.1:9/0")
    run = run_tap(tap, config)
    assert "cannot reach Redis" in run.last_line
    assert "hidden-word" not in run.errors


def test_a_login_in_the_address_is_refused_and_not_told(tap: type[Tap], config: Config) -> None:
    run = run_tap(tap, config | {"api_url": "http://user:hidden-word@127.0.0.1:9"})
    assert run.exit_code == 2
    assert "api_url holds a login" in run.last_line
    assert "hidden-word" not in run.errors + run.output


def test_discovery_needs_no_credential_and_no_network(shop: list[str]) -> None:
    done = subprocess.run([*shop[:4], "--discover"], capture_output=True, check=True)
    assert [stream["stream"] for stream in json.loads(done.stdout)["streams"]] == [
        "accounts", "campaign_days", "campaign_report", "campaigns",
    ]  # fmt: skip


def test_a_config_file_that_is_not_there_is_one_line(shop: list[str]) -> None:
    done = subprocess.run([*shop[:4], "--config", "/no/such.json"], capture_output=True, check=False, text=True)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "tap-shop: File at '/no/such.json' was not found."
    assert "Traceback" not in done.stderr


def test_a_config_file_that_is_not_json_is_one_line(shop: list[str], tmp_path: Path) -> None:
    (tmp_path / "odd.json").write_text("{")
    done = subprocess.run(
        [*shop[:4], "--config", str(tmp_path / "odd.json")], capture_output=True, check=False, text=True
    )
    assert done.returncode == 2
    assert "not JSON" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_sigterm_while_waiting_for_an_answer_ends_with_a_true_state(shop: list[str], api: FakeApi) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def slow(_request: Any) -> Any:
        asked.set()
        go_on.wait(30)
        return []

    api.on("GET", "/accounts/2/analytics", slow)
    process = subprocess.Popen(shop, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert asked.wait(30)
    assert process.stdout is not None
    output = "".join(read_until(process.stdout, '"stream":"campaign_report","record"'))  # all of account 1 is there
    process.send_signal(signal.SIGTERM)
    output += process.stdout.read()  # what `communicate` would read is not what is buffered
    errors = process.communicate(timeout=30)[1]
    go_on.set()
    assert process.returncode == 3
    assert errors.splitlines()[-1].startswith("tap-shop: stopped by SIGTERM")
    last = json.loads(output.splitlines()[-1])
    assert last["type"] == "STATE"
    assert last["value"]["dif"]["complete"] is False
    days = last["value"]["bookmarks"]["campaign_days"]["partitions"]
    assert [part["context"] for part in days] == [{"account_id": "1"}]
    sent = [message for message in map(json.loads, output.splitlines()) if message["type"] == "RECORD"]
    assert sum(told["records"] for told in last["value"]["dif"]["streams"].values()) == len(sent)


def test_sigterm_while_a_retry_waits_ends_at_once(shop: list[str], api: FakeApi) -> None:
    refused = threading.Event()

    def busy(_request: Any) -> ApiAnswer:
        refused.set()
        return ApiAnswer({}, status=503, headers={"Retry-After": "4"})

    api.on("GET", "/accounts/1/campaigns", busy)
    with subprocess.Popen(shop, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert refused.wait(30)
        read_until(process.stderr, "trying again in")
        process.send_signal(signal.SIGTERM)
        assert process.stderr.readlines()[-1].startswith("tap-shop: stopped by SIGTERM")
    assert process.returncode == 3
    assert len(api.asked("/accounts/1/campaigns")) == 1


def test_sigterm_while_all_workers_hang_or_sleep_ends_at_once(shop: list[str], api: FakeApi) -> None:
    """Half of the accounts never answer, the others say that it takes a minute."""
    busy, go_on = threading.Event(), threading.Event()
    names = [str(number) for number in range(20)]

    for name in names[:2]:
        api.on("GET", f"/accounts/{name}/campaigns", {"items": [{"id": name, "updated": 1000}]})
        api.on("GET", f"/accounts/{name}/analytics", lambda _request: [])
        api.on("POST", f"/accounts/{name}/reports", {"token": f"job{name}"})
        api.on("GET", f"/accounts/{name}/reports", {"status": "FINISHED", "url": f"{api.url}/files/1"})

    def hang(_request: Any) -> Any:
        busy.set()
        go_on.wait(60)
        return {"items": []}

    api.on("GET", "/accounts", {"items": [{"id": name, "zone": "UTC"} for name in names]})
    for name in names[2::2]:
        api.on("GET", f"/accounts/{name}/campaigns", hang)
    for name in names[3::2]:
        api.on("GET", f"/accounts/{name}/campaigns", ApiAnswer({}, status=503, headers={"Retry-After": "4"}))
    with subprocess.Popen(shop, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = read_until(process.stdout, '"stream":"campaign_report","record"')
        assert busy.wait(30)
        process.send_signal(signal.SIGTERM)
        lines += process.stdout.readlines()
        errors = process.stderr.readlines()
        assert process.wait(20) == 3
        assert not go_on.is_set()
        go_on.set()
    assert errors[-1].startswith("tap-shop: stopped by SIGTERM")
    last = json.loads(lines[-1])["value"]
    assert last["dif"]["complete"] is False
    sent = [message for message in map(json.loads, lines) if message["type"] == "RECORD"]
    assert sum(told["records"] for told in last["dif"]["streams"].values()) == len(sent)
    [first, *_] = last["bookmarks"]["campaign_days"]["partitions"]
    assert (first["context"], first["replication_key_value"]) == ({"account_id": "0"}, "2026-10-15")


@pytest.mark.parametrize(
    ("route", "concurrency"),
    [("POST /accounts/1/reports", 8), ("GET /accounts/1/reports", 1), ("GET /files/1", 8), ("GET /files/1", 1)],
    ids=["order", "poll", "download", "download-alone"],
)
def test_sigterm_while_a_report_is_under_way_ends_at_once(
    shop: list[str], api: FakeApi, config: Config, route: str, concurrency: int
) -> None:
    """The order or the file never comes, or the provider says for ever that the report is being made."""
    asked, go_on = threading.Event(), threading.Event()

    def never(_request: Any) -> Any:
        asked.set()
        if route != "GET /accounts/1/reports":
            go_on.wait(60)
        return {"status": "IN_PROGRESS"}

    api.on(*route.split(), never)
    Path(shop[-1]).write_text(json.dumps(config | {"concurrency": concurrency}))
    with subprocess.Popen(shop, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = read_until(process.stdout, '"stream":"campaign_days","record"')  # what comes before the report
        assert asked.wait(30)
        process.send_signal(signal.SIGTERM)
        lines += process.stdout.readlines()
        assert process.stderr.readlines()[-1].startswith("tap-shop: stopped by SIGTERM")
        assert process.wait(30) == 3
        assert not go_on.is_set()
    go_on.set()
    messages = [json.loads(line) for line in lines]
    last = messages[-1]["value"]
    assert last["dif"]["complete"] is False
    sent = sum(message["type"] == "RECORD" for message in messages)
    assert sum(told["records"] for told in last["dif"]["streams"].values()) == sent
    assert "campaign_report" not in last["bookmarks"] or "replication_key_value" not in json.dumps(
        last["bookmarks"]["campaign_report"]
    )


def test_sigterm_between_two_rows_loses_nothing_of_the_state(shop: list[str], api: FakeApi) -> None:
    rows = [{"id": f"c{number}", "updated": 1000} for number in range(20_000)]
    api.on("GET", "/accounts/1/campaigns", {"items": rows})
    with subprocess.Popen(shop, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(1000)]
        process.send_signal(signal.SIGTERM)
        lines += process.stdout.readlines()
        assert process.wait(30) == 3
    messages = [json.loads(line) for line in lines]
    assert "replication_key_value" not in json.dumps(messages[-1]["value"]["bookmarks"])
    records = [message for message in messages if message["type"] == "RECORD"]
    assert messages[-1]["value"]["dif"]["streams"]["campaigns"]["records"] == len(records) < 20_000


def test_a_target_that_is_gone_is_one_line(shop: list[str], api: FakeApi) -> None:
    api.on("GET", "/accounts/1/campaigns", {"items": [{"id": f"c{n}", "updated": 1} for n in range(5000)]})
    with subprocess.Popen(shop, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()
        assert process.wait(30) == 1
    assert errors.splitlines()[-1] == "tap-shop: the target closed the pipe before everything was sent"
    assert "Traceback" not in errors


def test_a_run_that_went_well_says_so_in_its_last_line(shop: list[str]) -> None:
    done = subprocess.run(shop, capture_output=True, text=True, check=True)
    records = sum(json.loads(line)["type"] == "RECORD" for line in done.stdout.splitlines())
    run_id = json.loads(done.stdout.splitlines()[-1])["value"]["dif"]["run_id"]
    last = done.stderr.splitlines()[-1]
    assert re.search(rf"all there: {records} records of \d+ streams in [\d.]+ s, run {run_id}$", last)


def test_no_secret_leaves_the_process(shop: list[str], api: FakeApi) -> None:
    api.on("GET", "/accounts/1/campaigns", ApiAnswer({"message": f"Bearer {SECRET}"}, status=400))
    environment = {**os.environ, "TAP_SHOP_LOGLEVEL": "DEBUG"}
    done = subprocess.run(shop, capture_output=True, check=False, text=True, env=environment)
    assert done.returncode == 3
    assert SECRET not in done.stdout + done.stderr


def test_the_log_holds_the_taps_own_words_and_the_sdks_only_if_asked_for(shop: list[str], api: FakeApi) -> None:
    quiet = subprocess.run(shop, capture_output=True, text=True, check=True)
    assert "child stream" not in quiet.stderr
    assert "METRIC" not in quiet.stderr
    talkative = subprocess.run(
        shop, capture_output=True, text=True, check=True, env={**os.environ, "LOGLEVEL": "DEBUG"}
    )
    assert "Added 'campaigns' as child stream to 'accounts'" in talkative.stderr


def test_an_orchestrator_that_reads_levels_gets_the_end_as_an_error(shop: list[str], tmp_path: Path) -> None:
    levels = tmp_path / "logging.yml"
    levels.write_text(
        "version: 1\ndisable_existing_loggers: false\n"
        "formatters: {levels: {format: '%(levelname)s %(message)s'}}\n"
        "handlers: {err: {class: logging.StreamHandler, formatter: levels, stream: 'ext://sys.stderr'}}\n"
        "root: {level: INFO, handlers: [err]}\n"
    )
    environment = {**os.environ, "SINGER_SDK_LOG_CONFIG": str(levels), "SHOP_CREDENTIAL": ""}
    ended = subprocess.run(shop, capture_output=True, text=True, env=environment, check=False)
    assert ended.returncode == 1
    assert ended.stderr.strip().splitlines()[-1].startswith("ERROR tap-shop: env://SHOP_CREDENTIAL: ")
    assert "Traceback" not in ended.stderr
