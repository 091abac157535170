"""A new client's file: its environment, what differs, its schedules."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import msgspec

from dif_kit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["write_client"]

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_FIRST_HOUR: Final = 4
#: What every client's file or name answers.
_ANSWERED: Final = {"credential_ref", "start_date"}


def write_client(
    name: str, taps: Sequence[str], start_date: str, root: Path, values: Mapping[str, str] | None = None
) -> Path:
    """Write ``clients/<name>.meltano.yml`` below ``root``, the repository; gives the file.

    Every channel is read once a day, the second one ten minutes after the first, and so on. ``values`` are further
    settings of the taps, by ``<tap>.<setting>``.

    Raises:
        ConfigError: the name cannot be a client's, the client is there already, a tap is unknown, the day is no day, or
            a setting that a tap cannot do without is not given.
    """
    file = root / "clients" / f"{name}.meltano.yml"
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{name!r} is no name for a client: it names a schema too, so write it as acme_uk")
    if file.exists():
        raise ConfigError(f"clients/{file.name} is there already: change it, or choose another name")
    known = sorted(path.name for path in (root / "taps").glob("tap-*"))
    unknown = sorted(set(taps) - set(known))
    if unknown:
        raise ConfigError(f"nothing is called {', '.join(unknown)}; there are {', '.join(known)}")
    try:
        date.fromisoformat(start_date)
    except ValueError as error:
        raise ConfigError(f"--start-date is {start_date!r}: write it as 2026-01-31") from error
    settings = {tap: {"start_date": start_date, **_given(tap, values or {}, root)} for tap in taps}
    strays = sorted(where for where in values or {} if where.partition(".")[0] not in taps)
    if strays:
        raise ConfigError(f"--set {strays[0]}: it begins with one of the taps, as {taps[0]}.setting=value")
    jobs = set(re.findall(r"^  - name: (\S+)$", (root / "meltano.yml").read_text(), re.MULTILINE))
    file.parent.mkdir(exist_ok=True)
    file.write_text("\n".join(_lines(name, settings, jobs)) + "\n")
    return file


def _given(tap: str, values: Mapping[str, str], root: Path) -> dict[str, str]:
    """The further settings of a tap, among them all that it cannot do without."""
    given = {where.partition(".")[2]: value for where, value in values.items() if where.partition(".")[0] == tap}
    plugin = _plugin(root / "taps" / tap / f"{tap}.meltano.yml")
    needed = {setting for group in plugin.get("settings_group_validation", [])[:1] for setting in group}
    about = {setting["name"]: setting.get("description", "") for setting in plugin.get("settings", [])}
    missing = sorted(needed - _ANSWERED - set(given) - set(plugin.get("config", {})))
    if missing:
        raise ConfigError(f"{tap} needs {missing[0]} ({about[missing[0]]}): add --set {tap}.{missing[0]}=…")
    unknown = sorted(set(given) - set(about))
    if unknown:
        raise ConfigError(f"{tap} has no setting {unknown[0]!r}; its README lists them")
    return given


def _plugin(file: Path) -> dict[str, Any]:
    if not file.exists():  # a tap that Meltano does not know yet
        return {}
    plugin: dict[str, Any] = msgspec.yaml.decode(file.read_bytes())["plugins"]["extractors"][0]
    return plugin


def _lines(name: str, settings: Mapping[str, Mapping[str, str]], jobs: set[str]) -> Iterator[str]:
    yield f"# {name}: everything of {', '.join(settings)}, loaded once a day."
    yield "environments:"
    yield f"  - name: {name}"
    yield "    config:"
    yield "      plugins:"
    yield "        extractors:"
    for tap, values in settings.items():
        yield f"          - name: {tap}"
        yield "            config:"
        for setting, value in values.items():
            yield f"              {setting}: {json.dumps(value, ensure_ascii=False)}"
    channels = [tap.removeprefix("tap-") for tap in settings]
    scheduled = [channel for channel in channels if f"{channel}-to-redshift" in jobs]
    if scheduled:
        yield "schedules:"
    for number, channel in enumerate(scheduled):
        yield f"  - name: {name}-{channel}"
        yield f"    interval: {number * 10 % 60} {_FIRST_HOUR + number // 6} * * *"
        yield f"    job: {channel}-to-redshift"
        yield f"    env: {{MELTANO_ENVIRONMENT: {name}}}"
