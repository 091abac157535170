"""Row by row: what the tap sends is what the API has, in the app's own days; what is cut off or refused is noticed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import requests
from dif_kit.errors import ExitCode
from dif_kit.testing import TapRun, impatient, run_tap
from dif_sandbox.sim import ChannelConfig, Config, Simulators
from tap_appsflyer.raw import RAW_REPORTS
from tap_appsflyer.tap import TapAppsFlyer

NOW = datetime.now(UTC).replace(hour=23, minute=30, second=0, microsecond=0) - timedelta(days=1)
STREAMS = [kind.name for kind in TapAppsFlyer.stream_types]
MANY = "1000000"
PLENTY = {"calls": f"{MANY}/1", "minute": f"{MANY}/60", "raw": MANY, "app_day": MANY, "account_day": MANY}
FEW, FEWER_THAN_A_DAY_HAS = 20, 3


def day(offset: int) -> str:
    """A day, counted from the simulated one."""
    return (NOW + timedelta(days=offset)).date().isoformat()


@dataclass(frozen=True)
class AppsFlyer:
    """The simulated API of one client."""

    url: str
    folder: Path

    def run(self, *streams: str, state: dict[str, Any] | None = None, **settings: Any) -> TapRun:
        """Run the tap over the last four days; all streams without one."""
        config = {
            "credential_ref": f"file://{self.folder / 'demo' / 'appsflyer'}",
            "api_url": self.url,
            "start_date": day(-3),
            "end_date": day(0),
        }
        return run_tap(TapAppsFlyer, {**config, **settings}, state=state, streams=set(streams) or None)

    def truth(self, stream: str) -> list[dict[str, Any]]:
        """The rows that a perfect tap would hold."""
        days = {"start_date": day(-3), "end_date": day(0)}
        answer = requests.get(f"{self.url}/_sim/truth/demo/{stream}", params=days, timeout=30)
        answer.raise_for_status()
        return [json.loads(line) for line in answer.content.split(b"\n") if line]

    def asked(self) -> list[dict[str, Any]]:
        """The requests so far."""
        return list(requests.get(f"{self.url}/_sim/requests", timeout=30).json()["requests"])

    def misbehave(self, *faults: dict[str, Any]) -> None:
        """Put faults in force in place of all others."""
        requests.put(f"{self.url}/_sim/faults", json=list(faults), timeout=30).raise_for_status()


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppsFlyer]:
    folder = tmp_path_factory.mktemp("credentials")
    options = {"budgets": PLENTY, "row_limits": [FEWER_THAN_A_DAY_HAS, FEW, 1_000_000]}
    config = ChannelConfig(clients=("demo",), seed=3, now=NOW.isoformat(), options=options)
    with impatient(TapAppsFlyer), Simulators(Config({"appsflyer": config}, credentials_dir=folder)) as running:
        yield AppsFlyer(running.urls["appsflyer"], folder)


@pytest.fixture
def appsflyer(simulator: AppsFlyer) -> Iterator[AppsFlyer]:
    requests.delete(f"{simulator.url}/_sim/requests", timeout=30)
    yield simulator
    simulator.misbehave()


@pytest.fixture(scope="module")
def whole(simulator: AppsFlyer) -> TapRun:
    return simulator.run()


def held(stream: str, rows: list[dict[str, Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Rows as a target holds them: by primary key; a column that is not there is NULL."""
    keys = next(kind.primary_keys for kind in TapAppsFlyer.stream_types if kind.name == stream)
    found = {tuple(row.get(key) for key in keys): {n: v for n, v in row.items() if v is not None} for row in rows}
    assert len(found) == len(rows), f"{stream}: two rows of one key"
    return found


@pytest.mark.parametrize("stream", STREAMS)
def test_every_row_is_what_the_api_has(simulator: AppsFlyer, whole: TapRun, stream: str) -> None:
    assert whole.exit_code == 0, whole.last_line
    truth = held(stream, simulator.truth(stream))
    assert truth
    assert held(stream, whole.records(stream)) == truth


def test_what_happened_twice_in_a_second_is_two_rows(whole: TapRun) -> None:
    assert {row["row_number"] for row in whole.records("in_app_events")} == {1, 2}


@pytest.mark.parametrize(("stream", "most"), [("in_app_events", FEW), ("installs", FEWER_THAN_A_DAY_HAS)])
def test_an_answer_that_may_be_cut_off_is_asked_for_again_by_fewer_days_or_a_part_of_one(
    appsflyer: AppsFlyer, stream: str, most: int
) -> None:
    report = RAW_REPORTS[stream]
    params = {**report.params, "maximum_rows": str(most)}
    with patch.object(report, "params", params), patch.object(report, "max_rows", most):
        run = appsflyer.run(stream)
    assert run.exit_code == 0, run.last_line
    assert held(stream, run.records(stream)) == held(stream, appsflyer.truth(stream))
    queries = [entry["query"] for entry in appsflyer.asked() if f"/{stream}_report/" in entry["path"]]
    ranges = {(*query["from"], *query["to"]) for query in queries}
    assert len(ranges) > 1
    assert any(" " in first for first, _ in ranges) == (most < FEW)
    assert {window.from_ for window in run.receipt.streams[stream].windows} == {day(-3)}
    assert {window.to for window in run.receipt.streams[stream].windows} == {day(0)}


def test_a_second_that_is_cut_off_is_named_and_costs_no_other_stream_a_row(appsflyer: AppsFlyer) -> None:
    stream = RAW_REPORTS["installs"]
    with patch.object(stream, "max_rows", 1):
        run = appsflyer.run("apps", "installs", "uninstalls")
    assert run.exit_code == ExitCode.PARTIAL
    assert "installs" in run.last_line
    assert run.records("uninstalls")


def test_a_used_up_quota_of_one_report_puts_off_that_report_alone(appsflyer: AppsFlyer) -> None:
    appsflyer.misbehave({"match": "/in_app_events_report/", "kind": "throttle", "times": None})
    others = ("apps", "installs", "uninstalls", "partners_report")
    run = appsflyer.run("in_app_events", *others)
    assert run.exit_code == ExitCode.DEFERRED
    assert re.search("deferred, run again at 20.*limit has been reached", run.last_line)
    apps = {row["id"] for row in run.records("apps")}
    assert {(part.stream, part.partition["app_id"]) for part in run.receipt.failed} == {
        ("in_app_events", app) for app in apps
    }
    for stream in others:
        assert held(stream, run.records(stream)) == held(stream, appsflyer.truth(stream)), stream
    appsflyer.misbehave()
    again = appsflyer.run("in_app_events", state=run.state)
    assert again.exit_code == 0, again.last_line
    assert held("in_app_events", again.records("in_app_events")) == held(
        "in_app_events", appsflyer.truth("in_app_events")
    )


def test_a_report_of_ones_own_has_its_events_alone(appsflyer: AppsFlyer) -> None:
    own = {"name": "purchases", "report": "in_app_events", "event_names": ["af_purchase"]}
    run = appsflyer.run("purchases", custom_reports=[own])
    wanted = [row for row in appsflyer.truth("in_app_events") if row["event_name"] == "af_purchase"]
    assert len(run.records("purchases")) == len(wanted) > 0
