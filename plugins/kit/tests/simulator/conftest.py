"""Mosaic, a provider that keeps state of its own and checks what it is asked: lists are cut by it, cursors are sealed,
and the truth is asked beside the tap."""

# ruff: noqa: RUF012 - facts are stated as plain dictionaries; nothing changes them
from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests
from dif_kit.http import ApiKey, AuthKind, Retry
from dif_kit.tap import Stream, Tap
from dif_kit.testing import run_tap
from dif_sandbox.sim import ChannelConfig, Config, Simulators

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dif_kit.testing import TapRun

TEXT = {"type": ["string", "null"]}
KEY = ApiKey(header="Authorization", prefix="Bearer ")


class Accounts(Stream):
    name = "accounts"
    path = "/v1/accounts"
    records = "accounts"
    primary_keys = ("id",)
    context_keys = {"account_id": "id"}
    schema = {"type": "object", "properties": {"id": TEXT}}


def tap(streams: tuple[type[Stream], ...], auth: AuthKind) -> type[Tap]:
    """A tap of these streams, read account by account."""
    facts = {
        "name": "tap-mosaic",
        "package_name": "dif-kit",
        "api_url": "http://127.0.0.1:9",
        "auth": auth,
        "retry": Retry(attempts=3, throttles=3, first_seconds=0.001, longest_seconds=0.002, horizon_seconds=5),
        "stream_types": (Accounts, *(type(one.__name__, (one,), {"parent_stream_type": Accounts}) for one in streams)),
    }
    return type("TapMosaic", (Tap,), facts)


class Mosaic:
    """The simulator, what it holds, and runs against it."""

    def __init__(self, simulators: Simulators) -> None:
        self.url = simulators.urls["mosaic"]
        self.credential = dict(simulators.credentials("mosaic")["demo"])

    def breaks(self, **fault: Any) -> None:
        """Have the provider do something wrong, or nothing any more."""
        requests.put(f"{self.url}/_sim/faults", json=[fault] if fault else [], timeout=30).raise_for_status()

    def truth(self, stream: str, **query: str) -> list[dict[str, Any]]:
        """The rows that a perfect tap holds."""
        answer = requests.get(f"{self.url}/_sim/truth/demo/{stream}", params=query, timeout=30)
        return [json.loads(line) for line in answer.content.splitlines()]

    def asked(self, method: str = "", ending: str = "") -> list[dict[str, Any]]:
        """The requests that came since `forget`, those of one method and end of path alone."""
        log = requests.get(f"{self.url}/_sim/requests", timeout=30).json()["requests"]
        return [entry for entry in log if method in entry["method"] and entry["path"].endswith(ending)]

    def forget(self) -> None:
        """Forget the requests that came."""
        requests.delete(f"{self.url}/_sim/requests", timeout=30).raise_for_status()

    def run(self, *streams: type[Stream], auth: AuthKind = KEY, **config: Any) -> TapRun:
        """A run of these streams."""
        facts = {"credential_ref": "env://MOSAIC_CREDENTIAL", "api_url": self.url, "start_date": "2026-10-01"}
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MOSAIC_CREDENTIAL", json.dumps(self.credential))
            patch.delenv("DIF_REDIS_URL", raising=False)
            return run_tap(tap(streams, auth), facts | config)


# Here it is paging, formats and mistakes that are tested; budgets have tests of their own.
GENEROUS = [
    "points",
    "pages",
    "sliding",
    "minute",
    "dynamic",
    "burst",
    "steady",
    "leaky",
    "xml",
    "download",
    "downloads",
]


@pytest.fixture(scope="session")
def provider() -> Iterator[Mosaic]:
    options = {"most_rows": 2_000, "budgets": dict.fromkeys((*GENEROUS, "downloads"), "1000000/1")}
    channel = ChannelConfig(now="2026-11-01T23:30:00+00:00", scale=1, seed=1, options=options)
    with Simulators(Config({"mosaic": channel})) as simulators:
        yield Mosaic(simulators)


@pytest.fixture
def mosaic(provider: Mosaic) -> Iterator[Mosaic]:
    """The provider as it is when nothing is wrong."""
    provider.forget()
    credential = provider.credential
    yield provider
    provider.breaks()
    provider.credential = credential
