"""Figures by targeting, five types an order, and days of the user that are not final at first."""

from __future__ import annotations

from typing import Any

import pytest

STREAM = "campaign_targeting_report"


def orders(pinterest: Any) -> list[int]:
    """The status of each order of a report."""
    return [entry["status"] for entry in pinterest.requests("/reports") if entry["method"] == "POST"]


def test_five_types_at_a_time_are_asked_for_until_all_are(pinterest: Any) -> None:
    run = pinterest.run(STREAM)
    assert run.exit_code == 0, run.last_line
    assert orders(pinterest) == [200, 200, 200] * len(pinterest.account_ids())
    assert len({row["TARGETING_TYPE"] for row in run.records(STREAM)}) == 12


def test_a_setting_chooses_the_types(pinterest: Any) -> None:
    chosen = ["GENDER", "KEYWORD"]
    run = pinterest.run(STREAM, targeting_types=chosen)
    assert run.exit_code == 0, run.last_line
    assert orders(pinterest) == [200] * len(pinterest.account_ids())
    truth = [row for row in pinterest.truth(STREAM) if row["TARGETING_TYPE"] in chosen]
    assert pinterest.held(STREAM, run.records(STREAM)) == pinterest.held(STREAM, truth)


def test_a_type_that_pinterest_refuses_fails_its_streams_and_no_other(pinterest: Any) -> None:
    run = pinterest.run(STREAM, "campaign_report", targeting_types=["GENDER", "SHOE_SIZE"])
    assert run.exit_code == 3
    assert "SHOE_SIZE" in run.errors
    assert {part.stream for part in run.receipt.failed} == {STREAM}
    assert pinterest.held("campaign_report", run.records("campaign_report")) == pinterest.held(
        "campaign_report", pinterest.truth("campaign_report")
    )


def test_no_type_at_all_is_refused_instead_of_reading_nothing(pinterest: Any) -> None:
    run = pinterest.run(STREAM, targeting_types=[])
    assert run.exit_code == 2
    assert "targeting_types" in run.last_line


def test_a_value_is_text_however_pinterest_writes_it(pinterest: Any) -> None:
    run = pinterest.run(STREAM, targeting_types=["LOCATION", "AUDIENCE_INCLUDE"])
    values = {row["TARGETING_VALUE"] for row in run.records(STREAM)}
    assert values
    assert {type(value) for value in values} == {str}
    assert all(value.isdigit() for value in values)


def test_a_long_range_is_ordered_a_month_at_a_time(pinterest: Any) -> None:
    run = pinterest.run("advertiser_targeting_report", start_date=pinterest.day(-40), targeting_types=["GENDER"])
    assert run.exit_code == 0, run.last_line
    assert orders(pinterest) == [200, 200] * len(pinterest.account_ids())
    truth = pinterest.truth("advertiser_targeting_report", pinterest.day(-40))
    wanted = [row for row in truth if row["TARGETING_TYPE"] == "GENDER"]
    held = pinterest.held("advertiser_targeting_report", run.records("advertiser_targeting_report"))
    assert held == pinterest.held("advertiser_targeting_report", wanted)


def test_days_that_are_estimates_are_final_after_later_runs(pinterest: Any) -> None:
    stream = "user_account_analytics"
    pinterest.set_clock(-3)
    first = pinterest.run(stream, start_date=pinterest.day(-10), end_date=pinterest.day(-3))
    status = {row["date"]: row["data_status"] for row in first.records(stream)}
    assert (status[pinterest.day(-3)], status[pinterest.day(-4)]) == ("PROCESSING", "ESTIMATE")

    pinterest.set_clock(0)
    second = pinterest.run(stream, start_date=pinterest.day(-10), state=first.state)
    held = pinterest.held(stream, [*first.records(stream), *second.records(stream)])
    assert held == pinterest.held(stream, pinterest.truth(stream, pinterest.day(-10)))
    assert {row["data_status"] for row in held.values() if row["date"] <= pinterest.day(-3)} == {"READY"}


@pytest.mark.parametrize("kind", ["report_failed", "report_expired"])
def test_an_order_of_several_that_fails_is_not_a_part_that_is_missing_in_silence(pinterest: Any, kind: str) -> None:
    first, *_ = pinterest.account_ids()
    pinterest.misbehave({"match": f"{first}/reports$", "kind": kind, "times": None})
    run = pinterest.run(STREAM)
    assert run.exit_code == 3
    assert [(part.stream, part.partition["ad_account_id"]) for part in run.receipt.failed] == [(STREAM, first)]
