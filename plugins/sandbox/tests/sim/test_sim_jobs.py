"""Reports by submit, poll and download."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests
from dif_sandbox.sim.clock import Clock
from dif_sandbox.sim.encodings import Payload
from dif_sandbox.sim.generator import Draw
from dif_sandbox.sim.reports import Desk, DuplicateError, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import MosaicApi

    StartMosaic = Callable[..., MosaicApi]

DAYS = {"start_date": "2026-10-30", "end_date": "2026-11-01"}


def order(api: MosaicApi, **given: Any) -> str:
    answer = api.post("reports", {**DAYS, **given})
    assert (answer.status_code, answer.json()["status"]) == (202, "PENDING"), answer.text
    return answer.json()["reportId"]


def poll(api: MosaicApi, report: str) -> dict[str, Any]:
    answer = api.get(f"reports/{report}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def done(api: MosaicApi, report: str) -> dict[str, Any]:
    for _ in range(10):
        found = poll(api, report)
        if found["status"] not in {"PENDING", "PROCESSING"}:
            return found
    return pytest.fail("the report does not end")


def test_a_report_is_in_progress_and_then_holds_the_truth(mosaic: MosaicApi) -> None:
    report = order(mosaic)
    assert poll(mosaic, report)["status"] == "PROCESSING"
    found = done(mosaic, report)
    assert found["status"] == "COMPLETED"
    answer = requests.get(found["url"], timeout=30)
    assert answer.headers["content-type"] == "application/gzip"
    assert json.loads(gzip.decompress(answer.content)) == mosaic.own("figures", **DAYS)


@pytest.mark.parametrize("kind", ["csv", "zip", "xml", "xlsx", "ndjson"])
def test_a_report_comes_in_the_encoding_that_was_ordered(mosaic: MosaicApi, kind: str) -> None:
    url = done(mosaic, order(mosaic, format=kind))["url"]
    assert requests.get(url, timeout=30).content == mosaic.get("figures", format=kind, **DAYS).content or kind in {
        "xlsx",  # a workbook holds the time it was made
        "xml",  # the figures' own answer has a head
    }


def test_a_report_shows_what_was_known_when_it_was_ordered(mosaic: MosaicApi) -> None:
    known = mosaic.own("figures", **DAYS)
    report = order(mosaic)
    mosaic.clock("2026-11-02T00:10:00Z")
    assert json.loads(gzip.decompress(requests.get(done(mosaic, report)["url"], timeout=30).content)) == known
    assert mosaic.own("figures", **DAYS) != known


def test_the_same_order_again_is_answered_with_the_earlier_report(mosaic: MosaicApi) -> None:
    report = order(mosaic)
    again = mosaic.post("reports", DAYS)
    assert again.status_code == 425
    assert again.json()["message"].endswith(f" : {report}")
    assert order(mosaic, format="csv") != report
    done(mosaic, report)
    assert mosaic.post("reports", DAYS).status_code == 425
    mosaic.account = mosaic.accounts[1]
    assert order(mosaic) != report


def test_an_order_can_be_repeated_when_the_earlier_one_failed_or_expired(mosaic: MosaicApi) -> None:
    report = order(mosaic)
    mosaic.faults({"match": "/reports/", "kind": "report_failed"})
    assert poll(mosaic, report) == {
        "reportId": report, "status": "FAILED", "url": None, "failureReason": "Internal error.",
    }  # fmt: skip
    second = order(mosaic)
    assert done(mosaic, second)["url"]
    mosaic.clock("2026-11-02T02:00:00Z")
    assert poll(mosaic, second)["status"] == "EXPIRED"
    order(mosaic)


def test_a_report_without_data_is_completed_and_has_no_url(mosaic: MosaicApi) -> None:
    nothing = order(mosaic, start_date="2026-12-01", end_date="2026-12-02")
    assert done(mosaic, nothing) == {"reportId": nothing, "status": "COMPLETED", "url": None}
    mosaic.faults({"match": "/reports/", "kind": "report_empty"})
    assert done(mosaic, order(mosaic))["url"] is None


def test_a_report_that_is_too_large_fails_and_says_why(start_mosaic: StartMosaic) -> None:
    mosaic = start_mosaic(most_rows=300)
    failed = done(mosaic, order(mosaic))
    assert (failed["status"], failed["failureReason"]) == ("FAILED", "The report has too many rows.")
    assert done(mosaic, order(mosaic, start_date="2026-10-31"))["status"] == "COMPLETED"


def test_a_report_waits_in_a_long_queue_until_its_time_has_come(start_mosaic: StartMosaic) -> None:
    mosaic = start_mosaic(queue_seconds=3 * 3_600)
    report = order(mosaic)
    assert [poll(mosaic, report)["status"] for _ in range(20)] == ["PENDING"] * 20
    mosaic.clock("2026-11-02T02:29:59Z")
    assert poll(mosaic, report)["status"] == "PENDING"
    mosaic.clock("2026-11-02T02:30:00Z")
    assert done(mosaic, report)["status"] == "COMPLETED"


def test_a_report_can_be_stuck(mosaic: MosaicApi) -> None:
    report = order(mosaic)
    mosaic.faults({"match": "/reports/", "kind": "report_stuck", "times": 30})
    assert {poll(mosaic, report)["status"] for _ in range(30)} == {"PROCESSING"}
    assert done(mosaic, report)["status"] == "COMPLETED"


def test_no_more_reports_than_allowed_are_in_flight(mosaic: MosaicApi) -> None:
    reports = [order(mosaic, start_date=f"2026-10-1{day}") for day in range(5)]
    refused = mosaic.post("reports", DAYS)
    assert (refused.status_code, refused.json()["code"]) == (400, "207")
    done(mosaic, reports[0])
    order(mosaic)


def test_a_link_works_without_a_key_only_and_for_five_minutes(mosaic: MosaicApi) -> None:
    report = order(mosaic)
    url = done(mosaic, report)["url"]
    assert mosaic.session.get(url).status_code == 400
    assert requests.get(url, timeout=30).status_code == 200
    assert requests.get(url + "0", timeout=30).status_code == 404
    mosaic.clock("2026-11-01T23:35:00Z")
    assert requests.get(url, timeout=30).status_code == 403
    assert requests.get(poll(mosaic, report)["url"], timeout=30).status_code == 200
    mosaic.faults({"match": "/mosaic-reports/", "kind": "expired_link"})
    assert requests.get(poll(mosaic, report)["url"], timeout=30).status_code == 403


def test_another_account_has_no_such_report(mosaic: MosaicApi) -> None:
    report = order(mosaic)
    mosaic.account = mosaic.accounts[1]
    assert mosaic.get(f"reports/{report}").status_code == 404


def test_a_days_that_are_none_are_refused(mosaic: MosaicApi) -> None:
    for wrong in ({"start_date": "yesterday"}, {"end_date": "2026-10-29"}, {"end_date": None}):
        assert mosaic.post("reports", {**DAYS, **wrong}).status_code == 400


def test_the_desk_never_goes_back() -> None:
    clock = Clock(Clock.parse("2026-11-01T00:00:00Z"))
    desk = Desk(clock, Draw("desk"), longest_polls=0, report_seconds=60, link_seconds=10)
    report = desk.order("a", Payload("text/plain", lambda: [b"x"]), request="r")
    with pytest.raises(DuplicateError) as twin:
        desk.order("a", None, request="r")
    assert twin.value.report is report
    assert desk.in_flight("a") == 1
    assert desk.poll("b", report.token) is None
    desk.poll("a", report.token)
    assert (report.state, desk.in_flight("a")) == (State.FINISHED, 0)
    desk.poll("a", report.token, State.IN_PROGRESS)
    assert report.state is State.FINISHED
    clock.set(Clock.parse("2026-11-01T00:01:00Z"))
    desk.poll("a", report.token)
    assert (report.state, report.content) == (State.EXPIRED, None)


def test_what_is_over_for_long_is_forgotten() -> None:
    clock = Clock(datetime(2026, 11, 1, tzinfo=UTC))
    desk = Desk(clock, Draw("1"), longest_polls=0, report_seconds=3600, link_seconds=300)
    content = Payload("text/plain", lambda: [b"x"])
    old = desk.order("demo", content)
    desk.poll("demo", old.token)
    link = desk.link(old)
    assert link is not None
    clock.set(datetime(2026, 11, 1, 1, 30, tzinfo=UTC))
    desk.order("demo", content)
    assert old.content is None
    assert (found := desk.poll("demo", old.token)) is not None
    assert found.state is State.EXPIRED
    clock.set(datetime(2026, 11, 1, 2, 30, tzinfo=UTC))
    new = desk.order("demo", content)
    assert new.token != old.token
    assert desk.poll("demo", old.token) is None
    assert desk.follow(link.key) is None
