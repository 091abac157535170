"""Which tap of which client is to be run when, as the clients' own files say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
from cronsim import CronSim, CronSimError
from dif_kit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Pair", "pairs"]

_MACROS = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *"}


@dataclass(frozen=True, slots=True)
class Pair:
    """A client's tap into a target, and the moments at which it is to begin (cron, UTC)."""

    client: str
    tap: str
    target: str
    intervals: tuple[str, ...]

    def last_slot(self, now: datetime) -> datetime:
        """The last moment, now included, at which it was to begin."""
        return max(_last_slot(each, now) for each in self.intervals)


@lru_cache(maxsize=4096)
def _last_slot(interval: str, now: datetime) -> datetime:
    """Many pairs share an interval: of thousands of clients it is most of a planner's work."""
    return next(CronSim(interval, now + timedelta(minutes=1), reverse=True))


def pairs(project: Path) -> list[Pair]:
    """Every scheduled pair of every client, by name. Schedules of one pair add up.

    Raises:
        ConfigError: a schedule names a job that does not exist, does not run one tap into one target, or its interval
            cannot be understood.
    """
    jobs = {job["name"]: job["tasks"] for job in _yaml(project / "meltano.yml").get("jobs", ())}
    found: dict[tuple[str, str, str], list[str]] = {}
    for file in sorted((project / "clients").glob("*.meltano.yml")):
        client = file.name.removesuffix(".meltano.yml")
        for schedule in _yaml(file).get("schedules") or ():
            for tap, target in _tasks(file, schedule, jobs):
                found.setdefault((client, tap, target), []).append(_interval(file, schedule))
    return [Pair(*key, tuple(intervals)) for key, intervals in sorted(found.items())]


def _tasks(file: Path, schedule: dict[str, Any], jobs: dict[str, Any]) -> Iterator[tuple[str, str]]:
    tasks = jobs.get(schedule["job"])
    if tasks is None:
        raise ConfigError(f"{file}: {schedule['name']} names the job {schedule['job']!r}, which meltano.yml has not")
    for task in tasks:
        words = str(task).split()
        if len(words) != 2:  # noqa: PLR2004 - a tap and a target
            raise ConfigError(f"{file}: {schedule['name']}: the task {task!r} is not one tap into one target")
        yield words[0], words[1]


def _interval(file: Path, schedule: dict[str, Any]) -> str:
    written = str(schedule["interval"])
    interval = _MACROS.get(written, written)
    try:
        CronSim(interval, datetime(2026, 1, 1))  # noqa: DTZ001 - only whether it can be understood
    except CronSimError:
        raise ConfigError(f"{file}: {schedule['name']}: the interval {written!r} is no cron expression") from None
    return interval


def _yaml(file: Path) -> dict[str, Any]:
    try:
        return msgspec.yaml.decode(file.read_bytes(), type=dict[str, Any] | None) or {}
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigError(f"{file} cannot be read: {error}") from None
