"""The budgets of a provider over the wire: each is enforced, told as its facts say, and refused as they say."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import MosaicApi

    StartMosaic = Callable[..., MosaicApi]

LONG = 100_000
"""A window that does not end while a test runs, unless its boundary falls into it."""


def used_up(ask: Callable[[], requests.Response], times: int) -> tuple[requests.Response, requests.Response]:
    """The last answer that is admitted, and the refusal after it; a window may begin anew in between."""
    last = ask()
    for _ in range(2 * times):
        answer = ask()
        if answer.content != last.content:
            return last, answer
        last = answer
    return pytest.fail("nothing was refused")


def test_a_fixed_window_tells_the_seconds_and_answers_429(start_mosaic: StartMosaic) -> None:
    mosaic = start_mosaic(budgets={"minute": f"2/{LONG}"})
    last, refused = used_up(lambda: mosaic.session.get(f"{mosaic.url}/v1/accounts"), 2)
    assert (last.headers["x-ratelimit-limit"], last.headers["x-ratelimit-remaining"]) == ("2", "0")
    assert 0 < int(last.headers["x-ratelimit-reset"]) <= LONG
    assert (refused.status_code, refused.json()["code"]) == (429, "TOO_MANY")


def test_a_bucket_without_a_word_refuses_with_200_and_a_code(start_mosaic: StartMosaic) -> None:
    mosaic = start_mosaic(budgets={"pages": f"2/{LONG}"})
    last, refused = used_up(lambda: mosaic.get("pages"), 2)
    assert not [name for name in last.headers if "limit" in name.lower()]
    assert (refused.status_code, refused.json()["status"]) == (200, 40100)


def test_a_sliding_window_refuses_with_400_and_a_code_in_the_body(start_mosaic: StartMosaic) -> None:
    mosaic = start_mosaic(budgets={"sliding": f"2/{LONG}"})
    _, refused = used_up(lambda: mosaic.post("index", {}), 2)
    assert (refused.status_code, refused.json()["Errors"][0]["Code"]) == (400, 117)


def test_a_calendar_day_of_a_token_ends_with_the_simulated_day(start_mosaic: StartMosaic) -> None:
    mosaic = start_mosaic(budgets={"day": "2"})
    _, refused = used_up(lambda: mosaic.get("offset"), 2)
    assert (refused.status_code, "retry-after" in refused.headers) == (429, False)
    mosaic.account = mosaic.accounts[1]
    assert mosaic.get("offset").status_code == 429
    mosaic.clock("2026-11-01T23:59:59Z")
    assert mosaic.get("offset").status_code == 429
    mosaic.clock("2026-11-02T00:00:00Z")
    assert mosaic.get("offset").status_code == 200


def test_usage_is_told_in_percent_and_refused_with_400_for_one_account_alone(start_mosaic: StartMosaic) -> None:
    mosaic = start_mosaic(budgets={"hour": f"4/{LONG}"})
    told = json.loads(mosaic.get("cursor").headers["x-business-use-case-usage"])
    assert told["hour"][0]["call_count"] == 25
    _, refused = used_up(lambda: mosaic.get("cursor", limit=1), 4)
    assert (refused.status_code, refused.json()["status"]) == (400, 80004)
    mosaic.account = mosaic.accounts[1]
    assert mosaic.get("cursor").status_code == 200


def test_a_dynamic_limit_says_only_when_to_come_again(start_mosaic: StartMosaic) -> None:
    mosaic = start_mosaic(budgets={"dynamic": f"2/{LONG}"})
    last, refused = used_up(lambda: mosaic.post("token", {}), 2)
    assert "retry-after" not in last.headers
    assert (refused.status_code, 0 < int(refused.headers["retry-after"]) <= LONG // 2) == (429, True)


def test_two_windows_are_told_at_once_and_either_refuses(start_mosaic: StartMosaic) -> None:
    mosaic = start_mosaic(budgets={"burst": f"2/{LONG}", "steady": f"50/{LONG}"})
    last, refused = used_up(lambda: mosaic.get("next", limit=1), 2)
    assert last.headers["ratelimit-limit"] == f"2, 2;w={LONG}, 50;w={LONG}"
    assert (refused.status_code, "retry-after" in refused.headers) == (429, True)
    assert "ratelimit-limit" not in refused.headers


def test_a_leaky_bucket_tells_what_is_in_it(start_mosaic: StartMosaic) -> None:
    mosaic = start_mosaic(budgets={"leaky": f"3/{LONG}"})
    assert mosaic.get("link").headers["x-mosaic-call-limit"] == "1/3"
    last, refused = used_up(lambda: mosaic.get("link"), 2)
    assert (last.headers["x-mosaic-call-limit"], refused.status_code) == ("3/3", 429)


def test_points_are_charged_as_asked_given_back_as_used_and_refused_with_200(start_mosaic: StartMosaic) -> None:
    mosaic = start_mosaic(budgets={"points": f"200/{LONG}"})
    cost = mosaic.graphql(first=150).json()["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (152, 122)
    assert cost["throttleStatus"]["currentlyAvailable"] == 78
    refused = mosaic.graphql(first=100)
    assert refused.status_code == 200
    assert refused.json()["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert refused.json()["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 78


def test_a_reset_can_be_told_as_seconds_since_1970(start_mosaic: StartMosaic) -> None:
    mosaic = start_mosaic(budgets={"chunks": f"1/{LONG}"})
    last, refused = used_up(lambda: mosaic.get("chunks"), 1)
    assert 0 < int(last.headers["x-ratelimit-reset"]) - time.time() <= LONG
    assert (refused.status_code, "retry-after" in refused.headers) == (429, False)


def test_a_quota_can_look_like_a_bad_request_and_a_window_like_a_forbidden_one(start_mosaic: StartMosaic) -> None:
    daily, minutely = start_mosaic(budgets={"downloads": "2"}), start_mosaic(budgets={"download": f"2/{LONG}"})
    _, refused = used_up(lambda: daily.get("whole"), 2)
    assert (refused.status_code, "limit has been reached" in refused.text) == (400, True)
    _, refused = used_up(lambda: minutely.get("whole"), 2)
    assert (refused.status_code, "Limit reached for" in refused.text) == (403, True)


def test_a_refusal_can_be_an_xml_fault_with_200(start_mosaic: StartMosaic) -> None:
    mosaic = start_mosaic(budgets={"xml": f"2/{LONG}"})
    _, refused = used_up(lambda: mosaic.get("xml"), 2)
    assert (refused.status_code, refused.headers["content-type"]) == (200, "application/xml")
    assert b"<errorcode>30</errorcode>" in refused.content


def test_tokens_are_told_in_the_body_and_cost_what_was_read(start_mosaic: StartMosaic) -> None:
    mosaic = start_mosaic(budgets={"tokensPerHour": f"9/{LONG}"})
    days = {"start_date": "2026-10-01", "end_date": "2026-10-30"}
    quota = mosaic.get("figures", **days).json()["propertyQuota"]["tokensPerHour"]
    assert quota == {"consumed": 4, "remaining": 5}
    mosaic.get("figures", **days)
    mosaic.get("figures", **days)
    assert mosaic.get("figures", **days).json()["code"] == "RESOURCE_EXHAUSTED"


def test_no_more_callers_than_places_are_served_at_a_time(start_mosaic: StartMosaic) -> None:
    mosaic = start_mosaic(budgets={"callers": "1"}, work_seconds=0.5)
    days = [{"start_date": f"2026-10-0{day}", "end_date": "2026-10-09"} for day in range(1, 5)]
    headers = {"authorization": f"Bearer {mosaic.key}"}
    url = f"{mosaic.url}/v1/accounts/{mosaic.account}/reports"

    def order(given: dict[str, Any]) -> requests.Response:
        return requests.post(url, json=given, headers=headers, timeout=30)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(order, days))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert parsedate_to_datetime(refused[0].headers["retry-after"]).tzinfo is not None
    assert {answer.status_code for answer in answers} == {202, 429}
    assert order({"start_date": "2026-10-05", "end_date": "2026-10-09"}).status_code == 202
