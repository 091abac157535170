"""The promises of every tap, kept by this one."""

from __future__ import annotations

import itertools
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from dif_kit.testing import ApiAnswer, ApiRequest, FakeApi, conformance, run_tap
from tap_meta._facts import FIELDS
from tap_meta.tap import TapMeta

ACCOUNTS = ("9007199254740993", "2000000002")
TOKEN = "EAAB-token-of-the-system-user"
# Orders come in side by side, and each must have a number of its own.
ORDER_NUMBERS = itertools.count(9_000)
EXAMPLES: dict[str, Any] = {"integer": 3, "number": 0.25, "boolean": True, "array": [], "object": {"id": "1"}}
EDGES = {
    "campaigns": "campaigns",
    "adsets": "ad_sets",
    "ads": "ads",
    "adcreatives": "ad_creatives",
    "adlabels": "ad_labels",
    "adimages": "images",
    "advideos": "videos",
    "customaudiences": "custom_audiences",
    "saved_audiences": "saved_audiences",
    "customconversions": "custom_conversions",
    "adspixels": "pixels",
    "activities": "activities",
}


def row(node: str, names: list[str], **known: Any) -> dict[str, Any]:
    """A row with these fields."""
    found = {}
    for name in names:
        column = FIELDS[node][name]
        example = EXAMPLES.get(column["type"][0], name)
        moment = {"date": "2026-11-20", "date-time": "2026-11-20T10:00:00-0800"}.get(column.get("format", ""))
        found[name] = known.get(name, moment or example)
    return found


def teach(api: FakeApi) -> None:
    """Two accounts, a row on each edge, and a report for each day range."""
    accounts = [
        row("ad_accounts", list(FIELDS["ad_accounts"]), account_id=account, timezone_name="UTC") for account in ACCOUNTS
    ]
    api.on("GET", "/v26.0/me/adaccounts", lambda request: checked(request, page(*accounts)))
    for account in ACCOUNTS:
        for edge, node in EDGES.items():
            api.on(
                "GET",
                f"/v26.0/act_{account}/{edge}",
                lambda request, node=node: checked(request, listed(request, node)),
            )
        api.on("POST", f"/v26.0/act_{account}/insights", lambda request, to=account: order(api, request, to))


def listed(request: ApiRequest, node: str) -> dict[str, Any]:
    """One thing with what was asked for."""
    return page(
        row(
            node,
            request.query["fields"].split(","),
            id=f"{request.path}-1",
            account_id=request.path.split("/")[2].removeprefix("act_"),
        )
    )


def order(api: FakeApi, request: ApiRequest, account: str) -> Any:
    """A report's number; it runs for one poll."""
    number = str(next(ORDER_NUMBERS))
    api.on("GET", f"/v26.0/{number}", [{"async_status": "Job Running"}, {"async_status": "Job Completed"}])
    api.on("GET", f"/v26.0/{number}/insights", lambda asked: checked(asked, figures(request, account)))
    return checked(request, {"report_run_id": number})


def figures(request: ApiRequest, account: str) -> dict[str, Any]:
    """One row for the first day of an order: numbers are texts."""
    asked = request.json()
    actions = {**dict.fromkeys(asked["action_breakdowns"], "purchase"), "value": "2.50", "7d_click": "1"}
    known = row("insights", asked["fields"], account_id=account) | {"date_start": asked["time_range"]["since"]}
    known |= dict.fromkeys(asked["breakdowns"], "part")
    return page({name: [actions] if value == [] else str(value) for name, value in known.items()})


def page(*rows: dict[str, Any]) -> dict[str, Any]:
    """The last page: it has cursors, and no next one."""
    return {"data": list(rows), "paging": {"cursors": {"before": "b", "after": "a"}}}


def checked(request: ApiRequest, answer: Any) -> Any:
    """The answer, if the request proves who asks, in its header."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    if headers.get("authorization") == f"Bearer {TOKEN}" and TOKEN not in str(request.query):
        return answer
    return ApiAnswer({"error": {"message": "no", "code": 190}}, status=401)


TestMeta = conformance(
    TapMeta,
    routes=teach,
    config={"start_date": "2026-11-20", "end_date": "2026-11-22"},
    credential={"access_token": TOKEN},
    golden_catalog=Path(__file__).with_name("catalog.json"),
    forbidden=f"/v26.0/act_{ACCOUNTS[0]}/campaigns",
    api_path="/v26.0",
    today=date(2026, 11, 27),  # insights are kept for 37 months
)


def test_the_same_event_in_two_accounts_is_two_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("META_OF_THE_TESTS", json.dumps({"access_token": TOKEN}))
    with FakeApi() as api:
        teach(api)
        config = {
            "start_date": "2026-11-20",
            "api_url": f"{api.url}/v26.0",
            "credential_ref": "env://META_OF_THE_TESTS",
        }
        run = run_tap(TapMeta, config, streams={"activities"})
    assert run.exit_code == 0, run.last_line
    keys = next(m["key_properties"] for m in run.messages if m.get("stream") == "activities" and m["type"] == "SCHEMA")
    assert len({tuple(row[key] for key in keys) for row in run.records("activities")}) == len(ACCOUNTS)
