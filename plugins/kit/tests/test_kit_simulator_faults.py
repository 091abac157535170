"""A tap of facts against a provider that misbehaves: what passes leaves every row, what does not is told."""

# ruff: noqa: RUF012 - facts are stated as plain dictionaries; nothing changes them
from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests
from dif_kit.decode import Gzip, JsonRecords, Limits, XmlRecords, Zip
from dif_kit.http import ApiKey, Retry
from dif_kit.paging import Cursor, SinglePage
from dif_kit.tap import Stream, Tap
from dif_kit.testing import TapRun, run_tap
from dif_sandbox.sim import ChannelConfig, Config, Simulators

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = {"type": ["string", "null"]}


class Accounts(Stream):
    name = "accounts"
    path = "/v1/accounts"
    records = "accounts"
    paging = SinglePage()
    primary_keys = ("id",)
    context_keys = {"account_id": "id"}
    schema = {"type": "object", "properties": {"id": TEXT}}


class Ads(Stream):
    name = "ads"
    path = "/v1/accounts/{account_id}/cursor"
    records = "data"
    paging = Cursor("paging.cursors.after", "after", ("limit", 50))
    parent_stream_type = Accounts
    primary_keys = ("id",)
    schema = {"type": "object", "properties": {"id": TEXT, "account_id": TEXT, "name": TEXT}}


class Figures(Stream):
    path = "/v1/accounts/{account_id}/figures"
    paging = SinglePage()
    parent_stream_type = Accounts
    primary_keys = ("ad_id", "date")
    schema = {"type": "object", "properties": {"ad_id": TEXT, "date": TEXT}}


def tap(*streams: type[Stream]) -> type[Tap]:
    facts = {
        "name": "tap-mosaic",
        "package_name": "dif-kit",
        "api_url": "http://127.0.0.1:9",
        "auth": ApiKey(header="Authorization", prefix="Bearer "),
        "retry": Retry(attempts=3, throttles=3, first_seconds=0.001, longest_seconds=0.002, horizon_seconds=5),
        "stream_types": (Accounts, *streams),
    }
    return type("TapMosaic", (Tap,), facts)


class Provider:
    """The simulator, told what to do wrong."""

    def __init__(self, simulators: Simulators) -> None:
        self.url = simulators.urls["mosaic"]
        self.credential = json.dumps(dict(simulators.credentials("mosaic")["demo"]))

    def breaks(self, **fault: Any) -> None:
        requests.put(f"{self.url}/_sim/faults", json=[fault] if fault else [], timeout=30).raise_for_status()

    def ads(self) -> list[dict[str, Any]]:
        answer = requests.get(f"{self.url}/_sim/truth/demo/ads", timeout=30)
        return [json.loads(line) for line in answer.content.splitlines()]

    def run(self, *streams: type[Stream]) -> TapRun:
        return run_tap(
            tap(*streams),
            {"credential_ref": "env://MOSAIC_CREDENTIAL", "api_url": self.url, "start_date": "2026-10-01"},
        )


@pytest.fixture(scope="module")
def simulators() -> Iterator[Simulators]:
    with Simulators(Config({"mosaic": ChannelConfig(now="2026-11-01T23:30:00+00:00", scale=1, seed=1)})) as simulators:
        yield simulators


@pytest.fixture
def provider(simulators: Simulators, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    provider = Provider(simulators)
    monkeypatch.setenv("MOSAIC_CREDENTIAL", provider.credential)
    monkeypatch.delenv("DIF_REDIS_URL", raising=False)
    yield provider
    provider.breaks()


@pytest.mark.parametrize("kind", ["throttle", "status", "torn", "truncated", "bom", "empty_page", "short_page"])
def test_what_passes_leaves_every_row_once(provider: Provider, kind: str) -> None:
    provider.breaks(match="/cursor", kind=kind, times=1)
    run = provider.run(Ads)
    assert run.exit_code == 0, run.errors
    assert sorted(row["id"] for row in run.records("ads")) == sorted(row["id"] for row in provider.ads())


def test_a_forbidden_account_does_not_stop_the_others(provider: Provider) -> None:
    provider.breaks(match="/cursor", kind="forbidden", times=1)
    run = provider.run(Ads)
    assert run.exit_code == 3, run.errors
    found = {row["account_id"] for row in run.records("ads")}
    assert len(found) == len({row["account_id"] for row in provider.ads()}) - 1


@pytest.mark.parametrize("kind", ["repeat_cursor", "cursor_cycle"])
def test_pages_without_an_end_are_an_error(provider: Provider, kind: str) -> None:
    provider.breaks(match="/cursor", kind=kind, times=None)
    run = provider.run(Ads)
    assert run.exit_code not in {0, 75}, run.errors
    assert run.receipt.complete is False


SMALL = Limits(unpacked_bytes=1 << 20)
BOMBS = {
    "gzip_bomb": Gzip(JsonRecords(), SMALL),
    "zip_bomb": Zip(JsonRecords(), limits=SMALL),
    "xml_bomb": XmlRecords("report/row"),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_is_refused_and_named(provider: Provider, kind: str) -> None:
    provider.breaks(match="/figures", kind=kind, times=None, size=16 << 20)
    days = {"format": kind.removesuffix("_bomb"), "start_date": "2026-10-20", "end_date": "2026-11-01"}
    bomb = type("Bomb", (Figures,), {"name": "figures", "params": days, "records": BOMBS[kind]})
    run = provider.run(bomb)
    assert run.exit_code not in {0, 75}, run.errors
    assert run.records("figures") == []
    assert "figures" in run.errors
    assert "Traceback" not in run.errors
