"""Row by row: what the tap sends is what the API has, in the account's own days, and what is refused is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from dif_kit.testing import TapRun, held, impatient, run_tap
from dif_sandbox.sim import ChannelConfig, Config, Simulators
from tap_microsoft_ads._facts import REPORTS
from tap_microsoft_ads._zones import IANA
from tap_microsoft_ads.tap import TapMicrosoftAds

NOW = datetime.now(UTC).replace(hour=23, minute=30, second=0, microsecond=0) - timedelta(days=1)
STREAMS = [kind.name for kind in TapMicrosoftAds.stream_types]
OWN = {"name": "own", "kind": "KeywordPerformance", "columns": ["KeywordId", "Keyword", "KeywordStatus", "Clicks"]}


def day(offset: int) -> str:
    """A day, counted from the simulated one."""
    return (NOW + timedelta(days=offset)).date().isoformat()


@dataclass(frozen=True)
class Microsoft:
    """The simulated API of one client."""

    url: str
    folder: Path

    def run(self, *streams: str, state: dict[str, Any] | None = None, **settings: Any) -> TapRun:
        """Run the tap over the last four days; all streams without one."""
        config = {
            "credential_ref": f"file://{self.folder / 'demo' / 'microsoft_ads'}",
            "api_url": self.url,
            "start_date": day(-3),
            "end_date": day(0),
        }
        return run_tap(TapMicrosoftAds, {**config, **settings}, state=state, streams=set(streams) or None)

    def truth(self, stream: str) -> list[dict[str, Any]]:
        """The rows that a perfect tap would hold."""
        days = {"start_date": day(-3), "end_date": day(0)}
        answer = requests.get(f"{self.url}/_sim/truth/demo/{stream}", params=days, timeout=30)
        answer.raise_for_status()
        return [json.loads(line) for line in answer.content.split(b"\n") if line]

    def misbehave(self, *faults: dict[str, Any]) -> None:
        """Put faults in force in place of all others."""
        requests.put(f"{self.url}/_sim/faults", json=list(faults), timeout=30).raise_for_status()


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Microsoft]:
    folder = tmp_path_factory.mktemp("credentials")
    config = ChannelConfig(clients=("demo",), seed=3, now=NOW.isoformat(), options={"report_polls": 1})
    with (
        impatient(TapMicrosoftAds),
        Simulators(Config({"microsoft_ads": config}, credentials_dir=folder)) as running,
    ):
        yield Microsoft(running.urls["microsoft_ads"], folder)


@pytest.fixture
def microsoft(simulator: Microsoft) -> Iterator[Microsoft]:
    yield simulator
    simulator.misbehave()


@pytest.fixture(scope="module")
def whole(simulator: Microsoft) -> TapRun:
    return simulator.run()


@pytest.mark.parametrize("stream", STREAMS)
def test_every_stream_is_what_the_api_has(simulator: Microsoft, whole: TapRun, stream: str) -> None:
    assert whole.exit_code == 0, whole.errors
    truth = simulator.truth(stream)
    assert truth, "there is nothing to compare"
    assert held(TapMicrosoftAds, stream, whole.records(stream)) == held(TapMicrosoftAds, stream, truth)
    assert len(whole.records(stream)) == len(held(TapMicrosoftAds, stream, truth)), (
        "a row was sent twice, or two have one key"
    )


def test_levels_add_up(whole: TapRun) -> None:
    reports = ("account_performance_report", "ad_performance_report", "search_query_performance_report_hourly")
    clicks = {sum(row["Clicks"] for row in whole.records(stream)) for stream in reports}
    assert len(clicks) == 1
    assert clicks.pop() > 0


def test_the_bookmark_stays_behind_the_last_completed_day(whole: TapRun) -> None:
    """Three hours before half past eleven in UTC, the day before was complete everywhere."""
    partitions = whole.state["bookmarks"]["ad_performance_report"]["partitions"]
    zones = {row["Id"]: row["TimeZone"] for row in whole.records("accounts")}
    reached = {zones[part["context"]["account_id"]]: part["replication_key_value"] for part in partitions}
    assert set(reached) <= set(IANA)
    # In Tokyo the mark is in the early morning of the next day: the day itself is over there.
    assert {zone: value for zone, value in reached.items() if zone != "OsakaSapporoTokyo"} == dict.fromkeys(
        set(reached) - {"OsakaSapporoTokyo"}, day(-1)
    )


def test_a_report_of_ones_own_has_its_attributes_in_the_key(microsoft: Microsoft) -> None:
    run = microsoft.run("own", custom_reports=[OWN | {"aggregation": "Hourly"}])
    assert run.exit_code == 0, run.errors
    [schema] = [message for message in run.messages if message["type"] == "SCHEMA" and message["stream"] == "own"]
    assert schema["key_properties"] == ["AccountId", "KeywordId", "Keyword", "TimePeriod", "Hour"]
    rows = run.records("own")
    assert len({tuple(row[key] for key in schema["key_properties"]) for row in rows}) == len(rows) > 0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kind": "KeywordPerformanceReport"}, "there is no report 'KeywordPerformanceReport' by day"),
        ({"columns": ["Click"]}, "has no column Click"),
        ({"columns": ["KeywordId"]}, "holds no figure"),
        (
            {"kind": "CampaignPerformance", "columns": ["DeviceOS", "ImpressionSharePercent"]},
            "cannot be had with DeviceOS",
        ),
        ({"aggregation": "Weekly"}, "aggregation"),
    ],
)
def test_a_wrong_report_is_refused_before_anything_is_asked(
    microsoft: Microsoft, change: dict[str, Any], told: str
) -> None:
    run = microsoft.run(custom_reports=[OWN | change])
    assert run.exit_code != 0
    assert told in run.errors


def test_an_account_that_refuses_is_named_and_the_others_are_read(microsoft: Microsoft) -> None:
    first, second = (row["Id"] for row in microsoft.truth("accounts"))
    microsoft.misbehave({"match": "/Submit", "body": first, "kind": "forbidden", "times": None})
    run = microsoft.run("ad_performance_report")
    assert run.exit_code == 3
    assert first in run.errors
    assert {row["AccountId"] for row in run.records("ad_performance_report")} == {second}


@pytest.mark.parametrize("kind", ["truncated", "torn", "html", "expired_link", "report_failed", "revoked_token"])
def test_what_breaks_once_loses_nothing(microsoft: Microsoft, kind: str) -> None:
    match = "/Poll" if kind.startswith("report") or kind == "revoked_token" else "/reportdownload/"
    microsoft.misbehave({"match": match, "kind": kind, "times": 1})
    run = microsoft.run("ad_performance_report")
    assert run.exit_code == 0, run.errors
    stream = "ad_performance_report"
    assert held(TapMicrosoftAds, stream, run.records(stream)) == held(TapMicrosoftAds, stream, microsoft.truth(stream))


def test_a_report_without_data_has_no_rows_and_is_covered(microsoft: Microsoft) -> None:
    microsoft.misbehave({"match": "/Poll", "kind": "report_empty", "times": None})
    run = microsoft.run("ad_performance_report")
    assert run.exit_code == 0
    assert run.records("ad_performance_report") == []
    assert run.receipt.streams["ad_performance_report"].windows


def test_every_kind_of_report_that_is_had_by_day_can_be_defined() -> None:
    assert {"DSASearchQueryPerformance", "HotelDimensionPerformance", "CallDetail"} <= set(REPORTS)
