"""Microsoft Advertising as its documentation has it: who may ask, what is refused, what a report's file holds."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from dif_sandbox.sim import ChannelConfig, Config, Simulators

NOW = "2026-11-20T23:30:00Z"
COLUMNS = ["TimePeriod", "AccountId", "DeliveredMatchType", "Impressions", "Clicks", "Ctr"]
DAY = {"Year": 2026, "Month": 11, "Day": 18}


class Client:
    """One client's way to the simulated API."""

    def __init__(self, url: str, credential: dict[str, str]) -> None:
        self.url, self.credential = url, credential
        form = {name: credential[name] for name in ("client_id", "client_secret", "refresh_token")}
        answer = requests.post(credential["token_uri"], data={"grant_type": "refresh_token", **form}, timeout=10)
        token = answer.json()["access_token"]
        self.headers = {"Authorization": f"Bearer {token}", "DeveloperToken": credential["developer_token"]}
        user = self.ask("CustomerManagement/v13/User/Query", {}).json()["User"]
        wanted = {"Field": "UserId", "Operator": "Equals", "Value": user["Id"]}
        body = {"Predicates": [wanted], "PageInfo": {"Index": 0, "Size": 1000}}
        self.accounts = self.ask("CustomerManagement/v13/Accounts/Search", body).json()["Accounts"]
        self.account = self.accounts[0]["Id"]
        self.headers |= {"CustomerId": user["CustomerId"], "CustomerAccountId": self.account}

    def ask(self, path: str, body: dict[str, Any], **headers: str) -> requests.Response:
        return requests.post(f"{self.url}/{path}", json=body, headers={**self.headers, **headers}, timeout=10)

    def order(self, **changes: Any) -> requests.Response:
        time = {"CustomDateRangeStart": DAY, "CustomDateRangeEnd": {**DAY, "Day": 19}, "ReportTimeZone": "Arizona"}
        order = {
            "Type": "AccountPerformanceReportRequest",
            "Format": "Csv",
            "FormatVersion": "2.0",
            "Aggregation": "Daily",
            "Columns": COLUMNS,
            "Scope": {"AccountIds": [self.account]},
            "Time": {**time, **changes.pop("time", {})},
            **changes,
        }
        return self.ask("Reporting/v13/GenerateReport/Submit", {"ReportRequest": order})

    def file(self, job: str) -> list[list[str]]:
        status: dict[str, Any] = {}
        while status.get("Status") != "Success":
            answer = self.ask("Reporting/v13/GenerateReport/Poll", {"ReportRequestId": job})
            status = answer.json()["ReportRequestStatus"]
        content = requests.get(status["ReportDownloadUrl"], timeout=10).content
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            [name] = archive.namelist()
            return list(csv.reader(io.StringIO(archive.read(name).decode("utf-8-sig"))))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder: Path = tmp_path_factory.mktemp("credentials")
    config = ChannelConfig(clients=("demo", "other"), seed=5, now=NOW, options={"most_reports": 3})
    with Simulators(Config({"microsoft_ads": config}, credentials_dir=folder)) as running:
        yield Client(running.urls["microsoft_ads"], json.loads((folder / "demo" / "microsoft_ads").read_text()))


def code(answer: requests.Response) -> int:
    told = answer.json()
    return int((told.get("OperationErrors") or told["Errors"])[0]["Code"])


def test_a_file_has_its_lines_above_and_below_and_says_how_many_rows(client: Client) -> None:
    lines = client.file(client.order(ReportName="mine").json()["ReportRequestId"])
    above = dict(line[0].split(": ", 1) for line in lines[:9])
    assert above["Report Name"] == "mine"
    assert above["Last Completed Available Day"] == "11/20/2026 08:30:00 PM (GMT)"
    assert lines[9:11] == [[], COLUMNS]
    *rows, blank, footer = lines[11:]
    assert (len(rows), blank) == (int(above["Rows"]), [])
    assert footer[0].endswith("Microsoft Corporation. All rights reserved. ")
    assert all(row[-1].endswith("%") or row[-1] == "--" for row in rows)


def test_hours_stand_behind_the_day_and_add_up_to_it(client: Client) -> None:
    def clicks(aggregation: str) -> dict[str, int]:
        order = client.order(Aggregation=aggregation, ExcludeReportHeader=True, ExcludeReportFooter=True)
        _, *rows = client.file(order.json()["ReportRequestId"])
        sums: dict[str, int] = {}
        for row in rows:
            day = row[0].partition("|")[0]
            sums[day] = sums.get(day, 0) + int(row[4])
        return sums

    assert clicks("Hourly") == clicks("Daily")


def test_another_zone_cuts_days_elsewhere(client: Client) -> None:
    zones = {client.accounts[0]["TimeZone"], "GreenwichMeanTimeDublinEdinburghLisbonLondon"}
    files = []
    for zone in zones:
        word = {"AthensBuckarestIstanbul": "AthensIslandanbulMinsk"}.get(zone, zone)
        files.append(client.file(client.order(time={"ReportTimeZone": word}).json()["ReportRequestId"])[11:])
    assert files[0] != files[1]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"Type": "NoReportRequest"}, 2002),
        ({"Colums": []}, 201),
        ({"Columns": []}, 2014),
        ({"Columns": [*COLUMNS, "Clicks"]}, 2016),
        ({"Columns": [*COLUMNS, "KeywordId"]}, 201),
        ({"Columns": ["TimePeriod", "AccountId"]}, 2017),
        ({"Columns": ["AccountId", "Clicks"]}, 2015),
        ({"Columns": [*COLUMNS, "DeviceOS", "ImpressionSharePercent"]}, 2064),
        ({"Columns": [*COLUMNS, "ImpressionSharePercent"], "Aggregation": "Hourly"}, 2053),
        ({"Scope": {}}, 2026),
        ({"Scope": {"AccountIds": ["1"]}}, 2003),
        ({"time": {"CustomDateRangeEnd": {**DAY, "Day": 17}}}, 2011),
        ({"time": {"CustomDateRangeEnd": {**DAY, "Day": 21}}}, 2010),
        ({"time": {"CustomDateRangeStart": {**DAY, "Day": "18"}}}, 2009),
        ({"time": {"ReportTimeZone": "AthensBuckarestIstanbul"}}, 201),
        ({"ReturnOnlyCompleteData": True, "time": {"CustomDateRangeEnd": {**DAY, "Day": 20}}}, 2004),
    ],
)
def test_an_order_that_is_wrong_is_refused_by_its_code(client: Client, changes: dict[str, Any], refusal: int) -> None:
    answer = client.order(**changes)
    assert (answer.status_code, code(answer)) == (400, refusal)


def test_reports_under_way_are_limited(client: Client) -> None:
    jobs = [client.order() for _ in range(4)]
    assert code(jobs[3]) == 207
    for job in jobs[:3]:
        client.file(job.json()["ReportRequestId"])
    assert client.order().status_code == 200


def test_who_asks_must_say_so_and_for_what_is_theirs(client: Client) -> None:
    path, body = "CampaignManagement/v13/Campaigns/QueryByAccountId", {"AccountId": client.account}
    assert code(client.ask(path, body, DeveloperToken="x")) == 105
    assert code(client.ask(path, body, Authorization="Bearer x")) == 105
    assert code(client.ask(path, body, CustomerAccountId="1")) == 106
    assert code(client.ask(path, body, CustomerId="")) == 116
    assert code(client.ask(path, {"AccountId": "1"})) == 1102


def test_campaigns_of_other_types_are_listed_only_if_named(client: Client) -> None:
    path, body = "CampaignManagement/v13/Campaigns/QueryByAccountId", {"AccountId": client.account}
    kinds = {row["CampaignType"] for row in client.ask(path, body).json()["Campaigns"]}
    assert kinds == {"Search"}
    more = client.ask(path, {**body, "CampaignType": "Search,PerformanceMax"}).json()["Campaigns"]
    assert {row["CampaignType"] for row in more} == {"Search", "PerformanceMax"}
