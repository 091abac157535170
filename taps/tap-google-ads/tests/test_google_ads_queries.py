"""What is asked, and what refusals mean."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from dif_kit.credentials import Credential
from dif_kit.testing import ApiAnswer, ApiRequest, FakeApi, TapRun, impatient, run_tap
from tap_google_ads._facts import SUNSET, VERSION
from tap_google_ads.tap import TapGoogleAds

MANAGER, FIRST, SECOND = "1000000000", "2000000001", "2000000002"
TODAY = datetime.now(UTC).date()
CUSTOM = {
    "name": "hourly",
    "resource": "campaign",
    "keys": ["campaign.id"],
    "fields": ["segments.date", "segments.hour", "metrics.clicks"],
    "conditions": ["campaign.status = 'ENABLED'"],
}


class GoogleAds:
    """An API with two customers that have a row a day, and refuse when told to."""

    def __init__(self, api: FakeApi) -> None:
        self.api = api
        self.refusals: dict[str, list[ApiAnswer]] = {}
        api.on("POST", "/token", {"access_token": "ya29.access", "expires_in": 3599})
        for customer in (MANAGER, FIRST, SECOND):
            api.on("POST", f"/customers/{customer}/googleAds:searchStream", self.answer)

    def answer(self, request: ApiRequest) -> Any:
        """The rows of a query, two batches of them for the customers."""
        customer = request.path.split("/")[2]
        if self.refusals.get(customer):
            return self.refusals[customer].pop(0)
        if customer == MANAGER:
            return [{"results": [client(FIRST)]}, {"results": [client(SECOND)]}]
        day = re.search(r"'([0-9-]{10})'", request.json()["query"])
        row = {
            "customer": {"id": customer},
            "campaign": {"id": customer},
            "clickView": {"gclid": f"{customer}-{day and day[1]}"},
            "segments": {"date": day and day[1], "hour": 0, "adNetworkType": "SEARCH", "device": "MOBILE"},
            "metrics": {"costMicros": "9007199254740993", "clicks": "3", "conversions": 0.1},
        }
        return [{"results": [row], "fieldMask": "x"}, {"fieldMask": "x"}]

    def queries(self, customer: str) -> list[str]:
        """What a customer was asked."""
        return [request.json()["query"] for request in self.api.asked(f"/customers/{customer}/googleAds:searchStream")]

    def run(self, *streams: str, **settings: Any) -> TapRun:
        """Run the tap over yesterday and the day before."""
        config = {
            "api_url": self.api.url,
            "credential_ref": "env://GOOGLE_ADS_TEST",
            "login_customer_id": MANAGER,
            "start_date": str(TODAY - timedelta(days=2)),
            "end_date": str(TODAY - timedelta(days=1)),
        }
        return run_tap(TapGoogleAds, {**config, **settings}, streams={"account", *streams} if streams else None)


def client(customer: str) -> dict[str, Any]:
    """A customer in the list below the manager."""
    return {"customerClient": {"id": customer, "timeZone": "UTC", "manager": False, "status": "ENABLED"}}


def refused(status: int, kind: str, code: str, **details: Any) -> ApiAnswer:
    """An error as a stream has it."""
    error = {"errorCode": {kind: code}, "message": "no", "details": details}
    failure = {"@type": "type.googleapis.com/google.ads.googleads.v25.errors.GoogleAdsFailure", "errors": [error]}
    return ApiAnswer([{"error": {"code": status, "message": "Request failed.", "details": [failure]}}], status)


@pytest.fixture
def ads(monkeypatch: pytest.MonkeyPatch) -> Iterator[GoogleAds]:
    with FakeApi() as api, impatient(TapGoogleAds):
        names = ("client_id", "client_secret", "refresh_token", "developer_token")
        credential = {**{name: f"{name}-value" for name in names}, "token_uri": f"{api.url}/token"}
        monkeypatch.setenv("GOOGLE_ADS_TEST", json.dumps(credential))
        yield GoogleAds(api)


def test_whole_numbers_are_exact_and_fields_are_columns(ads: GoogleAds) -> None:
    rows = ads.run("campaign_performance_report").records("campaign_performance_report")
    assert [row["campaign_id"] for row in rows] == [int(FIRST), int(SECOND)]
    assert {row["metrics_cost_micros"] for row in rows} == {9007199254740993}
    assert {row["segments_device"] for row in rows} == {"MOBILE"}


def test_every_request_names_manager_and_developer(ads: GoogleAds) -> None:
    ads.run("campaign")
    for request in ads.api.requests:
        if request.path != "/token":
            headers = {name.lower(): value for name, value in request.headers.items()}
            assert headers["login-customer-id"] == MANAGER
            assert headers["developer-token"] == "developer_token-value"
            assert headers["authorization"] == "Bearer ya29.access"


def test_only_enabled_customers_that_are_no_managers_are_read(ads: GoogleAds) -> None:
    ads.run("campaign")
    [query] = ads.queries(MANAGER)
    assert query.endswith("WHERE customer_client.manager = FALSE AND customer_client.status = 'ENABLED'")


def test_clicks_are_asked_a_day_at_a_time_and_no_further_back_than_they_are_kept(ads: GoogleAds) -> None:
    run = ads.run("click_view", start_date=str(TODAY - timedelta(days=200)))
    days = [re.search(r"segments\.date = '(.+)'", query)[1] for query in ads.queries(FIRST)]  # type: ignore[index]
    assert sorted(days) == [str(TODAY - timedelta(days=back)) for back in range(90, 0, -1)]
    assert len(run.records("click_view")) == 2 * 90


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (403, "authorizationError", "USER_PERMISSION_DENIED"),
        (403, "authorizationError", "CUSTOMER_NOT_ENABLED"),
        (401, "authenticationError", "CUSTOMER_NOT_FOUND"),
    ],
)
def test_a_customer_that_refuses_is_named_and_the_others_are_read(
    ads: GoogleAds, status: int, kind: str, code: str
) -> None:
    ads.refusals[FIRST] = [refused(status, kind, code)]
    run = ads.run("campaign")
    assert run.exit_code != 0
    assert [row["campaign_id"] for row in run.records("campaign")] == [int(SECOND)]
    assert FIRST in run.errors


def test_a_developer_token_that_is_not_approved_is_asked_once(ads: GoogleAds) -> None:
    refusal = refused(403, "authorizationError", "DEVELOPER_TOKEN_NOT_APPROVED")
    ads.refusals[MANAGER] = [refusal] * 5
    run = ads.run("campaign")
    assert run.exit_code != 0
    assert len(ads.queries(MANAGER)) == 1
    assert "DEVELOPER_TOKEN_NOT_APPROVED" in run.errors


def test_a_short_delay_is_waited_and_nothing_lost(ads: GoogleAds) -> None:
    quota = {"quotaErrorDetails": {"rateScope": "ACCOUNT", "rateName": "Requests per account", "retryDelay": "0.01s"}}
    ads.refusals[FIRST] = [refused(429, "quotaError", "RESOURCE_TEMPORARILY_EXHAUSTED", **quota)]
    run = ads.run("campaign")
    assert run.exit_code == 0
    assert len(run.records("campaign")) == 2


def test_a_query_of_ones_own_has_its_segments_in_the_key(ads: GoogleAds) -> None:
    run = ads.run("hourly", custom_queries=[CUSTOM])
    [schema] = [message for message in run.messages if message["type"] == "SCHEMA" and message["stream"] == "hourly"]
    assert schema["key_properties"] == ["campaign_id", "segments_date", "segments_hour"]
    assert [row["metrics_clicks"] for row in run.records("hourly")] == [3, 3]
    first, last = TODAY - timedelta(days=2), TODAY - timedelta(days=1)
    [query] = ads.queries(FIRST)
    assert query == (
        "SELECT campaign.id, segments.date, segments.hour, customer.id, metrics.clicks FROM campaign"
        f" WHERE segments.date BETWEEN '{first}' AND '{last}' AND campaign.status = 'ENABLED'"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fields": ["metrics.click"]}, "no column 'metrics.click'; did you mean metrics.clicks"),
        ({"conditions": ["segments.date DURING TODAY"]}, "days follow from start_date"),
        ({"resource": "campaign WHERE 1"}, "resource"),
        ({"conditions": ["campaign.name = 'LIMIT' LIMIT 5"]}, "LIMIT is no condition"),
        ({"name": "campaign"}, "a stream of this name already"),
    ],
)
def test_a_wrong_query_is_refused_before_anything_is_asked(
    ads: GoogleAds, change: dict[str, Any], message: str
) -> None:
    run = ads.run(custom_queries=[CUSTOM | change])
    assert run.exit_code != 0
    assert message in run.errors
    assert not ads.api.requests


def test_the_end_of_the_version_is_known(ads: GoogleAds) -> None:
    assert TapGoogleAds.api_url.endswith(f"/{VERSION}")
    assert TapGoogleAds.api_sunset == SUNSET
    assert ("is switched off" in ads.run().errors) == (timedelta(days=60) >= SUNSET - TODAY)


def test_operations_are_counted_by_developer_token() -> None:
    def who(**values: str) -> str:
        known = {"client_id": "app", "client_secret": "secret", "refresh_token": "one", "developer_token": "ours-1"}
        return TapGoogleAds.auth.bind(Credential(known | values), api_url="http://127.0.0.1").identity

    assert who() == who(refresh_token="another", client_id="other")
    assert who() != who(developer_token="ours-2")


def test_a_day_without_operations_left_is_put_off_and_not_asked_again(ads: GoogleAds) -> None:
    quota = {"quotaErrorDetails": {"rateScope": "DEVELOPER", "rateName": "Operations per day", "retryDelay": "40000s"}}
    ads.refusals[FIRST] = [refused(429, "quotaError", "RESOURCE_EXHAUSTED", **quota)] * 5
    run = ads.run("campaign", concurrency=1)
    assert run.exit_code != 0
    assert len(ads.queries(FIRST)) == 1
    assert not ads.queries(SECOND)
    assert not run.receipt.complete


def test_a_query_of_ones_own_for_clicks_has_one_day_at_a_time(ads: GoogleAds) -> None:
    clicks = {"name": "own_clicks", "resource": "click_view", "keys": ["click_view.gclid"], "fields": ["segments.date"]}
    run = ads.run("own_clicks", custom_queries=[clicks])
    days = [TODAY - timedelta(days=2), TODAY - timedelta(days=1)]
    assert sorted(query.partition("WHERE ")[2] for query in ads.queries(FIRST)) == [
        f"segments.date BETWEEN '{day}' AND '{day}'" for day in days
    ]
    assert len(run.records("own_clicks")) == 2 * len(days)
