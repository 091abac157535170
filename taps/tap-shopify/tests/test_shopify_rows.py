"""The tap against the simulated shop: its rows are those that Shopify has, its queries cost what a query may."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from dif_kit.testing import TapRun, impatient, run_tap
from dif_sandbox.sim import ChannelConfig, Config, Simulators
from tap_shopify.tap import TapShopify

STREAMS = {stream.name for stream in TapShopify.stream_types}
SINCE = "2026-11-19"


@dataclass(frozen=True)
class Shop:
    """The simulated shop of one client."""

    url: str

    def read(self, streams: set[str], state: dict[str, Any] | None = None) -> TapRun:
        """A run of the tap."""
        config = {
            "shop": "demo",
            "start_date": SINCE,
            "api_url": f"{self.url}/admin/api/2026-07",
            "credential_ref": "env://SHOPIFY_SIMULATED",
            "budgets": {"shopify.rest": ["1000/s"], "shopify.graphql": ["points 1000 restore 1000/s"]},
        }
        return run_tap(TapShopify, config, state=state, streams=streams)

    def truth(self, stream: str) -> list[dict[str, Any]]:
        """What a perfect tap holds."""
        answer = requests.get(f"{self.url}/_sim/truth/demo/{stream}", params={"start_date": SINCE}, timeout=30)
        return [json.loads(line) for line in answer.text.splitlines()]

    def put(self, what: str, said: Any) -> None:
        """Move the clock, or put faults in force."""
        requests.put(f"{self.url}/_sim/{what}", json=said, timeout=30).raise_for_status()


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Shop]:
    options = {"report_polls": 0, "budgets": {"points": "2000/1", "rest": "1000/1"}, **getattr(request, "param", {})}
    config = ChannelConfig(clients=("demo",), seed=3, now="2026-11-22T23:30:00Z", options=options)
    with Simulators(Config({"shopify": config})) as running, impatient(TapShopify):
        monkeypatch.setenv("SHOPIFY_SIMULATED", json.dumps(dict(running.credentials("shopify")["demo"])))
        yield Shop(running.urls["shopify"])


def plain(rows: list[dict[str, Any]]) -> list[str]:
    """Rows without what is null, in an order of their own."""
    return sorted(
        json.dumps({k: v for k, v in row.items() if v is not None}, sort_keys=True, default=float) for row in rows
    )


def test_rows_are_what_shopify_has_and_the_next_day_brings_what_changed(shop: Shop) -> None:
    first = shop.read(STREAMS)
    assert first.exit_code == 0, first.last_line
    for stream in sorted(STREAMS):
        assert plain(first.records(stream)) == plain(shop.truth(stream)), stream
    shop.put("clock", {"now": "2026-11-23T23:30:00Z"})
    whole = {"product_variants", "inventory_items", "inventory_levels"}
    second = shop.read({"shop", "orders", "locations", *whole}, first.state)
    for stream in sorted(whole):  # nothing says what was deleted: all that is left comes again
        assert plain(second.records(stream)) == plain(shop.truth(stream)), stream
    held = {row["id"]: row for row in (*first.records("orders"), *second.records("orders"))}
    assert plain(list(held.values())) == plain(shop.truth("orders"))
    assert 0 < len(second.records("orders")) < len(held)


def test_a_throttled_query_a_failed_operation_and_half_a_file_lose_nothing(shop: Shop) -> None:
    shop.put(
        "faults",
        [
            {"match": "graphql", "kind": "throttle", "times": 2},
            {"match": "graphql", "kind": "report_failed", "times": 1},
            {"match": "assets", "kind": "truncated", "times": 1},
        ],
    )
    run = shop.read({"shop", "orders", "products"})
    assert run.exit_code in {0, 3}
    for stream in ("orders", "products"):
        rows = run.records(stream)
        assert plain(rows) == plain(shop.truth(stream)) or (run.exit_code, rows) == (3, [])


@pytest.mark.parametrize("shop", [{"credential": "client"}], indirect=True)
def test_an_app_s_client_reads_with_a_token_that_it_asks_for_and_with_another_when_that_one_dies(shop: Shop) -> None:
    shop.put("faults", [{"match": "/inventory_levels", "kind": "revoked_token", "times": 1}])
    streams = {"shop", "locations", "inventory_levels"}
    run = shop.read(streams)
    assert run.exit_code == 0, run.last_line
    for stream in sorted(streams):
        assert plain(run.records(stream)) == plain(shop.truth(stream)), stream
