"""The promises of every tap, kept by this one: against two accounts with one thing of each kind."""

from __future__ import annotations

import csv
import io
import itertools
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from dif_kit.tap import Stream
from dif_kit.testing import ApiAnswer, ApiRequest, FakeApi, conformance
from tap_microsoft_ads._facts import KINDS
from tap_microsoft_ads.bulk import BULK_LISTS
from tap_microsoft_ads.lists import Accounts, AdGroups, Ads, Campaigns, Users
from tap_microsoft_ads.reports import DEPENDS_ON
from tap_microsoft_ads.streams import DAILY, HOURLY
from tap_microsoft_ads.tap import TapMicrosoftAds

ACCOUNTS = ("9007199254740993", "180278106")
TOKEN, DEVELOPER = "EwBwA8l6-token", "012345679ABCDEFG"
CREDENTIAL = {
    "client_id": "app",
    "client_secret": "secret-of-the-app",
    "refresh_token": "M.C546-refresh",
    "developer_token": DEVELOPER,
}
# Orders come in side by side, and each must have a number of its own.
ORDER_NUMBERS = itertools.count()
MARK = "11/24/2026 6:00:00 AM (GMT)"
# Nobody can alter a number inside a ZIP: those here have more digits than a float holds already.
EXAMPLES = {"integer": "7", "number": "1.50000000000000000000123%", "date": "2026-11-20"}
VALUES: dict[str, Any] = {"integer": 3, "number": 0.25, "boolean": True, "array": ["one"], "object": {"a": "b"}}


def teach(api: FakeApi) -> None:
    """Every operation; whoever asks must sign, and say for which account where that matters."""
    jobs: dict[str, dict[str, Any]] = {}
    CREDENTIAL["token_uri"] = f"{api.url}/token"
    api.on("POST", "/token", {"access_token": TOKEN, "expires_in": 3599})
    operations: dict[str, Callable[[ApiRequest], Any]] = {
        "CustomerManagement/v13/User/Query": lambda _: {"User": row(Users), "CustomerRoles": []},
        "CustomerManagement/v13/Accounts/Search": lambda _: {"Accounts": [account(one) for one in ACCOUNTS]},
        "CampaignManagement/v13/Campaigns/QueryByAccountId": lambda r: {
            "Campaigns": [thing(r, "AccountId", Campaigns)]
        },
        "CampaignManagement/v13/AdGroups/QueryByCampaignId": lambda r: {"AdGroups": [thing(r, "CampaignId", AdGroups)]},
        "CampaignManagement/v13/Ads/QueryByAdGroupId": lambda r: {"Ads": [thing(r, "AdGroupId", Ads)]},
        "Bulk/v13/Campaigns/DownloadByAccountIds": lambda r: {"DownloadRequestId": ordered(jobs, r)},
        "Bulk/v13/BulkDownloadStatus/Query": lambda r: polled(api, jobs, r.json()["RequestId"]),
        "Reporting/v13/GenerateReport/Submit": lambda r: {"ReportRequestId": ordered(jobs, r)},
        "Reporting/v13/GenerateReport/Poll": lambda r: {
            "ReportRequestStatus": polled(api, jobs, r.json()["ReportRequestId"])
        },
    }
    for path, answer in operations.items():
        api.on("POST", f"/{path}", lambda request, answer=answer: checked(request, answer))


def checked(request: ApiRequest, answer: Callable[[ApiRequest], Any]) -> Any:
    """The answer, if the request says who asks and for whom."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    if headers.get("authorization") != f"Bearer {TOKEN}" or headers.get("developertoken") != DEVELOPER:
        fault = {"Errors": [{"Code": 105, "ErrorCode": "InvalidCredentials"}], "Type": "AdApiFaultDetail"}
        return ApiAnswer(fault, status=401)
    if "CustomerManagement" not in request.path and not headers.get("customeraccountid", "").isdigit():
        return ApiAnswer({"OperationErrors": [{"Code": 116, "ErrorCode": "RequestMissingHeaders"}]}, status=400)
    return answer(request)


def row(stream: type[Stream], **known: Any) -> dict[str, Any]:
    """A row with every field of a list, but those that only the tap knows."""
    added = {"IanaTimeZone", "ReportTimeZone", *stream.context_columns}
    columns = {name: column for name, column in stream.schema["properties"].items() if name not in added}
    return {name: known.get(name, VALUES.get(column["type"][0], name)) for name, column in columns.items()}


def account(name: str) -> dict[str, Any]:
    return row(Accounts, Id=name, ParentCustomerId="251186883", TimeZone="Arizona")


def thing(request: ApiRequest, parent: str, stream: type[Stream]) -> dict[str, Any]:
    return row(stream, Id=f"{stream.name}-of-{request.json()[parent]}")


def ordered(jobs: dict[str, dict[str, Any]], request: ApiRequest) -> str:
    number = f"job{next(ORDER_NUMBERS)}"
    jobs[number] = {"polls": 0, **request.json()}
    return number


def polled(api: FakeApi, jobs: dict[str, dict[str, Any]], number: str) -> dict[str, Any]:
    """The second poll finds the file."""
    job = jobs[number]
    job["polls"] += 1
    is_report = "ReportRequest" in job
    if job["polls"] == 1:
        return {"Status": "Pending"} if is_report else {"RequestStatus": "InProgress", "PercentComplete": 5}
    api.on("GET", f"/files/{number}", zipped(report(job["ReportRequest"]) if is_report else bulk(job)))
    link = f"{api.url}/files/{number}"
    if is_report:
        return {"Status": "Success", "ReportDownloadUrl": link}
    return {"RequestStatus": "Completed", "ResultFileUrl": link, "Errors": []}


def report(order: dict[str, Any]) -> str:
    """A file with a row for the first day of an order, as format version 2.0 has it."""
    first = order["Time"]["CustomDateRangeStart"]
    day = date(first["Year"], first["Month"], first["Day"])
    own = {
        "TimePeriod": f"{day}|7" if order.get("Aggregation") == "Hourly" else str(day),
        "Date": f"{day:%m/%d/%Y}",
        "AccountId": order["Scope"]["AccountIds"][0],
        "Impressions": "1234",
    }
    row = [own.get(column) or EXAMPLES.get(KINDS[column], f"{column}, x") for column in order["Columns"]]
    above = [[f"Report Name: {order['ReportName']}"], [f"Last Completed Available Day: {MARK}"], ["Rows: 1"], []]
    return written([*above, order["Columns"], row, []])


def bulk(order: dict[str, Any]) -> str:
    """A file with a record of each kind that is asked for, between records of the file itself."""
    names = {"Type", "Status", "Id", "Parent Id"} | {
        path
        for stream in BULK_LISTS
        for path in stream.records.columns.values()  # type: ignore[union-attr]
    }
    header = sorted(names)
    kinds = [entity.removesuffix("s") for entity in order["DownloadEntities"]]
    spaced = ["".join(f" {c}" if c.isupper() else c for c in kind).strip() for kind in kinds]
    rows = [{"Type": "Format Version"}, {"Type": "Account", "Id": order["AccountIds"][0]}]
    rows += [dict.fromkeys(header, "x") | {"Type": kind, "Id": f"1{n}"} for n, kind in enumerate(spaced)]
    return written([header, *([row.get(name, "") for name in header] for row in rows)])


def written(rows: list[list[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    return "\ufeff" + text.getvalue()


def zipped(text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("report.csv", text)
    return packed.getvalue()


TestMicrosoftAds = conformance(
    TapMicrosoftAds,
    routes=teach,
    config={"start_date": "2026-11-20", "end_date": "2026-11-22"},
    credential=CREDENTIAL,
    golden_catalog=Path(__file__).with_name("catalog.json"),
    forbidden="/CampaignManagement/v13/Ads/QueryByAdGroupId",
)


def test_no_attribute_can_make_two_rows_of_one_key() -> None:
    """What groups the figures is in the key, or said by an id in it."""
    for stream in (*DAILY, *HOURLY):
        keys = set(stream.primary_keys)
        names = {name for name in stream.schema["properties"] if KINDS.get(name) == "string"}
        assert not {name for name in names - keys if DEPENDS_ON.get(name) not in keys}, stream.name
