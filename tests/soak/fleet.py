"""Clients by channels: the files of each pair, as a project has them, and the commands that run it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import requests

from soak.channels import CHANNELS, SECOND, TARGET, Small

__all__ = ["Fleet", "NeverAskedError", "Pair", "Provider", "Size", "names", "owners"]

# Between Los Angeles' midnight and Sydney's all accounts have the same day: providers' clocks stand, the taps' go on.
SCHEDULE: Final = "35 8 * * *"
LEVELS: Final = 'zone: UTC\nlevels: [{due: "09:30", max_age_hours: 24}]\n'
PATIENCE_SECONDS: Final = 60


@dataclass(frozen=True)
class Size:
    """So many clients, taps, days, and runs beside each other; only these faults, if any are named."""

    clients: int
    channels: int
    days: int
    workers: int = 4
    faults: tuple[str, ...] = ()


class NeverAskedError(Exception):
    """The truth depends on what a tap asks for, and none has."""


@dataclass
class Provider:
    """A channel's simulator, asked and told over HTTP behind the taps' backs."""

    channel: Small
    url: str
    faults: list[dict[str, Any]] = field(default_factory=list)
    _session: requests.Session = field(default_factory=requests.Session)

    def truth(self, owner: str, stream: str, **query: str) -> list[dict[str, Any]]:
        """The rows that a perfect tap holds as of the clock."""
        answer = self._session.get(f"{self.url}/_sim/truth/{owner}/{stream}", params=query, timeout=PATIENCE_SECONDS)
        if answer.status_code == HTTPStatus.BAD_REQUEST:  # its columns are those that were asked for last
            raise NeverAskedError(f"nobody has asked for {stream} of {owner} yet")
        answer.raise_for_status()
        return [json.loads(line) for line in answer.content.split(b"\n") if line]

    def put(self, what: str, said: Any) -> None:
        """Move the clock, or put faults in force in place of all others."""
        self._session.put(f"{self.url}/_sim/{what}", json=said, timeout=PATIENCE_SECONDS).raise_for_status()

    def forget(self) -> None:
        """Empty the log of requests."""
        self._session.delete(f"{self.url}/_sim/requests", timeout=PATIENCE_SECONDS).raise_for_status()


@dataclass
class Pair:
    """A client's tap into the warehouse; ``owner`` is whom the provider knows."""

    client: str
    tap: str
    owner: str
    provider: Provider
    folder: Path
    secrets: dict[str, str]
    runs: int = 0
    #: What is read, as the catalog has it.
    streams: list[dict[str, Any]] = field(default_factory=list)

    @property
    def channel(self) -> Small:
        """The facts of its channel."""
        return self.provider.channel

    @property
    def name(self) -> tuple[str, str]:
        """As the ledger has it."""
        return self.client, self.tap

    @property
    def table_prefix(self) -> str:
        """What its tables begin with: channels have streams of the same names."""
        return self.tap.removeprefix("tap-").replace("-", "_") + "_"

    @cached_property
    def accounts(self) -> list[str]:
        """The ids of the owner's accounts."""
        stream, column = self.channel.accounts
        return sorted({str(row[column]) for row in self.provider.truth(self.owner, stream)})

    def file(self, name: str) -> Path:
        """One of the files that ``ledger run --direct`` is given."""
        return self.folder / f"{name}.json"

    def write(self, name: str, document: Mapping[str, Any]) -> None:
        """Put a file in the place of what is there, as a person would."""
        beside = self.file(f".{name}")
        beside.touch(mode=0o600)
        beside.write_text(json.dumps(document))
        beside.replace(self.file(name))

    def read(self, name: str) -> dict[str, Any]:
        """What stands in a file."""
        held: dict[str, Any] = json.loads(self.file(name).read_text())
        return held

    def sign_in(self, *, rightly: bool = True) -> None:
        """Give the tap the credential, or one that the provider does not know any more."""
        wrong = {} if rightly else {self.channel.secret: self.secrets[self.channel.secret][::-1]}
        self.write("credential", self.secrets | wrong)


class Fleet:
    """All pairs, with their project's folder."""

    def __init__(
        self, folder: Path, environment: Mapping[str, str], providers: Sequence[Provider], size: Size, start: str
    ) -> None:
        self.folder, self.environment, self._start = folder, environment, start
        self.project, self.logs = folder / "project", folder / "logs"
        self.pairs: dict[tuple[str, str], Pair] = {}
        taps = _taps(providers, size.channels)
        for client in names(size.clients):
            for tap, provider in taps:
                pair = self._pair(client, tap, provider)
                self.pairs[pair.name] = pair
        self._write_project(size.clients, [tap for tap, _ in taps])

    def _pair(self, client: str, tap: str, provider: Provider) -> Pair:
        owner = owner_of(client, tap)
        folder = self.folder / "pairs" / client / tap
        folder.mkdir(parents=True)
        given = self.folder / "credentials" / owner / provider.channel.simulator
        return Pair(client, tap, owner, provider, folder, json.loads(given.read_text()))

    def configure(self, catalogs: Mapping[str, Mapping[str, Any]]) -> None:
        """Write the files of every pair; ``catalogs`` are by channel."""
        for pair in self.pairs.values():
            pair.sign_in()
            pair.write("tap", self.tap_config(pair))
            pair.write("target", self.target_config(pair))
            catalog = catalogs[pair.channel.tap]
            pair.write("catalog", catalog)
            pair.streams = [each for each in catalog["streams"] if each["tap_stream_id"] in pair.channel.streams]
            assert len(pair.streams) == len(pair.channel.streams)

    def tap_config(self, pair: Pair) -> dict[str, Any]:
        """A whole config of the tap. No last day: the tap reads until its clock's today."""
        return {
            "api_url": pair.provider.url + pair.channel.api,
            "credential_ref": f"file://{pair.file('credential')}",
            "start_date": self._start,
            "progress": False,
            **pair.channel.settings(pair.owner, pair.secrets),
        }

    def target_config(self, pair: Pair) -> dict[str, Any]:
        """A whole config of the target."""
        told = self.environment
        return {
            "client": pair.client,
            "tap": pair.tap,
            "prefix": "raw",
            "schema": pair.client,
            "table_prefix": pair.table_prefix,
            "load_method": "replace",  # the default keeps what a provider withdraws
            "bucket": told["TARGET_REDSHIFT_BUCKET"],
            "endpoint_url": told["AWS_ENDPOINT_URL_S3"],
            "host": told["TARGET_REDSHIFT_HOST"],
            "port": int(told["TARGET_REDSHIFT_PORT"]),
            "database": told["TARGET_REDSHIFT_DATABASE"],
            "iam_role": told["TARGET_REDSHIFT_IAM_ROLE"],
            "credential_ref": f"{told['DIF_CREDENTIALS']}/demo/redshift",
        }

    def run_command(self, pair: Pair) -> list[str]:
        """One live run."""
        return [
            "ledger", "run", *pair.name, TARGET, *self._direct(pair), "--state", str(pair.file("state")),
            "--logs", str(self.logs),
        ]  # fmt: skip

    def catch_up_command(self, pair: Pair) -> list[str]:
        """The days that are missing."""
        return [
            "ledger", "catch-up", *pair.name, "--target", TARGET, *self._direct(pair), "--logs", str(self.logs),
            "--levels", str(self.project / "clients"),
        ]  # fmt: skip

    def check_command(self) -> list[str]:
        """What was promised; whoever is to know hears what has changed."""
        return ["ledger", "check", "--notify", "--json", "--levels", str(self.project / "clients")]

    def variables(self, client: str = "") -> dict[str, str]:
        """The environment of a client's commands."""
        path = f"{self.folder / 'bin'}{os.pathsep}{self.environment['PATH']}"
        return {**self.environment, "PATH": path, **({"MELTANO_ENVIRONMENT": client} if client else {})}

    def _direct(self, pair: Pair) -> Iterator[str]:
        yield "--direct"
        for option, file in (("tap-config", "tap"), ("target-config", "target"), ("catalog", "catalog")):
            yield from (f"--{option}", str(pair.file(file)))

    def _write_project(self, clients: int, taps: Sequence[str]) -> None:
        """What the planner reads: a job for each tap, a schedule for each client and tap, what is promised."""
        folder = self.project / "clients"
        folder.mkdir(parents=True)
        jobs = [{"name": tap, "tasks": [f"{tap} {TARGET}"]} for tap in taps]
        (self.project / "meltano.yml").write_text(json.dumps({"jobs": jobs}))
        for client in names(clients):
            schedules = [{"name": f"{client}-{tap}", "interval": SCHEDULE, "job": tap} for tap in taps]
            (folder / f"{client}.meltano.yml").write_text(json.dumps({"schedules": schedules}))
        (folder / "default.levels.yml").write_text(LEVELS)
        (self.folder / "bin").mkdir()
        for tap in (each for each in taps if each.endswith(SECOND)):
            program = self.folder / "bin" / tap  # as a plugin that inherits another has its executable
            program.write_text(f'#!/bin/sh\nexec {tap.removesuffix(SECOND)} "$@"\n')
            program.chmod(0o700)


def names(clients: int) -> list[str]:
    """The clients' names."""
    return [f"client{number:03d}" for number in range(1, clients + 1)]


def owner_of(client: str, tap: str) -> str:
    """Whom the provider knows: another brand of the client has another account there."""
    return f"{client}b" if tap.endswith(SECOND) else client


def owners(size: Size) -> dict[str, list[str]]:
    """The clients of each simulator."""
    found: dict[str, list[str]] = {}
    for tap, channel in _planned(size.channels):
        found.setdefault(channel.simulator, []).extend(owner_of(client, tap) for client in names(size.clients))
    return found


def _planned(channels: int) -> list[tuple[str, Small]]:
    """The taps of every client: each channel, then second instances of the first ones."""
    if not 1 <= channels <= 2 * len(CHANNELS):
        raise SystemExit(f"soak: channels={channels}: a client has from 1 to {2 * len(CHANNELS)}")
    taps = [(each.tap, each) for each in CHANNELS] + [(each.tap + SECOND, each) for each in CHANNELS]
    return taps[:channels]


def _taps(providers: Sequence[Provider], channels: int) -> list[tuple[str, Provider]]:
    known = {each.channel.tap: each for each in providers}
    return [(tap, known[channel.tap]) for tap, channel in _planned(channels)]
