"""A small channel on the loopback, with every kind of stream."""

# ruff: noqa: RUF012 - facts are stated as plain dictionaries; nothing changes them
from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from dif_kit.budget import Budget
from dif_kit.decode import KeyedLists
from dif_kit.http import BearerToken, Match, Retry, Verdicts
from dif_kit.paging import Cursor
from dif_kit.tap import IdBatches, Property, ReportStatuses, ReportStream, Stream, Tap, Window
from dif_kit.testing import FakeApi
from hypothesis import HealthCheck
from hypothesis import settings as examples
from singer_sdk import typing as th

if TYPE_CHECKING:
    from collections.abc import Iterator

    from raw_server import RawServer

# How long an example takes says how busy the machine is, and nothing about the code.
examples.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
examples.load_profile("untimed")


def schema(*columns: str, **typed: dict[str, Any]) -> dict[str, Any]:
    """A schema of texts, and of other columns as given."""
    return {"type": "object", "properties": {**{name: {"type": ["string", "null"]} for name in columns}, **typed}}


INTEGER = {"type": ["integer", "null"]}
NUMBER = {"type": ["number", "null"]}
DAY = {"type": ["string", "null"], "format": "date"}


class ShopStream(Stream):
    """What every stream of the shop shares."""

    records = "items"
    budgets = (Budget("shop", ("1000/s",)),)
    paging = Cursor(token="bookmark", param="bookmark", size=("page_size", 2))
    verdicts = Verdicts(
        code="code",
        message="message",
        throttled={8},
        reauthenticate={2},
        skip_partition={29},
        window_too_large={Match(text="range too large")},
    )


class Accounts(ShopStream):
    """Accounts of the shop."""

    name = "accounts"
    path = "/accounts"
    primary_keys = ("id",)
    context_keys = {"account_id": "id", "zone": "zone"}
    restricted_by = "account_ids"
    schema = schema("id", "zone")


class Campaigns(ShopStream):
    """Campaigns of an account."""

    name = "campaigns"
    path = "/accounts/{account_id}/campaigns"
    parent_stream_type = Accounts
    context_columns = {"account_id": "account_id"}
    primary_keys = ("id",)
    replication_key = "updated"
    replication_format = "epoch_seconds"
    schema = schema("id", "account_id", updated=INTEGER, budget=NUMBER)


class CampaignDays(ShopStream):
    """Daily figures of campaigns."""

    name = "campaign_days"
    path = "/accounts/{account_id}/analytics"
    params = {"from": "{start}", "to": "{end:%Y%m%d}", "ids": "{ids}"}
    records = ""
    paging = type(ShopStream.paging)(token="none", param="none")
    parent_stream_type = Accounts
    context_columns = {"ACCOUNT_ID": "account_id"}
    primary_keys = ("CAMPAIGN_ID", "DATE")
    replication_key = "DATE"
    window = Window(days=10, lookback_days=3, zone="{zone}", retention_days=60)
    ids = IdBatches(stream=Campaigns, key="id", size=2, joined_by=",")
    schema = schema("CAMPAIGN_ID", "ACCOUNT_ID", DATE=DAY, SPEND=NUMBER)


class CampaignReport(ReportStream, ShopStream):
    """Daily figures of campaigns, from a report."""

    name = "campaign_report"
    path = "/accounts/{account_id}/reports"
    body = {"level": "CAMPAIGN", "range": {"start": "{start}", "end": "{end}"}, "columns": ["SPEND"]}
    job = "token"
    poll_params = {"token": "{job}"}
    status = "status"
    statuses = ReportStatuses(
        running={"IN_PROGRESS"}, done={"FINISHED"}, failed={"FAILED"}, expired={"EXPIRED"}, too_large={"TOO_BIG"}
    )
    link = "url"
    no_link_is_empty = True
    poll_seconds = (0.001, 0.002)
    records = KeyedLists("CAMPAIGN_ID")
    parent_stream_type = Accounts
    context_columns = {"ACCOUNT_ID": "account_id"}
    primary_keys = ("CAMPAIGN_ID", "DATE")
    replication_key = "DATE"
    window = Window(days=30, lookback_days=3)
    schema = schema("CAMPAIGN_ID", "ACCOUNT_ID", DATE=DAY, SPEND=NUMBER)


class TapShop(Tap):
    """A shop that exists only on the loopback."""

    name = "tap-shop"
    package_name = "dif-kit"
    api_url = "http://127.0.0.1:9"
    auth = BearerToken()
    settings = (Property("account_ids", th.ArrayType(th.StringType), description="Accounts to read"),)
    retry = Retry(attempts=3, throttles=3, first_seconds=0.001, longest_seconds=0.002, horizon_seconds=5)
    stream_types = (Accounts, Campaigns, CampaignDays, CampaignReport)


@pytest.fixture
def tap() -> type[Tap]:
    return TapShop


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with FakeApi() as api:
        teach(api)
        yield api


def teach(api: FakeApi) -> None:
    """Two accounts: "1" with three campaigns on two pages, "2" with one; each has a report."""
    api.on("GET", "/accounts", {"items": [{"id": "1", "zone": "UTC"}, {"id": "2", "zone": "Asia/Tokyo"}]})
    pages = {
        None: {"items": [campaign("11", 1000), campaign("12", 3000)], "bookmark": "next"},
        "next": {"items": [campaign("13", 2000)], "bookmark": None},
    }
    api.on("GET", "/accounts/1/campaigns", lambda request: pages[request.query.get("bookmark")])
    api.on("GET", "/accounts/2/campaigns", {"items": [campaign("21", 1000)], "bookmark": None})
    for account in ("1", "2"):
        api.on("GET", f"/accounts/{account}/analytics", days)
        api.on("POST", f"/accounts/{account}/reports", {"token": f"job{account}"})
        api.on("GET", f"/accounts/{account}/reports", {"status": "FINISHED", "url": f"{api.url}/files/{account}"})
        row = {"CAMPAIGN_ID": f"{account}1", "DATE": "2026-10-02", "SPEND": 3}
        api.on("GET", f"/files/{account}", {f"{account}1": [row]})


def campaign(name: str, updated: int) -> dict[str, Any]:
    return {"id": name, "updated": updated, "budget": 1.5}


def days(request: Any) -> list[dict[str, Any]]:
    return [
        {"CAMPAIGN_ID": name, "DATE": request.query["from"], "SPEND": 2} for name in request.query["ids"].split(",")
    ]


@pytest.fixture
def config(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("SHOP_CREDENTIAL", json.dumps({"access_token": "secret-token-of-the-shop"}))
    monkeypatch.setenv("DIF_RUN_ID", "run-1")
    monkeypatch.delenv("DIF_REDIS_URL", raising=False)
    return {
        "credential_ref": "env://SHOP_CREDENTIAL",
        "api_url": api.url,
        "start_date": "2026-10-01",
        "end_date": "2026-10-15",
    }


@pytest.fixture
def server() -> Iterator[RawServer]:
    """A server of raw bytes; a test gives it what it answers."""
    from raw_server import RawServer, http  # processes of their own read this file without pytest's path

    with RawServer(lambda _head: [http(b"{}")]) as server:
        yield server
