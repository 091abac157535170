"""Start and stop the simulated channels of a configuration, and write their clients' credentials."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from dif_sandbox.sim.channel import Channel, Stage
from dif_sandbox.sim.clock import Clock
from dif_sandbox.sim.server import Server

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from dif_sandbox.sim.channel import MakeProvider, Provider

__all__ = ["ChannelConfig", "Config", "ConfigError", "Simulators", "channels"]

KINDS: Final = {"port": int, "clients": list, "seed": int, "scale": int, "now": str | None}
"""The types of what every channel's configuration may hold; the rest is the provider's own."""


class ConfigError(Exception):
    """The configuration is wrong; the message says where and what it should be."""


@dataclass(frozen=True, slots=True)
class ChannelConfig:
    """One channel: its port (0: a free one), clients, data, clock, and whatever its provider can be told besides."""

    port: int = 0
    clients: tuple[str, ...] = ("demo", "acme", "globex")
    seed: int = 1
    scale: int = 1
    now: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Config:
    """The channels to start; where credentials go, and the file that says everything is ready."""

    channels: Mapping[str, ChannelConfig]
    credentials_dir: Path | None = None
    ready_file: Path | None = None

    @classmethod
    def read(cls, file: Path) -> Config:
        """From a JSON file.

        Raises:
            ConfigError: it is missing, no JSON, or names what does not exist.
        """
        try:
            given = json.loads(file.read_text())
            channels = {name: _channel(name, raw) for name, raw in given["channels"].items()}
        except (OSError, ValueError, KeyError, AttributeError, TypeError) as wrong:
            message = f"cannot read the simulators' configuration {file}: {wrong!r}"
            raise ConfigError(message) from wrong
        places = {name: Path(given[name]) for name in ("credentials_dir", "ready_file") if given.get(name)}
        return cls(channels, **places)


def _channel(name: str, raw: Mapping[str, Any]) -> ChannelConfig:
    _maker(name)
    for key, kind in KINDS.items():
        if key in raw and not isinstance(raw[key], kind):
            message = f"channel {name}: {key} is {raw[key]!r}, which is not of the right type"
            raise ConfigError(message)
    shared = {key: value for key, value in raw.items() if key in KINDS}
    if wrong := [client for client in raw.get("clients", ()) if not re.fullmatch(r"[A-Za-z0-9_-]+", str(client))]:
        message = f"channel {name}: a client is called {wrong[0]!r}; use letters, digits, - and _"
        raise ConfigError(message)
    if "clients" in shared:
        shared["clients"] = tuple(shared["clients"])
    return ChannelConfig(**shared, options={key: value for key, value in raw.items() if key not in KINDS})


def channels() -> list[str]:
    """The channels that can be simulated: the packages beside this module."""
    return sorted(found.name for found in pkgutil.iter_modules([str(Path(__file__).parent)]) if found.ispkg)


def _maker(name: str) -> MakeProvider:
    if name not in channels():
        message = f"no simulator for channel {name!r}; there are: {', '.join(channels())}"
        raise ConfigError(message)
    maker: MakeProvider = importlib.import_module(f"dif_sandbox.sim.{name}").PROVIDER
    return maker


class Simulators:
    """The channels of a configuration, serving from construction until `close`.

    Raises:
        ConfigError: a channel's options are wrong.
        OSError: a port is taken, or a folder cannot be written.
    """

    def __init__(self, config: Config) -> None:
        self.urls: dict[str, str] = {}
        self.stages: dict[str, Stage] = {}
        self._providers: dict[str, Provider] = {}
        self._servers: list[Server] = []
        try:
            for name, channel in config.channels.items():
                self._start(name, channel, config.credentials_dir)
            if config.ready_file:
                ready = {name: {"url": url} for name, url in self.urls.items()}
                _write(config.ready_file, json.dumps(ready), mode=0o644)
        except BaseException:
            self.close()
            raise

    def _start(self, name: str, config: ChannelConfig, credentials_dir: Path | None) -> None:
        stage = Stage()
        try:
            stage.clock.set(None if config.now is None else Clock.parse(config.now))
            provider = _maker(name)(stage, config.clients, config.seed, config.scale, config.options)
        except ValueError as wrong:
            message = f"channel {name}: {wrong}"
            raise ConfigError(message) from wrong
        server = Server(Channel(stage, provider).handle, config.port)
        self._providers[name] = provider
        self._servers.append(server)
        self.stages[name], self.urls[name] = stage, server.url
        if credentials_dir:
            for client, secrets in provider.credentials().items():
                _write(credentials_dir / client / name, json.dumps(dict(secrets), indent=2) + "\n", mode=0o600)

    def credentials(self, channel: str) -> Mapping[str, Mapping[str, str]]:
        """The secrets of a channel's clients, as their credential files hold them."""
        return self._providers[channel].credentials()

    def close(self) -> None:
        """Stop serving."""
        for server in self._servers:
            server.close()
        for provider in self._providers.values():
            provider.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _write(file: Path, text: str, *, mode: int) -> None:
    """Write a whole file at once: a reader sees the old one or the new one; folders are the owner's alone."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as output:
        output.write(text)
    draft.replace(file)
