"""The truth: what a perfect tap holds, and what walking the API by hand gives."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conftest import Api, Start

Row = dict[str, Any]


START = "2026-09-20"
TODAY = "2026-11-01"
ALL = "ACTIVE,PAUSED,ARCHIVED,DRAFT,DELETED_DRAFT"
COLUMNS = ["AD_ACCOUNT_ID", "CAMPAIGN_NAME", "SPEND_IN_MICRO_DOLLAR", "TOTAL_IMPRESSION", "CTR", "TOTAL_CONVERSIONS"]
SYNC = {
    "ad_account_analytics": ("analytics", None, None),
    "campaign_analytics": ("campaigns/analytics", "campaigns", "campaign_ids"),
    "ad_group_analytics": ("ad_groups/analytics", "ad_groups", "ad_group_ids"),
    "ad_analytics": ("ads/analytics", "ads", "ad_ids"),
}
ASYNC = {
    "advertiser_report": ("ADVERTISER", "ADVERTISER_ID"),
    "campaign_report": ("CAMPAIGN", "CAMPAIGN_ID"),
    "ad_group_report": ("AD_GROUP", "AD_GROUP_ID"),
    "pin_promotion_report": ("PIN_PROMOTION", "PIN_PROMOTION_ID"),
}


def entities(api: Api) -> dict[str, list[Row]]:
    """Every list, walked by hand, with what a tap adds of the parents."""
    accounts = api.walk("/ad_accounts", page_size=2)
    found = {"ad_accounts": accounts, "keywords": []}
    for account in accounts:
        base = f"/ad_accounts/{account['id']}"
        for kind in ("campaigns", "ad_groups", "ads"):
            found.setdefault(kind, []).extend(api.walk(f"{base}/{kind}", page_size=4, entity_statuses=ALL))
        for kind in ("audiences", "conversion_tags", "customer_lists"):
            found.setdefault(kind, []).extend(api.walk(f"{base}/{kind}", page_size=3))
        parents = [{}]
        for kind, name in (("campaigns", "campaign_id"), ("ad_groups", "ad_group_id")):
            parents += [{name: item["id"]} for item in api.walk(f"{base}/{kind}", entity_statuses=ALL)]
        for parent in parents:
            words = api.walk(f"{base}/keywords", **parent)
            found["keywords"] += [{**word, "ad_account_id": account["id"]} for word in words]
    return found | boards(api)


def boards(api: Api) -> dict[str, list[Row]]:
    found = {"boards": api.walk("/boards"), "board_sections": [], "board_pins": [], "board_section_pins": []}
    for board in found["boards"]:
        base, parent = f"/boards/{board['id']}", {"board_id": board["id"]}
        found["board_pins"] += [{**pin, **parent} for pin in api.walk(f"{base}/pins", page_size=100)]
        for section in api.walk(f"{base}/sections", page_size=1):
            found["board_sections"].append({**section, **parent})
            pins = api.walk(f"{base}/sections/{section['id']}/pins", page_size=20)
            found["board_section_pins"] += [{**pin, **parent, "section_id": section["id"]} for pin in pins]
    return found


def sync(api: Api, stream: str, start: str = START, end: str = TODAY, columns: Sequence[str] = COLUMNS) -> list[Row]:
    path, kind, name = SYNC[stream]
    rows = []
    query = {"start_date": start, "end_date": end, "granularity": "DAY", "columns": ",".join(columns)}
    for account in api.accounts():
        base = f"/ad_accounts/{account}"
        if kind:
            items = api.walk(f"{base}/{kind}", page_size=250, entity_statuses=ALL)
            query[name] = ",".join(item["id"] for item in items)
        found = api.get(f"{base}/{path}", **query).json()
        rows += [{**row, "AD_ACCOUNT_ID": account} for row in found]
    return rows


def report(api: Api, stream: str) -> list[Row]:
    level, key = ASYNC[stream]
    rows = []
    order = {"start_date": START, "end_date": TODAY, "granularity": "DAY", "level": level, "columns": [key, *COLUMNS]}
    for account in api.accounts():
        token = api.post(f"/ad_accounts/{account}/reports", order).json()["token"]
        answer = {"url": None}
        while not answer["url"]:
            answer = api.get(f"/ad_accounts/{account}/reports", token=token).json()
        found = requests.get(answer["url"], timeout=30).json()
        rows += [{**row, "AD_ACCOUNT_ID": account} for part in found.values() for row in part]
    return rows


def by(rows: list[Row], *keys: str) -> dict[tuple[str, ...], Row]:
    found = {tuple(row[key] for key in keys): row for row in rows}
    assert len(found) == len(rows)
    return found


@pytest.mark.parametrize("client", ["demo", "acme", "globex"])
def test_walking_the_lists_by_hand_gives_the_truth(start: Start, client: str) -> None:
    api = start(client)
    for stream, rows in entities(api).items():
        truth = api.truth(stream)
        assert truth
        assert by(rows, "id") == by(truth, "id"), stream


@pytest.mark.parametrize("client", ["demo", "acme"])
def test_asking_for_the_analytics_gives_the_truth(start: Start, client: str) -> None:
    api = start(client)
    for stream, key in zip(SYNC, ("AD_ACCOUNT_ID", "CAMPAIGN_ID", "AD_GROUP_ID", "AD_ID"), strict=True):
        rows = sync(api, stream)
        assert rows
        assert by(rows, key, "DATE") == by(api.truth(stream, start_date=START), key, "DATE")


@pytest.mark.parametrize("client", ["demo", "globex"])
def test_ordering_the_reports_gives_the_truth(start: Start, client: str) -> None:
    api = start(client)
    for stream, (_, key) in ASYNC.items():
        rows = report(api, stream)
        assert rows
        assert by(rows, key, "DATE") == by(api.truth(stream, start_date=START), key, "DATE")


def test_a_daily_run_with_a_look_back_of_thirty_days_holds_the_truth(start: Start) -> None:
    api = start()
    held, first = {}, date(2026, 9, 20)
    for number in range(0, 43, 3):
        today = first + timedelta(days=number)
        api.clock(f"{today}T23:30:00Z")
        since = max(first, today - timedelta(days=30 + 3))
        for row in sync(api, "campaign_analytics", since.isoformat(), today.isoformat()):
            held[row["CAMPAIGN_ID"], row["DATE"]] = row
    assert held == by(api.truth("campaign_analytics", start_date=first.isoformat()), "CAMPAIGN_ID", "DATE")


def test_a_look_back_of_three_days_would_not_do(start: Start) -> None:
    api = start()
    held, first = {}, date(2026, 9, 20)
    for number in range(0, 43, 3):
        today = first + timedelta(days=number)
        api.clock(f"{today}T23:30:00Z")
        since = max(first, today - timedelta(days=3))
        for row in sync(api, "campaign_analytics", since.isoformat(), today.isoformat()):
            held[row["CAMPAIGN_ID"], row["DATE"]] = row
    assert held != by(api.truth("campaign_analytics", start_date=first.isoformat()), "CAMPAIGN_ID", "DATE")


def test_the_truth_takes_columns_and_an_end(api: Api) -> None:
    rows = api.truth("ad_account_analytics", start_date=START, end_date="2026-09-30", columns="TOTAL_IMPRESSION")
    assert {frozenset(row) for row in rows} == {frozenset(("AD_ACCOUNT_ID", "DATE", "TOTAL_IMPRESSION"))}
    assert max(row["DATE"] for row in rows) == "2026-09-30"


def test_another_process_with_the_same_seed_tells_the_same(start: Start) -> None:
    one, two, three = start(), start(), start(seed=2)
    for stream in ("ads", "ad_analytics", "board_pins"):
        assert one.truth(stream) == two.truth(stream)
        assert one.truth(stream) != three.truth(stream)


def test_the_streams_are_listed(api: Api) -> None:
    streams = api.control("GET", "truth/demo").json()["streams"]
    assert len(streams) == 26
    assert set(SYNC) | set(ASYNC) <= set(streams)


def test_an_unknown_client_or_stream_or_date_is_said(api: Api) -> None:
    assert api.control("GET", "truth/nobody/ads").status_code == 404
    assert api.control("GET", "truth/nobody").status_code == 404
    assert api.control("GET", "truth/demo/nothing").status_code == 404
    assert api.control("GET", "truth/demo/ad_analytics", start_date="monday").status_code == 400
    assert api.control("GET", "truth/demo/ad_analytics", columns="NONE").status_code == 400
