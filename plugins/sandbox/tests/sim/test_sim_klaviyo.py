"""Klaviyo's API as its documents say: who may ask, what must be asked, how it is answered and refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from dif_sandbox.sim import ChannelConfig, Config, Simulators

NOW = "2026-11-10T18:00:00+00:00"
JSON_API = "application/vnd.api+json"
PLENTY = {"burst": "1000000/1", "steady": "1000000/60", "daily": "1000000/86400"}
EMAIL = "and(equals(messages.channel,'email'),equals(archived,false))"


class Klaviyo:
    """One client's view of the API."""

    def __init__(self, simulators: Simulators, client: str = "demo") -> None:
        self.url, self.client = simulators.urls["klaviyo"], client
        key = simulators.credentials("klaviyo")[client]["api_key"]
        self.headers = {"Authorization": f"Klaviyo-API-Key {key}", "revision": "2026-07-15", "Content-Type": JSON_API}

    def get(self, path: str, **query: str) -> requests.Response:
        return requests.get(f"{self.url}/api{path}", params=query, headers=self.headers, timeout=30)

    def report(self, endpoint: str, **attributes: Any) -> requests.Response:
        """A report of two days of messages."""
        frame = {"start": "2026-11-08T00:00:00", "end": "2026-11-09T23:59:59"}
        asked = {"statistics": ["opens"], "timeframe": frame, "conversion_metric_id": "M1", **attributes}
        body = {"data": {"type": f"{endpoint}-report", "attributes": {k: v for k, v in asked.items() if v is not None}}}
        return requests.post(f"{self.url}/api/{endpoint}-reports", json=body, headers=self.headers, timeout=30)


@pytest.fixture(scope="module")
def running() -> Iterator[Simulators]:
    channel = ChannelConfig(clients=("demo", "acme"), seed=3, now=NOW, options={"budgets": PLENTY})
    with Simulators(Config({"klaviyo": channel})) as simulators:
        yield simulators


@pytest.fixture
def klaviyo(running: Simulators) -> Klaviyo:
    return Klaviyo(running)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Klaviyo-API-Key pk_made_up"}, 401),
        ({"revision": ""}, 400),
        ({"revision": "2024-07-15"}, 410),
    ],
)
def test_who_asks_and_by_which_revision_must_be_said(klaviyo: Klaviyo, headers: dict[str, str], status: int) -> None:
    klaviyo.headers |= headers
    answer = klaviyo.get("/accounts")
    assert answer.status_code == status
    assert answer.json()["errors"][0]["status"] == status


def test_a_body_of_another_type_is_refused(klaviyo: Klaviyo) -> None:
    klaviyo.headers["Content-Type"] = "application/json"
    assert klaviyo.report("flow-values").status_code == 415


def test_each_client_has_one_account_of_its_own(running: Simulators) -> None:
    found = [Klaviyo(running, client).get("/accounts").json()["data"] for client in ("demo", "acme")]
    assert [len(accounts) for accounts in found] == [1, 1]
    assert found[0][0]["id"] != found[1][0]["id"]


def test_campaigns_need_a_channel_and_bring_their_messages_if_asked_to(klaviyo: Klaviyo) -> None:
    assert "channel filter" in klaviyo.get("/campaigns").json()["errors"][0]["detail"]
    found = klaviyo.get("/campaigns", filter=EMAIL, include="campaign-messages").json()
    linked = [one["relationships"]["campaign-messages"]["data"][0]["id"] for one in found["data"]]
    assert sorted(linked) == sorted(one["id"] for one in found["included"])
    assert not any(one["attributes"]["archived"] for one in found["data"])


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/lists", {"page[size]": "11"}),
        ("/lists", {"page[cursor]": "made-up"}),
        ("/lists", {"filter": "equals(id,'1')"}),
        ("/profiles", {"filter": "greater-or-equal(updated,2026-11-01T00:00:00Z)", "sort": "updated"}),
        ("/events", {"filter": "greater-or-equal(datetime,yesterday)", "sort": "datetime"}),
        ("/campaigns", {"filter": EMAIL, "include": "flows"}),
    ],
)
def test_what_an_endpoint_has_not_is_refused(klaviyo: Klaviyo, path: str, query: dict[str, str]) -> None:
    assert klaviyo.get(path, **query).status_code == 400


def test_empty_pages_in_the_middle_lead_on_to_the_rest(klaviyo: Klaviyo) -> None:
    sizes, ids = [], []
    document = klaviyo.get("/lists", **{"page[size]": "1"}).json()
    while True:
        sizes.append(len(document["data"]))
        ids += [one["id"] for one in document["data"]]
        if document["links"]["next"] is None:
            break
        document = requests.get(document["links"]["next"], headers=klaviyo.headers, timeout=30).json()
    assert 0 in sizes[1:-1]
    assert len(ids) == len(set(ids)) == 13


@pytest.mark.parametrize("kind", ["list", "segment"])
def test_a_size_is_counted_if_asked_for_by_name(klaviyo: Klaviyo, kind: str) -> None:
    own = klaviyo.get(f"/{kind}s").json()["data"][0]["id"]
    asked = {f"additional-fields[{kind}]": "profile_count", f"fields[{kind}]": "name,profile_count"}
    members = klaviyo.get(f"/{kind}s/{own}/profiles", **{"fields[profile]": "joined_group_at"}).json()["data"]
    found = klaviyo.get(f"/{kind}s/{own}", **asked).json()["data"]
    assert (found["id"], found["attributes"]["profile_count"]) == (own, len(members))
    assert klaviyo.get(f"/{kind}s/nothing", **asked).status_code == 404
    assert klaviyo.get(f"/{kind}s/{own}", **asked, **{"page[size]": "1"}).status_code == 400


def test_values_are_over_all_days_and_a_series_has_each(klaviyo: Klaviyo) -> None:
    values = klaviyo.report("flow-values").json()["data"]["attributes"]["results"]
    found = klaviyo.report("flow-series", interval="daily").json()["data"]["attributes"]
    assert found["date_times"] == ["2026-11-08T00:00:00+00:00", "2026-11-09T00:00:00+00:00"]
    series = {one["groupings"]["flow_id"]: sum(one["statistics"]["opens"]) for one in found["results"]}
    assert {one["groupings"]["flow_id"]: one["statistics"]["opens"] for one in values}.items() <= series.items()


@pytest.mark.parametrize(
    ("endpoint", "attributes"),
    [
        ("flow-values", {"conversion_metric_id": None}),
        ("flow-values", {"statistics": ["submits"]}),
        ("flow-values", {"group_by": ["flow_id"]}),
        ("flow-values", {"timeframe": {"start": "2025-01-01", "end": "2026-11-09"}}),
        ("flow-series", {"interval": "daily", "timeframe": {"start": "2026-09-01", "end": "2026-11-09"}}),
        ("flow-series", {}),
        ("form-values", {"statistics": ["submits"]}),
    ],
)
def test_a_report_that_cannot_be_had_is_refused(klaviyo: Klaviyo, endpoint: str, attributes: dict[str, Any]) -> None:
    answer = klaviyo.report(endpoint, **attributes)
    assert answer.status_code == 400, answer.text


def test_windows_are_of_each_endpoint_and_a_refusal_tells_the_wait_instead_of_what_is_left() -> None:
    with Simulators(Config({"klaviyo": ChannelConfig(clients=("demo",), seed=3, now=NOW)})) as simulators:
        klaviyo = Klaviyo(simulators)
        told = klaviyo.report("flow-values")
        assert told.headers["ratelimit-remaining"] == "0"
        refused = [answer for answer in (klaviyo.report("flow-values") for _ in range(3)) if answer.status_code == 429]
        assert refused
        assert 1 <= int(refused[-1].headers["retry-after"]) <= 60
        assert "ratelimit-remaining" not in refused[-1].headers
        assert klaviyo.report("campaign-values").status_code == 200
