"""Facts of a tap against a provider that keeps state of its own: every row once, in every paging style and format.

The other tests of paging answer from a table; here cursors are sealed, lists are cut by the provider, and the truth is
asked beside the tap.
"""

# ruff: noqa: RUF012 - facts are stated as plain dictionaries; nothing changes them
from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import requests
from dif_kit.decode import CsvRecords, Gzip, JsonLines, JsonRecords, XlsxRecords, XmlRecords, Zip
from dif_kit.http import ApiKey, Retry
from dif_kit.paging import Cursor, LinkHeader, NextUrl, Offset, PageNumber, SinglePage
from dif_kit.tap import Stream, Tap
from dif_kit.testing import TapRun, run_tap
from dif_sandbox.sim import ChannelConfig, Config, Simulators

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = {"type": ["string", "null"]}
WHOLE = {"type": ["integer", "null"]}
NUMBER = {"type": ["number", "null"]}
DAY = {"type": ["string", "null"], "format": "date"}
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


class Figures(Stream):
    path = "/v1/accounts/{account_id}/figures"
    paging = SinglePage()
    parent_stream_type = Accounts
    primary_keys = ("ad_id", "date")
    schema = {
        "type": "object",
        "properties": {
            "account_id": TEXT,
            "ad_id": TEXT,
            "date": DAY,
            "currency": TEXT,
            "impressions": WHOLE,
            "clicks": WHOLE,
            "spend": NUMBER,
        },
    }


def figures(kind: str, records: Any) -> type[Stream]:
    """The figures of some days in one format."""
    params = {"format": kind, "start_date": "2026-10-20", "end_date": "2026-11-01"}
    return type(f"Figures_{kind}", (Figures,), {"name": f"figures_{kind}", "params": params, "records": records})


ORNATE = CsvRecords(header_has="account_id", footer="Total")
FORMATS = (
    figures("json", "rows"),
    figures("ndjson", JsonLines()),
    figures("csv", ORNATE),
    figures("semicolons", CsvRecords(delimiter=";", encoding="cp1252")),
    figures("tsv", CsvRecords(delimiter="\t", encoding="utf-16")),
    figures("xml", XmlRecords("report/row")),
    figures("xlsx", XlsxRecords()),
    figures("gzip", Gzip(JsonRecords())),
    figures("zip", Zip(ORNATE)),
    figures("zip_many", Zip(JsonRecords(), members="*.json")),
)


class TapMosaic(Tap):
    """The simulated provider that has every style."""

    name = "tap-mosaic"
    package_name = "dif-kit"
    api_url = "http://127.0.0.1:9"
    auth = ApiKey(header="Authorization", prefix="Bearer ")
    retry = Retry(attempts=3, throttles=3, first_seconds=0.001, longest_seconds=0.002, horizon_seconds=5)
    stream_types = (Accounts, *LISTS, *FORMATS)


@pytest.fixture(scope="module")
def mosaic() -> Iterator[Simulators]:
    with Simulators(Config({"mosaic": ChannelConfig(now="2026-11-01T23:30:00+00:00", scale=1, seed=1)})) as simulators:
        yield simulators


@pytest.fixture(scope="module")
def run(mosaic: Simulators) -> Iterator[TapRun]:
    """One run of all streams."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOSAIC_CREDENTIAL", json.dumps(dict(mosaic.credentials("mosaic")["demo"])))
        patch.delenv("DIF_REDIS_URL", raising=False)
        yield run_tap(TapMosaic, config(mosaic))


def config(mosaic: Simulators) -> dict[str, Any]:
    return {"credential_ref": "env://MOSAIC_CREDENTIAL", "api_url": mosaic.urls["mosaic"], "start_date": "2026-10-01"}


def truth(mosaic: Simulators, stream: str, **query: str) -> list[dict[str, Any]]:
    answer = requests.get(f"{mosaic.urls['mosaic']}/_sim/truth/demo/{stream}", params=query, timeout=30)
    return [json.loads(line) for line in answer.content.splitlines()]


def test_a_run_of_every_style_and_format_is_complete(run: TapRun) -> None:
    assert run.exit_code == 0, run.errors


@pytest.mark.parametrize("stream", LISTS, ids=lambda stream: stream.name)
def test_every_paging_style_brings_each_row_of_the_provider_once(
    mosaic: Simulators, run: TapRun, stream: type[Stream]
) -> None:
    def seen(rows: list[dict[str, Any]]) -> list[tuple[str, ...]]:
        return sorted((row["id"], row["account_id"], row["name"]) for row in rows)

    wanted = seen(truth(mosaic, "ads"))
    assert len(wanted) > 2 * SIZE
    assert seen(run.records(stream.name)) == wanted


@pytest.mark.parametrize("stream", FORMATS, ids=lambda stream: stream.name)
def test_every_format_brings_the_figures_of_the_provider_exactly(
    mosaic: Simulators, run: TapRun, stream: type[Stream]
) -> None:
    def seen(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
        texts = ("account_id", "ad_id", "date", "currency")
        return sorted(
            (*(row[name] for name in texts), row["impressions"], row["clicks"], Decimal(str(row["spend"])))
            for row in rows
        )

    wanted = seen(truth(mosaic, "figures", start_date="2026-10-20", end_date="2026-11-01"))
    assert wanted
    assert seen(run.records(stream.name)) == wanted


def test_a_key_that_the_provider_does_not_know_is_one_line(mosaic: Simulators, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOSAIC_CREDENTIAL", json.dumps({"api_key": "mos_nobody"}))
    refused = run_tap(TapMosaic, config(mosaic))
    assert refused.exit_code == 1
    assert "401" in refused.last_line
    assert "mos_nobody" not in refused.errors
