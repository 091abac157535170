"""Rate limits: counted by user, app and category, announced in every answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import requests
    from conftest import Start


DAY = 86_400


def numbers(answer: requests.Response) -> tuple[int, int]:
    return int(answer.headers["x-ratelimit-remaining"]), int(answer.headers["x-ratelimit-reset"])


def test_every_answer_says_what_is_left(start: Start) -> None:
    api = start(budgets={"ads_read": f"5/{DAY}"})
    answer = api.get("/ad_accounts")
    expected = '5, 100;w=1;name="safety_net_app_id_user_id", 5;w=86400;name="ads_read_app_id_user_id"'
    assert answer.headers["x-ratelimit-limit"] == expected
    remaining, reset = numbers(answer)
    assert remaining == 4
    assert 0 < reset <= DAY
    assert numbers(api.get("/ad_accounts"))[0] == 3


def test_the_documented_limits_hold_by_default(start: Start) -> None:
    api = start(budgets={})
    account = api.accounts()[0]
    limits = {
        "ads_read": api.get("/ad_accounts"),
        "ads_analytics": api.get(f"/ad_accounts/{account}/analytics"),
        "org_read": api.get("/boards"),
    }
    announced = {name: answer.headers["x-ratelimit-limit"] for name, answer in limits.items()}
    assert '1000;w=60;name="ads_read_app_id_user_id"' in announced["ads_read"]
    assert '300;w=60;name="ads_analytics_app_id_user_id"' in announced["ads_analytics"]
    assert '1000;w=60;name="org_read_app_id_user_id"' in announced["org_read"]


def test_a_request_too_many_is_refused_with_code_8(start: Start) -> None:
    api = start(budgets={"ads_read": f"2/{DAY}"})
    assert [api.get("/ad_accounts").status_code for _ in range(3)] == [200, 200, 429]
    refused = api.get("/ad_accounts")
    assert refused.json()["code"] == 8
    assert numbers(refused)[0] == 0
    assert "retry-after" not in refused.headers


def test_categories_are_counted_apart(start: Start) -> None:
    api = start(budgets={"ads_read": f"1/{DAY}"})
    assert api.get("/ad_accounts").status_code == 200
    assert api.get("/ad_accounts").status_code == 429
    assert api.get("/boards").status_code == 200


def test_clients_are_counted_apart(start: Start) -> None:
    api = start(budgets={"ads_read": f"1/{DAY}"})
    assert api.get("/ad_accounts").status_code == 200
    acme = type(api)(api.url, api.simulators, "acme", api.session).login()
    assert acme.get("/ad_accounts").status_code == 200


def test_all_categories_together_have_a_limit(start: Start) -> None:
    api = start(budgets={"safety_net": f"2/{DAY}"})
    assert api.get("/ad_accounts").status_code == 200
    assert api.get("/boards").status_code == 200
    assert api.get("/ad_accounts").status_code == 429


def test_errors_are_counted_and_announce_the_limit_too(start: Start) -> None:
    api = start(budgets={"ads_read": f"2/{DAY}"})
    assert numbers(api.get("/ad_accounts/1/campaigns"))[0] == 1
    assert numbers(api.get("/ad_accounts", page_size="many"))[0] == 0
    assert api.get("/ad_accounts").status_code == 429


def test_tokens_have_a_limit(start: Start) -> None:
    api = start(budgets={"org_read": f"2/{DAY}"})
    assert api.token().status_code == 200  # the first one was the login
    assert api.token().status_code == 429


@pytest.mark.parametrize("budgets", [{"ads": "1/1"}, {"ads_read": "many"}])
def test_a_limit_that_does_not_exist_or_cannot_be_read_is_an_error(start: Start, budgets: dict[str, str]) -> None:
    with pytest.raises(Exception, match="limit"):
        start(budgets=budgets)
