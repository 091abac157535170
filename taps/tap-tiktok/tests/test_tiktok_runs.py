"""Whole runs against the simulated API: what is asked, what codes mean, what becomes of figures."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from dif_kit.errors import ConfigError
from dif_kit.testing import TapRun, impatient, run_tap
from dif_sandbox.sim._simulators import ChannelConfig, Config, Simulators
from tap_tiktok._facts import APP, VERSION
from tap_tiktok.reports import REPORTS
from tap_tiktok.tap import TapTikTok

NOW = datetime.now(UTC).replace(hour=23, minute=30, second=0, microsecond=0) - timedelta(days=1)
FIRST, LAST = (NOW - timedelta(days=1)).date().isoformat(), NOW.date().isoformat()
PLENTY = {"second": "1000000/1", "minute": "1000000/60"}
QUICK = {"tiktok": ["1000/s"]}


class TikTok:
    """A simulated API, the tap run against it."""

    def __init__(self, simulators: Simulators, folder: Path) -> None:
        self.url = simulators.urls["tiktok"]
        self.credential = dict(simulators.credentials("tiktok")["demo"])
        self._file = folder / "credential.json"

    def run(self, *streams: str, **settings: Any) -> TapRun:
        self._file.touch(mode=0o600)
        self._file.write_text(json.dumps(self.credential))
        api = f"{self.url}/open_api/{VERSION}"
        config = {"start_date": FIRST, "end_date": LAST, "api_url": api, "budgets": QUICK, **settings}
        return run_tap(TapTikTok, {**config, "credential_ref": f"file://{self._file}"}, streams=set(streams))

    def truth(self, stream: str) -> list[dict[str, Any]]:
        answer = requests.get(
            f"{self.url}/_sim/truth/demo/{stream}", params={"start_date": FIRST, "end_date": LAST}, timeout=60
        )
        return [json.loads(line) for line in answer.content.split(b"\n") if line]

    def fault(self, **fault: Any) -> None:
        requests.put(f"{self.url}/_sim/faults", json=[fault], timeout=60).raise_for_status()

    def asked(self, path: str) -> list[dict[str, Any]]:
        entries = requests.get(f"{self.url}/_sim/requests", timeout=60).json()["requests"]
        return [entry for entry in entries if path in entry["path"]]

    def advertisers(self) -> list[str]:
        return [row["advertiser_id"] for row in self.truth("advertisers")]


@pytest.fixture
def options(request: pytest.FixtureRequest) -> dict[str, Any]:
    return getattr(request, "param", {"budgets": PLENTY})


@pytest.fixture
def tiktok(options: dict[str, Any], tmp_path: Path) -> Iterator[TikTok]:
    channel = ChannelConfig(clients=("demo",), seed=3, now=NOW.isoformat(), options=options)
    with Simulators(Config({"tiktok": channel})) as simulators, impatient(TapTikTok):
        yield TikTok(simulators, tmp_path)


def test_it_asks_for_no_more_than_the_level_basic_may() -> None:
    assert TapTikTok.api_url == "https://business-api.tiktok.com/open_api/v1.3"
    assert APP.policies == ("10/s", "600/min", "864000/day@UTC")


def test_every_list_of_every_advertiser_is_read_with_what_was_deleted(tiktok: TikTok) -> None:
    lists = [stream.name for stream in TapTikTok.stream_types if stream not in REPORTS]
    run = tiktok.run(*lists)
    assert run.exit_code == 0, run.last_line
    for stream in lists:
        assert len(run.records(stream)) == len(tiktok.truth(stream)), stream
    assert {row["advertiser_id"] for row in run.records("ads")} == set(tiktok.advertisers())
    assert "AD_STATUS_DELETE" in {row["secondary_status"] for row in run.records("ads")}
    assert any("modify_time" not in row for row in run.records("ads"))


def test_every_report_is_what_the_provider_has(tiktok: TikTok) -> None:
    run = tiktok.run(*(report.name for report in REPORTS))
    assert run.exit_code == 0, run.last_line
    for report in REPORTS:
        found, truth = run.records(report.name), tiktok.truth(report.name)
        assert truth, report.name
        assert _by_key(found, report.primary_keys) == _by_key(truth, report.primary_keys), report.name
        assert len(found) == len(truth), report.name


def _by_key(rows: list[dict[str, Any]], keys: Sequence[str]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """What rows say, by their keys; what is null says nothing."""
    return {
        tuple(row[key] for key in keys): {name: value for name, value in row.items() if value is not None}
        for row in rows
    }


def test_figures_are_numbers_and_what_is_not_to_be_had_is_null(tiktok: TikTok) -> None:
    run = tiktok.run("ads_reports_daily", "ads_reports_hourly")
    row = run.records("ads_reports_daily")[0]
    assert isinstance(row["impressions"], int)
    assert isinstance(row["spend"], float)
    assert row["secondary_goal_result"] is None
    assert row["advertiser_id"] in tiktok.advertisers()
    assert FIRST <= row["stat_time_day"] <= LAST
    hour = run.records("ads_reports_hourly")[0]
    assert hour["stat_time_hour"].startswith(f"{hour['stat_time_day']} ")


def test_a_request_has_thirty_days_at_most_and_one_by_the_hour(tiktok: TikTok) -> None:
    early = (NOW - timedelta(days=40)).date().isoformat()
    assert tiktok.run("advertisers_reports_daily", start_date=early).exit_code == 0
    assert len(tiktok.asked("/report/")) == 2 * len(tiktok.advertisers())
    assert tiktok.run("advertisers_reports_hourly").exit_code == 0
    assert len(tiktok.asked("/report/")) == (2 + 2) * len(tiktok.advertisers())


def test_an_advertiser_that_is_not_listed_is_named(tiktok: TikTok) -> None:
    first = tiktok.advertisers()[0]
    run = tiktok.run("campaigns", advertiser_ids=[first, "404"])
    assert run.exit_code == 3
    assert "404" in run.last_line
    assert {row["advertiser_id"] for row in run.records("campaigns")} == {first}


@pytest.mark.parametrize("path", ["/advertiser/info/", "/campaign/get/", "/report/"])
def test_a_forbidden_advertiser_does_not_stop_the_others(tiktok: TikTok, path: str) -> None:
    first, *others = tiktok.advertisers()
    tiktok.fault(match=path, query=first, kind="forbidden", times=None)
    run = tiktok.run("campaigns", "campaigns_reports_daily")
    assert run.exit_code == 3
    assert first in run.last_line
    assert "No permission to operate the advertiser" in run.errors
    stream = "campaigns" if path == "/campaign/get/" else "campaigns_reports_daily"
    assert {row["advertiser_id"] for row in run.records(stream)} == set(others)


@pytest.mark.parametrize("options", [{"budgets": {"second": "1000/1", "minute": "4/60"}}], indirect=True)
def test_an_app_that_is_restricted_comes_back_later(tiktok: TikTok) -> None:
    began = datetime.now(UTC)
    run = tiktok.run("campaigns", "ads", "ad_groups")
    assert run.exit_code == 75
    back = re.search(r"run again at (\S+): ", run.last_line)
    assert back
    assert datetime.fromisoformat(back[1]) - began > timedelta(seconds=300)
    assert "temporarily restricted" in run.errors


def test_an_error_of_tiktoks_own_is_tried_again(tiktok: TikTok) -> None:
    tiktok.fault(match="/campaign/get/", kind="status", status=200, times=2)
    run = tiktok.run("campaigns")
    assert run.exit_code == 0, run.last_line
    assert len(run.records("campaigns")) == len(tiktok.truth("campaigns"))


def test_a_token_that_was_taken_back_is_said_to_be(tiktok: TikTok) -> None:
    tiktok.fault(match="/ad/get/", kind="revoked_token")
    run = tiktok.run("ads")
    assert run.exit_code == 1
    assert "Access token is incorrect or has been revoked" in run.last_line


def test_the_apps_secret_goes_to_one_endpoint_and_into_no_line(tiktok: TikTok) -> None:
    run = tiktok.run("advertisers", "ads_reports_daily")
    assert run.exit_code == 0, run.last_line
    holding = {entry["path"] for entry in tiktok.asked("/") if tiktok.credential["secret"] in str(entry["query"])}
    assert holding == {"/open_api/v1.3/oauth2/advertiser/get/"}
    for name in ("access_token", "secret"):
        assert tiktok.credential[name] not in run.errors + run.output


def test_a_report_of_the_clients_own(tiktok: TikTok) -> None:
    by_placement = {
        "name": "by_placement", "level": "campaign", "report_type": "AUDIENCE", "metrics": ["spend", "campaign_name"],
        "dimensions": ["placement"],
    }  # fmt: skip
    totals = {"name": "totals", "level": "advertiser", "metrics": ["clicks"], "granularity": "TOTAL"}
    hours = {"name": "hours", "level": "adgroup", "metrics": ["clicks"], "granularity": "HOUR"}
    run = tiktok.run("by_placement", "totals", "hours", custom_reports=[by_placement, totals, hours])
    assert run.exit_code == 0, run.last_line
    assert {row["placement"] for row in run.records("by_placement")} == {"TikTok", "Pangle"}
    assert {row["advertiser_id"] for row in run.records("totals")} == set(tiktok.advertisers())
    clicks = {kind: sum(row["clicks"] for row in run.records(kind)) for kind in ("totals", "hours")}
    assert clicks["totals"] == clicks["hours"]


def test_what_tiktok_refuses_is_in_its_own_words(tiktok: TikTok) -> None:
    wrong = {"name": "x", "level": "campaign", "metrics": ["ad_name"]}
    run = tiktok.run("x", custom_reports=[wrong])
    assert run.exit_code != 0
    assert "ad_name cannot be had" in run.errors


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"metrics": ["spent"]}, "spent"),
        ({"dimensions": ["countries"]}, "countries"),
        ({"dimensions": ["ad_id"]}, "ad_id comes by itself"),
        ({"level": "ads"}, "level"),
        ({"granularity": "WEEK"}, "granularity"),
    ],
)
def test_a_report_that_cannot_be_is_a_mistake(tiktok: TikTok, wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        tiktok.run("x", custom_reports=[{"name": "x", "level": "ad", "metrics": ["spend"], **wrong}])
