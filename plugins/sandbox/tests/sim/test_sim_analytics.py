"""Synchronous analytics: what is asked, what comes, and how figures change until they are final."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import requests
    from conftest import Api, Login, Start

Row = dict[str, Any]


COLUMNS = "SPEND_IN_MICRO_DOLLAR,TOTAL_IMPRESSION,TOTAL_CLICKTHROUGH,TOTAL_CONVERSIONS"
OCTOBER = {"start_date": "2026-10-01", "end_date": "2026-10-31", "granularity": "DAY", "columns": COLUMNS}
ALL = "ACTIVE,PAUSED,ARCHIVED"


def code(answer: requests.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["code"]


@pytest.fixture
def account(api: Api) -> str:
    return api.accounts()[0]


def ids(api: Api, account: str, kind: str) -> str:
    return ",".join(item["id"] for item in api.walk(f"/ad_accounts/{account}/{kind}", entity_statuses=ALL))


def test_an_account_has_one_row_a_day_in_order(api: Api, account: str) -> None:
    rows = api.get(f"/ad_accounts/{account}/analytics", **OCTOBER).json()
    days = [row["DATE"] for row in rows]
    assert days == sorted(set(days))
    assert days[0] == "2026-10-01"
    assert days[-1] == "2026-10-31"
    assert set(rows[0]) == {"AD_ACCOUNT_ID", "DATE", *COLUMNS.split(",")}


def test_additive_figures_add_up_over_the_levels(api: Api, account: str) -> None:
    def total(kind: str, name: str, rows_of: dict[str, str]) -> int:
        rows = api.get(f"/ad_accounts/{account}/{kind}analytics", **OCTOBER, **rows_of).json()
        assert rows
        return sum(row[name] for row in rows)

    wanted = {
        "": {},
        "campaigns/": {"campaign_ids": ids(api, account, "campaigns")},
        "ad_groups/": {"ad_group_ids": ids(api, account, "ad_groups")},
        "ads/": {"ad_ids": ids(api, account, "ads")},
    }
    for name in COLUMNS.split(","):
        assert len({total(kind, name, query) for kind, query in wanted.items()}) == 1


def test_rates_follow_from_their_counts(api: Api, account: str) -> None:
    columns = "SPEND_IN_MICRO_DOLLAR,SPEND_IN_DOLLAR,IMPRESSION_1,CLICKTHROUGH_1,CTR,CPC_IN_MICRO_DOLLAR,CPM_IN_DOLLAR"
    rows = api.get(f"/ad_accounts/{account}/analytics", **{**OCTOBER, "columns": columns}).json()
    for row in rows:
        assert row["SPEND_IN_DOLLAR"] == row["SPEND_IN_MICRO_DOLLAR"] / 1e6
        assert row["CTR"] == pytest.approx(row["CLICKTHROUGH_1"] / row["IMPRESSION_1"])
        assert row["CPC_IN_MICRO_DOLLAR"] == pytest.approx(row["SPEND_IN_MICRO_DOLLAR"] / row["CLICKTHROUGH_1"])
        assert row["CPM_IN_DOLLAR"] == pytest.approx(row["SPEND_IN_DOLLAR"] / row["IMPRESSION_1"] * 1000)


def test_a_total_is_the_sum_of_its_days(api: Api, account: str) -> None:
    days = api.get(f"/ad_accounts/{account}/analytics", **OCTOBER).json()
    (total,) = api.get(f"/ad_accounts/{account}/analytics", **{**OCTOBER, "granularity": "TOTAL"}).json()
    assert "DATE" not in total
    assert total["SPEND_IN_MICRO_DOLLAR"] == sum(day["SPEND_IN_MICRO_DOLLAR"] for day in days)


def test_a_day_without_delivery_has_no_row(api: Api, account: str) -> None:
    ads = ids(api, account, "ads").split(",")
    rows = api.get(f"/ad_accounts/{account}/ads/analytics", **OCTOBER, ad_ids=",".join(ads)).json()
    assert 0 < len(rows) < len(ads) * 31
    assert all(row["TOTAL_IMPRESSION"] > 0 for row in rows)


def test_an_archived_campaign_keeps_its_figures(api: Api, account: str) -> None:
    (archived,) = (
        item["id"]
        for item in api.walk(f"/ad_accounts/{account}/campaigns", entity_statuses="ARCHIVED")
        if item["updated_time"] > 1_790_000_000
    )
    rows = api.get(f"/ad_accounts/{account}/campaigns/analytics", **OCTOBER, campaign_ids=archived).json()
    assert rows
    assert rows[-1]["DATE"] < "2026-10-25"


@pytest.mark.parametrize(
    "wrong",
    [
        {"start_date": None},
        {"end_date": None},
        {"columns": None},
        {"granularity": None},
        {"start_date": "2026-10-1"},
        {"start_date": "20261001"},
        {"start_date": "2026-02-30"},
        {"start_date": "2026-11-01", "end_date": "2026-10-01"},
        {"start_date": "2026-08-02"},
        {"end_date": "2026-12-31"},
        {"columns": "SPEND"},
        {"columns": "SPEND_IN_MICRO_DOLLAR,TOTAL_ADD_TO_CART"},
        {"granularity": "YEAR"},
        {"click_window_days": "2"},
        {"reporting_timezone": "UTC"},
    ],
)
def test_what_the_specification_does_not_allow_is_refused(api: Api, account: str, wrong: dict[str, Any]) -> None:
    assert code(api.get(f"/ad_accounts/{account}/analytics", **{**OCTOBER, **wrong})) == (400, 1)


def test_ninety_days_back_and_ninety_days_long_are_allowed(api: Api, account: str) -> None:
    longest = {**OCTOBER, "start_date": "2026-08-03", "end_date": "2026-11-01"}
    assert api.get(f"/ad_accounts/{account}/analytics", **longest).status_code == 200


@pytest.mark.parametrize(
    "unusual",
    [
        {"granularity": "HOUR"},
        {"conversion_report_time": "TIME_OF_CONVERSION"},
        {"aggregate_report_rows": "true"},
        {"pin_ids": "1"},
    ],
)
def test_what_is_not_simulated_says_so(api: Api, account: str, unusual: dict[str, str]) -> None:
    assert code(api.get(f"/ad_accounts/{account}/analytics", **{**OCTOBER, **unusual})) == (501, 501)


def test_ids_are_required_and_must_be_the_accounts_own(api: Api, account: str, other: Login) -> None:
    path = f"/ad_accounts/{account}/campaigns/analytics"
    assert code(api.get(path, **OCTOBER)) == (400, 1)
    assert code(api.get(path, **OCTOBER, campaign_ids="1")) == (400, 400)
    assert code(api.get(path, **OCTOBER, campaign_ids=",".join(map(str, range(251))))) == (400, 1)
    foreign = api.walk(f"/ad_accounts/{api.accounts()[1]}/campaigns")[0]["id"]
    assert code(api.get(path, **OCTOBER, campaign_ids=foreign)) == (400, 400)


def test_today_grows_with_the_hours_and_tomorrow_is_empty(api: Api, account: str) -> None:
    query = {**OCTOBER, "start_date": "2026-11-02", "end_date": "2026-11-03"}

    def spend(moment: str) -> list[int]:
        api.clock(moment)
        rows = api.get(f"/ad_accounts/{account}/analytics", **query).json()
        return [row["SPEND_IN_MICRO_DOLLAR"] for row in rows]

    assert spend("2026-11-02T00:30:00Z") == []
    (morning,), (noon,), (night,) = (spend(f"2026-11-02T{hour}:30:00Z") for hour in ("06", "12", "23"))
    assert morning < noon < night
    assert spend("2026-11-02T12:59:59Z") == [noon]


def test_a_day_is_counted_in_the_accounts_zone_if_asked(start: Start) -> None:
    api = start("acme", now="2026-11-01T16:30:00Z")
    accounts = {account["country"]: account["id"] for account in api.walk("/ad_accounts")}
    query = {**OCTOBER, "start_date": "2026-11-02", "end_date": "2026-11-02"}
    path = f"/ad_accounts/{accounts['JP']}/analytics"
    assert api.get(path, **query).json() == []
    (begun,) = api.get(path, **query, reporting_timezone="AD_ACCOUNT_TIME_ZONE").json()
    assert begun["DATE"] == "2026-11-02"


def test_figures_are_restated_and_then_final(api: Api, account: str) -> None:
    query = {**OCTOBER, "start_date": "2026-11-01", "end_date": "2026-11-01"}
    query["columns"] += ",CLICKTHROUGH_1,IMPRESSION_1"

    def seen(moment: str) -> Row:
        api.clock(moment)
        (row,) = api.get(f"/ad_accounts/{account}/analytics", **query).json()
        return row

    ages = [seen(f"2026-11-{day:02}T23:30:00Z") for day in range(1, 30)]
    conversions = [row["TOTAL_CONVERSIONS"] for row in ages]
    assert conversions == sorted(conversions)
    assert conversions[0] < conversions[7] < conversions[-1]
    assert ages[2]["SPEND_IN_MICRO_DOLLAR"] < ages[1]["SPEND_IN_MICRO_DOLLAR"], "invalid traffic is taken out"
    assert ages[28] == seen("2026-12-01T22:00:00Z")
    assert ages[0] == seen("2026-11-01T23:30:00Z"), "the past looks the same when the clock goes back"
