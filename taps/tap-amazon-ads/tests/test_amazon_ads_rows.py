"""Row by row: what the tap sends is what the API has, and a report that takes hours is waited for by a later run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from dif_kit.errors import ExitCode
from dif_kit.paging import Cursor
from dif_kit.testing import TapRun, held, impatient, run_tap
from dif_sandbox.sim import ChannelConfig, Config, Simulators
from tap_amazon_ads.dsp_kinds import DSP_KINDS
from tap_amazon_ads.kinds import KINDS
from tap_amazon_ads.reports import Report
from tap_amazon_ads.tap import TapAmazonAds

NOW = datetime.now(UTC).replace(hour=23, minute=30, second=0, microsecond=0) - timedelta(days=1)
STREAMS = [kind.name for kind in TapAmazonAds.stream_types]
OWN = {"name": "own", "report": "sp_search_term_report", "columns": ["searchTerm", "matchType", "clicks", "sales14d"]}
HOUR = 3600


def day(offset: int) -> str:
    """A day, counted from the simulated one."""
    return (NOW + timedelta(days=offset)).date().isoformat()


@dataclass(frozen=True)
class Amazon:
    """The simulated API of one client."""

    url: str
    folder: Path

    def run(self, *streams: str, state: dict[str, Any] | None = None, **settings: Any) -> TapRun:
        """Run the tap over the last four days; all streams without one."""
        config = {
            "credential_ref": f"file://{self.folder / 'demo' / 'amazon_ads'}",
            "api_url": f"{self.url}/advertising-api{{service}}",
            "regions": ["NA", "EU", "FE"],
            "start_date": day(-3),
            "end_date": day(0),
        }
        return run_tap(TapAmazonAds, {**config, **settings}, state=state, streams=set(streams) or None)

    def truth(self, stream: str) -> list[dict[str, Any]]:
        """The rows that a perfect tap would hold."""
        days = {"start_date": day(-3), "end_date": day(0)}
        answer = requests.get(f"{self.url}/_sim/truth/demo/{stream}", params=days, timeout=30)
        answer.raise_for_status()
        return [json.loads(line) for line in answer.content.split(b"\n") if line]

    def misbehave(self, *faults: dict[str, Any]) -> None:
        """Put faults in force in place of all others."""
        requests.put(f"{self.url}/_sim/faults", json=list(faults), timeout=30).raise_for_status()

    def at(self, moment: datetime) -> None:
        """Move the clock: an hour later, no order is a duplicate of one that is done."""
        requests.put(f"{self.url}/_sim/clock", json={"now": moment.isoformat()}, timeout=30).raise_for_status()

    def orders(self, *, path: str = "/reporting/reports") -> list[int]:
        """The statuses of all orders so far."""
        asked = requests.get(f"{self.url}/_sim/requests", timeout=30).json()["requests"]
        return [entry["status"] for entry in asked if entry["method"] == "POST" and entry["path"].endswith(path)]


def serving(folder: Path, **options: Any) -> Simulators:
    config = ChannelConfig(clients=("demo",), seed=3, now=NOW.isoformat(), options={"report_polls": 1, **options})
    return Simulators(Config({"amazon_ads": config}, credentials_dir=folder))


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Amazon]:
    folder = tmp_path_factory.mktemp("credentials")
    with impatient(TapAmazonAds), serving(folder) as running:
        yield Amazon(running.urls["amazon_ads"], folder)


@pytest.fixture
def amazon(simulator: Amazon) -> Iterator[Amazon]:
    yield simulator
    simulator.misbehave()


@pytest.fixture(scope="module")
def whole(simulator: Amazon) -> TapRun:
    return simulator.run()


@pytest.mark.parametrize("stream", STREAMS)
def test_every_stream_is_what_the_api_has(simulator: Amazon, whole: TapRun, stream: str) -> None:
    assert whole.exit_code == 0, whole.errors
    truth = simulator.truth(stream)
    assert truth, "there is nothing to compare"
    assert held(TapAmazonAds, stream, whole.records(stream)) == held(TapAmazonAds, stream, truth)
    assert len(whole.records(stream)) == len(held(TapAmazonAds, stream, truth)), (
        "a row was sent twice, or two have one key"
    )


def test_each_profile_is_asked_for_on_the_host_of_its_region(simulator: Amazon) -> None:
    profiles = {row["profileId"]: row["region"] for row in simulator.truth("profiles")}
    assert len(set(profiles.values())) > 1
    one, region = next(iter(profiles.items()))
    run = simulator.run("profiles", "sp_campaigns", regions=[region])
    assert run.exit_code == 0, run.errors
    assert {row["profileId"] for row in run.records("sp_campaigns")} == {one}


def test_levels_add_up(whole: TapRun) -> None:
    kinds = {**KINDS, **DSP_KINDS}
    for product in ("sp_", "sb_", "sd_", "st_", "dsp_"):
        names = [name for name in kinds if name.startswith(product) and "clicks" in kinds[name].columns]
        clicks = {sum(row["clicks"] for row in whole.records(name)) for name in names}
        assert len(clicks) == 1
        assert clicks.pop() > 0


def test_a_profile_that_refuses_is_named_and_the_others_are_read(amazon: Amazon) -> None:
    first, *others = (row["profileId"] for row in amazon.truth("profiles"))
    about = {"header": f"^amazon-advertising-api-scope: {first}$", "match": "/sp/"}
    amazon.misbehave({**about, "kind": "forbidden", "times": None})
    run = amazon.run("sp_campaigns")
    assert run.exit_code == ExitCode.PARTIAL
    assert first in run.errors
    assert {row["profileId"] for row in run.records("sp_campaigns")} == set(others)


@pytest.mark.parametrize("kind", ["truncated", "torn", "html", "expired_link", "report_failed", "revoked_token"])
def test_what_breaks_once_loses_nothing(amazon: Amazon, kind: str) -> None:
    match = (
        "/reporting/reports/" if kind.startswith("report") or kind == "revoked_token" else "/offline-report-storage/"
    )
    amazon.misbehave({"match": match, "kind": kind, "times": 1})
    stream = "sp_target_report"
    run = amazon.run(stream)
    assert run.exit_code == 0, run.errors
    assert held(TapAmazonAds, stream, run.records(stream)) == held(TapAmazonAds, stream, amazon.truth(stream))


def test_the_same_order_twice_is_one_report(amazon: Amazon) -> None:
    amazon.run("sd_target_report")
    before = len(amazon.orders())
    again = amazon.run("sd_target_report")
    assert again.exit_code == 0, again.errors
    assert set(amazon.orders()[before:]) == {425}
    assert held(TapAmazonAds, "sd_target_report", again.records("sd_target_report")) == held(
        TapAmazonAds, "sd_target_report", amazon.truth("sd_target_report")
    )


def test_a_report_that_takes_hours_is_picked_up_by_a_later_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = "sp_campaign_report"
    with impatient(TapAmazonAds), serving(tmp_path, report_queue_seconds=2 * HOUR) as running:
        amazon = Amazon(running.urls["amazon_ads"], tmp_path)
        monkeypatch.setattr(Report, "deadline_seconds", 0.2)
        first = amazon.run("profiles", stream)
        assert first.exit_code == ExitCode.DEFERRED, first.errors
        assert first.records("profiles"), "what is there is delivered"
        assert not first.records(stream)
        second = amazon.run("profiles", stream, state=first.state)
        assert second.exit_code == ExitCode.DEFERRED
        amazon.at(NOW + timedelta(hours=3))
        monkeypatch.setattr(Report, "deadline_seconds", 30.0)
        third = amazon.run("profiles", stream, state=second.state, end_date=day(0))
        assert third.exit_code == 0, third.errors
        assert third.records(stream)
        assert set(amazon.orders()) == {200}
        assert len(amazon.orders()) == len(amazon.truth("profiles"))


def test_profiles_without_attribution_are_named_and_the_others_are_read(tmp_path: Path) -> None:
    stream = "attribution_campaign_report"
    with impatient(TapAmazonAds), serving(tmp_path, without_attribution=1) as running:
        amazon = Amazon(running.urls["amazon_ads"], tmp_path)
        run = amazon.run(stream)
        first, *others = (row["profileId"] for row in amazon.truth("profiles"))
    assert run.exit_code == ExitCode.PARTIAL
    assert first in run.errors
    assert {row["profileId"] for row in run.records(stream)} == set(others)


def test_attribution_pages_lose_no_row(amazon: Amazon, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = "attribution_creative_report"
    [report] = [each for each in TapAmazonAds.stream_types if each.name == stream]
    monkeypatch.setattr(report, "paging", Cursor("cursorId", "cursorId", ("count", 7), place="body"))
    run = amazon.run(stream)
    assert run.exit_code == 0, run.errors
    assert len(run.records(stream)) > 7
    assert held(TapAmazonAds, stream, run.records(stream)) == held(TapAmazonAds, stream, amazon.truth(stream))


def test_a_dsp_report_of_ones_own_names_its_advertisers(amazon: Amazon) -> None:
    own = {"name": "own_dsp", "report": "dsp_geo_report", "columns": ["impressions", "totalCost"]}
    run = amazon.run("own_dsp", custom_reports=[own])
    assert run.exit_code == 0, run.errors
    rows = run.records("own_dsp")
    known = {(row["profileId"], row["advertiserId"]) for row in amazon.truth("dsp_advertisers")}
    assert {(row["profileId"], row["advertiserId"]) for row in rows} == known
    keys = ("profileId", "advertiserId", "orderId", "lineItemId", "country", "region", "city", "date")
    assert len({tuple(row[key] for key in keys) for row in rows}) == len(rows) > 0


def test_a_report_of_ones_own_has_the_ids_of_its_kind_in_the_key(amazon: Amazon) -> None:
    run = amazon.run("own", custom_reports=[OWN])
    assert run.exit_code == 0, run.errors
    [schema] = [message for message in run.messages if message["type"] == "SCHEMA" and message["stream"] == "own"]
    assert schema["key_properties"] == ["profileId", "campaignId", "adGroupId", "keywordId", "searchTerm", "date"]
    rows = run.records("own")
    assert len({tuple(row[key] for key in schema["key_properties"]) for row in rows}) == len(rows) > 0
    assert {"matchType", "clicks", "sales14d", "currencyCode"} <= rows[0].keys()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"report": "spSearchTerm"}, "there is no report 'spSearchTerm'"),
        ({"columns": ["click"]}, "did you mean clicks"),
        ({"columns": []}, "columns"),
    ],
)
def test_a_wrong_report_is_refused_before_anything_is_asked(amazon: Amazon, change: dict[str, Any], told: str) -> None:
    run = amazon.run(custom_reports=[OWN | change])
    assert run.exit_code != 0
    assert told in run.errors
