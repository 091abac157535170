"""What differs from channel to channel, and what is the same: a simulator at a scale, and who serves the warehouse."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import requests
from dif_sandbox.sim import ChannelConfig, Config, Simulators

__all__ = ["CLIENT", "FLEET", "SCALE", "Channel", "Simulator", "narrow", "serving"]

SCALE: Final = int(os.environ.get("DIF_SCALE", "1"))
"""What the simulator's data are multiplied by: ``make scale size=10``."""
CLIENT: Final = "demo"


FLEET: Final = 8
"""So many runs beside each other."""


def narrow(starts: int) -> tuple[str, list[str]]:
    """A limit of a second that a fleet meets, and the policies that keep to it on any machine, however slow.

    A request may arrive long after the start that was reserved for it. What has not arrived when a second begins are
    those on their way, a few a run: no more than they and the starts of that second can arrive in it.
    """
    return f"{starts + FLEET * Channel.fleet_concurrency}/1", [f"{starts}/s"]


@dataclass(frozen=True)
class Channel:
    """One channel, in a few lines."""

    #: The tap's name, as its folder has it.
    tap: str
    #: The simulator's name, and what the API's address goes on with.
    simulator: str
    api: str
    #: What is read and compared.
    streams: tuple[str, ...]
    #: One of them whose rows are restated from day to day.
    restated: str
    #: Stream and column that list the accounts; an expression for the paths about one, with ``{}`` for its id.
    accounts: tuple[str, str]
    account_path: str
    #: A fault of the simulator that tells everybody to come back in some hours.
    throttled: Mapping[str, Any]
    #: Limits of the simulator so narrow that a fleet meets them, and the tap's budgets that keep to them (`narrow`).
    fleet_limits: Mapping[str, str]
    fleet_budgets: Mapping[str, list[str]]
    #: Requests that each run of a fleet may have on their way: what is granted late arrives on top of all others.
    fleet_concurrency: int = 2
    #: The status of a refusal for too many requests; no other request of a fleet may be answered with it.
    refusal: int = 429
    #: Another expression for the requests about one, searched in their query, where paths do not name it.
    account_query: str = ""
    #: The same, searched in their body.
    account_body: str = ""
    #: The same, searched in the lines of their headers.
    account_header: str = ""
    #: Whether rows of that stream are withdrawn from day to day, too.
    withdraws: bool = True
    #: Further settings of the tap, from the credential that the simulator gave out.
    settings: Callable[[Mapping[str, str]], Mapping[str, Any]] = lambda _: {}
    #: Further options of the simulator.
    options: Mapping[str, Any] = field(default_factory=dict)
    #: Load methods of streams that have no days, where rows of theirs vanish, too.
    load_methods: Mapping[str, str] = field(default_factory=dict)
    #: Days before today from which on figures are read, at scale 1 and above; the provider must still have them.
    history_days: int = 15
    most_history_days: int = 88

    @property
    def overwritten(self) -> tuple[str, ...]:
        """The streams of which the warehouse holds what the last complete run found."""
        return tuple(stream for stream in self.streams if self.load_methods.get(stream) == "overwrite")


@dataclass(frozen=True)
class Simulator:
    """A running simulator, as one client's provider; asked and told over HTTP."""

    url: str
    credential_file: Path

    @property
    def credential(self) -> dict[str, str]:
        """The client's secrets."""
        secrets: dict[str, str] = json.loads(self.credential_file.read_text())
        return secrets

    def truth(self, stream: str, **query: str) -> Iterator[dict[str, Any]]:
        """The rows that a perfect tap holds as of the clock."""
        address = f"{self.url}/_sim/truth/{CLIENT}/{stream}"
        with requests.get(address, params=query, timeout=300, stream=True) as answer:
            answer.raise_for_status()
            yield from map(json.loads, filter(None, answer.iter_lines(1 << 20, delimiter=b"\n")))

    def put(self, what: str, said: Any) -> None:
        """Move the clock, or put faults in force in place of all others."""
        requests.put(f"{self.url}/_sim/{what}", json=said, timeout=30).raise_for_status()

    def requests(self) -> list[dict[str, Any]]:
        """What it was asked so far."""
        answer = requests.get(f"{self.url}/_sim/requests", timeout=30)
        answer.raise_for_status()
        return list(answer.json()["requests"])


@contextmanager
def serving(channel: Channel, folder: Path, **options: Any) -> Iterator[Simulator]:
    """A simulator of the channel at the scale that is tested."""
    config = ChannelConfig(clients=(CLIENT,), seed=3, scale=SCALE, options={**channel.options, **options})
    with Simulators(Config({channel.simulator: config}, credentials_dir=folder)) as running:
        yield Simulator(running.urls[channel.simulator], folder / CLIENT / channel.simulator)
