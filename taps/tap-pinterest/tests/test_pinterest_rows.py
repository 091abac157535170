"""What comes out is what Pinterest has, row for row."""

from __future__ import annotations

from typing import Any

import pytest
from dif_kit.testing import TapRun
from tap_pinterest.tap import TapPinterest

STREAMS = [stream.name for stream in TapPinterest.stream_types]
DATED = [stream.name for stream in TapPinterest.stream_types if stream.window is not None]


@pytest.fixture(scope="module")
def whole(documented: Any) -> TapRun:
    """One run of everything."""
    return documented.run()


def test_a_run_of_everything_is_complete(whole: TapRun) -> None:
    assert whole.exit_code == 0, whole.last_line
    assert whole.receipt.complete


def test_a_run_of_everything_stays_below_the_documented_limits(whole: TapRun, documented: Any) -> None:
    assert whole.exit_code == 0
    assert {entry["status"] for entry in documented.requests()} == {200}


def test_the_simulator_knows_every_stream(documented: Any) -> None:
    assert set(documented.streams()) == set(STREAMS)


@pytest.mark.parametrize("stream", STREAMS)
def test_a_stream_holds_exactly_what_pinterest_has(whole: TapRun, documented: Any, stream: str) -> None:
    truth = documented.held(stream, documented.truth(stream))
    assert truth
    assert documented.held(stream, whole.records(stream)) == truth


@pytest.mark.parametrize("stream", STREAMS)
def test_no_row_comes_twice_in_a_run(whole: TapRun, documented: Any, stream: str) -> None:
    assert len(documented.held(stream, whole.records(stream))) == len(whole.records(stream))


@pytest.mark.parametrize("stream", STREAMS)
def test_no_row_has_a_column_that_the_schema_does_not_know(whole: TapRun, stream: str) -> None:
    (schema,) = (m["schema"] for m in whole.messages if m["type"] == "SCHEMA" and m["stream"] == stream)
    columns = {name for row in whole.records(stream) for name in row}
    assert columns <= set(schema["properties"])


@pytest.mark.parametrize("stream", STREAMS)
def test_an_id_is_text_however_pinterest_writes_it(whole: TapRun, stream: str) -> None:
    ids = [value for row in whole.records(stream) for name, value in row.items() if name.lower().endswith("id")]
    assert {type(value) for value in ids if value is not None} == {str}


@pytest.mark.parametrize("stream", [stream for stream in STREAMS if not stream.startswith(("board", "user"))])
def test_every_row_says_whose_it_is(whole: TapRun, documented: Any, stream: str) -> None:
    column = "id" if stream == "ad_accounts" else "AD_ACCOUNT_ID" if stream in DATED else "ad_account_id"
    assert {row[column] for row in whole.records(stream)} <= set(documented.account_ids())


def test_a_row_of_the_user_says_whose_it_is(whole: TapRun, documented: Any) -> None:
    (user,) = documented.truth("user_account")
    assert {row["user_account_id"] for row in whole.records("user_account_analytics")} == {user["id"]}


def test_archived_entities_are_there(whole: TapRun) -> None:
    found = {row["status"] for stream in ("campaigns", "ad_groups", "ads") for row in whole.records(stream)}
    assert "ARCHIVED" in found


def test_a_setting_restricts_the_accounts(pinterest: Any) -> None:
    first, *_ = pinterest.account_ids()
    run = pinterest.run("ad_accounts", "campaigns", ad_account_ids=[first])
    assert run.exit_code == 0
    assert {row["id"] for row in run.records("ad_accounts")} == {first}
    assert {row["ad_account_id"] for row in run.records("campaigns")} == {first}


def test_an_account_that_is_asked_for_but_not_there_is_reported(pinterest: Any) -> None:
    first, *_ = pinterest.account_ids()
    run = pinterest.run("ad_accounts", ad_account_ids=[first, "549000000000"])
    assert run.exit_code == 3
    assert "549000000000" in run.last_line


def test_figures_go_back_as_far_as_pinterest_answers(pinterest: Any) -> None:
    run = pinterest.run("ad_account_analytics", "advertiser_report", start_date=pinterest.day(-300))
    assert run.exit_code == 0
    assert min(row["DATE"] for row in run.records("advertiser_report")) == pinterest.day(-300)
    assert min(row["DATE"] for row in run.records("ad_account_analytics")) == pinterest.day(-90)
    assert "90 days" in run.errors
