"""The signing user and its daily analytics: what is asked, what comes, when it is final."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import requests
    from conftest import Api, Start

OCTOBER = {"start_date": "2026-10-20", "end_date": "2026-11-01"}
PATH = "/user_account/analytics"


def code(answer: requests.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["code"]


def days(api: Api, **query: str) -> list[dict[str, Any]]:
    return list(api.get(PATH, **{**OCTOBER, **query}).json()["all"]["daily_metrics"])


def test_the_profile_is_the_truth_and_owns_the_ad_accounts(api: Api) -> None:
    profile = api.get("/user_account").json()
    assert api.truth("user_account") == [profile]
    assert {account["owner"]["id"] for account in api.walk("/ad_accounts")} == {profile["id"]}
    assert profile["pin_count"] == len(api.truth("board_pins"))


def test_asking_for_the_days_gives_the_truth(api: Api) -> None:
    user = api.get("/user_account").json()["id"]
    truth = api.truth("user_account_analytics", start_date=OCTOBER["start_date"])
    assert [{"user_account_id": user, **row} for row in days(api)] == truth
    assert len(truth) == 13


def test_a_day_is_estimated_first_and_then_ready_for_ever(api: Api) -> None:
    def seen(moment: str) -> tuple[str, float]:
        api.clock(moment)
        (row,) = days(api, start_date="2026-11-02", end_date="2026-11-02") or [None]
        return (row["data_status"], row["metrics"].get("IMPRESSION", 0)) if row else ("", 0)

    seen_at = [seen(f"2026-11-{day:02}T12:00:00Z") for day in range(1, 8)]
    assert [status for status, _ in seen_at] == ["", "PROCESSING", "ESTIMATE", "ESTIMATE", "READY", "READY", "READY"]
    counts = [count for _, count in seen_at]
    assert counts[:2] == [0, 0]
    assert counts[2] < counts[3] < counts[4] == counts[5] == counts[6]


def test_the_summary_adds_up_the_days(api: Api) -> None:
    answer = api.get(PATH, **OCTOBER).json()["all"]
    assert answer["summary_metrics"]["IMPRESSION"] == sum(
        day["metrics"].get("IMPRESSION", 0) for day in answer["daily_metrics"]
    )


def test_metrics_can_be_chosen(api: Api) -> None:
    assert set(days(api, metric_types="IMPRESSION,SAVE_RATE")[0]["metrics"]) == {"IMPRESSION", "SAVE_RATE"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"start_date": None},
        {"end_date": "yesterday"},
        {"start_date": "2026-08-02"},
        {"end_date": "2027-02-01"},
        {"metric_types": "VIDEO_START"},
    ],
)
def test_what_the_specification_does_not_allow_is_refused(api: Api, wrong: dict[str, Any]) -> None:
    assert code(api.get(PATH, **{**OCTOBER, **wrong})) == (400, 1)


def test_what_is_not_simulated_says_so(api: Api) -> None:
    assert code(api.get(PATH, **OCTOBER, split_field="APP_TYPE")) == (501, 501)


def test_an_ad_account_stands_for_its_owner(api: Api) -> None:
    assert days(api, ad_account_id=api.accounts()[0]) == days(api)
    assert code(api.get(PATH, **OCTOBER, ad_account_id="549000000000")) == (404, 2)


def test_the_scope_is_needed(start: Start) -> None:
    api = start(scopes={"demo": ["ads:read", "boards:read", "pins:read"]})
    assert code(api.get("/user_account")) == (401, 3)
    assert code(api.get(PATH, **OCTOBER)) == (401, 3)


def test_sixty_requests_a_minute_are_answered(start: Start) -> None:
    api = start(budgets={"org_analytics": "2/60"})
    assert [api.get(PATH, **OCTOBER).status_code for _ in range(3)] == [200, 200, 429]
    assert api.get("/user_account").status_code == 200
