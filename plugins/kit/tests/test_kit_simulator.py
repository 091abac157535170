"""Facts of a tap against a provider that keeps state of its own: every row once, in every paging style.

The other tests of paging answer from a table; here cursors are sealed, lists are cut by the provider, and the truth is
asked beside the tap.
"""

# ruff: noqa: RUF012 - facts are stated as plain dictionaries; nothing changes them
from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests
from dif_kit.decode import CsvRecords, JsonRecords, XmlRecords
from dif_kit.http import ApiKey, Retry
from dif_kit.paging import Cursor, LinkHeader, NextUrl, Offset, PageNumber, SinglePage
from dif_kit.tap import Stream, Tap
from dif_kit.testing import run_tap
from dif_sandbox.sim import ChannelConfig, Config, Simulators

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = {"type": ["string", "null"]}
SIZE = 50  # the accounts have 120 ads each: two pages and a short one


class Accounts(Stream):
    name = "accounts"
    path = "/v1/accounts"
    records = "accounts"
    paging = SinglePage()
    primary_keys = ("id",)
    context_keys = {"account_id": "id"}
    schema = {"type": "object", "properties": {"id": TEXT}}


class Ads(Stream):
    parent_stream_type = Accounts
    primary_keys = ("id",)
    schema = {"type": "object", "properties": {"id": TEXT, "account_id": TEXT, "name": TEXT}}


def ads(kind: str, paging: Any, records: Any) -> type[Stream]:
    """The list of ads in one style."""
    facts = {"name": kind, "path": f"/v1/accounts/{{account_id}}/{kind}", "paging": paging, "records": records}
    return type(f"Ads_{kind}", (Ads,), facts)


LISTS = (
    ads("pages", PageNumber("page", ("page_size", SIZE), total="data.page_info.total_page"), "data.list"),
    ads("offset", Offset("start", ("count", SIZE), total="paging.total"), "elements"),
    ads("cursor", Cursor("paging.cursors.after", "after", ("limit", SIZE)), "data"),
    ads("next", NextUrl("links.next", ("limit", SIZE)), "data"),
    ads("link", LinkHeader(("limit", SIZE)), "ads"),
    ads("xml", PageNumber("page", ("limit", SIZE)), XmlRecords("result/ad")),
    ads("chunks", SinglePage(), JsonRecords("[].results")),
    ads("whole", SinglePage(), CsvRecords()),
)


class TapMosaic(Tap):
    """The simulated provider that has every style."""

    name = "tap-mosaic"
    package_name = "dif-kit"
    api_url = "http://127.0.0.1:9"
    auth = ApiKey(header="Authorization", prefix="Bearer ")
    retry = Retry(attempts=3, throttles=3, first_seconds=0.001, longest_seconds=0.002, horizon_seconds=5)
    stream_types = (Accounts, *LISTS)


@pytest.fixture(scope="module")
def mosaic() -> Iterator[Simulators]:
    with Simulators(Config({"mosaic": ChannelConfig(now="2026-11-01T23:30:00+00:00", scale=1, seed=1)})) as simulators:
        yield simulators


@pytest.fixture
def config(mosaic: Simulators, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("MOSAIC_CREDENTIAL", json.dumps(dict(mosaic.credentials("mosaic")["demo"])))
    monkeypatch.delenv("DIF_REDIS_URL", raising=False)
    return {"credential_ref": "env://MOSAIC_CREDENTIAL", "api_url": mosaic.urls["mosaic"], "start_date": "2026-10-01"}


def test_every_paging_style_brings_each_row_of_the_provider_once(mosaic: Simulators, config: dict[str, Any]) -> None:
    answer = requests.get(f"{mosaic.urls['mosaic']}/_sim/truth/demo/ads", timeout=30)
    truth = sorted((row["id"], row["account_id"], row["name"]) for row in map(json.loads, answer.content.splitlines()))
    run = run_tap(TapMosaic, config)
    assert run.exit_code == 0, run.errors
    assert len(truth) > 2 * SIZE
    for stream in LISTS:
        found = sorted((row["id"], row["account_id"], row["name"]) for row in run.records(stream.name))
        assert found == truth, stream.name


def test_a_key_that_the_provider_does_not_know_is_one_line(
    config: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOSAIC_CREDENTIAL", json.dumps({"api_key": "mos_nobody"}))
    run = run_tap(TapMosaic, config)
    assert run.exit_code == 1
    assert "401" in run.last_line or "credential" in run.last_line
    assert "mos_nobody" not in run.errors
