"""What runs next: facts of the ledger in, jobs out. No clock, no network."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dif_ledger.dispatch import PastRun

    from dif_deploy._pairs import Pair

__all__ = ["Carrier", "Job", "Limits", "Plan", "Reason", "plan"]


class Carrier(Enum):
    """What carries a job out."""

    LAMBDA = "lambda"
    ECS = "ecs"


class Reason(Enum):
    """Why a job is in the plan, in the order in which places are given."""

    GO_ON = "go_on"  # it was stopped in the middle: a deploy, a deadline, a machine that was reclaimed
    DEFERRED = "deferred"  # a budget was used up; its time has come
    RETRY = "retry"  # it failed, or something of it did
    CATCH_UP = "catch_up"  # days are missing
    SCHEDULE = "schedule"  # its slot has come


class Job(msgspec.Struct, frozen=True):
    """One run to be started; ``hand_overs`` counts the Lambdas that have worked at it already."""

    client: str
    tap: str
    target: str
    carrier: Carrier
    reason: Reason
    due_at: datetime
    hand_overs: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be under way, and how patient the planner is."""

    places: int = 100
    retries: int = 3
    retry_after: timedelta = timedelta(minutes=10)  # doubled from one to the next
    stops: int = 12  # of one slot's work that goes on after each
    lambda_seconds: float = 480  # a pair whose runs take longer starts in ECS


@dataclass(frozen=True, slots=True)
class Plan:
    """The jobs to start now, and those that are due but must wait for a place."""

    jobs: tuple[Job, ...]
    waiting: tuple[Job, ...]


def plan(
    pairs: Iterable[Pair],
    runs: Sequence[PastRun],
    missing: Mapping[tuple[str, str], str],
    now: datetime,
    limits: Limits,
) -> Plan:
    """At most one job a client and tap, within the places that are free; ``runs`` are in the order of their starts.

    Work that makes up for something comes before new work, the oldest first. Filling in missing days takes at most half
    of the free places while others wait: yesterday's figures must not stand behind a month of old ones.
    """
    past: dict[tuple[str, str], list[PastRun]] = defaultdict(list)
    for run in runs:
        past[run.client, run.tap].append(run)
    due: dict[tuple[str, str], Job] = {}
    for pair in pairs:
        key = (pair.client, pair.tap)
        history = past[key]
        if any(run.status == "running" for run in history):
            continue
        live = [run for run in history if run.kind == "live" and run.target == pair.target]
        found = _live_job(pair, live, now, limits) or _catch_up(pair, history, missing.get(key), now, limits)
        if found is not None and (key not in due or _rank(found) < _rank(due[key])):
            due[key] = found
    free = max(0, limits.places - sum(run.status == "running" for run in runs))
    return _within(sorted(due.values(), key=_rank), free)


def _live_job(pair: Pair, live: Sequence[PastRun], now: datetime, limits: Limits) -> Job | None:
    slot = pair.last_slot(now)
    last = live[-1] if live else None
    found: tuple[Reason, datetime] | None = None
    if last is None or last.ended_at is None:
        found = (Reason.SCHEDULE, slot)
    elif last.status == "deferred":
        # A newer slot does not help: the budget is still used up until then.
        at = last.retry_at or last.ended_at + limits.retry_after
        found = (Reason.DEFERRED, at) if at <= now else None
    elif last.started_at < slot:
        found = (Reason.SCHEDULE, slot)
    elif last.status != "done":
        found = _again(live, slot, now, limits)
    if found is None:
        return None
    return Job(pair.client, pair.tap, pair.target, _carrier(live, limits), *found)


def _again(live: Sequence[PastRun], slot: datetime, now: datetime, limits: Limits) -> tuple[Reason, datetime] | None:
    """A run of this slot that did not end well: when it is tried again, if it is."""
    last = live[-1]
    assert last.ended_at is not None  # noqa: S101 - one under way is no candidate
    tries = [run for run in live if run.started_at >= slot]
    # What loaded something before it was stopped comes to an end; a stop that loads nothing is a failure.
    stops = sum(_was_stopped(run) for run in tries)
    if _was_stopped(last) and stops <= limits.stops:
        return Reason.GO_ON, last.ended_at
    failed = max(1, sum(run.status in {"failed", "partial"} and not _was_stopped(run) for run in tries))
    if stops > limits.stops:
        return None
    at = last.ended_at + limits.retry_after * 2 ** (failed - 1)
    return (Reason.RETRY, at) if failed <= limits.retries and at <= now else None


def _was_stopped(run: PastRun) -> bool:
    return run.status == "partial" and run.cause == "stopped"


def _catch_up(pair: Pair, history: Sequence[PastRun], oldest: str | None, now: datetime, limits: Limits) -> Job | None:
    if oldest is None:
        return None
    tries = [run for run in history if run.kind == "catch_up" and run.started_at > now - timedelta(days=1)]
    failed = [run for run in tries if run.status in {"failed", "partial"}]
    last = tries[-1] if tries else None
    if len(failed) > limits.retries:
        return None
    if last is not None and last.status == "deferred" and last.retry_at is not None and last.retry_at > now:
        return None
    if last in failed and last.ended_at and last.ended_at + limits.retry_after * 2 ** (len(failed) - 1) > now:
        return None
    due = datetime.fromisoformat(oldest).replace(tzinfo=now.tzinfo)
    # Chunks have STATE of their own and may take hours.
    return Job(pair.client, pair.tap, pair.target, Carrier.ECS, Reason.CATCH_UP, due)


def _carrier(live: Sequence[PastRun], limits: Limits) -> Carrier:
    """ECS for a first load, which reads all of the past, and for what nearly always takes longer than a Lambda may."""
    lengths: list[float] = []
    so_far = 0.0  # in the parts that were handed over
    for run in live:
        so_far += (run.ended_at - run.started_at).total_seconds() if run.ended_at is not None else 0
        if run.status == "done":
            lengths.append(so_far)
        so_far = so_far if _was_stopped(run) else 0
    if not lengths:
        return Carrier.ECS
    lengths.sort()
    return Carrier.LAMBDA if lengths[int(len(lengths) * 0.95)] <= limits.lambda_seconds else Carrier.ECS


def _within(due: Sequence[Job], free: int) -> Plan:
    others = sum(job.reason is not Reason.CATCH_UP for job in due)
    for_catch_up = max(free - others, free // 2)
    jobs: list[Job] = []
    waiting: list[Job] = []
    for job in due:
        is_catch_up = job.reason is Reason.CATCH_UP
        has_place = len(jobs) < free and (not is_catch_up or for_catch_up > 0)
        (jobs if has_place else waiting).append(job)
        for_catch_up -= is_catch_up and has_place
    return Plan(tuple(jobs), tuple(waiting))


def _rank(job: Job) -> tuple[int, datetime, str, str]:
    return list(Reason).index(job.reason), job.due_at, job.client, job.tap
