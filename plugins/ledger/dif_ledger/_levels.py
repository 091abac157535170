"""Service levels: what was promised of a stream, and whether it holds. Facts in, a verdict out."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from fnmatch import fnmatchcase
from statistics import median
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from dif_kit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from dif_ledger._facts import Covered, RunFact, StreamFacts

__all__ = ["Level", "Levels", "State", "Verdict", "judge", "load_levels"]

_SAME_WEEKDAYS: Final = 6  # weeks that the band looks back
_FEWEST_RUNS: Final = 3  # with fewer of the same weekday, nobody knows what is usual
_RECENT: Final = timedelta(days=8)  # a partition that no run has covered for so long is no longer read
_MOST_MISSING: Final = 400
# Of a partial run that ended so, nobody can say what is missing: that something was delivered today proves nothing.
_UNPROVEN: Final = frozenset({
    "credential", "receipt_missing", "rows_differ", "settings", "tap_died", "tap_failed", "target_died",
    "target_failed", "unproven",
})  # fmt: skip


class State(Enum):
    """How a stream stands; the further down, the worse."""

    FRESH = "fresh"
    PROVISIONAL = "provisional"  # what is due is there, but the last run did not end well or is under way
    LATE = "late"
    BROKEN = "broken"

    @property
    def rank(self) -> int:
        """Its place, for the worst of several."""
        return list(State).index(self)

    @property
    def is_bad(self) -> bool:
        """Whether something that was promised does not hold."""
        return self in (State.LATE, State.BROKEN)


class Level(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is promised of the streams that fit ``tap`` and ``stream`` (patterns).

    The day ``lag_days`` ago is complete by ``due`` (in the client's zone); the last delivery is at most
    ``max_age_hours`` old; a run's rows differ from the median of the same weekday by at most the share ``band``; at
    most ``max_rejected`` of its rows are put aside; with ``expects_rows``, a run without any is a fault, too.
    """

    tap: str = "*"
    stream: str = "*"
    due: str = "09:00"
    lag_days: int = 1
    max_age_hours: int = 36
    band: float | None = None
    max_rejected: int = 0
    expects_rows: bool = False

    def __post_init__(self) -> None:
        try:
            time.fromisoformat(self.due)
        except ValueError:
            raise ValueError(f'due is {self.due!r}: write the hour as "09:00", in quotes') from None


class Levels(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file ``clients/<client>.levels.yml``: the first level that fits a stream counts."""

    zone: str = "UTC"
    levels: tuple[Level, ...] = (Level(),)

    def of(self, tap: str, stream: str) -> Level | None:
        """The level of a stream; None where nothing is promised of it."""
        fits = (each for each in self.levels if fnmatchcase(tap, each.tap) and fnmatchcase(stream, each.stream))
        return next(fits, None)


class Verdict(msgspec.Struct, frozen=True):
    """How a stream stands against its level. ``missing`` are days that no run covered, oldest first."""

    client: str
    tap: str
    stream: str
    state: State
    cause: str
    message: str
    fresh_day: str | None = None
    due_day: str | None = None
    age_hours: float | None = None
    rows: int | None = None
    usual_rows: tuple[int, int] | None = None
    missing: tuple[str, ...] = ()


def load_levels(folder: Path, client: str) -> Levels:
    """The levels of a client: its own file, else ``default.levels.yml``, else what holds for everybody.

    Raises:
        ConfigError: a file cannot be understood.
    """
    for name in (client, "default"):
        path = folder / f"{name}.levels.yml"
        if path.is_file():
            try:
                found = msgspec.yaml.decode(path.read_bytes(), type=Levels)
                ZoneInfo(found.zone)
            except (msgspec.DecodeError, ZoneInfoNotFoundError, ValueError) as error:
                raise ConfigError(f"{path}: {error}") from None
            return found
    return Levels()


def judge(level: Level, zone: str, facts: StreamFacts, now: datetime) -> Verdict:
    """The verdict on one stream at a moment."""
    local = now.astimezone(ZoneInfo(zone))
    due_day = _due_day(level, local)
    covered = list(_whole(facts.covered, level, ZoneInfo(zone)))
    fresh_day = _fresh_day(covered, now)
    age = None if facts.delivered_at is None else (now - facts.delivered_at).total_seconds() / 3600
    ended = [run for run in facts.runs if run.status != "running"]
    last = ended[-1] if ended else None
    usual = _usual(level, facts.runs, zone)
    missing = _missing(covered, due_day, now)
    unread = _unread(covered, last, now)
    standing = _Standing(level, facts, last, fresh_day, due_day, age, usual, missing, unread)
    state, cause, message = next(standing.complaints(), (State.FRESH, "", ""))
    return Verdict(
        facts.client,
        facts.tap,
        facts.stream,
        state,
        cause,
        message,
        None if fresh_day is None else fresh_day.isoformat(),
        due_day.isoformat(),
        None if age is None else round(age, 1),
        None if last is None else last.extracted,
        usual,
        missing,
    )


@dataclass(frozen=True, slots=True)
class _Standing:
    """What the judgement rests on."""

    level: Level
    facts: StreamFacts
    last: RunFact | None
    fresh_day: date | None
    due_day: date
    age: float | None
    usual: tuple[int, int] | None
    missing: tuple[str, ...]
    unread: tuple[str, ...]

    def complaints(self) -> Iterator[tuple[State, str, str]]:
        """State, cause and the sentence for the person on call; the worst first."""
        last, level = self.last, self.level
        if last is None:
            yield State.LATE, "never_run", "it was never run"
            return
        if last.status == "failed" or (last.status == "partial" and (self.is_due or last.cause in _UNPROVEN)):
            yield State.BROKEN, last.cause or "failed", last.message or "the last run failed"
        if last.rejected > level.max_rejected:
            allowed = f"{level.max_rejected:,} are allowed"
            why = f": {last.message}" if last.cause == "rows_rejected" else ""
            yield State.BROKEN, "rows_rejected", f"{last.rejected:,} rows were put aside, {allowed}{why}"
        if self.is_due:
            there = "nothing is there" if self.fresh_day is None else f"it is complete until {self.fresh_day}"
            cause = last.cause or ("deferred" if last.status == "deferred" else "late")
            why = f"; {last.message}" if last.message else ""
            yield State.LATE, cause, f"{self.due_day} was due by {level.due}; {there}{why}"
        if level.expects_rows and last.status == "done" and last.extracted == 0:
            yield State.BROKEN, "zero_rows", "the days were read and the provider has no row for them"
        if self.usual is not None and not self.usual[0] <= last.extracted <= self.usual[1]:
            text = f"on this weekday {self.usual[0]:,} to {self.usual[1]:,} are usual"
            yield State.BROKEN, "rows_unusual", f"{last.extracted:,} rows, {text}"
        if self.missing:
            text = f"{len(self.missing)} days were never read, from {self.missing[0]}"
            yield State.LATE, "days_missing", f"{text}: `ledger catch-up {self.facts.client} {self.facts.tap}`"
        if last.status in ("partial", "deferred"):
            yield State.PROVISIONAL, last.cause or last.status, last.message or f"the last run was {last.status}"
        if self.facts.runs[-1].status == "running":
            yield State.PROVISIONAL, "running", "a run is under way"

    @property
    def is_due(self) -> bool:
        """Whether something that was promised is not there."""
        if self.unread:
            return True
        if self.fresh_day is not None and self.fresh_day < self.due_day:
            return True
        if self.age is None:
            return not self.facts.covered
        return self.age > self.level.max_age_hours


def _due_day(level: Level, local: datetime) -> date:
    """The last day that has to be complete now."""
    is_before = local.time() < time.fromisoformat(level.due)
    return local.date() - timedelta(days=level.lag_days + is_before)


def _whole(covered: Iterable[Covered], level: Level, place: ZoneInfo) -> Iterator[Covered]:
    """What was covered, without days that were not over when they were read: a run reads until its own today.

    Where the day itself is promised, it counts with what it had.
    """
    for each in covered:
        last = each.at.astimezone(place).date() - timedelta(days=min(level.lag_days, 1))
        if each.first <= last:
            yield each if each.last <= last else msgspec.structs.replace(each, last=last)


def _by_partition(covered: Iterable[Covered], now: datetime) -> dict[str, list[tuple[date, date]]]:
    """The covered days of each partition that is still read."""
    found: dict[str, list[tuple[date, date]]] = defaultdict(list)
    seen: dict[str, datetime] = {}
    for each in covered:
        found[each.partition].append((each.first, each.last))
        seen[each.partition] = max(seen.get(each.partition, each.at), each.at)
    latest = max(seen.values(), default=now)
    return {partition: sorted(days) for partition, days in found.items() if latest - seen[partition] <= _RECENT}


def _fresh_day(covered: Iterable[Covered], now: datetime) -> date | None:
    """The last day that every partition has; None for a stream without days."""
    ends = [max(last for _, last in days) for days in _by_partition(covered, now).values()]
    return min(ends, default=None)


def _unread(covered: Iterable[Covered], last: RunFact | None, now: datetime) -> tuple[str, ...]:
    """The partitions that the last run could not read, and of which there is no day that others have.

    A failure names a partition by the tap's words, what was covered by those of its rows: their values are the same.
    """
    known = {_values(each) for each in _by_partition(covered, now)}
    return () if last is None or not known else tuple(each for each in last.failed if _values(each) not in known)


def _values(partition: str) -> frozenset[str]:
    return frozenset(map(str, json.loads(partition).values()))


def _missing(covered: Iterable[Covered], due_day: date, now: datetime) -> tuple[str, ...]:
    """The days before the due one that some partition lacks between what it has."""
    gaps: set[date] = set()
    for days in _by_partition(covered, now).values():
        reached = days[0][1]
        for first, last in [*days[1:], (due_day + timedelta(days=1), due_day)]:
            day = reached + timedelta(days=1)
            while day < first and day <= due_day and len(gaps) < _MOST_MISSING:
                gaps.add(day)
                day += timedelta(days=1)
            reached = max(reached, last)
    return tuple(day.isoformat() for day in sorted(gaps))


def _usual(level: Level, runs: Sequence[RunFact], zone: str) -> tuple[int, int] | None:
    """What earlier runs of the same weekday lead to expect of the last one."""
    ended = [run for run in runs if run.status == "done"]
    if level.band is None or not ended:
        return None
    place = ZoneInfo(zone)
    weekday = ended[-1].started_at.astimezone(place).weekday()
    since = ended[-1].started_at - timedelta(weeks=_SAME_WEEKDAYS, hours=12)
    alike = [
        run.extracted
        for run in ended[:-1]
        if run.started_at >= since and run.started_at.astimezone(place).weekday() == weekday
    ]
    if len(alike) < _FEWEST_RUNS:
        return None
    middle = median(alike)
    return int(middle * (1 - level.band)), int(middle * (1 + level.band) + 0.5)
