"""AppsFlyer's Pull API as its documents say: who may ask, what may be asked, how it is answered and refused."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from dif_sandbox.sim import ChannelConfig, Config, Simulators

NOW = "2026-11-10T18:00:00+00:00"
DAYS = {"from": "2026-11-08", "to": "2026-11-08"}
PLENTY = {"calls": "1000000/1"}


class AppsFlyer:
    """One client's view of the API."""

    def __init__(self, simulators: Simulators, client: str = "demo") -> None:
        self.url, self.client = simulators.urls["appsflyer"], client
        self.token = simulators.credentials("appsflyer")[client]["api_token"]

    def get(self, path: str, **query: str) -> requests.Response:
        """The answer to a signed request; `from_` is from."""
        given = {name.rstrip("_"): value for name, value in query.items()}
        return requests.get(
            f"{self.url}{path}", params=given, headers={"Authorization": f"Bearer {self.token}"}, timeout=30
        )

    def apps(self, **query: str) -> list[dict[str, Any]]:
        """The client's apps."""
        return list(self.get("/api/mng/apps", **query).json()["data"])

    def raw(self, report: str = "in_app_events_report", app: str = "", **query: str) -> requests.Response:
        """A report of raw data of the first app."""
        return self.get(f"/api/raw-data/export/app/{app or self.apps()[0]['id']}/{report}/v5", **{**DAYS, **query})

    def aggregate(self, report: str = "partners_by_date_report", number: int = 0, **query: str) -> requests.Response:
        """An aggregate report of an app."""
        return self.get(f"/api/agg-data/export/app/{self.apps()[number]['id']}/{report}/v5", **{**DAYS, **query})

    def truth(self, stream: str, **query: str) -> list[dict[str, Any]]:
        """What a perfect tap holds."""
        answer = requests.get(f"{self.url}/_sim/truth/{self.client}/{stream}", params=query, timeout=30)
        return [json.loads(line) for line in answer.text.splitlines()]

    def put(self, what: str, said: Any) -> None:
        """Move the clock, or put faults in force."""
        requests.put(f"{self.url}/_sim/{what}", json=said, timeout=30).raise_for_status()


def rows(answer: requests.Response) -> list[dict[str, str]]:
    """The rows of a file."""
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(answer.content.decode("utf-8-sig").splitlines()))


@pytest.fixture
def running() -> Iterator[Simulators]:
    options = {"budgets": PLENTY, "row_limits": [5, 200_000, 1_000_000]}
    channel = ChannelConfig(clients=("demo", "acme"), seed=3, now=NOW, options=options)
    with Simulators(Config({"appsflyer": channel})) as simulators:
        yield simulators


@pytest.fixture
def appsflyer(running: Simulators) -> AppsFlyer:
    return AppsFlyer(running)


def test_a_token_that_is_none_is_refused(appsflyer: AppsFlyer) -> None:
    app = appsflyer.apps()[0]["id"]
    appsflyer.token = "made-up"
    refused = appsflyer.raw(app=app)
    assert (refused.status_code, refused.json()["message"]) == (401, "Supplied API token is invalid")


def test_an_app_of_somebody_else_is_not_found_and_so_is_none(appsflyer: AppsFlyer, running: Simulators) -> None:
    other = AppsFlyer(running, "acme").apps()[0]["id"]
    answers = [appsflyer.raw(app=app) for app in (other, "com.nobody")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].text == answers[1].text


def test_apps_come_in_pages_that_lead_on(appsflyer: AppsFlyer) -> None:
    first = appsflyer.get("/api/mng/apps", limit="1").json()
    assert len(first["data"]) == 1
    following = requests.get(
        first["links"]["next"], headers={"Authorization": f"Bearer {appsflyer.token}"}, timeout=30
    ).json()
    assert [app["id"] for app in (*first["data"], *following["data"])] == [app["id"] for app in appsflyer.apps()][:2]


def test_a_file_ends_without_a_word_where_it_is_cut_off(appsflyer: AppsFlyer) -> None:
    whole = rows(appsflyer.raw(maximum_rows="200000"))
    assert rows(appsflyer.raw(maximum_rows="5")) == whole[:5]
    assert len(whole) > 5
    assert appsflyer.raw(maximum_rows="6").json()["message"] == "Invalid limit type"


def test_a_day_without_anything_is_a_header(appsflyer: AppsFlyer) -> None:
    empty = appsflyer.raw(from_="2026-11-20", to="2026-11-21")
    assert rows(empty) == []
    assert "Event Name" in empty.text


def test_additional_fields_come_behind_the_others(appsflyer: AppsFlyer) -> None:
    header = appsflyer.raw(additional_fields="gp_referrer,device_model").text.splitlines()[0]
    assert header.endswith("Original URL,Google Play Referrer,Device Model")
    assert appsflyer.raw(additional_fields="shoe_size").status_code == 400


def test_raw_data_is_kept_for_ninety_days(appsflyer: AppsFlyer) -> None:
    assert appsflyer.raw(from_="2026-08-12").status_code == 200
    refused = appsflyer.raw(from_="2026-08-11")
    assert (refused.status_code, refused.json()["message"]) == (
        400,
        "Raw reports historical lookback is limited to 90 days",
    )


def test_a_zone_is_the_apps_own_or_none(appsflyer: AppsFlyer) -> None:
    zone = appsflyer.apps()[0]["attributes"]["time_zone"]
    assert appsflyer.raw(timezone=zone).status_code == 200
    assert appsflyer.raw(timezone="Asia/Kathmandu").status_code == 400
    assert appsflyer.raw(to="2026-11-07").status_code == 400
    assert appsflyer.raw(shoe_size="40").status_code == 400


def test_a_quota_of_raw_data_is_a_bad_request_until_the_next_day(appsflyer: AppsFlyer) -> None:
    answers = [appsflyer.raw("installs_report") for _ in range(25)]
    assert [answer.status_code for answer in answers] == [200] * 24 + [400]
    assert "limit has been reached for report type" in answers[-1].text
    assert appsflyer.raw("organic_installs_report").status_code == 200
    appsflyer.put("clock", {"now": "2026-11-11T00:00:01Z"})
    assert appsflyer.raw("installs_report").status_code == 200


def test_short_ranges_of_aggregate_reports_count_by_the_minute_and_long_ones_by_the_day(appsflyer: AppsFlyer) -> None:
    assert appsflyer.aggregate().status_code == 200
    refused = appsflyer.aggregate(reattr="true")
    assert refused.status_code == 403
    assert refused.text.startswith("Limit reached for ")
    assert appsflyer.aggregate(number=1).status_code == 200
    long = [appsflyer.aggregate("daily_report", from_="2026-11-01") for _ in range(25)]
    assert [answer.status_code for answer in long] == [200] * 24 + [403]


def test_countries_add_up_to_their_campaigns(appsflyer: AppsFlyer) -> None:
    days = {"start_date": "2026-11-01", "end_date": "2026-11-10"}
    campaigns, countries = (appsflyer.truth(name, **days) for name in ("partners_report", "geo_report"))
    assert sum(row["installs"] for row in campaigns) == sum(row["installs"] for row in countries) > 0
    names = {event["event"] for row in campaigns for event in row["events"]}
    assert names == {"af_purchase", "tutorial (v2)"}


def test_rows_are_withdrawn_and_costs_corrected_for_some_days(appsflyer: AppsFlyer) -> None:
    days = {"start_date": "2026-11-06", "end_date": "2026-11-09"}

    def held() -> dict[Any, Any]:
        return {(row["row_id"], row["row_number"]): row for row in appsflyer.truth("installs", **days)}

    before = held()
    appsflyer.put("clock", {"now": "2026-11-14T23:00:00Z"})
    after = held()
    assert after.keys() < before.keys()
    assert any(after[key] != before[key] for key in after)
