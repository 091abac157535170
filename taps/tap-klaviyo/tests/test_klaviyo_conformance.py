"""The promises of every tap, kept by this one; reports that a client defines, and what its requests hold."""

from __future__ import annotations

import itertools
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from dif_kit.errors import ConfigError
from dif_kit.testing import ApiAnswer, ApiRequest, FakeApi, TapRun, conformance, run_tap
from tap_klaviyo._facts import FIELDS
from tap_klaviyo.tap import TapKlaviyo

CREDENTIAL = {"api_key": "pk_key_of_the_tests"}
JSON_API = "application/vnd.api+json"
EXAMPLES: dict[str, Any] = {"integer": 3, "number": 0.25, "boolean": True, "array": ["one"], "object": {"a": "b"}}
#: Path -> the list, what its resources are, and their relationships.
LISTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "/flows": ("flows", "flow", {"flow-actions": ["A1"], "tags": ["t1"]}),
    "/flows/flow-1/flow-actions": ("flow_actions", "flow-action", {"flow-messages": ["m1"]}),
    "/flows/flow-2/flow-actions": ("flow_actions", "flow-action", {"flow-messages": []}),
    "/flow-actions/flow-action-1/flow-messages": ("flow_messages", "flow-message", {"template": "T1"}),
    "/flow-actions/flow-action-2/flow-messages": ("flow_messages", "flow-message", {"template": None}),
    "/lists": ("lists", "list", {"tags": ["t1"]}),
    "/lists/list-1/profiles": ("list_members", "profile", {}),
    "/lists/list-2/profiles": ("list_members", "profile", {}),
    "/segments": ("segments", "segment", {"tags": None}),
    "/segments/segment-1/profiles": ("segment_members", "profile", {}),
    "/segments/segment-2/profiles": ("segment_members", "profile", {}),
    "/metrics": ("metrics", "metric", {}),
    "/templates": ("templates", "template", {}),
    "/tags": ("tags", "tag", {"tag-group": "G1"}),
    "/forms": ("forms", "form", {}),
    "/profiles": ("profiles", "profile", {}),
    "/events": ("events", "event", {"profile": "P1", "metric": "M1"}),
}
REPORTS = ("campaign-values", "flow-series", "form-series", "segment-series")


def resource(stream: str, kind: str, number: int, relationships: dict[str, Any]) -> dict[str, Any]:
    """A resource with every attribute that the tap knows."""
    attributes = {}
    for field, column in FIELDS[stream].items():
        if field.endswith(("_id", "_ids")) and stream != "profiles":
            continue
        moment = {"date-time": f"2026-11-20T10:0{number}:00+00:00"}.get(column.get("format", ""))
        attributes[field] = moment or EXAMPLES.get(column["type"][0], field)
    linked = {name: {"data": linkage(name, ids), "links": {}} for name, ids in relationships.items()}
    return {"type": kind, "id": f"{kind}-{number}", "attributes": attributes, "relationships": linked, "links": {}}


def linkage(kind: str, ids: Any) -> Any:
    """What a relationship leads to, one or many."""
    if ids is None:
        return None
    many = [{"type": kind, "id": one} for one in ([ids] if isinstance(ids, str) else ids)]
    return many[0] if isinstance(ids, str) else many


def answered(request: ApiRequest, document: dict[str, Any]) -> Any:
    """The document, if the request proves who asks and names the revision."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    if headers.get("authorization") != f"Klaviyo-API-Key {CREDENTIAL['api_key']}":
        return refused(401, "Missing or invalid private key.")
    if headers.get("revision") != "2026-07-15":
        return refused(410, "This revision is retired.")
    if request.method == "POST" and headers.get("content-type") != JSON_API:
        return refused(415, "Unsupported media type.")
    return document


def refused(status: int, detail: str) -> ApiAnswer:
    """An error as JSON:API has it."""
    return ApiAnswer({"errors": [{"id": "e1", "status": status, "code": "invalid", "detail": detail}]}, status=status)


def listed(request: ApiRequest, resources: list[dict[str, Any]], **beside: Any) -> Any:
    """One resource a page."""
    at = int(request.query.get("page[cursor]", "0"))
    following = f"{request.path}?{urlencode({**request.query, 'page[cursor]': str(at + 1)})}"
    links = {"self": request.path, "next": following if at + 1 < len(resources) else None}
    return answered(request, {"data": resources[at : at + 1], "links": links, **beside})


def campaigns(request: ApiRequest) -> Any:
    """Two campaigns of each channel, archived or not, with their messages if they are to be included."""
    kind = {"email": "e", "sms": "s", "mobile_push": "p"}[request.query["filter"].split("'")[1]]
    kind += "a" if "archived,true" in request.query["filter"] else ""
    found, messages = [], []
    for number in (1, 2):
        one = resource("campaigns", "campaign", number, {"campaign-messages": [f"{kind}m{number}"], "tags": []})
        found.append({**one, "id": f"{kind}{number}"})
        message = resource("campaign_messages", "campaign-message", number, {"template": "T1", "image": None})
        messages.append({**message, "id": f"{kind}m{number}"})
        found[-1]["relationships"]["campaign-messages"]["data"][0]["type"] = "campaign-message"
    return listed(request, found, **({"included": messages} if "include" in request.query else {}))


def figures(request: ApiRequest) -> Any:
    """One group with every figure that was asked for; a series has a value for each day."""
    asked = request.json()["data"]["attributes"]
    first, last = (date.fromisoformat(asked["timeframe"][name][:10]) for name in ("start", "end"))
    days = [(first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]
    kind = request.path.removeprefix("/").partition("-")[0]
    groups = {name: f"{name}-{first}" for name in asked.get("group_by", [f"{kind}_id"])}
    is_series = "interval" in asked
    statistics = {name: [1.0] * len(days) if is_series else 1.0 for name in asked["statistics"]}
    attributes: dict[str, Any] = {"results": [{"groupings": groups, "statistics": statistics}]}
    if is_series:
        attributes["date_times"] = [f"{day}T00:00:00+00:00" for day in days]
    return answered(request, {"data": {"type": f"{kind}-report", "attributes": attributes}, "links": {"self": ""}})


def teach(api: FakeApi) -> None:
    """One account, as a key has it, with two of everything."""
    account = resource("accounts", "account", 1, {})
    account["attributes"]["timezone"] = "America/New_York"
    api.on("GET", "/accounts", lambda request: answered(request, {"data": [account]}))
    api.on("GET", "/campaigns", campaigns)
    for path, (stream, kind, relationships) in LISTS.items():
        shift = 2 if path.endswith("-2/flow-actions") else 0
        of_action = 2 if "flow-action-2" in path else 0
        both = [resource(stream, kind, number + shift + of_action, relationships) for number in (1, 2)]
        api.on("GET", path, lambda request, both=both: listed(request, both))
    for kind, number in itertools.product(("list", "segment"), (1, 2)):
        one = resource(f"{kind}_sizes", kind, number, {})
        api.on("GET", f"/{kind}s/{kind}-{number}", lambda request, one=one: answered(request, {"data": one}))
    for number in (3, 4):
        api.on(
            "GET",
            f"/flow-actions/flow-action-{number}/flow-messages",
            lambda request: answered(request, {"data": [], "links": {"next": None}}),
        )
    for report in REPORTS:
        api.on("POST", f"/{report}-reports", figures)


TestKlaviyo = conformance(
    TapKlaviyo,
    routes=teach,
    config={"start_date": "2026-11-19", "end_date": "2026-11-20", "conversion_metric_ids": ["M1"]},
    credential=CREDENTIAL,
    golden_catalog=Path(__file__).with_name("catalog.json"),
    forbidden="/lists/list-1/profiles",
    today=date(2026, 11, 27),  # figures are kept for a year
)

CONFIG: dict[str, Any] = {"start_date": "2026-11-18", "end_date": "2026-11-20", "conversion_metric_ids": ["M1", "M2"]}


def sums(request: ApiRequest) -> Any:
    """Three days of one message, as metric aggregates tell them."""
    asked = request.json()["data"]["attributes"]
    group = {
        "dimensions": ["m1"] * len(asked.get("by", ())),
        "measurements": {name: [1.0, 2.0, 0.0] for name in asked["measurements"]},
    }
    dates = [f"2026-11-{day}T00:00:00+00:00" for day in (18, 19, 20)]
    return answered(request, {"data": {"type": "metric-aggregate", "attributes": {"dates": dates, "data": [group]}}})


@pytest.fixture(autouse=True)
def _credential(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KLAVIYO_OF_THE_TESTS", json.dumps(CREDENTIAL))


def read(api: FakeApi, *streams: str, state: dict[str, Any] | None = None, **settings: Any) -> TapRun:
    config = {**CONFIG, "api_url": api.url, "credential_ref": "env://KLAVIYO_OF_THE_TESTS", **settings}
    return run_tap(TapKlaviyo, config, streams=set(streams), state=state)


def test_campaigns_by_the_day_are_asked_for_day_by_day_and_metric_by_metric() -> None:
    by_day = {"name": "by_day", "endpoint": "campaign-values", "statistics": ["opens"], "group_by": ["variation"]}
    with FakeApi() as api:
        teach(api)
        api.on("POST", "/campaign-values-reports", figures)
        run = read(api, "by_day", custom_reports=[by_day], budgets={"klaviyo.campaign-values-reports": ["1000/s"]})
    assert run.exit_code == 0, run.last_line
    found = [(row["date"], row["conversion_metric_id"], row["opens"]) for row in run.records("by_day")]
    assert found == [(f"2026-11-{day}", metric, 1) for day in (18, 19, 20) for metric in ("M1", "M2")]
    assert run.records("by_day")[0]["variation"] == "variation-2026-11-18"


def test_sums_over_events_are_by_the_day_and_by_what_they_are_grouped_by() -> None:
    aggregate = {"name": "opened", "metric_id": "OPEN", "measurements": ["count", "unique"], "by": ["$message"]}
    with FakeApi() as api:
        teach(api)
        api.on("POST", "/metric-aggregates", sums)
        run = read(api, "opened", metric_aggregates=[aggregate])
    assert run.exit_code == 0, run.last_line
    assert [row["count"] for row in run.records("opened")] == [1, 2, 0]
    first = {"account_id": "account-1", "metric_id": "OPEN", "$message": "m1", "date": "2026-11-18"}
    assert run.records("opened")[0] == {**first, "count": 1, "unique": 1}


@pytest.mark.parametrize("endpoint", ["metric-aggregates", "flow-values-reports", "form-series-reports"])
def test_budgets_of_endpoints_that_only_streams_of_the_client_s_ask_may_be_set(endpoint: str) -> None:
    with FakeApi() as api:
        teach(api)
        run = read(api, "accounts", budgets={f"klaviyo.{endpoint}": ["1/min"]})
    assert run.exit_code == 0, run.last_line


@pytest.mark.parametrize(
    ("definition", "told"),
    [
        ({"endpoint": "flow-series", "statistics": ["open"]}, "did you mean opens"),
        ({"endpoint": "flow-series", "statistics": ["opens"], "group_by": ["flow"]}, "no column 'flow'"),
        ({"endpoint": "flow-series", "statistics": ["opens"], "granularity": "TOTAL"}, "a row for each day"),
        ({"endpoint": "segment-series", "statistics": ["total_members"], "group_by": ["form_id"]}, "nothing else"),
    ],
)
def test_a_report_that_klaviyo_has_not_is_refused_before_anything_is_asked(
    definition: dict[str, Any], told: str
) -> None:
    with FakeApi() as api, pytest.raises(ConfigError, match=told):
        read(api, "own", custom_reports=[{"name": "own", **definition}])
    assert not api.requests


def test_reports_without_a_conversion_say_which_setting_is_empty() -> None:
    with FakeApi() as api:
        teach(api)
        run = read(api, "flow_series_reports", conversion_metric_ids=[])
    assert run.exit_code == 2
    assert "conversion_metric_ids is empty" in run.last_line


def test_events_go_on_from_the_last_one() -> None:
    with FakeApi() as api:
        teach(api)
        first = read(api, "events")
        again = read(api, "events", state=first.states[-1])
        asked = [request.query["filter"] for request in api.asked("/events")]
    assert asked[0] == "greater-or-equal(datetime,2026-11-18T00:00:00Z)"
    assert asked[-1] == "greater-or-equal(datetime,2026-11-20T10:02:00Z)"
    assert [row["id"] for row in again.records("events")] == ["event-1", "event-2"]


def test_a_retired_revision_fails_the_run_instead_of_skipping_what_was_asked_for() -> None:
    with FakeApi() as api:
        api.on("GET", "/accounts", refused(410, "This revision is retired."))
        run = read(api, "metrics")
    assert run.exit_code == 1
    assert "This revision is retired" in run.last_line


def test_the_day_of_the_sunset_is_two_years_after_the_revision() -> None:
    assert TapKlaviyo.api_sunset == date(2028, 7, 15)
