"""Pinterest on the loopback, and a tap that reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from dif_kit.testing import TapRun, impatient, run_tap
from dif_sandbox.sim import ChannelConfig, Config, Simulators
from tap_pinterest.tap import TapPinterest

DAYS = 3
# Limits are a matter of a few tests; to wait for them would be most of the time of all others.
UNLIMITED = dict.fromkeys(("safety_net", "ads_read", "ads_analytics", "org_read", "org_analytics"), "1000000/60")


@dataclass(frozen=True)
class Pinterest:
    """The simulated API of one client, controlled as its own processes would be: over HTTP."""

    url: str
    folder: Path
    now: datetime
    client: str = "demo"

    @property
    def config(self) -> dict[str, Any]:
        """Settings of a tap that reads the client's last days."""
        return {
            "credential_ref": f"file://{self.folder / self.client / 'pinterest'}",
            "api_url": f"{self.url}/v5",
            "start_date": self.day(-DAYS),
            "end_date": self.day(0),
        }

    def day(self, offset: int) -> str:
        """A day, counted from the one that the tests begin on."""
        return (self.now + timedelta(days=offset)).date().isoformat()

    def of(self, client: str) -> Pinterest:
        """The same API, asked by another client."""
        return replace(self, client=client)

    def run(self, *streams: str, state: dict[str, Any] | None = None, **settings: Any) -> TapRun:
        """Run the tap; all streams without one."""
        return run_tap(TapPinterest, {**self.config, **settings}, state=state, streams=set(streams) or None)

    def truth(self, stream: str, start: str | None = None) -> list[dict[str, Any]]:
        """The rows that a perfect tap would hold as of the clock."""
        params = {"start_date": start or self.day(-DAYS)}
        answer = requests.get(f"{self.url}/_sim/truth/{self.client}/{stream}", params=params, timeout=30)
        answer.raise_for_status()
        return [json.loads(line) for line in answer.content.splitlines() if line]

    def streams(self) -> list[str]:
        """The streams that the simulator knows, as the tap calls them."""
        return list(requests.get(f"{self.url}/_sim/truth/{self.client}", timeout=30).json()["streams"])

    def set_clock(self, offset: int) -> None:
        """Go to a day."""
        moment = self.now + timedelta(days=offset)
        requests.put(f"{self.url}/_sim/clock", json={"now": moment.isoformat()}, timeout=30).raise_for_status()

    def misbehave(self, *faults: dict[str, Any]) -> None:
        """Put faults in force in place of all others."""
        requests.put(f"{self.url}/_sim/faults", json=list(faults), timeout=30).raise_for_status()

    def requests(self, path: str = "") -> list[dict[str, Any]]:
        """The requests so far whose path ends so."""
        log = requests.get(f"{self.url}/_sim/requests", timeout=30).json()["requests"]
        return [entry for entry in log if entry["path"].endswith(path)]

    def forget_requests(self) -> None:
        """Begin the request log anew."""
        requests.delete(f"{self.url}/_sim/requests", timeout=30).raise_for_status()

    def held(self, stream: str, rows: list[dict[str, Any]]) -> dict[tuple[str, ...], dict[str, Any]]:
        """Rows as a target holds them: by primary key, the latest wins; a column that is not there is NULL."""
        keys = next(kind.primary_keys for kind in TapPinterest.stream_types if kind.name == stream)
        return {
            tuple(str(row[key]) for key in keys): {
                name: comparable(value) for name, value in row.items() if value is not None
            }
            for row in rows
        }

    def account_ids(self) -> list[str]:
        """The client's ad accounts."""
        return [row["id"] for row in self.truth("ad_accounts")]


@pytest.fixture(scope="session")
def simulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pinterest]:
    with serving(tmp_path_factory.mktemp("credentials"), report_polls=0, budgets=UNLIMITED) as running:
        yield running


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pinterest]:
    """The same API with the limits that Pinterest documents."""
    with serving(tmp_path_factory.mktemp("documented"), report_polls=0) as running:
        yield running


@contextmanager
def serving(folder: Path, **options: Any) -> Iterator[Pinterest]:
    """A simulator of its own."""
    # The tap goes by the machine's clock when it asks how far back Pinterest answers.
    now = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    channel = ChannelConfig(clients=("demo", "scopeless"), seed=2, now=now.isoformat(), options=options)
    with Simulators(Config({"pinterest": channel}, credentials_dir=folder)) as running:
        yield Pinterest(running.urls["pinterest"], folder, now)


@pytest.fixture
def pinterest(simulators: Pinterest) -> Iterator[Pinterest]:
    with impatient(TapPinterest):
        yield simulators
    simulators.misbehave()
    simulators.set_clock(0)
    simulators.forget_requests()


@pytest.fixture
def private(tmp_path: Path) -> Iterator[Pinterest]:
    """An API of the test's own: tokens that it revokes stay revoked, limits that it uses up stay used."""
    with serving(tmp_path, scopes={"scopeless": ["ads:read"]}, budgets={"org_read": "10/1"}) as running:
        yield running


def comparable(value: Any) -> Any:
    """A value with numbers as exact decimals; ids are text, the API writes some as numbers."""
    if isinstance(value, dict):
        return {name: comparable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return Decimal(str(value))
    if isinstance(value, str) and value.isdigit():
        return Decimal(value)
    return value
