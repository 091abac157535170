"""Whole runs against the simulated API: what is asked, what refusals mean, what becomes of lists of actions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from dif_kit.errors import ConfigError
from dif_kit.testing import TapRun, impatient, run_tap
from dif_sandbox.sim._simulators import ChannelConfig, Config, Simulators
from tap_meta._facts import SUNSET, VERSION
from tap_meta.tap import TapMeta

NOW = datetime.now(UTC).replace(hour=23, minute=30, second=0, microsecond=0) - timedelta(days=1)
FIRST, LAST = (NOW - timedelta(days=3)).date().isoformat(), NOW.date().isoformat()


class Meta:
    """A simulated API, the tap run against it."""

    def __init__(self, simulators: Simulators, folder: Path) -> None:
        self.url = simulators.urls["meta"]
        self.credential = dict(simulators.credentials("meta")["demo"])
        self._file = folder / "credential.json"

    def run(self, *streams: str, **settings: Any) -> TapRun:
        self._file.touch(mode=0o600)
        self._file.write_text(json.dumps(self.credential))
        config = {"start_date": FIRST, "end_date": LAST, "api_url": f"{self.url}/{VERSION}", **settings}
        return run_tap(TapMeta, {**config, "credential_ref": f"file://{self._file}"}, streams=set(streams))

    def truth(self, stream: str) -> list[dict[str, Any]]:
        answer = requests.get(
            f"{self.url}/_sim/truth/demo/{stream}", params={"start_date": FIRST, "end_date": LAST}, timeout=60
        )
        return [json.loads(line, parse_float=Decimal) for line in answer.content.split(b"\n") if line]

    def fault(self, **fault: Any) -> None:
        requests.put(f"{self.url}/_sim/faults", json=[fault], timeout=60).raise_for_status()

    def asked(self, path: str) -> list[dict[str, Any]]:
        entries = requests.get(f"{self.url}/_sim/requests", timeout=60).json()["requests"]
        return [entry for entry in entries if path in entry["path"]]

    def accounts(self) -> list[str]:
        return [row["account_id"] for row in self.truth("ad_accounts")]


@pytest.fixture
def options(request: pytest.FixtureRequest) -> dict[str, Any]:
    return getattr(request, "param", {})


@pytest.fixture
def meta(options: dict[str, Any], tmp_path: Path) -> Iterator[Meta]:
    channel = ChannelConfig(clients=("demo",), seed=3, now=NOW.isoformat(), options={"report_polls": 2, **options})
    with Simulators(Config({"meta": channel})) as simulators, impatient(TapMeta):
        yield Meta(simulators, tmp_path)


def test_the_version_is_one_that_lives() -> None:
    assert TapMeta.api_url.endswith("/v26.0")
    assert TapMeta.api_sunset == SUNSET == date(2027, 7, 29)


def test_every_account_is_read_with_what_was_deleted(meta: Meta) -> None:
    run = meta.run("campaigns", "ad_sets", "ads")
    assert run.exit_code == 0, run.last_line
    assert {row["account_id"] for row in run.records("ads")} == set(meta.accounts())
    assert {"ARCHIVED", "DELETED"} <= {row["effective_status"] for row in run.records("ads")}
    assert run.records("campaigns")[0]["daily_budget"] == 5000


def test_the_accounts_of_a_business_are_each_read_once(meta: Meta) -> None:
    business = meta.truth("ad_accounts")[0]["business"]["id"]
    lists = ["me/adaccounts", f"{business}/owned_ad_accounts", f"{business}/client_ad_accounts"]
    run = meta.run("ad_accounts", "campaigns", account_lists=lists)
    assert run.exit_code == 0, run.last_line
    assert sorted(row["account_id"] for row in run.records("ad_accounts")) == sorted(meta.accounts())
    assert len(run.records("campaigns")) == len(meta.truth("campaigns"))
    assert {entry["path"].rpartition("/")[2] for entry in meta.asked("ad_accounts")} == {
        "owned_ad_accounts",
        "client_ad_accounts",
    }


def test_an_account_that_is_not_listed_is_named(meta: Meta) -> None:
    run = meta.run("ad_accounts", "campaigns", account_ids=[meta.accounts()[0], "404"])
    assert run.exit_code == 3
    assert "404" in run.last_line
    assert {row["account_id"] for row in run.records("campaigns")} == {meta.accounts()[0]}


@pytest.mark.parametrize("options", [{"needs_proof": True}], indirect=True)
def test_an_app_that_asks_for_a_proof_gets_it(meta: Meta) -> None:
    assert meta.run("campaigns").exit_code == 0
    del meta.credential["app_secret"]
    refused = meta.run("campaigns")
    assert refused.exit_code != 0
    assert "appsecret_proof" in refused.last_line


def test_the_token_is_in_no_address_and_in_no_line(meta: Meta) -> None:
    run = meta.run("ads")
    assert run.exit_code == 0, run.last_line
    assert meta.credential["access_token"] not in str(meta.asked("/")) + run.errors + run.output
    assert meta.credential["app_secret"] not in run.errors + run.output


@pytest.mark.parametrize("options", [{"most_page": 60}], indirect=True)
def test_a_page_that_is_too_large_is_asked_for_by_half(meta: Meta) -> None:
    run = meta.run("ads")
    assert run.exit_code == 0, run.last_line
    assert len(run.records("ads")) == len(meta.truth("ads"))
    asked = [int(entry["query"]["limit"][0]) for entry in meta.asked("/ads") if meta.accounts()[0] in entry["path"]]
    assert asked == [500, 250, 125, 62, 31]


@pytest.mark.parametrize("options", [{"most_rows": 40}], indirect=True)
def test_a_report_that_is_too_large_comes_by_fewer_days(meta: Meta) -> None:
    run = meta.run("ads_insights")
    assert run.exit_code == 0, run.last_line
    assert len(run.records("ads_insights")) == len(meta.truth("ads_insights"))


def test_a_report_that_failed_once_is_ordered_again(meta: Meta) -> None:
    meta.fault(match=r"/v26.0/\d+$", kind="report_failed", times=1)
    run = meta.run("account_insights")
    assert run.exit_code == 0, run.last_line
    assert len([entry for entry in meta.asked("/insights") if entry["method"] == "POST"]) == len(meta.accounts()) + 1


def test_a_report_that_always_fails_says_why_and_the_run_is_partial(meta: Meta) -> None:
    meta.fault(match=r"/v26.0/\d+$", kind="report_failed", times=None)
    run = meta.run("account_insights", "campaigns")
    assert run.exit_code == 3
    assert "An unknown error occurred" in run.errors
    assert run.records("campaigns")


def test_a_skipped_report_is_ordered_again(meta: Meta) -> None:
    meta.fault(match=r"/v26.0/\d+$", kind="report_expired", times=1)
    assert meta.run("account_insights").exit_code == 0


def test_figures_are_numbers_and_lists_of_actions_stay_as_they_came(meta: Meta) -> None:
    run = meta.run("ads_insights", "ads_actions")
    row = next(row for row in run.records("ads_insights") if "actions" in row)
    assert isinstance(row["impressions"], int)
    assert all(isinstance(value, str) for action in row["actions"] for value in action.values())
    key = ("date_start", "account_id", "ad_id")
    long = [
        item
        for item in run.records("ads_actions")
        if item["metric"] == "actions" and all(item[name] == row[name] for name in key)
    ]
    told = {(item["action_type"], item["attribution_window"]): item["value"] for item in long}
    assert told == {
        (action["action_type"], window): Decimal(value)
        for action in row["actions"]
        for window, value in action.items()
        if window != "action_type"
    }


def test_activities_go_on_from_the_last_one(meta: Meta) -> None:
    run = meta.run("activities")
    assert run.exit_code == 0, run.last_line
    assert [entry["query"]["since"] for entry in meta.asked("/activities")] == [[FIRST]] * len(meta.accounts())
    assert len({row["event_digest"] for row in run.records("activities")}) == len(run.records("activities"))


def test_a_report_of_the_clients_own(meta: Meta) -> None:
    custom = {"name": "by_country", "level": "campaign", "fields": ["spend"], "breakdowns": ["country"]}
    long = {"name": "totals", "level": "account", "fields": ["actions"], "rows": "actions", "granularity": "TOTAL"}
    run = meta.run("by_country", "totals", custom_reports=[custom, long])
    assert run.exit_code == 0, run.last_line
    assert {row["country"] for row in run.records("by_country")} == {"US", "DE", "JP"}
    assert {(row["date_start"], row["date_stop"]) for row in run.records("totals")} == {(FIRST, LAST)}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"fields": ["spent"]}, "spent"),
        ({"breakdowns": ["countries"]}, "countries"),
        ({"rows": "actions", "fields": ["spend"]}, "no list of actions"),
    ],
)
def test_a_report_that_meta_has_not_is_a_mistake(meta: Meta, wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        meta.run("x", custom_reports=[{"name": "x", "level": "ad", "fields": ["spend"], **wrong}])
