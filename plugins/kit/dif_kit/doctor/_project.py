"""What a repository says is used: clients, their plugins, the settings of each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import msgspec

from dif_kit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["Plugin", "Project"]

_HOLE: Final = re.compile(r"\$\{?(\w+)\}?")
_KINDS: Final = ("extractors", "loaders")


@dataclass(frozen=True, slots=True)
class Plugin:
    """A tap or target as one client uses it; ``settings`` are those of its files and of the environment."""

    client: str
    name: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Project:
    """The files of ``root`` as Meltano would read them: the environment counts most, then the client's file."""

    root: Path
    environment: Mapping[str, str]

    @cached_property
    def plugins(self) -> tuple[Plugin, ...]:
        """Every tap and target that a client names or has a schedule for.

        Raises:
            ConfigError: a file cannot be read.
        """
        return tuple(self._plugins())

    def _plugins(self) -> Iterator[Plugin]:
        usual = {
            plugin["name"]: plugin
            for group in ("taps", "targets")
            for path in sorted(self.root.glob(f"{group}/*/*.meltano.yml"))
            for kind in _KINDS
            for plugin in _read(path).get("plugins", {}).get(kind, ())
        }
        tasks = {job["name"]: " ".join(job["tasks"]).split() for job in self._meltano.get("jobs", ())}
        for path in sorted(self.root.glob("clients/*.meltano.yml")):
            document = _read(path)
            for client in document.get("environments", ()):
                of_client = client.get("config", {}).get("plugins", {})
                own = {plugin["name"]: plugin for kind in _KINDS for plugin in of_client.get(kind, ())}
                schedules = document.get("schedules", ())
                scheduled = [task for schedule in schedules for task in tasks.get(schedule.get("job", ""), ())]
                for name in sorted({*own, *scheduled} & usual.keys()):
                    yield Plugin(client["name"], name, self._settings(client["name"], usual[name], own.get(name, {})))

    @cached_property
    def _meltano(self) -> dict[str, Any]:
        return _read(self.root / "meltano.yml")

    def _settings(self, client: str, usual: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
        known = {setting["name"]: setting for setting in usual.get("settings", ())}
        given = {name: setting["value"] for name, setting in known.items() if "value" in setting}
        given |= usual.get("config", {}) | own.get("config", {})
        prefix = re.sub(r"\W", "_", usual["name"]).upper()
        told = {name: self.environment.get(f"{prefix}_{name.upper()}") for name in known}
        given |= {name: value for name, value in told.items() if value}
        words = {**self.environment, "MELTANO_ENVIRONMENT": client}
        return {name: _filled(value, words) for name, value in given.items()}


def _filled(value: Any, words: Mapping[str, str]) -> Any:  # noqa: ANN401 - a setting may be of any type
    return _HOLE.sub(lambda hole: words.get(hole[1], ""), value) if isinstance(value, str) else value


def _read(path: Path) -> dict[str, Any]:
    try:
        return msgspec.yaml.decode(path.read_bytes(), type=dict[str, Any])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigError(f"{path.name} cannot be read: {' '.join(str(error).split())}") from None
