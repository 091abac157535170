"""A provider that misbehaves: what passes leaves every row, what does not is told."""

# ruff: noqa: RUF012 - facts are stated as plain dictionaries; nothing changes them
from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from dif_kit.decode import Gzip, JsonRecords
from dif_kit.http import Match, Verdicts
from dif_kit.paging import Cursor
from dif_kit.tap import ReportStatuses, ReportStream, Stream, Window

if TYPE_CHECKING:
    from conftest import Mosaic

TEXT = {"type": ["string", "null"]}
DAY = {"type": ["string", "null"], "format": "date"}


class Ads(Stream):
    name = "ads"
    path = "/v1/accounts/{account_id}/cursor"
    records = "data"
    paging = Cursor("paging.cursors.after", "after", ("limit", 50))
    primary_keys = ("id",)
    schema = {"type": "object", "properties": {"id": TEXT, "account_id": TEXT, "name": TEXT}}


class Report(ReportStream):
    name = "report"
    path = "/v1/accounts/{account_id}/reports"
    body = {"start_date": "{start}", "end_date": "{end}", "format": "gzip"}
    poll_path = "/v1/accounts/{account_id}/reports/{job}"
    job = "reportId"
    status = "status"
    statuses = ReportStatuses(
        running={"PENDING", "PROCESSING"}, done={"COMPLETED"}, failed={"FAILED"}, expired={"EXPIRED"}
    )
    link = "url"
    records = Gzip(JsonRecords())
    poll_seconds = (0.01, 0.02)
    primary_keys = ("ad_id", "date")
    replication_key = "date"
    window = Window(days=31, lookback_days=0)
    verdicts = Verdicts(message="failureReason", window_too_large={Match(text="too many rows")})
    schema = {"type": "object", "properties": {"ad_id": TEXT, "date": DAY}}


@pytest.mark.parametrize("kind", ["throttle", "status", "torn", "truncated", "bom", "empty_page", "short_page"])
def test_what_passes_leaves_every_row_once(mosaic: Mosaic, kind: str) -> None:
    mosaic.breaks(match="/cursor", kind=kind, times=1)
    run = mosaic.run(Ads)
    assert run.exit_code == 0, run.errors
    assert sorted(row["id"] for row in run.records("ads")) == sorted(row["id"] for row in mosaic.truth("ads"))


def test_a_forbidden_account_does_not_stop_the_others(mosaic: Mosaic) -> None:
    mosaic.breaks(match="/cursor", kind="forbidden", times=1)
    run = mosaic.run(Ads)
    assert run.exit_code == 3, run.errors
    found = {row["account_id"] for row in run.records("ads")}
    assert len(found) == len({row["account_id"] for row in mosaic.truth("ads")}) - 1


def test_a_key_that_the_provider_does_not_know_is_one_line(mosaic: Mosaic) -> None:
    mosaic.credential = {"api_key": "mos_nobody"}
    refused = mosaic.run(Ads)
    assert refused.exit_code == 1
    assert "401" in refused.last_line
    assert "mos_nobody" not in refused.errors


def test_a_key_that_dies_on_the_way_ends_the_run_and_is_not_tried_again_and_again(mosaic: Mosaic) -> None:
    mosaic.breaks(match="/cursor", kind="status", status=401, times=None)
    run = mosaic.run(Ads)
    assert run.exit_code == 1
    assert len(mosaic.asked("GET", "/cursor")) <= 8  # what was under way when the first refusal came


def test_a_permanent_error_is_asked_once(mosaic: Mosaic) -> None:
    mosaic.breaks(match="/cursor", kind="status", status=422, times=None)
    run = mosaic.run(Ads)
    assert run.exit_code not in {0, 75}
    assert len(mosaic.asked("GET", "/cursor")) <= len({row["account_id"] for row in mosaic.truth("ads")})


def test_a_report_that_is_too_large_is_ordered_in_halves(mosaic: Mosaic) -> None:
    run = mosaic.run(Report, start_date="2026-10-01", end_date="2026-10-31")
    assert run.exit_code == 0, run.errors
    wanted = mosaic.truth("figures", start_date="2026-10-01", end_date="2026-10-31")
    assert len(wanted) > 2_000
    days = sorted((row["ad_id"], row["date"]) for row in run.records("report"))
    assert days == sorted((row["ad_id"], row["date"]) for row in wanted)
    assert len(mosaic.asked("POST", "/reports")) > 2 * len({row["account_id"] for row in wanted})


class Figures(Stream):
    """Figures that come in one list, of which the provider gives so many rows and no more."""

    name = "figures"
    path = "/v1/accounts/{account_id}/figures"
    params = {"start_date": "{start}", "end_date": "{end}", "maximum_rows": 1_000}
    records = "rows"
    max_rows = 1_000
    primary_keys = ("ad_id", "date")
    replication_key = "date"
    window = Window(days=31, lookback_days=0)
    schema = {"type": "object", "properties": {"ad_id": TEXT, "date": DAY}}


def test_a_list_that_is_cut_without_a_word_is_asked_for_by_fewer_days_until_it_fits(mosaic: Mosaic) -> None:
    days = {"start_date": "2026-10-01", "end_date": "2026-10-31"}
    run = mosaic.run(Figures, **days)
    assert run.exit_code == 0, run.errors
    wanted = sorted((row["ad_id"], row["date"]) for row in mosaic.truth("figures", **days))
    accounts = {row["account_id"] for row in mosaic.truth("ads")}
    assert len(wanted) > 1_000 * len(accounts)  # no account fits whole
    assert sorted((row["ad_id"], row["date"]) for row in run.records("figures")) == wanted


def test_a_day_that_is_cut_without_a_word_is_an_error(mosaic: Mosaic) -> None:
    class OfADay(Figures):
        params = {**Figures.params, "maximum_rows": 20}
        max_rows = 20

    run = mosaic.run(OfADay, start_date="2026-10-01", end_date="2026-10-02")
    assert run.exit_code not in {0, 75}
    assert not run.receipt.complete
    assert "cuts off without a word" in run.errors
