"""What the tap does when Pinterest misbehaves: nothing is lost in silence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from dif_kit.testing import TapRun

CHAIN = ("boards", "board_sections", "board_section_pins")


def assert_whole(pinterest: Any, run: TapRun, *streams: str) -> None:
    """The run is complete and the streams hold what Pinterest has."""
    assert run.exit_code == 0, run.last_line
    assert run.receipt.complete
    for stream in streams:
        assert pinterest.held(stream, run.records(stream)) == pinterest.held(stream, pinterest.truth(stream))


@pytest.mark.parametrize(
    ("stream", "path"),
    [
        ("campaigns", "/campaigns$"),
        ("campaign_analytics", "/campaigns/analytics$"),
        ("campaign_report", "/reports$"),
        ("boards", "/boards$"),
    ],
)
def test_code_8_is_waited_for_and_loses_nothing(pinterest: Any, stream: str, path: str) -> None:
    pinterest.misbehave({"match": path, "kind": "throttle", "times": 2, "retry_after": "0.1"})
    assert_whole(pinterest, pinterest.run(stream), stream)
    assert [entry["status"] for entry in pinterest.requests() if entry["status"] == 429] == [429, 429]


@pytest.mark.parametrize("kind", ["html", "truncated", "torn", "status"])
def test_an_answer_that_is_not_whole_is_asked_again(pinterest: Any, kind: str) -> None:
    pinterest.misbehave({"match": "/ads$", "kind": kind, "times": 1})
    assert_whole(pinterest, pinterest.run("ads"), "ads")


def test_an_empty_page_with_a_bookmark_is_not_the_end(pinterest: Any) -> None:
    pinterest.misbehave({"match": "/boards", "kind": "empty_page", "times": 4})
    assert_whole(pinterest, pinterest.run(*CHAIN), *CHAIN)


def test_pages_that_go_round_fail_the_partition(pinterest: Any) -> None:
    board = pinterest.truth("boards")[0]["id"]
    pinterest.misbehave({"match": f"/boards/{board}/pins", "kind": "repeat_cursor", "times": None})
    run = pinterest.run("boards", "board_pins")
    assert run.exit_code == 3
    assert board in run.last_line
    others = {row["id"] for row in pinterest.truth("board_pins") if row["board_id"] != board}
    assert others <= {row["id"] for row in run.records("board_pins")}


def test_a_forbidden_account_does_not_stop_the_others(pinterest: Any) -> None:
    forbidden, *others = pinterest.account_ids()
    pinterest.misbehave({"match": f"/ad_accounts/{forbidden}/", "kind": "forbidden", "times": None})
    run = pinterest.run("campaigns", "campaign_analytics", "campaign_report")
    assert run.exit_code == 3
    assert forbidden in run.last_line
    assert not run.receipt.complete
    assert {(part.stream, part.partition["ad_account_id"]) for part in run.receipt.failed} == {
        ("campaigns", forbidden),
        ("campaign_analytics", forbidden),
        ("campaign_report", forbidden),
    }
    for stream in ("campaigns", "campaign_analytics", "campaign_report"):
        column = "ad_account_id" if stream == "campaigns" else "AD_ACCOUNT_ID"
        truth = [row for row in pinterest.truth(stream) if row[column] in others]
        assert pinterest.held(stream, run.records(stream)) == pinterest.held(stream, truth)


def test_an_access_token_that_dies_on_the_way_is_renewed(pinterest: Any) -> None:
    pinterest.misbehave({"match": "/ad_groups$", "kind": "revoked_token", "times": 1})
    assert_whole(pinterest, pinterest.run("ad_groups", "ads"), "ad_groups", "ads")
    assert len(pinterest.requests("/oauth/token")) == 2


def test_a_revoked_grant_is_one_clear_line_without_a_secret(private: Any) -> None:
    private.misbehave({"match": "/oauth/token", "kind": "revoked_grant", "times": 1})
    run = private.run("ad_accounts")
    assert run.exit_code == 1
    assert "credential" in run.last_line
    assert "Traceback" not in run.errors
    secrets = json.loads(Path(private.folder, private.client, "pinterest").read_text()).values()
    assert not [secret for secret in secrets if secret in run.errors + run.output]


def test_a_token_without_a_scope_leaves_the_rest_alone(private: Any) -> None:
    run = private.of("scopeless").run("ad_accounts", "boards")
    assert run.exit_code == 3
    assert "boards:read" in run.last_line
    assert run.records("ad_accounts")


def test_an_expired_link_is_asked_for_again(pinterest: Any) -> None:
    pinterest.misbehave({"match": "pinterest-ads-reports", "kind": "expired_link", "times": 1})
    assert_whole(pinterest, pinterest.run("campaign_report"), "campaign_report")


def test_an_expired_report_is_ordered_again(pinterest: Any) -> None:
    pinterest.misbehave({"match": "/reports$", "kind": "report_expired", "times": 1})
    assert_whole(pinterest, pinterest.run("ad_group_report"), "ad_group_report")


def test_a_failed_report_is_reported_and_the_other_account_is_delivered(pinterest: Any) -> None:
    first, *others = pinterest.account_ids()
    pinterest.misbehave({"match": f"{first}/reports$", "kind": "report_failed", "times": None})
    run = pinterest.run("campaign_report")
    assert run.exit_code == 3
    assert first in run.last_line
    assert {row["AD_ACCOUNT_ID"] for row in run.records("campaign_report")} == set(others)


def test_a_link_is_followed_without_the_credential(pinterest: Any) -> None:
    # The storage answers 400 to whoever sends an Authorization header.
    assert_whole(pinterest, pinterest.run("advertiser_report"), "advertiser_report")
    assert [entry for entry in pinterest.requests() if "pinterest-ads-reports" in entry["path"]]


@pytest.mark.slow
def test_a_limit_that_is_lower_than_documented_is_kept_by_its_headers(private: Any) -> None:
    # Ten requests a second where a thousand a minute are documented; the headers tell.
    assert_whole(private, private.run(*CHAIN), *CHAIN)
    assert len(private.requests()) > 10
    assert {entry["status"] for entry in private.requests()} == {200}
