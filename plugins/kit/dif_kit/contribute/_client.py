"""A new client's file: its environment, what differs, its schedules."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Final

from dif_kit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["write_client"]

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_FIRST_HOUR: Final = 4


def write_client(name: str, taps: Sequence[str], start_date: str, root: Path) -> Path:
    """Write ``clients/<name>.meltano.yml`` below ``root``, the repository; gives the file.

    Every channel is read once a day, the second one ten minutes after the first, and so on.

    Raises:
        ConfigError: the name cannot be a client's, the client is there already, a tap is unknown, or the day is no day.
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
    jobs = set(re.findall(r"^  - name: (\S+)$", (root / "meltano.yml").read_text(), re.MULTILINE))
    file.parent.mkdir(exist_ok=True)
    file.write_text("\n".join(_lines(name, taps, start_date, jobs)) + "\n")
    return file


def _lines(name: str, taps: Sequence[str], start_date: str, jobs: set[str]) -> Iterator[str]:
    yield f"# {name}: everything of {', '.join(taps)}, loaded once a day."
    yield "environments:"
    yield f"  - name: {name}"
    yield "    config:"
    yield "      plugins:"
    yield "        extractors:"
    for tap in taps:
        yield f"          - name: {tap}"
        yield "            config:"
        yield f'              start_date: "{start_date}"'
    channels = [tap.removeprefix("tap-") for tap in taps]
    scheduled = [channel for channel in channels if f"{channel}-to-redshift" in jobs]
    if scheduled:
        yield "schedules:"
    for number, channel in enumerate(scheduled):
        yield f"  - name: {name}-{channel}"
        yield f"    interval: {number * 10 % 60} {_FIRST_HOUR + number // 6} * * *"
        yield f"    job: {channel}-to-redshift"
        yield f"    env: {{MELTANO_ENVIRONMENT: {name}}}"
