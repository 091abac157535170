"""Reports that a client defines in the settings."""

from __future__ import annotations

from typing import Any

import pytest
from dif_kit.testing import TapRun
from jsonschema import Draft202012Validator
from tap_pinterest.tap import TapPinterest

DAILY = {"name": "spend_by_group", "level": "AD_GROUP", "columns": ["AD_GROUP_NAME", "SPEND_IN_MICRO_DOLLAR"]}
# As a client of a live account defined it, and the row that the account answered (2023-11).
TOTAL = {"name": "custom_vadim_report", "level": "AD_GROUP", "columns": ["IMPRESSION_2"], "granularity": "TOTAL"}
LIVE_ROW = {
    "ADVERTISER_ID": 549761668032.0,
    "AD_ACCOUNT_ID": "549761668032",
    "AD_GROUP_ID": "2680068678993",
    "IMPRESSION_2": 11.0,
    "DATE_RANGE": "2023-10-01 - 2023-10-31",
}


def schema_of(run: TapRun, stream: str) -> dict[str, Any]:
    """The schema that a run announced."""
    (schema,) = (m["schema"] for m in run.messages if m["type"] == "SCHEMA" and m["stream"] == stream)
    return schema


def test_a_report_by_day_holds_the_figures_of_the_plain_one(pinterest: Any) -> None:
    run = pinterest.run("spend_by_group", custom_reports=[DAILY])
    assert run.exit_code == 0, run.last_line
    rows = run.records("spend_by_group")
    assert all(row.keys() <= schema_of(run, "spend_by_group")["properties"].keys() for row in rows)
    found = {(row["AD_GROUP_ID"], row["DATE"]): row.get("SPEND_IN_MICRO_DOLLAR") for row in rows}
    truth = {
        (str(row["AD_GROUP_ID"]), row["DATE"]): row.get("SPEND_IN_MICRO_DOLLAR")
        for row in pinterest.truth("ad_group_report")
    }
    assert found == truth


def test_the_next_run_of_a_report_by_day_goes_on_from_its_bookmark(pinterest: Any) -> None:
    state = pinterest.run("spend_by_group", custom_reports=[DAILY]).state
    assert {part["replication_key_value"] for part in state["bookmarks"]["spend_by_group"]["partitions"]} == {
        pinterest.day(-1)
    }


def test_a_total_is_one_row_an_entity_that_says_its_range(pinterest: Any) -> None:
    run = pinterest.run("custom_vadim_report", custom_reports=[TOTAL])
    assert run.exit_code == 0, run.last_line
    rows = run.records("custom_vadim_report")
    assert {row["DATE_RANGE"] for row in rows} == {f"{pinterest.day(-3)} - {pinterest.day(0)}"}
    by_day: dict[str, float] = {}
    for row in pinterest.truth("ad_group_report"):
        by_day[str(row["AD_GROUP_ID"])] = by_day.get(str(row["AD_GROUP_ID"]), 0) + row.get("IMPRESSION_2", 0)
    assert {row["AD_GROUP_ID"]: row.get("IMPRESSION_2", 0) for row in rows} == by_day


def test_a_total_is_read_anew_and_claims_no_day(pinterest: Any) -> None:
    first = pinterest.run("custom_vadim_report", custom_reports=[TOTAL])
    second = pinterest.run("custom_vadim_report", custom_reports=[TOTAL], state=first.state)
    assert second.records("custom_vadim_report") == first.records("custom_vadim_report")
    assert first.receipt.complete
    assert not first.receipt.streams["custom_vadim_report"].windows


def test_a_row_of_a_live_account_fits_the_schema_of_its_report() -> None:
    config = {"credential_ref": "env://NONE", "start_date": "2023-10-01", "custom_reports": [TOTAL]}
    stream = TapPinterest(config=config).streams["custom_vadim_report"]
    assert LIVE_ROW.keys() <= stream.schema["properties"].keys()
    assert stream.primary_keys == ("AD_GROUP_ID", "DATE_RANGE")
    Draft202012Validator(stream.schema).validate(
        stream.number_forms.settle(dict(LIVE_ROW, ADVERTISER_ID="549761668032"))
    )


def test_a_report_by_targeting_has_a_row_for_each_value(pinterest: Any) -> None:
    report = {"name": "by_gender", "level": "CAMPAIGN_TARGETING", "columns": ["IMPRESSION_1"]}
    run = pinterest.run("by_gender", custom_reports=[report], targeting_types=["GENDER"])
    assert run.exit_code == 0, run.last_line
    truth = [row for row in pinterest.truth("campaign_targeting_report") if row["TARGETING_TYPE"] == "GENDER"]
    keys = ("CAMPAIGN_ID", "DATE", "TARGETING_TYPE", "TARGETING_VALUE")
    assert {tuple(str(row[key]) for key in keys) for row in run.records("by_gender")} == {
        tuple(str(row[key]) for key in keys) for row in truth
    }


@pytest.mark.parametrize(
    ("reports", "told"),
    [
        ([DAILY | {"columns": ["SPEND_IN_MICRO_DOLAR"]}], "did you mean SPEND_IN_MICRO_DOLLAR"),
        ([DAILY, DAILY], "custom_reports[1] (spend_by_group): there is a stream of this name already"),
        ([DAILY | {"name": "campaigns"}], "there is a stream of this name already"),
        ([DAILY | {"name": "Spend by Group"}], "small letters, digits and underscores"),
        ([DAILY | {"level": "SHOE"}], "SHOE"),
        ([DAILY | {"granularity": "HOUR"}], "HOUR"),
        ([DAILY | {"columns": []}], "columns"),
        ([{"name": "x", "columns": ["CTR"]}], "level"),
        ([DAILY | {"colums": ["CTR"]}], "colums"),
        (["spend"], "spend"),
    ],
)
def test_a_definition_that_is_wrong_is_one_clear_line(pinterest: Any, reports: list[Any], told: str) -> None:
    run = pinterest.run(custom_reports=reports)
    assert run.exit_code == 2
    assert told in run.last_line
    assert "Traceback" not in run.errors
