"""Reports that a provider makes in its own time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from dif_kit.decode import CsvRecords
from dif_kit.testing import ApiAnswer, FakeApi, TapRun, run_tap

if TYPE_CHECKING:
    from dif_kit.tap import Tap

Config = dict[str, Any]


@pytest.fixture
def config(config: Config) -> Config:
    return config | {"account_ids": ["1"]}


def read(tap: type[Tap], config: Config) -> TapRun:
    return run_tap(tap, config, streams={"campaign_report"})


def polls(api: FakeApi, *answers: Any) -> None:
    api.on("GET", "/accounts/1/reports", list(answers))


def done(api: FakeApi, file: str = "/files/1") -> dict[str, str]:
    return {"status": "FINISHED", "url": api.url + file}


def test_a_report_is_ordered_polled_and_downloaded(tap: type[Tap], config: Config, api: FakeApi) -> None:
    polls(api, {"status": "IN_PROGRESS"}, {"status": "IN_PROGRESS"}, done(api))
    run = read(tap, config)
    assert run.exit_code == 0
    assert run.records("campaign_report") == [
        {"CAMPAIGN_ID": "11", "DATE": "2026-10-02", "SPEND": 3, "ACCOUNT_ID": "1"}
    ]
    order, *asked = [r for r in api.requests if r.path == "/accounts/1/reports"]
    assert order.json() == {
        "level": "CAMPAIGN",
        "range": {"start": "2026-10-01", "end": "2026-10-15"},
        "columns": ["SPEND"],
    }
    assert [request.query for request in asked] == [{"token": "job1"}] * 3


def test_a_file_on_another_host_is_fetched_without_the_credential(tap: type[Tap], config: Config, api: FakeApi) -> None:
    with FakeApi() as store:
        store.on("GET", "/bucket/file", {"11": [{"DATE": "2026-10-02"}]})
        polls(api, {"status": "FINISHED", "url": f"{store.url}/bucket/file?signature=abc"})
        assert read(tap, config).exit_code == 0
        [request] = store.requests
        assert "Authorization" not in request.headers
        assert request.query == {"signature": "abc"}


def test_a_link_that_has_expired_is_asked_for_again(tap: type[Tap], config: Config, api: FakeApi) -> None:
    api.on("GET", "/files/old", ApiAnswer(b"<Error>AccessDenied</Error>", status=403))
    polls(api, done(api, "/files/old"), done(api))
    run = read(tap, config)
    assert run.exit_code == 0
    assert len(run.records("campaign_report")) == 1
    assert len([r for r in api.requests if r.method == "POST"]) == 1


def test_a_link_that_never_opens_is_a_failure(tap: type[Tap], config: Config, api: FakeApi) -> None:
    api.on("GET", "/files/old", ApiAnswer(b"gone", status=404))
    polls(api, done(api, "/files/old"))
    run = read(tap, config)
    assert run.exit_code == 3
    assert "the report's link is refused" in run.last_line


def test_a_report_that_has_expired_is_ordered_again(tap: type[Tap], config: Config, api: FakeApi) -> None:
    api.on("POST", "/accounts/1/reports", [{"token": "a"}, {"token": "b"}])
    polls(api, {"status": "EXPIRED"}, done(api))
    assert read(tap, config).exit_code == 0
    assert [r.query["token"] for r in api.asked("/accounts/1/reports") if r.method == "GET"] == ["a", "b"]


@pytest.mark.parametrize("status", ["FAILED", "NEVER_HEARD_OF", None])
def test_a_report_that_failed_is_a_failure(tap: type[Tap], config: Config, api: FakeApi, status: Any) -> None:
    polls(api, {"status": status})
    run = read(tap, config)
    assert run.exit_code == 3
    assert f"the report ended as {status!r}" in run.last_line
    assert "campaign_report" not in run.state["bookmarks"]


def test_done_without_rows_is_success(tap: type[Tap], config: Config, api: FakeApi) -> None:
    polls(api, {"status": "FINISHED", "url": None})
    run = read(tap, config)
    assert run.exit_code == 0
    assert run.receipt.streams["campaign_report"].windows[0].to == "2026-10-15"
    assert run.state["bookmarks"]["campaign_report"]["partitions"][0]["replication_key_value"] == "2026-10-15"


def test_a_report_that_is_too_large_comes_in_halves(tap: type[Tap], config: Config, api: FakeApi) -> None:
    polls(api, {"status": "TOO_BIG"}, done(api), done(api))
    assert read(tap, config).exit_code == 0
    ordered = [r.json()["range"] for r in api.requests if r.method == "POST"]
    assert ordered == [
        {"start": "2026-10-01", "end": "2026-10-15"},
        {"start": "2026-10-01", "end": "2026-10-08"},
        {"start": "2026-10-09", "end": "2026-10-15"},
    ]


def test_a_report_that_takes_too_long_is_a_failure(tap: type[Tap], config: Config, api: FakeApi) -> None:
    polls(api, {"status": "IN_PROGRESS"})
    [report] = [stream for stream in tap.stream_types if stream.name == "campaign_report"]
    hasty = type("Hasty", (report,), {"deadline_seconds": 0.01})
    others = tuple(stream for stream in tap.stream_types if stream is not report)
    run = read(type("TapHasty", (tap,), {"stream_types": (*others, hasty)}), config)
    assert run.exit_code == 3
    assert "not done after" in run.last_line


def test_half_a_file_is_fetched_again(tap: type[Tap], config: Config, api: FakeApi) -> None:
    api.before("GET", "/files/1", ApiAnswer(b'{"11": [{"DATE"'), ApiAnswer({"11": []}, cut=True))
    run = read(tap, config)
    assert run.exit_code == 0
    assert len(run.records("campaign_report")) == 1


def test_a_csv_report_takes_its_types_from_the_schema(tap: type[Tap], config: Config, api: FakeApi) -> None:
    [report] = [stream for stream in tap.stream_types if stream.name == "campaign_report"]
    textual = type("Textual", (report,), {"records": CsvRecords()})
    others = tuple(stream for stream in tap.stream_types if stream is not report)
    api.on("GET", "/files/1", ApiAnswer(b"CAMPAIGN_ID,DATE,SPEND\n11,2026-10-02,0.10\n12,2026-10-02,\n"))
    run = read(type("TapTextual", (tap,), {"stream_types": (*others, textual)}), config)
    assert '"DATE":"2026-10-02","SPEND":0.10' in run.output
    assert run.records("campaign_report")[1]["SPEND"] is None


def test_a_submission_without_a_job_is_a_failure(tap: type[Tap], config: Config, api: FakeApi) -> None:
    api.on("POST", "/accounts/1/reports", {"message": "ok"})
    run = read(tap, config)
    assert run.exit_code == 3
    assert "holds no 'token'" in run.last_line
