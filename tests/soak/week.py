"""The days of the week: faults begin, the planner starts what is due, promises are checked, faults end, it heals."""

from __future__ import annotations

import json
import random
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from dif_deploy._plan import Job, Limits, Reason
from dif_deploy._settings import Settings
from dif_deploy.handlers import current_plan
from dif_kit.errors import ExitCode
from dif_sandbox.services import Sandbox

from soak.checks import Checks
from soak.day import Day
from soak.fleet import Pair, Size
from soak.report import leaks, line
from soak.running import Ended, Running
from soak.troubles import KINDS, Lasts, Trouble, draw
from soak.world import World, world

__all__ = ["Week", "soak"]

DAWN, MORNING, RETRIES, CHECK, OVER, NOON, AFTERNOON, CHECK_AGAIN = (
    timedelta(hours=hour, minutes=minute)
    for hour, minute in ((8, 30), (8, 35), (9, 5), (9, 40), (10, 0), (11, 30), (12, 40), (12, 55))
)
HISTORY: Final = timedelta(days=3)
MOST_SHOWN: Final = 50
MOST_MEBIBYTES: Final = 400
POLL_SECONDS: Final = 0.02
FINE: Final = {ExitCode.COMPLETE, ExitCode.ALREADY_RUNNING}


@dataclass
class Week:
    """A fleet's days, one after the other."""

    world: World
    start: date
    seed: int
    size: Size
    days: list[Day] = field(default_factory=list)
    _deck: list[str] = field(default_factory=list)
    _away: dict[tuple[str, str], Running] = field(default_factory=dict)
    _drawn: list[Trouble] = field(default_factory=list)
    _folders: int = 0

    def __post_init__(self) -> None:
        self._checks = Checks(self.world, self.start, self.seed)
        self._lock = threading.Lock()
        self._settings = Settings(
            project=self.world.fleet.project, work=self.world.folder, state_uri="", redis_url=None,
            hand_over_seconds=90, client_role=None, limits=Limits(places=10**6),
        )  # fmt: skip

    def prepare(self) -> None:
        """Ask each tap once what it has; choose what little of it is read."""
        now = datetime.combine(self.start, datetime.min.time(), UTC)
        self.world.set_clocks(now)
        asked: dict[str, Running] = {}
        for pair in self.world.fleet.pairs.values():
            if pair.channel.tap not in asked:
                pair.sign_in()
                pair.write("tap", self.world.fleet.tap_config(pair))
                command = [pair.channel.tap, "--config", str(pair.file("tap")), "--discover"]
                asked[pair.channel.tap] = self._order(command, now, pair)
        chosen = {}
        for provider in self.world.providers:
            channel = provider.channel
            ended = asked[channel.tap].result()
            assert ended.code == 0, ended.text("said")
            found = json.loads(ended.text("out"))
            chosen[channel.tap] = {"streams": [_chosen(entry, channel.streams) for entry in found["streams"]]}
        self.world.fleet.configure(chosen)

    def run_day(self, number: int) -> Day:
        """One day from its dawn to its end."""
        began = time.monotonic()
        day = Day(number)
        self.days.append(day)
        midnight = datetime.combine(self.start + timedelta(days=number), datetime.min.time(), UTC)
        self.world.set_clocks(midnight + DAWN)
        self._begin(day, midnight)
        self._tick(day, midnight + MORNING)
        self._end(lambda each: each.mischief.lasts is Lasts.RUN)
        self._tick(day, midnight + RETRIES)
        self._look(day, midnight + CHECK)
        self._end(lambda each: each.until <= midnight + OVER and each.mischief.lasts is not Lasts.ALWAYS)
        self._tick(day, midnight + NOON)
        self._wake(day)
        self._tick(day, midnight + AFTERNOON)
        self._look(day, midnight + CHECK_AGAIN)
        day.violations += self._checks.left_behind()
        day.met.update(each.kind for each in self._drawn if each.met)
        day.memory = self.world.memory()
        day.rows = self.world.places.rows
        day.seconds = time.monotonic() - began
        return day

    def _begin(self, day: Day, midnight: datetime) -> None:
        chance = random.Random(f"{self.seed} {day.number}")
        self._drawn = draw(self.world, chance, midnight, self._deck, self.size.faults or KINDS)
        for trouble in self._drawn:
            self.world.troubles.append(trouble)
            day.troubles[trouble.kind] += 1
            trouble.mischief.begin(self.world, trouble)

    def _end(self, is_over: Any) -> None:
        for trouble in self.world.troubles:
            if not trouble.over and is_over(trouble):
                trouble.mischief.end(self.world, trouble)
                trouble.over = True
                trouble.held.clear()

    def _wake(self, day: Day) -> None:
        """I6: runs that were frozen in the morning wake after others have taken over, and change nothing."""
        for name, started in self._away.items():
            pair = self.world.fleet.pairs[name]
            before = self.world.places.differences(pair, self._checks.today(day))
            (started.folder / "wake").touch()
            ended = started.result(timeout=120)
            self._note(day, ended)
            if ended.code == ExitCode.COMPLETE:
                day.violations.append(f"I6: {name}: it woke late and says that all is there: {_words(ended)}")
            after = self.world.places.differences(pair, self._checks.today(day))
            if before or after:
                day.violations.append(f"I6: {name}: around the end of a run that woke late: {before} {after}")
        self._away.clear()

    def _tick(self, day: Day, now: datetime) -> None:
        """What the planner says at a moment, so many at a time."""
        self.world.pass_time()
        found = current_plan(self._settings, now)
        jobs = [*found.jobs, *found.waiting]
        taken_over = [self.world.fleet.pairs[name] for name in self._away] if (now.hour, now.minute) == (11, 30) else []
        restarts = [each for each in self.world.troubles if each.kind == "Valkey restarts" and not each.over]
        with ThreadPoolExecutor(self.size.workers) as pool:
            running = [pool.submit(self._carry_out, day, job, now) for job in jobs]
            running += [pool.submit(self._live, day, pair, now) for pair in taken_over]
            for number, done in enumerate(as_completed(running)):
                done.result()
                if restarts and number == len(jobs) // 2:
                    self.world.restart_valkey()
                    restarts.pop().met = True

    def _carry_out(self, day: Day, job: Job, now: datetime) -> None:
        pair = self.world.fleet.pairs[job.client, job.tap]
        if job.reason is Reason.CATCH_UP:
            at = now.strftime("%Y-%m-%dT%H:%M:%S+0000")
            self._ended(day, pair, self._order([*self.world.fleet.catch_up_command(pair), "--now", at], now, pair))
        else:
            self._live(day, pair, now)

    def _live(self, day: Day, pair: Pair, now: datetime) -> None:
        trouble = self.world.trouble_of(pair)
        is_first = trouble is not None and not trouble.held.get("begun")
        moment = None
        if trouble is not None and trouble.mischief.moment is not None and is_first:
            moment = trouble.mischief.moment(random.Random(trouble.seed))
        if trouble is not None:
            trouble.held["begun"] = True
        command = self.world.fleet.run_command(pair)
        started = self._order(command, now, pair, moment)
        twin = None
        if trouble is not None and trouble.kind == "started twice" and is_first:
            twin = self._order(command, now + timedelta(seconds=1), pair)
        if moment is not None and moment["does"] == "freeze" and self._freezes(started):
            trouble.met = True
            self._away[pair.name] = started
            return
        ended = self._ended(day, pair, started)
        if twin is not None:
            trouble.met = True
            both = (ended, self._ended(day, pair, twin))
            if not any(each.code == ExitCode.COMPLETE for each in both) or not all(map(_gave_way, both)):
                said = " ".join(each.text("said")[-400:] for each in both)
                day.violations.append(f"I6: {pair.name}: started twice, the two ended so: {said}")
            ended = min(both, key=lambda each: each.code)
        if moment is not None and (ended.folder / "met").exists():
            trouble.met = True
            day.violations += self._checks.state_is_ahead(pair)
        elif trouble is not None and moment is None and trouble.kind != "started twice":
            trouble.met = trouble.met or ended.code not in FINE or trouble.mischief.lasts in {Lasts.RUN, Lasts.ALWAYS}
        is_hurt = trouble is not None and (moment is None or trouble.met)
        if ended.code != ExitCode.COMPLETE and not is_hurt and not self._is_shared_trouble():
            day.violations.append(f"wrong: {pair.name} ended with {ended.code} without a fault: {_words(ended)}")
        shutil.rmtree(ended.folder)

    def _is_shared_trouble(self) -> bool:
        return any(each.kind == "Valkey restarts" and not each.over for each in self.world.troubles)

    def _freezes(self, started: Running) -> bool:
        """Whether a run has come to the moment at which it is frozen, and did not end before."""
        while not started.is_over():
            if (started.folder / "met").exists():
                return True
            time.sleep(POLL_SECONDS)
        return False

    def _order(
        self, command: list[str], now: datetime, pair: Pair | None, moment: dict[str, Any] | None = None
    ) -> Running:
        self._folders += 1
        folder = self.world.folder / "orders" / str(self._folders)
        variables = self.world.fleet.variables(pair.client if pair else "")
        return Running.start(self.world.warm, command, now=now, environment=variables, folder=folder, moment=moment)

    def _ended(self, day: Day, pair: Pair, started: Running) -> Ended:
        ended = started.result()
        self._note(day, ended)
        pair.runs += 1
        return ended

    def _note(self, day: Day, ended: Ended) -> None:
        with self._lock:
            day.jobs += 1
            day.busy_seconds += ended.seconds
            day.endings[ended.code] += 1
            day.peak_mebibytes = max(day.peak_mebibytes, ended.peak_mebibytes)
        if ended.peak_mebibytes > MOST_MEBIBYTES:
            day.violations.append(f"I5: a process took {ended.peak_mebibytes:.0f} MiB: {ended.folder}")

    def _look(self, day: Day, now: datetime) -> None:
        """Ask `ledger check`, and see that it is right."""
        command = [*self.world.fleet.check_command(), "--now", now.strftime("%Y-%m-%dT%H:%M:%S+0000")]
        ended = self._order(command, now, None).result()
        if ended.code in {ExitCode.COMPLETE, ExitCode.PARTIAL}:
            self._checks.alarms(day, now, json.loads(ended.text("out"))["verdicts"])
        else:
            day.violations.append(f"check: it ended with {ended.code}: {_words(ended)}")

    def finish(self) -> list[str]:
        """What is wrong at the end."""
        return list(self._checks.at_the_end(self.days[-1]))

    @property
    def violations(self) -> list[str]:
        """Every one of every day."""
        return [each for day in self.days for each in day.violations]


def soak(sandbox: Sandbox, folder: Path, size: Size, start: tuple[date, int], say: Callable[[str], None]) -> Week:
    """The whole week from a day on, with the faults of a seed; what came of it."""
    day_one, seed = start
    with world(sandbox, folder, size, seed, (day_one - HISTORY).isoformat()) as made:
        week = Week(made, day_one, seed, size)
        week.prepare()
        for number in range(size.days):
            day = week.run_day(number)
            if number == size.days - 1:
                day.violations += [*week.finish(), *leaks(week.days)]
            say(line(day))
            for violation in day.violations[:MOST_SHOWN]:
                say(f"violation: {violation}")
        return week


def _chosen(entry: dict[str, Any], streams: Sequence[str]) -> dict[str, Any]:
    """A stream of the catalog with its selection; of one that is not read that alone, for it takes longer to parse."""
    name = entry["tap_stream_id"]
    if name not in streams:
        return {
            "tap_stream_id": name,
            "stream": name,
            "schema": {"properties": {}},
            "metadata": [{"breadcrumb": [], "metadata": {"selected": False}}],
        }
    root = next(each["metadata"] for each in entry["metadata"] if not each["breadcrumb"])
    root["selected"] = True
    return entry


def _words(ended: Ended) -> str:
    """What a command said last."""
    return ended.text("said")[-400:]


def _gave_way(ended: Ended) -> bool:
    """Whether one of two that were started at once is done, or saw the other: at its start, or at its first write."""
    return ended.code in FINE or "fenced off" in ended.text("said")
