"""What providers' documented answers tell of their budgets reaches the limiter."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from dif_kit.budget import (
    AnswerView,
    BodyDelay,
    BodyPoints,
    BodyQuota,
    Budget,
    CallLimitHeader,
    Heard,
    Source,
    UsageHeader,
    connect,
    seconds_until,
)
from dif_kit.credentials import Credential
from dif_kit.errors import Deferred
from dif_kit.http import HttpClient, Match, NoAuth, Request, Retry, Verdicts
from dif_kit.testing import ApiAnswer, FakeApi
from requests.structures import CaseInsensitiveDict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dif_kit.budget._limiter import StoreLimiter

NOW = datetime(2026, 11, 23, 7, 48, tzinfo=UTC)  # 23:48 of the 22nd in Los Angeles

META_USE_CASE = UsageHeader(
    "X-Business-Use-Case-Usage",
    ("call_count", "total_cputime", "total_time"),
    regain_minutes="estimated_time_to_regain_access",
)
META_APP = UsageHeader("X-App-Usage", ("call_count", "total_cputime", "total_time"))
META_ACCOUNT = UsageHeader("X-Ad-Account-Usage", ("acc_id_util_pct",), reset_seconds="reset_time_duration")
META_INSIGHTS = UsageHeader("X-FB-Ads-Insights-Throttle", ("app_id_util_pct", "acc_id_util_pct"))


def use_case(count: int, minutes: int) -> str:
    usage = {"type": "ads_insights", "call_count": count, "total_cputime": 25, "total_time": 25}
    return json.dumps({"112130216863063": [{**usage, "estimated_time_to_regain_access": minutes}]})


def shopify(*, asked: int, charged: int | None, left: int) -> dict[str, Any]:
    cost = {
        "requestedQueryCost": asked,
        "actualQueryCost": charged,
        "throttleStatus": {"maximumAvailable": 1000.0, "currentlyAvailable": left, "restoreRate": 50.0},
    }
    errors = [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]
    return {"extensions": {"cost": cost}, **({"errors": errors} if charged is None else {"data": {}})}


GOOGLE_ADS = {
    "error": {
        "code": 429,
        "status": "RESOURCE_EXHAUSTED",
        "details": [
            {
                "@type": "type.googleapis.com/google.ads.googleads.v25.errors.GoogleAdsFailure",
                "errors": [
                    {
                        "errorCode": {"quotaError": "RESOURCE_TEMPORARILY_EXHAUSTED"},
                        "details": {
                            "quotaErrorDetails": {
                                "rateScope": "DEVELOPER",
                                "rateName": "Number of operations for basic access",
                                "retryDelay": "30s",
                            }
                        },
                    }
                ],
            }
        ],
    }
}

GA4 = {"propertyQuota": {"tokensPerDay": {"consumed": 9, "remaining": 199_991}, "tokensPerHour": {"consumed": 9}}}


@pytest.mark.parametrize(
    ("source", "headers", "body", "heard"),
    [
        (META_USE_CASE, {META_USE_CASE.name: use_case(77, 0)}, None, Heard(usage_percent=77)),
        (META_USE_CASE, {META_USE_CASE.name: use_case(100, 19)}, None, Heard(usage_percent=100, pause_seconds=1140)),
        (
            META_APP,
            {"x-app-usage": '{"call_count":28,"total_time":83,"total_cputime":12}'},
            None,
            Heard(usage_percent=83),
        ),
        (
            META_ACCOUNT,
            {META_ACCOUNT.name: '{"acc_id_util_pct":9.67,"reset_time_duration":300,"ads_api_access_tier":"limited"}'},
            None,
            Heard(usage_percent=9.67),
        ),
        (
            META_ACCOUNT,
            {META_ACCOUNT.name: '{"acc_id_util_pct":100,"reset_time_duration":300}'},
            None,
            Heard(usage_percent=100, pause_seconds=300),
        ),
        (
            META_INSIGHTS,
            {META_INSIGHTS.name: '{"app_id_util_pct":1,"acc_id_util_pct":95.5}'},
            None,
            Heard(usage_percent=95.5),
        ),
        (
            UsageHeader("X-mp-rate-limit-percentage-used"),
            {"X-mp-rate-limit-percentage-used": "81"},
            None,
            Heard(usage_percent=81),
        ),
        (
            CallLimitHeader("X-Shopify-Shop-Api-Call-Limit"),
            {"X-Shopify-Shop-Api-Call-Limit": "32/40"},
            None,
            Heard(remaining=8),
        ),
        (
            CallLimitHeader("Sforce-Limit-Info", "gauge"),
            {"Sforce-Limit-Info": "api-usage=18/5000"},
            None,
            Heard(usage_percent=0.36),
        ),
        (BodyPoints(), {}, shopify(asked=101, charged=46, left=954), Heard(remaining=954, cost=46)),
        (BodyPoints(), {}, shopify(asked=600, charged=None, left=100), Heard(remaining=100, pause_seconds=10)),
        (BodyQuota("propertyQuota.tokensPerDay", "day@America/Los_Angeles"), {}, GA4, Heard(199_991, 720, cost=9)),
        (BodyQuota("propertyQuota.tokensPerHour", "hour"), {}, GA4, Heard(0, 720, cost=9)),
        (BodyDelay(), {}, GOOGLE_ADS, Heard(pause_seconds=30)),
        (BodyDelay(), {}, [GOOGLE_ADS], Heard(pause_seconds=30)),
        (BodyDelay(where=("rateScope", "DEVELOPER")), {}, [GOOGLE_ADS], Heard(pause_seconds=30)),
        (BodyDelay(where=("rateScope", "ACCOUNT")), {}, [GOOGLE_ADS], None),
        (BodyDelay(unless=("rateScope", "ACCOUNT")), {}, GOOGLE_ADS, Heard(pause_seconds=30)),
        (BodyDelay(unless=("rateScope", "DEVELOPER")), {}, GOOGLE_ADS, None),
    ],
)
def test_a_documented_answer_is_understood(
    source: Source, headers: dict[str, str], body: Any, heard: Heard | None
) -> None:
    assert source.read(AnswerView(CaseInsensitiveDict(headers), lambda: body, NOW)) == heard


@pytest.mark.parametrize(
    "source", [META_USE_CASE, CallLimitHeader("X"), BodyPoints(), BodyQuota("a.b", "hour"), BodyDelay()]
)
@pytest.mark.parametrize(
    ("header", "body"),
    [("", None), ("{", []), ("[1,", "text"), ("0/0", {"a": []}), ("NaN", {"error": {"retryDelay": []}})],
)
def test_an_answer_without_a_word_or_with_nonsense_says_nothing(source: Source, header: str, body: Any) -> None:
    headers = CaseInsensitiveDict({"X": header, META_USE_CASE.name: header})
    assert source.read(AnswerView(headers, lambda: body, NOW)) in {None, Heard()}


def test_the_next_midnight_is_that_of_the_providers_zone() -> None:
    assert seconds_until("day@UTC", NOW) == (16 * 60 + 12) * 60
    assert seconds_until("day@America/Los_Angeles", datetime(2026, 3, 8, 8, tzinfo=UTC)) == 23 * 3600


# Through a request


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with FakeApi() as running:
        yield running


@pytest.fixture
def limiter() -> StoreLimiter:
    return connect(None, horizon_seconds=5)


@pytest.fixture
def client(limiter: StoreLimiter) -> Iterator[HttpClient]:
    retry = Retry(attempts=2, throttles=1, first_seconds=0.001, longest_seconds=0.002, horizon_seconds=5)
    opened = HttpClient(
        authenticator=NoAuth().bind(Credential({}), api_url=""), limiter=limiter, user_agent="test", retry=retry
    )
    yield opened
    opened.close()


def ask(api: FakeApi, *budgets: Budget, verdicts: Verdicts | None = None) -> Request:
    return Request(
        url=f"{api.url}/x", origin=api.url, budgets=budgets, scope={"shop": "1"}, verdicts=verdicts or Verdicts()
    )


def test_points_are_settled_to_what_the_answer_says(api: FakeApi, client: HttpClient, limiter: StoreLimiter) -> None:
    points = Budget("points", ("points 1000 restore 1/h",), ("shop",), signals=(BodyPoints(),), cost=500)
    api.on("GET", "/x", ApiAnswer(shopify(asked=500, charged=100, left=900)))
    for _ in range(4):
        client.send(ask(api, points))
    with pytest.raises(Deferred, match="points 1000"):
        limiter.acquire({points: "1"}, cost=601)


def test_full_usage_stops_everyone_until_access_is_regained(
    api: FakeApi, client: HttpClient, limiter: StoreLimiter
) -> None:
    meta = Budget("meta", ("100/s",), ("shop",), signals=(META_USE_CASE,))
    api.on("GET", "/x", ApiAnswer({}, headers={META_USE_CASE.name: use_case(100, 19)}))
    client.send(ask(api, meta))
    with pytest.raises(Deferred, match="paused by the provider"):
        limiter.acquire({meta: "1"})
    limiter.acquire({meta: "2"})


def test_a_high_usage_slows_everyone(api: FakeApi, client: HttpClient, limiter: StoreLimiter) -> None:
    meta = Budget("meta", ("20/h guard 0ms",), ("shop",), signals=(META_USE_CASE,))
    api.on("GET", "/x", ApiAnswer({}, headers={META_USE_CASE.name: use_case(90, 0)}))
    client.send(ask(api, meta))
    for _ in range(7):  # 40 % of 20 are 8
        limiter.acquire({meta: "1"})
    with pytest.raises(Deferred, match="20/h"):
        limiter.acquire({meta: "1"})


def test_a_quota_in_the_body_is_used_up_and_waited_out(api: FakeApi, client: HttpClient, limiter: StoreLimiter) -> None:
    quota = Budget("tokens", ("40000/h",), ("shop",), signals=(BodyQuota("propertyQuota.tokensPerDay", "day@UTC"),))
    api.on("GET", "/x", ApiAnswer({"propertyQuota": {"tokensPerDay": {"consumed": 12, "remaining": 2}}}))
    client.send(ask(api, quota))
    with pytest.raises(Deferred, match="used up, says the provider"):
        limiter.acquire({quota: "1"}, cost=3)


def test_a_delay_in_an_errors_body_is_waited_by_all(api: FakeApi, client: HttpClient, limiter: StoreLimiter) -> None:
    ads = Budget("ads", ("100/s",), ("shop",), signals=(BodyDelay(),))
    api.on("GET", "/x", ApiAnswer(GOOGLE_ADS, status=429))
    with pytest.raises(Deferred, match="asks to wait 30 s"):
        client.send(ask(api, ads))
    with pytest.raises(Deferred, match="paused by the provider"):
        limiter.acquire({ads: "1"})


@pytest.mark.parametrize("horizon", [5, 60])
def test_only_the_budget_that_the_answer_names_rests(api: FakeApi, limiter: StoreLimiter, horizon: float) -> None:
    developer = Budget("developer", ("100/s",), ("shop",), signals=(BodyDelay(unless=("rateScope", "ACCOUNT")),))
    account = Budget("account", ("100/s",), ("shop",), signals=(BodyDelay(where=("rateScope", "ACCOUNT")),))
    refused = {"error": {"details": [{"quotaErrorDetails": {"rateScope": "ACCOUNT", "retryDelay": "30s"}}]}}
    api.on("GET", "/x", ApiAnswer(refused, status=429))
    nobody = NoAuth().bind(Credential({}), api_url="")
    patient = Retry(attempts=2, throttles=1, horizon_seconds=horizon)
    client = HttpClient(authenticator=nobody, limiter=limiter, user_agent="test", retry=patient)
    with pytest.raises(Deferred):
        client.send(ask(api, developer, account))
    limiter.acquire({developer: "1"})
    with pytest.raises(Deferred, match="paused by the provider"):
        limiter.acquire({account: "1"})
    client.close()


@pytest.mark.parametrize(
    ("rule", "body", "status"),
    [
        (40100, {"code": 40100, "message": "Too many requests"}, 200),
        (
            Match(status=400, text="calls limit has been reached"),
            {"message": "Your API calls limit has been reached"},
            400,
        ),
    ],
)
def test_a_refusal_may_mean_a_wait_that_only_the_documentation_tells(
    api: FakeApi, client: HttpClient, rule: int | Match, body: dict[str, Any], status: int
) -> None:
    verdicts = Verdicts(code="code", message="message", throttled=frozenset({rule}), waits={rule: 300})
    api.on("GET", "/x", ApiAnswer(body, status=status))
    with pytest.raises(Deferred, match="asks to wait 300 s"):
        client.send(ask(api, Budget("ads", ("100/s",), ("shop",)), verdicts=verdicts))
