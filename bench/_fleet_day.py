"""A day of a fleet, event by event: the product's planner and budgets, providers that enforce, a clock that jumps."""

from __future__ import annotations

import heapq
import itertools
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Protocol

from _fleet_channels import AGENCY, Channel
from _fleet_provider import Providers, stated_rate
from dif_deploy._pairs import Pair
from dif_deploy._plan import Carrier, Job, Limits, plan
from dif_kit.budget import Budget
from dif_ledger.dispatch import PastRun

__all__ = ["Asker", "Day", "Facts", "Start", "midnight"]

SECOND = 1_000_000
midnight = datetime(2026, 11, 27, tzinfo=UTC)
Budgets = tuple[tuple[Budget, str], ...]
_REGIONS = ("agency-0", "agency-1")
_rate = cache(stated_rate)


@dataclass(frozen=True)
class Facts:
    """When runs are due, and what one takes beside its requests, in seconds. Assumptions, unless measured."""

    places: int = 400
    plan_minutes: int = 1
    intervals: tuple[str, ...] = ("0 5,11,17,23 * * *",)
    hours: int = 24
    #: From the plan to the ledger's first word: an image that is warm in Lambda, one that Fargate fetches.
    begin: tuple[float, float] = (4.0, 45.0)
    #: `ledger run --direct` of next to nothing (bench/ledger_start.py), then COPY, MERGE, commit.
    prepare: float = 4.0
    load: float = 12.0
    #: An answer of a provider; how late a request leaves, which its process knows, and how unevenly it travels, which
    #: nobody does: means of exponential distributions, as in bench/guard.py.
    latency: float = 0.6
    lateness: float = 0.01
    jitter: float = 0.003
    #: After so long a Lambda stops its run: 15 minutes less DIF_HAND_OVER_SECONDS.
    lambda_seconds: float = 810.0
    seed: int = 1


@dataclass(frozen=True)
class Start:
    """When a request may go, or when to come back if that is too late; why it is not now: a budget's place.

    ``is_for_others`` if it is not the budget's limit that holds it, but what other clients have a share in.
    """

    at: int
    granted: bool = True
    held_by: int | None = None
    is_for_others: bool = False
    token: str = ""


class Asker(Protocol):
    """How the runs of a fleet keep to their budgets."""

    threads: int
    #: The furthest that a start was moved on because another was late, in microseconds.
    furthest: int

    def starts(self, now: int, budgets: Budgets, client: str, member: str, number: int) -> Sequence[Start]:
        """When so many requests may go."""

    def moved(self, start: Start) -> int:
        """When a start is after all that has moved it on."""

    def sent(self, now: int, budgets: Budgets, start: Start) -> None:
        """A request has left, with that start."""

    def refused(self, now: int, budgets: Budgets, tries: int) -> float | None:
        """How many seconds to wait before the request is sent again; None fails the run."""


@dataclass
class _Run:
    """One process at work."""

    job: Job
    began: int
    todo: list[int]
    member: str
    under_way: int = 0
    last_answer: int = 0
    retry_at: int | None = None
    tries: int = 0
    has_failed: bool = False


@dataclass
class Seen:
    """What happened."""

    finished: dict[tuple[str, str, int], int] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    held: dict[tuple[str, str], list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    held_for_others: dict[tuple[str, str], list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    most_at_work: int = 0


class Day:
    """Clients times channels, from the first slot on."""

    def __init__(self, clients: Sequence[str], channels: Sequence[Channel], asker: Asker, facts: Facts) -> None:
        self.facts, self.seen, self.providers = facts, Seen(), Providers()
        self._asker, self._channels = asker, {each.tap: each for each in channels}
        self._clients = {name: number for number, name in enumerate(clients)}
        self._random = random.Random(facts.seed)
        self._pairs = [
            Pair(client, each.tap, "target-redshift", (facts.intervals[number % len(facts.intervals)],))
            for number, client in enumerate(clients)
            for each in channels
        ]
        self._limits = Limits(places=facts.places)
        self._events: list[tuple[int, int, str, object]] = []
        self._numbers = itertools.count()
        self._at_work: dict[tuple[str, str], _Run] = {}
        self._left: dict[tuple[str, str], list[int]] = {}
        yesterday = midnight - timedelta(hours=1)
        self._history = {
            (pair.client, pair.tap): [self._past((pair.client, pair.tap), yesterday, yesterday + timedelta(seconds=90))]
            for pair in self._pairs
        }
        self._budgets: dict[tuple[str, int, str], Budgets] = {}
        self._slots: set[datetime] = set()
        self._may_be_due = True
        self._retries: list[int] = []

    def run(self) -> Seen:
        """To the end of the hours, and of what is under way then."""
        self._push(0, "plan", None)
        while self._events:
            now, _, what, about = heapq.heappop(self._events)
            getattr(self, f"_{what}")(now, about)
        return self.seen

    def slots(self) -> dict[tuple[str, str], list[int]]:
        """When each client's tap is due, in microseconds of the day."""
        found = {}
        for pair in self._pairs:
            times = {
                pair.last_slot(midnight + timedelta(minutes=minute)) for minute in range(0, self.facts.hours * 60, 5)
            }
            found[pair.client, pair.tap] = sorted(_us(each) for each in times if each >= midnight)
        return found

    # What happens -----------------------------------------------------------------------------------------------------

    def _plan(self, now: int, _: object) -> None:
        """A tick of the clock; without anything that could be due it is passed over, which changes nothing."""
        if now < self.facts.hours * 3600 * SECOND:
            self._push(now + self.facts.plan_minutes * 60 * SECOND, "plan", None)
        elif not self._at_work:
            return
        slots = {Pair("", "", "", (each,)).last_slot(_when(now)) for each in self.facts.intervals}
        if slots == self._slots and not self._may_be_due and min(self._retries, default=now + 1) > now:
            return
        self._retries = [each for each in self._retries if each > now]
        self.seen.counts["plans"] += 1
        runs = [run for history in self._history.values() for run in history]
        found = plan(self._pairs, runs, {}, _when(now), self._limits)
        self._slots, self._may_be_due = slots, bool(found.waiting)
        for job in found.jobs:
            self.seen.counts[f"started as {job.reason.value}"] += 1
            self._push(now + round(self.facts.begin[job.carrier is Carrier.ECS] * SECOND), "begin", job)

    def _begin(self, now: int, job: Job) -> None:
        key = (job.client, job.tap)
        self.seen.counts[f"{job.carrier.value} starts"] += 1
        if key in self._at_work or len(self._at_work) >= self.facts.places:
            self.seen.counts["another" if key in self._at_work else "full"] += 1
            self._may_be_due = True
            return
        todo = self._left.pop(key, None) or [each.number for each in self._channels[job.tap].calls]
        run = _Run(job, now, todo, f"{job.client}/{next(self._numbers)}")
        self._at_work[key] = run
        self.seen.most_at_work = max(self.seen.most_at_work, len(self._at_work))
        self._history[key] = [*self._history[key][-5:], self._past(key, _when(now), None)]
        self._push(now + round(self.facts.prepare * SECOND), "ask", run)

    def _ask(self, now: int, run: _Run) -> None:
        """Ask for the next starts, or come to an end."""
        group = next((index for index, number in enumerate(run.todo) if number), None)
        if group is None or run.has_failed or run.retry_at is not None or self._is_over(now, run):
            self._push(now + round(self.facts.load * SECOND), "end", run)
            return
        budgets = self._budgets_of(run.job, group)
        number = min(self._asker.threads, run.todo[group])
        for start in self._asker.starts(now, budgets, run.job.client, run.member, number):
            if not start.granted:
                run.retry_at = max(run.retry_at or 0, start.at)
                continue
            run.todo[group] -= 1
            run.under_way += 1
            self._note_wait(now, start, budgets)
            self._push(start.at, "wake", (run, group, start))
        if not run.under_way:
            self._push(now, "ask", run)

    def _wake(self, now: int, about: tuple[_Run, int, Start]) -> None:
        """A start has come, unless it was moved on meanwhile."""
        run, group, start = about
        if (moved := self._asker.moved(start)) > now:
            self._push(moved, "wake", about)
            return
        leaves = now + round(self._random.expovariate(1 / self.facts.lateness) * SECOND)
        self._push(leaves, "leave", about)
        self._push(leaves + round(self._random.expovariate(1 / self.facts.jitter) * SECOND), "arrive", (run, group))

    def _leave(self, now: int, about: tuple[_Run, int, Start]) -> None:
        run, group, start = about
        self._asker.sent(now, self._budgets_of(run.job, group), start)

    def _arrive(self, now: int, about: tuple[_Run, int]) -> None:
        """A request reaches its provider."""
        run, group = about
        budgets = self._budgets_of(run.job, group)
        if self.providers.ask(now, budgets):
            run.tries = 0
            answered = now + round(self._random.uniform(0.5, 1.5) * self.facts.latency * SECOND)
        else:
            run.tries += 1
            run.todo[group] += 1
            wait = self._asker.refused(now, budgets, run.tries)
            run.has_failed = run.has_failed or wait is None
            answered = now + round((wait or 0.0) * SECOND)
        run.under_way -= 1
        run.last_answer = max(run.last_answer, answered)
        if not run.under_way:
            self._push(run.last_answer, "ask", run)

    def _end(self, now: int, run: _Run) -> None:
        key = (run.job.client, run.job.tap)
        del self._at_work[key]
        self.seen.seconds[run.job.carrier.value] += (now - run.began) / SECOND
        status, cause, back = "done", None, None
        if any(run.todo):
            self._left[key] = [run.todo[0] + 1, *run.todo[1:]]  # who goes on asks first where it is
            status, cause, back = "partial", "stopped", None
            if run.has_failed:
                status, cause = "failed", "throttled"
                self._retries += [now + round(minutes * 60 * SECOND) for minutes in (10, 20, 40)]
            elif run.retry_at is not None:
                status, cause, back = "deferred", "deferred", _when(run.retry_at)
                self._retries.append(run.retry_at)
        self.seen.counts[status] += 1
        past = self._past(key, _when(run.began), _when(now), status=status, cause=cause, retry_at=back)
        self._history[key][-1] = past
        if status == "done":
            self._note_finish(key, past, now)
        elif cause == "stopped":
            parts = run.job.hand_overs + 1
            carrier = Carrier.LAMBDA if parts < 3 else Carrier.ECS
            job = Job(*key, run.job.target, carrier, run.job.reason, run.job.due_at, parts)
            self._push(now + round(self.facts.begin[carrier is Carrier.ECS] * SECOND), "begin", job)

    # How it is kept ---------------------------------------------------------------------------------------------------

    def _is_over(self, now: int, run: _Run) -> bool:
        return run.job.carrier is Carrier.LAMBDA and now - run.began > self.facts.lambda_seconds * SECOND

    def _note_wait(self, now: int, start: Start, budgets: Budgets) -> None:
        self.seen.waits.append((start.at - now) / SECOND)
        if start.held_by is not None and start.at > now + SECOND // 4 and budgets[start.held_by][1] in _REGIONS:
            # The last that moved it need not be the one that it waits for: that is the narrowest.
            budget, scope = min((each for each in budgets if each[1] in _REGIONS), key=lambda each: _rate(each[0]))
            held = self.seen.held_for_others if start.is_for_others else self.seen.held
            held[budget.name, scope].append((now, start.at))

    def _note_finish(self, key: tuple[str, str], past: PastRun, now: int) -> None:
        for slot in (hour * 3600 * SECOND for hour in range(self.facts.hours)):
            if slot <= _us(past.started_at) and (*key, slot) not in self.seen.finished:
                self.seen.finished[(*key, slot)] = now

    def _budgets_of(self, job: Job, group: int) -> Budgets:
        key = (job.tap, group, job.client)
        if key not in self._budgets:
            channel = self._channels[job.tap]
            region = _REGIONS[self._clients[job.client] % channel.regions]
            self._budgets[key] = tuple(
                (budget, region if whose == AGENCY else job.client) for budget, whose in channel.calls[group].budgets
            )
        return self._budgets[key]

    @staticmethod
    def _past(key: tuple[str, str], began: datetime, ended: datetime | None, **how: Any) -> PastRun:
        told = {"status": "running" if ended is None else "done", **how}
        return PastRun(*key, "target-redshift", "live", began, ended, **told)

    def _push(self, at: int, what: str, about: object) -> None:
        heapq.heappush(self._events, (at, next(self._numbers), what, about))


def _when(now: int) -> datetime:
    return midnight + timedelta(microseconds=now)


def _us(when: datetime) -> int:
    return round((when - midnight).total_seconds() * SECOND)
