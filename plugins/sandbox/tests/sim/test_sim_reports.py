"""Asynchronous reports: order, poll, download, expire."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from conftest import Api

Row = dict[str, Any]


COLUMNS = [
    "CAMPAIGN_ID",
    "CAMPAIGN_NAME",
    "AD_ACCOUNT_ID",
    "SPEND_IN_MICRO_DOLLAR",
    "TOTAL_IMPRESSION",
    "TOTAL_CHECKOUT",
]
ORDER = {
    "start_date": "2026-10-01",
    "end_date": "2026-10-31",
    "granularity": "DAY",
    "level": "CAMPAIGN",
    "columns": COLUMNS,
}


def code(answer: requests.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["code"]


@pytest.fixture
def account(api: Api) -> str:
    return api.accounts()[0]


def poll(api: Api, account: str, token: str) -> Row:
    return api.get(f"/ad_accounts/{account}/reports", token=token).json()


def finished(api: Api, account: str, order: Row = ORDER) -> tuple[str, Row]:
    """Order, and poll until it is no longer in progress."""
    token = api.post(f"/ad_accounts/{account}/reports", order).json()["token"]
    answer = poll(api, account, token)
    for _ in range(10):
        if answer["report_status"] != "IN_PROGRESS":
            break
        answer = poll(api, account, token)
    return token, answer


def test_a_report_is_in_progress_first_then_finished(api: Api, account: str) -> None:
    ordered = api.post(f"/ad_accounts/{account}/reports", ORDER).json()
    assert ordered["report_status"] == "IN_PROGRESS"
    first = poll(api, account, ordered["token"])
    assert first == {"report_status": "IN_PROGRESS", "url": None, "size": None}
    _, answer = finished(api, account)
    assert answer["report_status"] == "FINISHED"
    content = requests.get(answer["url"], timeout=30).content
    assert len(content) == answer["size"]


def test_a_json_report_is_keyed_by_entity_and_leaves_out_zeros(api: Api, account: str) -> None:
    _, answer = finished(api, account)
    report = requests.get(answer["url"], timeout=30).json()
    campaigns = {
        item["id"] for item in api.walk(f"/ad_accounts/{account}/campaigns", entity_statuses="ACTIVE,PAUSED,ARCHIVED")
    }
    assert report
    assert set(report) <= campaigns
    for campaign, rows in report.items():
        for row in rows:
            assert row["CAMPAIGN_ID"] == int(campaign)
            assert row["AD_ACCOUNT_ID"] == account
            assert isinstance(row["TOTAL_IMPRESSION"], float)
            assert row.get("TOTAL_CHECKOUT") != 0
    assert any("TOTAL_CHECKOUT" not in row for rows in report.values() for row in rows)


def test_a_report_can_be_keyed_by_date(api: Api, account: str) -> None:
    _, answer = finished(api, account, {**ORDER, "primary_sort": "BY_DATE"})
    report = requests.get(answer["url"], timeout=30).json()
    assert all(row["DATE"] == day for day, rows in report.items() for row in rows)


def test_a_csv_report_holds_the_same_rows_with_zeros_filled(api: Api, account: str) -> None:
    _, as_json = finished(api, account)
    _, as_csv = finished(api, account, {**ORDER, "report_format": "CSV"})
    rows = [row for rows in requests.get(as_json["url"], timeout=30).json().values() for row in rows]
    text = requests.get(as_csv["url"], timeout=30).content.decode()
    lines = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    assert [line["DATE"] for line in lines] == [row["DATE"] for row in rows]
    assert [line["CAMPAIGN_NAME"] for line in lines] == [row["CAMPAIGN_NAME"] for row in rows]
    assert [float(line["TOTAL_CHECKOUT"]) for line in lines] == [row.get("TOTAL_CHECKOUT", 0) for row in rows]


def test_nothing_to_report_is_an_empty_object(api: Api, account: str) -> None:
    _, answer = finished(api, account, {**ORDER, "start_date": "2024-06-01", "end_date": "2024-06-02"})
    assert answer["report_status"] == "FINISHED"
    assert requests.get(answer["url"], timeout=30).json() == {}


def test_a_link_lives_five_minutes_and_a_new_one_can_be_had(api: Api, account: str) -> None:
    token, answer = finished(api, account)
    api.clock("2026-11-01T23:34:59Z")
    assert requests.get(answer["url"], timeout=30).status_code == 200
    api.clock("2026-11-01T23:35:00Z")
    expired = requests.get(answer["url"], timeout=30)
    assert (expired.status_code, "AccessDenied" in expired.text) == (403, True)
    assert requests.get(poll(api, account, token)["url"], timeout=30).status_code == 200


def test_a_report_lives_an_hour(api: Api, account: str) -> None:
    token, _ = finished(api, account)
    api.clock("2026-11-02T00:29:59Z")
    assert poll(api, account, token)["report_status"] == "FINISHED"
    api.clock("2026-11-02T00:30:00Z")
    assert poll(api, account, token) == {"report_status": "EXPIRED", "url": None, "size": None}


def test_a_link_refuses_an_authorization_header_and_lies_on_another_host(api: Api, account: str) -> None:
    _, answer = finished(api, account)
    assert not answer["url"].startswith(api.url)
    refused = api.session.get(answer["url"])
    assert (refused.status_code, "InvalidArgument" in refused.text) == (400, True)
    assert requests.get(answer["url"].replace("Signature=", "Signature=0"), timeout=30).status_code == 404


def test_an_unknown_token_does_not_exist_not_even_for_another_account(api: Api, account: str) -> None:
    assert poll(api, account, "made-up")["report_status"] == "DOES_NOT_EXIST"
    token, _ = finished(api, account)
    assert poll(api, api.accounts()[1], token)["report_status"] == "DOES_NOT_EXIST"
    assert code(api.get(f"/ad_accounts/{account}/reports")) == (400, 1)


def test_a_report_shows_the_moment_of_its_order(api: Api, account: str) -> None:
    order = {**ORDER, "start_date": "2026-11-01", "end_date": "2026-11-01"}
    token, _ = finished(api, account, order)
    api.clock("2026-11-01T23:59:00Z")
    old = requests.get(poll(api, account, token)["url"], timeout=30).json()
    api.clock("2026-11-02T00:10:00Z")
    assert requests.get(poll(api, account, token)["url"], timeout=30).json() == old
    _, new = finished(api, account, order)
    assert requests.get(new["url"], timeout=30).json() != old


@pytest.mark.parametrize(
    "wrong",
    [
        {"start_date": None},
        {"end_date": "tomorrow"},
        {"granularity": None},
        {"columns": []},
        {"columns": ["SPEND"]},
        {"level": None},
        {"level": "AD"},
        {"level": ["CAMPAIGN"]},
        {"granularity": {}},
        {"reporting_timezone": []},
        {"columns": "SPEND_IN_DOLLAR"},
        {"report_format": "XML"},
        {"primary_sort": "BY_NAME"},
        {"click_window_days": 2},
        {"start_date": "2024-04-30", "end_date": "2024-05-01"},
        {"start_date": "2026-04-27"},
        {"campaign_ids": ["1"]},
    ],
)
def test_what_the_specification_does_not_allow_is_refused(api: Api, account: str, wrong: dict[str, Any]) -> None:
    assert code(api.post(f"/ad_accounts/{account}/reports", {**ORDER, **wrong})) == (400, 1)


def test_186_days_and_914_days_back_are_allowed(api: Api, account: str) -> None:
    for span in (("2026-04-28", "2026-10-31"), ("2024-05-01", "2024-05-02")):
        order = {**ORDER, "start_date": span[0], "end_date": span[1]}
        assert api.post(f"/ad_accounts/{account}/reports", order).status_code == 200


def test_an_order_takes_json_in_the_body_only(api: Api, account: str) -> None:
    url = f"{api.url}/v5/ad_accounts/{account}/reports"
    assert code(api.session.post(url, data="level=CAMPAIGN")) == (400, 1)
    assert code(api.session.post(url, json=[])) == (400, 1)
    assert code(api.session.post(url, params={"level": "CAMPAIGN"}, json=ORDER)) == (400, 1)


def test_what_is_not_simulated_says_so(api: Api, account: str) -> None:
    assert code(api.post(f"/ad_accounts/{account}/reports", {**ORDER, "level": "KEYWORD"})) == (501, 501)


@pytest.mark.parametrize(("kind", "status"), [("report_failed", "FAILED"), ("report_expired", "EXPIRED")])
def test_a_report_can_fail_or_expire_on_command_and_stays_so(api: Api, account: str, kind: str, status: str) -> None:
    api.faults({"match": "/reports$", "kind": kind})
    token, answer = finished(api, account)
    assert answer == {"report_status": status, "url": None, "size": None}
    assert poll(api, account, token)["report_status"] == status
    assert finished(api, account)[1]["report_status"] == "FINISHED"


def test_a_link_can_expire_on_command(api: Api, account: str) -> None:
    _, answer = finished(api, account)
    api.faults({"match": "/pinterest-ads-reports/", "kind": "expired_link"})
    assert [requests.get(answer["url"], timeout=30).status_code for _ in range(2)] == [403, 200]
