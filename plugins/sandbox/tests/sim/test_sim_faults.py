"""Misbehaviour on command, and only then."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from conftest import Api


@pytest.fixture
def path(api: Api) -> str:
    """A list with several pages."""
    board = max(api.walk("/boards"), key=lambda board: board["pin_count"])
    return f"/boards/{board['id']}/pins"


def statuses(api: Api, number: int) -> list[int]:
    return [api.get("/ad_accounts").status_code for _ in range(number)]


def test_a_fault_hits_as_often_as_it_is_told(api: Api) -> None:
    api.faults({"match": "/ad_accounts$", "kind": "status", "status": 503, "times": 2})
    assert statuses(api, 4) == [503, 503, 200, 200]
    assert api.control("GET", "faults").json()[0]["times"] == 0


def test_a_fault_without_an_end_lasts_until_it_is_taken_away(api: Api) -> None:
    api.faults({"match": "/ad_accounts$", "kind": "status", "times": None})
    assert statuses(api, 3) == [500, 500, 500]
    assert set(api.get("/ad_accounts").json()) == {"code", "message"}
    api.faults()
    assert statuses(api, 1) == [200]


def test_a_fault_hits_the_paths_that_match_only(api: Api) -> None:
    api.faults({"match": "/boards$", "kind": "status", "times": None})
    assert statuses(api, 1) == [200]
    assert api.get("/boards").status_code == 500


@pytest.mark.parametrize("retry_after", [None, "2", "0", "1000000000", "-1", "soon", "Wed, 21 Oct 2037 07:28:00 GMT"])
def test_a_storm_of_429_says_what_it_is_told_to_say(api: Api, retry_after: str | None) -> None:
    api.faults({"match": "", "kind": "throttle", "times": 3, "retry_after": retry_after})
    answers = [api.get("/ad_accounts") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [429, 429, 429, 200]
    assert answers[0].json()["code"] == 8
    assert answers[0].headers.get("retry-after") == retry_after


def test_a_throttle_can_carry_the_providers_own_headers(api: Api) -> None:
    api.faults({"match": "", "kind": "throttle", "headers": {"x-ratelimit-reset": "31536000"}})
    assert api.get("/ad_accounts").headers["x-ratelimit-reset"] == "31536000"


def test_a_slow_answer_is_the_right_one(api: Api) -> None:
    api.faults({"match": "", "kind": "slow", "seconds": 0.4})
    with pytest.raises(requests.exceptions.ReadTimeout):
        api.session.get(f"{api.url}/v5/ad_accounts", timeout=0.1)
    api.faults({"match": "", "kind": "slow", "seconds": 0.01})
    assert len(api.get("/ad_accounts").json()["items"]) == 2


def test_a_torn_answer_ends_the_connection_in_the_middle(api: Api, path: str) -> None:
    api.faults({"match": "/pins$", "kind": "torn"})
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError)):
        api.get(path)
    assert api.get(path).status_code == 200


def test_a_truncated_answer_is_half_a_json_text_with_200(api: Api, path: str) -> None:
    api.faults({"match": "/pins$", "kind": "truncated"})
    answer = api.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


def test_html_comes_with_200(api: Api) -> None:
    api.faults({"match": "", "kind": "html"})
    answer = api.get("/ad_accounts")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


def test_a_repeated_cursor_leads_to_the_same_page_for_ever(api: Api, path: str) -> None:
    api.faults({"match": "/pins$", "kind": "repeat_cursor", "times": None})
    first = api.get(path, page_size=10).json()
    second = api.get(path, page_size=10, bookmark=first["bookmark"]).json()
    assert second == first
    api.faults()
    assert api.get(path, page_size=10, bookmark=first["bookmark"]).json()["items"] == first["items"]


def test_a_cursor_can_be_repeated_in_the_middle(api: Api, path: str) -> None:
    first = api.get(path, page_size=10).json()
    api.faults({"match": "/pins$", "kind": "repeat_cursor"})
    again = api.get(path, page_size=10, bookmark=first["bookmark"]).json()
    assert again["bookmark"] == first["bookmark"]


def test_an_endless_list_begins_anew_with_another_cursor_each_time(api: Api) -> None:
    api.faults({"match": "/ad_accounts$", "kind": "endless_cursor", "times": None})
    seen, bookmark = set(), None
    for _ in range(5):
        page = api.get("/ad_accounts", bookmark=bookmark).json()
        assert len(page["items"]) == 2
        bookmark = page["bookmark"]
        assert bookmark not in seen
        seen.add(bookmark)


def test_a_list_can_go_in_a_circle_of_two_cursors(api: Api) -> None:
    api.faults({"match": "/ad_accounts$", "kind": "cursor_cycle", "times": None})
    cursors, bookmark = [], None
    for _ in range(6):
        page = api.get("/ad_accounts", page_size=1, bookmark=bookmark).json()
        cursors.append(bookmark := page["bookmark"])
    assert len(set(cursors)) in {2, 3}  # an empty page may come between
    assert cursors[: len(set(cursors))] == cursors[len(set(cursors)) : 2 * len(set(cursors))]
    assert all(one != two for one, two in pairwise(cursors))


def test_an_empty_page_on_command_loses_nothing(api: Api, path: str) -> None:
    everything = api.walk(path, page_size=100)
    api.faults({"match": "/pins$", "kind": "empty_page", "times": 3})
    pages = list(api.pages(path, page_size=100))
    assert [page["items"] for page in pages[:3]] == [[], [], []]
    assert len({page["bookmark"] for page in pages}) == len(pages)
    assert [item for page in pages for item in page["items"]] == everything


def test_an_account_can_be_forbidden_while_the_others_are_not(api: Api) -> None:
    first, second = api.accounts()
    api.faults({"match": f"/ad_accounts/{first}/", "kind": "forbidden", "times": None})
    refused = api.get(f"/ad_accounts/{first}/campaigns")
    assert (refused.status_code, refused.json()["code"]) == (403, 29)
    assert api.get(f"/ad_accounts/{second}/campaigns").status_code == 200


def test_a_download_can_fail_as_storage_fails(api: Api) -> None:
    api.faults({"match": "/pinterest-ads-reports/", "kind": "status", "status": 503})
    account = api.accounts()[0]
    order = {"start_date": "2026-10-01", "end_date": "2026-10-02", "granularity": "DAY"}
    order |= {"level": "ADVERTISER", "columns": ["SPEND_IN_DOLLAR"]}
    token = api.post(f"/ad_accounts/{account}/reports", order).json()["token"]
    url = None
    while url is None:
        url = api.get(f"/ad_accounts/{account}/reports", token=token).json()["url"]
    failed = requests.get(url, timeout=30)
    assert (failed.status_code, "SlowDown" in failed.text) == (503, True)
    assert requests.get(url, timeout=30).status_code == 200


@pytest.mark.parametrize(
    "wrong", [{"match": "", "kind": "earthquake"}, {"match": "(", "kind": "html"}, {"kind": "html", "often": 1}, {}]
)
def test_a_fault_that_does_not_exist_is_refused_and_changes_nothing(api: Api, wrong: dict[str, Any]) -> None:
    api.faults({"match": "", "kind": "html", "times": None})
    answer = api.control("PUT", "faults", [wrong])
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert len(api.control("GET", "faults").json()) == 1


def test_the_control_paths_are_never_hit(api: Api) -> None:
    api.faults({"match": "", "kind": "status", "times": None})
    assert api.control("GET", "clock").status_code == 200
    assert api.control("GET", "truth/demo").status_code == 200
