"""TikTok's API for Business as its documents say: who may ask, what may be asked, how it is answered and refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from dif_sandbox.sim import ChannelConfig, Config, Simulators

NOW = "2026-11-10T18:00:00+00:00"
PLENTY = {"second": "1000000/1", "minute": "1000000/60"}
ROOT = "/open_api/v1.3"


class TikTok:
    """One client's view of the API."""

    def __init__(self, simulators: Simulators, client: str = "demo") -> None:
        self.url, self.simulators, self.client = simulators.urls["tiktok"], simulators, client
        self.secrets = dict(simulators.credentials("tiktok")[client])
        self.headers = {"Access-Token": self.secrets["access_token"]}

    def get(self, path: str, **query: Any) -> Any:
        """The answer, whose status says nothing."""
        given = {name: value if isinstance(value, str) else json.dumps(value) for name, value in query.items()}
        answer = requests.get(f"{self.url}{ROOT}{path}", params=given, headers=self.headers, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def advertisers(self) -> list[str]:
        """The advertisers of the client."""
        found = self.get("/oauth2/advertiser/get/", app_id=self.secrets["app_id"], secret=self.secrets["secret"])
        return [row["advertiser_id"] for row in found["data"]["list"]]

    def report(self, **order: Any) -> Any:
        """A report of a day of the first advertiser's ads."""
        asked = {
            "advertiser_id": self.advertisers()[0], "service_type": "AUCTION", "report_type": "BASIC",
            "data_level": "AUCTION_AD", "dimensions": ["ad_id", "stat_time_day"], "metrics": ["spend"],
            "start_date": "2026-11-08", "end_date": "2026-11-08", "page_size": "1000", **order,
        }  # fmt: skip
        return self.get(
            "/report/integrated/get/", **{name: value for name, value in asked.items() if value is not None}
        )

    def truth(self, stream: str, **query: str) -> list[dict[str, Any]]:
        """What a perfect tap holds."""
        answer = requests.get(f"{self.url}/_sim/truth/{self.client}/{stream}", params=query, timeout=30)
        return [json.loads(line) for line in answer.text.splitlines()]

    def put(self, what: str, said: Any) -> None:
        """Move the clock, or put faults in force."""
        requests.put(f"{self.url}/_sim/{what}", json=said, timeout=30).raise_for_status()


@pytest.fixture(scope="module")
def running() -> Iterator[Simulators]:
    channel = ChannelConfig(clients=("demo", "acme"), seed=3, now=NOW, options={"budgets": PLENTY})
    with Simulators(Config({"tiktok": channel})) as simulators:
        yield simulators


@pytest.fixture
def tiktok(running: Simulators) -> Iterator[TikTok]:
    yield (found := TikTok(running))
    found.put("clock", {"now": NOW})
    found.put("faults", [])


@pytest.mark.parametrize(("token", "code"), [("", 40104), ("made-up", 40105)])
def test_who_does_not_prove_who_asks_is_told_so_with_200(tiktok: TikTok, token: str, code: int) -> None:
    tiktok.headers = {"Access-Token": token}
    assert tiktok.get("/advertiser/info/", advertiser_ids=["1"])["code"] == code


def test_the_apps_secret_lists_advertisers_and_nothing_else(tiktok: TikTok) -> None:
    assert len(tiktok.advertisers()) >= 2
    assert tiktok.get("/oauth2/advertiser/get/", app_id=tiktok.secrets["app_id"], secret="wrong")["code"] == 40113
    advertiser = tiktok.advertisers()[0]
    assert tiktok.get("/ad/get/", advertiser_id=advertiser, secret=tiktok.secrets["secret"])["code"] == 40002


def test_an_advertiser_of_somebody_else_or_of_nobody_is_refused(tiktok: TikTok, running: Simulators) -> None:
    other = TikTok(running, "acme").advertisers()[0]
    assert tiktok.get("/campaign/get/", advertiser_id=other)["code"] == 40001
    assert tiktok.get("/campaign/get/", advertiser_id="404")["code"] == 40300
    assert tiktok.get("/advertiser/info/", advertiser_ids=[tiktok.advertisers()[0], other])["code"] == 40001
    assert tiktok.get("/campaign/get/")["code"] == 40002


def test_a_path_that_is_not_there_is_404(tiktok: TikTok) -> None:
    answer = requests.get(f"{tiktok.url}{ROOT}/ad/get", headers=tiktok.headers, timeout=30)
    assert (answer.status_code, answer.text) == (404, "404 page not found")


@pytest.mark.parametrize(
    ("path", "kind"), [("/campaign/get/", "CAMPAIGN"), ("/adgroup/get/", "ADGROUP"), ("/ad/get/", "AD")]
)
def test_what_was_deleted_is_there_for_who_asks(tiktok: TikTok, path: str, kind: str) -> None:
    advertiser = tiktok.advertisers()[0]

    def listed(status: str | None) -> list[dict[str, Any]]:
        filters = {} if status is None else {"filtering": {"secondary_status": f"{kind}_STATUS_{status}"}}
        found: list[dict[str, Any]] = tiktok.get(path, advertiser_id=advertiser, page_size="1000", **filters)["data"][
            "list"
        ]
        return found

    every, deleted = listed("ALL"), listed("DELETE")
    assert len(listed(None)) + len(deleted) == len(every)
    assert {row["secondary_status"] for row in deleted} <= {f"{kind}_STATUS_DELETE"}
    assert tiktok.get(path, advertiser_id=advertiser, filtering={"secondary_status": "ALL"})["code"] == 40002


def test_pages_are_counted_from_one_and_have_ten_rows_unless_asked_for_more(tiktok: TikTok) -> None:
    advertiser = tiktok.advertisers()[0]
    first = tiktok.get("/file/image/ad/search/", advertiser_id=advertiser)["data"]
    assert len(first["list"]) == 10
    assert first["page_info"] == {"page": 1, "page_size": 10, "total_number": 120, "total_page": 12}
    second = tiktok.get("/file/image/ad/search/", advertiser_id=advertiser, page="2", page_size="100")["data"]
    assert len(second["list"]) == 20
    assert tiktok.get("/file/image/ad/search/", advertiser_id=advertiser, page_size="101")["code"] == 40002
    assert len(tiktok.get("/app/list/", advertiser_id=advertiser)["data"]["apps"]) == 1


def test_metrics_are_texts_and_a_dash_where_there_is_nothing(tiktok: TikTok) -> None:
    metrics = ["spend", "impressions", "ctr", "secondary_goal_result", "ad_name"]
    row = tiktok.report(metrics=metrics)["data"]["list"][0]
    assert set(row["dimensions"]) == {"ad_id", "stat_time_day"}
    assert row["dimensions"]["stat_time_day"] == "2026-11-08 00:00:00"
    assert all(isinstance(value, str) for value in row["metrics"].values())
    assert row["metrics"]["secondary_goal_result"] == "-"


def test_levels_add_up_only_with_what_was_deleted(tiktok: TikTok) -> None:
    every = [{"field_name": "ad_status", "filter_type": "IN", "filter_value": '["STATUS_ALL"]'}]

    def impressions(answer: Any) -> int:
        return sum(int(row["metrics"]["impressions"]) for row in answer["data"]["list"])

    asked = {"metrics": ["impressions"]}
    whole = tiktok.report(data_level="AUCTION_ADVERTISER", dimensions=["advertiser_id", "stat_time_day"], **asked)
    assert impressions(tiktok.report(filtering=every, **asked)) == impressions(whole)
    assert impressions(tiktok.report(**asked)) < impressions(whole)
    parts = tiktok.report(
        filtering=every, report_type="AUDIENCE", dimensions=["ad_id", "stat_time_day", "age", "gender"], **asked
    )
    assert impressions(parts) == impressions(whole)


def test_an_hour_is_one_of_the_advertisers_day(tiktok: TikTok) -> None:
    by_hour = tiktok.report(dimensions=["ad_id", "stat_time_hour"], metrics=["clicks"])["data"]["list"]
    by_day = tiktok.report(metrics=["clicks"])["data"]["list"]
    assert {row["dimensions"]["stat_time_hour"][10:] for row in by_hour} == {f" {hour:02d}:00:00" for hour in range(24)}
    assert sum(int(row["metrics"]["clicks"]) for row in by_hour) == sum(int(row["metrics"]["clicks"]) for row in by_day)


@pytest.mark.parametrize(
    "wrong",
    [
        {"report_type": "ALL"},
        {"service_type": None},
        {"data_level": "AD"},
        {"metrics": ["spent"]},
        {"data_level": "AUCTION_CAMPAIGN", "dimensions": ["campaign_id"], "metrics": ["ad_name"]},
        {"data_level": "AUCTION_CAMPAIGN", "dimensions": ["campaign_id"], "metrics": ["real_time_result_rate"]},
        {"dimensions": ["stat_time_day"]},
        {"dimensions": ["ad_id", "stat_time_day", "age"]},
        {"dimensions": ["ad_id", "stat_time_day", "stat_time_hour"]},
        {"dimensions": "ad_id"},
        {"report_type": "AUDIENCE"},
        {"report_type": "AUDIENCE", "dimensions": ["ad_id", "stat_time_day", "age"], "metrics": ["reach"]},
        {"report_type": "AUDIENCE", "dimensions": ["ad_id", "stat_time_hour", "age"]},
        {"start_date": "2026-10-01"},
        {"start_date": "2026-11-09"},
        {"start_date": None},
        {"dimensions": ["ad_id", "stat_time_hour"], "start_date": "2026-11-07"},
        {"dimensions": ["ad_id"], "start_date": "2025-11-08"},
        {"query_lifetime": "true"},
        {"filtering": [{"field_name": "adgroup_status", "filter_type": "IN", "filter_value": '["STATUS_ALL"]'}]},
        {"filters": []},
        {"page_size": "1001"},
    ],
)
def test_what_does_not_go_together_is_refused(tiktok: TikTok, wrong: dict[str, Any]) -> None:
    assert tiktok.report()["code"] == 0
    answer = tiktok.report(**wrong)
    assert (answer["code"], answer["data"]) == (40002, {})
    assert answer["message"]


def test_figures_are_restated_and_rows_withdrawn(tiktok: TikTok) -> None:
    days = {"start_date": "2026-11-01", "end_date": "2026-11-09"}
    before = {(row["ad_id"], row["stat_time_day"]): row for row in tiktok.truth("ads_reports_daily", **days)}
    tiktok.put("clock", {"now": "2026-11-16T18:00:00+00:00"})
    after = {(row["ad_id"], row["stat_time_day"]): row for row in tiktok.truth("ads_reports_daily", **days)}
    assert before.keys() - after.keys()
    assert not after.keys() - before.keys()
    assert any(after[key] != before[key] for key in after)


def test_the_truth_is_what_is_answered(tiktok: TikTok) -> None:
    every = [{"field_name": "ad_status", "filter_type": "IN", "filter_value": '["STATUS_ALL"]'}]
    days = {"start_date": "2026-11-08", "end_date": "2026-11-08"}
    told = tiktok.report(filtering=every, metrics=["impressions", "secondary_goal_result"])["data"]["list"]
    first = [
        row for row in tiktok.truth("ads_reports_daily", **days) if row["advertiser_id"] == tiktok.advertisers()[0]
    ]
    assert [(row["ad_id"], str(row["impressions"])) for row in first] == [
        (row["dimensions"]["ad_id"], row["metrics"]["impressions"]) for row in told
    ]
    assert first[0]["secondary_goal_result"] is None


def test_a_fault_may_be_for_one_advertiser(tiktok: TikTok) -> None:
    first, second = tiktok.advertisers()[:2]
    tiktok.put("faults", [{"match": "/ad/get/", "query": f"advertiser_id={first}", "kind": "forbidden", "times": None}])
    assert tiktok.get("/ad/get/", advertiser_id=first)["code"] == 40001
    assert tiktok.get("/ad/get/", advertiser_id=second)["code"] == 0


def test_who_asks_too_often_is_told_so_with_200_and_without_a_wait() -> None:
    channel = ChannelConfig(clients=("demo",), seed=3, now=NOW, options={"budgets": {"minute": "3/60"}})
    with Simulators(Config({"tiktok": channel})) as simulators:
        tiktok = TikTok(simulators)
        codes = [tiktok.get("/ad/get/", advertiser_id=tiktok.advertisers()[0])["code"]]
        answer = requests.get(f"{tiktok.url}{ROOT}/ad/get/", headers=tiktok.headers, timeout=30)
        codes += [answer.json()["code"], tiktok.get("/ad/get/")["code"]]
        logged = requests.get(f"{tiktok.url}/_sim/requests", timeout=30).json()["requests"]
    assert codes == [0, 40002, 40100]
    assert [entry["status"] for entry in logged] == [200, 200, 200, 429]
    assert "retry-after" not in {name.lower() for name in answer.headers}
