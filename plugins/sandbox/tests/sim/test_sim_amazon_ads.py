"""Amazon Ads as its documentation has it: who may ask where, media types, what is refused, one report an order."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from dif_sandbox.sim import ChannelConfig, Config, Simulators

NOW = "2026-11-20T23:30:00Z"
COLUMNS = ["date", "campaignId", "impressions", "cost", "purchases1d", "purchases30d"]
MEDIA = "application/vnd.createasyncreportrequest.v3+json"
HOSTS = {"US": "advertising-api", "DE": "advertising-api-eu", "JP": "advertising-api-fe"}


class Client:
    """One client's way to the simulated API."""

    def __init__(self, url: str, credential: dict[str, str]) -> None:
        self.url = url
        form = {name: credential[name] for name in ("client_id", "client_secret", "refresh_token")}
        answer = requests.post(credential["token_uri"], data={"grant_type": "refresh_token", **form}, timeout=10)
        self.headers = {
            "Authorization": f"Bearer {answer.json()['access_token']}",
            "Amazon-Advertising-API-ClientId": credential["client_id"],
        }
        self.profiles = [profile for host in HOSTS.values() for profile in self.get(f"{host}/v2/profiles").json()]
        self.host = HOSTS[self.profiles[0]["countryCode"]]
        self.headers["Amazon-Advertising-API-Scope"] = str(self.profiles[0]["profileId"])

    def get(self, path: str, **headers: str) -> requests.Response:
        return requests.get(f"{self.url}/{path}", headers={**self.headers, **headers}, timeout=10)

    def post(self, path: str, body: dict[str, Any], media: str, **headers: str) -> requests.Response:
        media_headers = {"Content-Type": media, "Accept": media}
        return requests.post(
            f"{self.url}/{self.host}{path}",
            data=json.dumps(body),
            headers={**self.headers, **media_headers, **headers},
            timeout=10,
        )

    def order(self, **changes: Any) -> requests.Response:
        days = {"startDate": "2026-11-10", "endDate": "2026-11-12"}
        days |= {name: changes.pop(name) for name in tuple(changes) if name in days}
        configuration = {
            "adProduct": "SPONSORED_PRODUCTS",
            "groupBy": ["campaign"],
            "columns": COLUMNS,
            "reportTypeId": "spCampaigns",
            "timeUnit": "DAILY",
            "format": "GZIP_JSON",
            **changes,
        }
        return self.post("/reporting/reports", {"name": "x", **days, "configuration": configuration}, MEDIA)

    def file(self, report: str) -> list[dict[str, Any]]:
        told: dict[str, Any] = {}
        while told.get("status") != "COMPLETED":
            told = self.get(f"{self.host}/reporting/reports/{report}").json()
        rows: list[dict[str, Any]] = json.loads(gzip.decompress(requests.get(told["url"], timeout=10).content))
        return rows


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder: Path = tmp_path_factory.mktemp("credentials")
    config = ChannelConfig(clients=("demo", "other"), seed=5, now=NOW)
    with Simulators(Config({"amazon_ads": config}, credentials_dir=folder)) as running:
        yield Client(running.urls["amazon_ads"], json.loads((folder / "demo" / "amazon_ads").read_text()))


def test_a_profile_is_on_the_host_of_its_region_only(client: Client) -> None:
    elsewhere = next(host for host in HOSTS.values() if host != client.host)
    refused = client.get(f"{elsewhere}/sd/campaigns")
    assert (refused.status_code, refused.json()["detail"]) == (401, "Not authorized to access scope")
    assert client.get(f"{client.host}/sd/campaigns").status_code == 200
    assert client.get("advertising-api-xx/sd/campaigns").status_code == 404


def test_who_asks_must_say_so_with_both_headers(client: Client) -> None:
    path = f"{client.host}/sd/campaigns"
    for wrong in ({"Authorization": "Bearer x"}, {"Amazon-Advertising-API-ClientId": "x"}):
        assert client.get(path, **wrong).json()["detail"] == "Not authorized to access this advertiser"


def test_a_list_is_had_in_its_media_type_page_by_page(client: Client) -> None:
    media, body = "application/vnd.spKeyword.v3+json", {"maxResults": 50}
    assert client.post("/sp/keywords/list", body, "application/json").status_code == 415
    found: list[dict[str, Any]] = []
    while True:
        answer = client.post("/sp/keywords/list", body, media).json()
        found += answer["keywords"]
        if "nextToken" not in answer:
            break
        body = {"maxResults": 50, "nextToken": answer["nextToken"]}
    assert len({row["keywordId"] for row in found}) == len(found) == answer["totalResults"]
    assert {row["state"] for row in found} == {"ENABLED", "PAUSED"}
    everything = {"maxResults": 1, "stateFilter": {"include": ["ENABLED", "PAUSED", "ARCHIVED"]}}
    assert client.post("/sp/keywords/list", everything, media).json()["totalResults"] > len(found)


def test_the_same_order_is_refused_with_the_first_report(client: Client) -> None:
    first = client.order(columns=[*COLUMNS, "clicks"]).json()
    again = client.order(columns=[*COLUMNS, "clicks"])
    assert first["status"] == "PENDING"
    assert (again.status_code, again.json()["detail"]) == (425, f"The Request is a duplicate of : {first['reportId']}")
    assert client.order(columns=[*COLUMNS, "costPerClick"]).status_code == 200


def test_figures_of_longer_windows_hold_those_of_shorter_ones(client: Client) -> None:
    rows = client.file(client.order().json()["reportId"])
    assert rows
    assert {tuple(row) for row in rows} == {
        ("date", "campaignId", "impressions", "cost", "purchases1d", "purchases30d")
    }
    assert all(row["purchases1d"] <= row["purchases30d"] for row in rows)
    assert len({(row["date"], row["campaignId"]) for row in rows}) == len(rows)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"reportTypeId": "spCampaign"}, "reportTypeId spCampaign is not supported"),
        ({"adProduct": "SPONSORED_BRANDS"}, "is not supported for the ad product"),
        ({"columns": [*COLUMNS, "searchTerm"]}, "includes invalid values: (searchTerm)"),
        ({"columns": [*COLUMNS, "startDate"]}, "not supported columns for DAILY"),
        ({"groupBy": ["searchTerm"]}, "groupBy is not one of"),
        ({"startDate": "2026-10-01"}, "must not exceed 31 days"),
        ({"startDate": "2026-08-01", "endDate": "2026-08-02"}, "too far in the past"),
        ({"endDate": "2026-11-09"}, "before startDate"),
    ],
)
def test_an_order_that_is_wrong_is_refused(client: Client, changes: dict[str, Any], told: str) -> None:
    answer = client.order(**changes)
    assert answer.status_code == 400
    assert told in answer.json()["detail"]


def test_a_link_is_refused_with_a_credential_beside_it(client: Client) -> None:
    report = client.order(columns=[*COLUMNS, "sales7d"]).json()["reportId"]
    told: dict[str, Any] = {}
    while told.get("status") != "COMPLETED":
        told = client.get(f"{client.host}/reporting/reports/{report}").json()
    assert requests.get(told["url"], headers=client.headers, timeout=10).status_code == 400
