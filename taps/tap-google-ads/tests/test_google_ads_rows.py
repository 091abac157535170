"""Row by row and stream by stream: what the tap sends is what the API has."""

from __future__ import annotations

from typing import Any

import pytest
from dif_sandbox.sim.google_ads._catalog import FIELDS as API_FIELDS
from tap_google_ads._facts import FIELDS
from tap_google_ads.tap import TapGoogleAds

STREAMS = [kind.name for kind in TapGoogleAds.stream_types]


def test_the_simulator_has_a_truth_for_every_stream(google: Any) -> None:
    assert set(STREAMS) <= set(google.streams())


@pytest.mark.parametrize("stream", STREAMS)
def test_every_stream_is_what_the_api_has(google: Any, stream: str) -> None:
    run = google.run("account", stream)
    assert run.exit_code == 0, run.errors
    truth = google.truth(stream)
    assert truth, "there is nothing to compare"
    assert google.held(stream, run.records(stream)) == google.held(stream, truth)
    assert len(run.records(stream)) == len(google.held(stream, truth)), "a row was sent twice"


def test_a_customer_below_two_managers_is_read_once(google: Any) -> None:
    run = google.run("account", "customer")
    listed = [row["customer_client_id"] for row in run.records("account")]
    assert len(listed) == len(set(listed))
    twice = google.requests(f"/customers/{listed[0]}/googleAds:searchStream")
    assert len(twice) == 1
    assert [row["customer_id"] for row in run.records("customer")] == listed


def test_long_lists_come_in_pages(google: Any) -> None:
    run = google.run("geo_target_constant")
    assert len(google.requests("/googleAds:search")) == 2
    assert len(run.records("geo_target_constant")) == 30


def test_only_customers_that_are_enabled_are_asked(google: Any) -> None:
    run = google.run("customer_client", "account", "campaign")
    closed = [
        row["customer_client_id"]
        for row in run.records("customer_client")
        if row["customer_client_status"] != "ENABLED"
    ]
    assert closed
    assert not [entry for entry in google.requests() if any(str(one) in entry["path"] for one in closed)]


def test_ads_and_what_performance_max_did_are_the_campaigns(google: Any) -> None:
    """What ads do not explain is the work of campaigns that have none."""
    run = google.run("account", "campaign", "campaign_performance_report", "ad_performance_report")
    kinds = {row["campaign_id"]: row["campaign_advertising_channel_type"] for row in run.records("campaign")}

    def cost(stream: str, *, is_max: bool) -> int:
        return sum(
            row["metrics_cost_micros"]
            for row in run.records(stream)
            if (kinds[row["campaign_id"]] == "PERFORMANCE_MAX") == is_max
        )

    assert cost("campaign_performance_report", is_max=False) == cost("ad_performance_report", is_max=False) > 0
    assert cost("campaign_performance_report", is_max=True) > cost("ad_performance_report", is_max=True) == 0


def test_a_client_cannot_read_anothers_customers(google: Any) -> None:
    foreign = next(row["customer_client_id"] for row in google.run("account").records("account"))
    run = google.of("other").run("account", "campaign", customer_ids=[str(foreign)])
    assert run.exit_code == 3
    assert str(foreign) in run.errors
    assert not run.records("campaign")


def test_a_query_of_ones_own_is_what_the_api_has(google: Any) -> None:
    own = {
        "name": "hourly",
        "resource": "campaign",
        "keys": ["campaign.id"],
        "fields": ["segments.date", "segments.hour", "metrics.clicks", "metrics.impressions"],
        "conditions": ["campaign.status = 'ENABLED'"],
    }
    rows = google.run("account", "hourly", custom_queries=[own]).records("hourly")
    by_hour = {(row["campaign_id"], row["segments_date"], row["segments_hour"]) for row in rows}
    assert len(by_hour) == len(rows) > 0
    columns = "campaign_id,segments_date,metrics_clicks,campaign_status"
    whole = [
        row
        for row in google.truth("campaign_performance_report", columns=columns)
        if row["campaign_status"] == "ENABLED"
    ]
    assert sum(row["metrics_clicks"] for row in rows) == sum(row["metrics_clicks"] for row in whole)


def test_what_google_refuses_is_told_in_its_own_words(google: Any) -> None:
    own = {"name": "wrong", "resource": "click_view", "keys": ["click_view.gclid"], "fields": ["segments.hour"]}
    run = google.run("account", "wrong", custom_queries=[own])
    assert run.exit_code != 0
    assert "PROHIBITED_SEGMENT_IN_SELECT_OR_WHERE_CLAUSE" in run.errors


def test_a_throttled_account_is_waited_for(google: Any) -> None:
    google.misbehave({"match": "/customers/[3-8]", "kind": "throttle", "times": 2, "retry_after": "1"})
    run = google.run("account", "campaign")
    assert run.exit_code == 0
    assert google.held("campaign", run.records("campaign")) == google.held("campaign", google.truth("campaign"))


def test_every_field_is_one_of_the_api_and_has_its_type() -> None:
    kinds = {
        "integer": {"int64", "int32"},
        "number": {"double"},
        "boolean": {"boolean"},
        "string": {"string", "enum", "date"},
        "array": {"strings"},
    }
    wrong = {
        name: API_FIELDS.get(name)
        for name, kind in FIELDS.items()
        if API_FIELDS.get(name) not in kinds[kind["type"][0]]
    }
    assert not wrong
