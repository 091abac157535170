"""Reports by targeting: what may be asked, what comes, and how the parts relate to the whole."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from conftest import Api, Start

Row = dict[str, Any]

KEYS = {
    "ADVERTISER": ("advertiser_targeting_report", "ADVERTISER_ID"),
    "CAMPAIGN": ("campaign_targeting_report", "CAMPAIGN_ID"),
    "AD_GROUP": ("ad_group_targeting_report", "AD_GROUP_ID"),
    "PIN_PROMOTION": ("pin_promotion_targeting_report", "PIN_PROMOTION_ID"),
}
COLUMNS = ["AD_ACCOUNT_ID", "SPEND_IN_MICRO_DOLLAR", "IMPRESSION_1", "IMPRESSION_2", "TOTAL_CONVERSIONS"]
ORDER = {
    "start_date": "2026-10-01",
    "end_date": "2026-10-14",
    "granularity": "DAY",
    "level": "CAMPAIGN_TARGETING",
    "columns": ["CAMPAIGN_ID", *COLUMNS],
    "targeting_types": ["GENDER", "KEYWORD", "LOCATION"],
}
TYPES = (
    ["AGE_BUCKET", "APPTYPE", "AUDIENCE_INCLUDE", "COUNTRY", "GENDER"],
    ["GEO", "KEYWORD", "LOCATION", "PINNER_INTEREST", "PLACEMENT"],
    ["REGION", "TARGETED_INTEREST"],
)


def code(answer: requests.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["code"]


@pytest.fixture
def account(api: Api) -> str:
    return api.accounts()[0]


def ordered(api: Api, account: str, **changes: Any) -> requests.Response:
    """The file of a report."""
    token = api.post(f"/ad_accounts/{account}/reports", {**ORDER, **changes}).json()["token"]
    while True:
        answer = api.get(f"/ad_accounts/{account}/reports", token=token).json()
        if answer["report_status"] == "FINISHED":
            return requests.get(answer["url"], timeout=30)


def rows(api: Api, account: str, **changes: Any) -> list[Row]:
    """The rows of a JSON report."""
    return [row for part in ordered(api, account, **changes).json().values() for row in part]


def test_a_row_is_one_value_of_one_type_for_one_entity_on_one_day(api: Api, account: str) -> None:
    found = rows(api, account)
    keys = [(row["CAMPAIGN_ID"], row["DATE"], row["TARGETING_TYPE"], row["TARGETING_VALUE"]) for row in found]
    assert found
    assert len(set(keys)) == len(keys)
    assert {row["TARGETING_TYPE"] for row in found} == {"GENDER", "KEYWORD", "LOCATION"}


def test_a_place_is_a_number_and_all_else_is_words(api: Api, account: str) -> None:
    kinds = {row["TARGETING_TYPE"]: type(row["TARGETING_VALUE"]) for row in rows(api, account)}
    assert kinds == {"GENDER": str, "KEYWORD": str, "LOCATION": int}


def test_types_stand_alone_and_are_not_more_than_the_whole(api: Api, account: str) -> None:
    plain = {"level": "CAMPAIGN", "targeting_types": None}
    whole = {(row["CAMPAIGN_ID"], row["DATE"]): row for row in rows(api, account, **plain)}
    sums: dict[tuple[Any, ...], float] = defaultdict(float)
    for row in rows(api, account):
        for name in ("SPEND_IN_MICRO_DOLLAR", "IMPRESSION_1", "TOTAL_CONVERSIONS"):
            sums[row["CAMPAIGN_ID"], row["DATE"], name, row["TARGETING_TYPE"]] += row.get(name, 0)
    for (campaign, day, name, kind), total in sums.items():
        if kind == "KEYWORD":
            assert total <= whole[campaign, day].get(name, 0)
        else:
            assert total == whole[campaign, day].get(name, 0)


def test_no_types_asked_for_are_all_types(api: Api, account: str) -> None:
    found = rows(api, account, targeting_types=None)
    assert {row["TARGETING_TYPE"] for row in found} == {kind for part in TYPES for kind in part}


def test_a_csv_report_has_the_types_and_values_too(api: Api, account: str) -> None:
    text = ordered(api, account, report_format="CSV").content.decode()
    lines = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    found = rows(api, account)
    assert [(line["TARGETING_TYPE"], line["TARGETING_VALUE"]) for line in lines] == [
        (row["TARGETING_TYPE"], str(row["TARGETING_VALUE"])) for row in found
    ]


def test_a_total_has_one_row_for_each_value(api: Api, account: str) -> None:
    days = rows(api, account)
    totals = rows(api, account, granularity="TOTAL")
    assert {(row["CAMPAIGN_ID"], row["TARGETING_TYPE"], row["TARGETING_VALUE"]) for row in days} == {
        (row["CAMPAIGN_ID"], row["TARGETING_TYPE"], row["TARGETING_VALUE"]) for row in totals
    }
    assert sum(row["IMPRESSION_1"] for row in totals) == sum(row["IMPRESSION_1"] for row in days)


@pytest.mark.parametrize("client", ["demo", "globex"])
def test_ordering_five_types_at_a_time_gives_the_truth(start: Start, client: str) -> None:
    api = start(client)
    for level, (stream, key) in KEYS.items():
        columns = [key, *COLUMNS]
        found = [
            row
            for account in api.accounts()
            for types in TYPES
            for row in rows(api, account, level=f"{level}_TARGETING", columns=columns, targeting_types=types)
        ]
        truth = api.truth(stream, start_date=ORDER["start_date"], end_date=ORDER["end_date"])
        assert found
        assert len(found) == len(truth)
        assert {frozenset(row.items()) for row in found} == {frozenset(row.items()) for row in truth}


def test_figures_by_targeting_are_restated_like_the_whole(api: Api, account: str) -> None:
    order = {"start_date": "2026-11-01", "end_date": "2026-11-01", "targeting_types": ["GENDER"]}
    young = rows(api, account, **order)
    api.clock("2026-11-30T12:00:00Z")
    final = rows(api, account, **order)
    assert young != final
    api.clock("2026-12-01T12:00:00Z")
    assert rows(api, account, **order) == final


@pytest.mark.parametrize(
    "wrong",
    [
        {"targeting_types": []},
        {"targeting_types": "GENDER"},
        {"targeting_types": [["GENDER"]]},
        {"targeting_types": ["SHOE_SIZE"]},
        {"targeting_types": ["GENDER", "GEO", "KEYWORD", "REGION", "COUNTRY", "APPTYPE"]},
        {"targeting_types": ["MEDIA_TYPE"]},
        {"level": "AD_GROUP_TARGETING", "targeting_types": ["AUDIENCE_MULTIPLIER"]},
        {"level": "CAMPAIGN"},
        {"level": "AD_TARGETING"},
        {"columns": ["CAMPAIGN_ID", "TARGETING_TYPE"]},
        {"columns": ["CAMPAIGN_ID", "TOTAL_IMPRESSION_USER"]},
    ],
)
def test_what_the_specification_does_not_allow_is_refused(api: Api, account: str, wrong: Row) -> None:
    assert code(api.post(f"/ad_accounts/{account}/reports", {**ORDER, **wrong})) == (400, 1)


@pytest.mark.parametrize(
    "unusual",
    [
        {"targeting_types": ["AGE_BUCKET_AND_GENDER"]},
        {"targeting_types": ["AUDIENCE_MULTIPLIER"]},
        {"combine_targeting_types": True},
        {"level": "PRODUCT_GROUP_TARGETING"},
    ],
)
def test_what_is_not_simulated_says_so(api: Api, account: str, unusual: Row) -> None:
    assert code(api.post(f"/ad_accounts/{account}/reports", {**ORDER, **unusual})) == (501, 501)
