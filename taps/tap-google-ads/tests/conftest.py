"""Google Ads on the loopback, and a tap that reads it."""

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
from tap_google_ads.tap import TapGoogleAds

DAYS = 3
UNLIMITED = dict.fromkeys(("operations", "developer", "customer"), "1000000/1")


@dataclass(frozen=True)
class Simulated:
    """The simulated API of one client, controlled as its own processes would be: over HTTP."""

    url: str
    folder: Path
    now: datetime
    client: str = "demo"

    @property
    def secrets(self) -> dict[str, str]:
        """The client's credential."""
        found: dict[str, str] = json.loads((self.folder / self.client / "google_ads").read_text())
        return found

    @property
    def config(self) -> dict[str, Any]:
        """Settings of a tap that reads the client's last days."""
        return {
            "credential_ref": f"file://{self.folder / self.client / 'google_ads'}",
            "api_url": f"{self.url}/v25",
            "login_customer_id": self.secrets["login_customer_id"],
            "start_date": self.day(-DAYS),
            "end_date": self.day(0),
        }

    def day(self, offset: int) -> str:
        """A day, counted from the one that the tests begin on."""
        return (self.now + timedelta(days=offset)).date().isoformat()

    def run(self, *streams: str, state: dict[str, Any] | None = None, **settings: Any) -> TapRun:
        """Run the tap; all streams without one."""
        return run_tap(TapGoogleAds, {**self.config, **settings}, state=state, streams=set(streams) or None)

    def of(self, client: str) -> Simulated:
        """The same API, asked by another client."""
        return replace(self, client=client)

    def truth(self, stream: str, **query: str) -> list[dict[str, Any]]:
        """The rows that a perfect tap would hold as of the clock."""
        params = {"start_date": self.day(-DAYS), "end_date": self.day(0), **query}
        answer = requests.get(f"{self.url}/_sim/truth/{self.client}/{stream}", params=params, timeout=30)
        answer.raise_for_status()
        return [json.loads(line) for line in answer.content.split(b"\n") if line]

    def streams(self) -> list[str]:
        """The streams that the simulator knows, as the tap calls them."""
        return list(requests.get(f"{self.url}/_sim/truth/{self.client}", timeout=30).json()["streams"])

    def misbehave(self, *faults: dict[str, Any]) -> None:
        """Put faults in force in place of all others."""
        requests.put(f"{self.url}/_sim/faults", json=list(faults), timeout=30).raise_for_status()

    def requests(self, path: str = "") -> list[dict[str, Any]]:
        """The requests so far whose path ends so."""
        log = requests.get(f"{self.url}/_sim/requests", timeout=30).json()["requests"]
        return [entry for entry in log if entry["path"].endswith(path)]

    def held(self, stream: str, rows: list[dict[str, Any]]) -> dict[tuple[str, ...], dict[str, Any]]:
        """Rows as a target holds them: by primary key, the latest wins; a column that is not there is NULL, or ""."""
        keys = next(kind.primary_keys for kind in TapGoogleAds.stream_types if kind.name == stream)
        return {
            tuple(str(row[key] or "") for key in keys): {
                n: exact(value) for n, value in row.items() if value not in (None, "")
            }
            for row in rows
        }

    def forget_requests(self) -> None:
        """Begin the request log anew."""
        requests.delete(f"{self.url}/_sim/requests", timeout=30).raise_for_status()


@contextmanager
def serving(folder: Path, **options: Any) -> Iterator[Simulated]:
    """A simulator of its own."""
    # The tap goes by the machine's clock when it asks how far back clicks are kept.
    now = datetime.now(UTC).replace(hour=18, minute=0, second=0, microsecond=0)
    channel = ChannelConfig(clients=("demo", "other"), seed=2, now=now.isoformat(), options=options)
    with Simulators(Config({"google_ads": channel}, credentials_dir=folder)) as running:
        yield Simulated(running.urls["google_ads"], folder, now)


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    options = {"budgets": UNLIMITED, "batch_rows": 7, "page_rows": 20}
    with serving(tmp_path_factory.mktemp("credentials"), **options) as running:
        yield running


@pytest.fixture
def google(simulator: Simulated) -> Iterator[Simulated]:
    with impatient(TapGoogleAds):
        yield simulator
    simulator.misbehave()
    simulator.forget_requests()


def exact(value: Any) -> Any:
    """A value with numbers as exact decimals."""
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value
