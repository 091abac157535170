"""A series: attempts with one fault each, started again from the STATE told last, then a run without one."""

from __future__ import annotations

import random
import shutil
import signal
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dif_sandbox.services import Sandbox

from faults.invariants import Attempt, bookmark, broken_by, frozen_wrote, left_behind
from faults.kinds import FAULTS, Plan
from faults.rig import Rig

if TYPE_CHECKING:
    from faults.pipe import Ended, Run

__all__ = ["Outcome", "Series", "run_series"]

PLACES_AN_ATTEMPT = 360
POLL_SECONDS = 0.002


@dataclass(frozen=True)
class Outcome:
    """One attempt: the fault, whether it came to pass, how the run ended, what was broken."""

    target: str
    fault: str
    met: bool
    how: str
    violations: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass
class Series:
    """One schema and prefix, which grow by every attempt."""

    rig: Rig
    name: str
    chance: random.Random
    told: int = 0
    last: int = 0
    runs: int = 0
    outcomes: list[Outcome] = field(default_factory=list)

    def attempt(self, fault: str) -> Outcome:
        """One attempt: the source has more rows than before, one fault happens, the run ends, promises are checked."""
        began = time.monotonic()
        self.last += PLACES_AN_ATTEMPT
        attempt = self._next()
        plan = FAULTS[self.rig.target][fault](self.chance, attempt.last - attempt.told_before)
        try:
            how, violations = self._carry_out(attempt, plan)
        except TimeoutError as hung:
            how, violations = "hung", [f"I5: {hung}"]
        finally:
            self.rig.clear()
        seconds = time.monotonic() - began
        outcome = Outcome(self.rig.target, fault, plan.was_met, how, tuple(violations), seconds)
        self.outcomes.append(outcome)
        return outcome

    def finish(self) -> Outcome:
        """A run without a fault; then every row must be there once."""
        outcome = self.attempt("nothing")
        found = self.rig.found()
        wrong = [] if self.told == self.last else [f"end: STATE says {self.told}, the source has {self.last}"]
        self.outcomes[-1] = Outcome(*_fields(outcome, (*outcome.violations, *wrong, *_differs(found, self.last))))
        return self.outcomes[-1]

    def _next(self) -> Attempt:
        self.runs += 1
        return Attempt(f"{self.name}-{self.runs:03d}", self.told + 1, self.last)

    def _carry_out(self, attempt: Attempt, plan: Plan) -> tuple[str, list[str]]:
        rig = self.rig
        rig.s3.inject(*plan.s3)
        if rig.is_warehouse:
            rig.sql.inject(*plan.sql)
        run = rig.start(attempt.first, attempt.last, attempt.run_id, moment=plan.at_byte, **plan.options)
        reached = _wait_for(plan, run)
        if plan.freezes and reached:
            return self._freeze(attempt, plan, run)
        if reached:
            plan.act(run, rig)
        if plan.moment:
            plan.moment.release()
        ended = run.wait()
        self.told = bookmark(ended.told, self.told)
        violations = [*broken_by(attempt, ended, rig.found()), *self._left(run, ended, plan)]
        complete = ended.told is not None and ended.told["dif"]["complete"]
        if plan.survives and not (complete and ended.target in (0, 3)):
            violations.append(f"a fault that passes ended the run: {_how(ended)}: {ended.said[-400:]}")
        if plan.fails and plan.was_met and ended.target != 1:
            violations.append(f"I4: a run that could not deliver ended with {ended.target}")
        return _how(ended), violations

    def _freeze(self, attempt: Attempt, plan: Plan, frozen: Run) -> tuple[str, list[str]]:
        """Stop the target, let another run take over, wake the first one: what it does then must change nothing."""
        frozen.send(signal.SIGSTOP, "target")
        assert plan.moment
        plan.moment.release()
        self.rig.clear()
        successor = self._next()
        options = {name: value for name, value in plan.options.items() if name != "disk_is_full"}
        taking_over = self.rig.start(successor.first, successor.last, successor.run_id, **options)
        ended = taking_over.wait()
        between = self.rig.found()
        violations = [*broken_by(successor, ended, between), *taking_over.left_behind()]
        frozen.send(signal.SIGCONT, "target")
        late = frozen.wait()
        after = self.rig.found()
        violations += [*broken_by(attempt, late, after), *frozen_wrote(between, after), *self._left(frozen, late, plan)]
        # The orchestrator of the frozen run may be as late as it is: its STATE may be what the next run begins with.
        told = [bookmark(ended.told, self.told), bookmark(late.told, self.told)]
        self.told = self.chance.choice(told)
        return f"{_how(ended)}, then {_how(late)}", violations

    def _left(self, run: Run, ended: Ended, plan: Plan) -> Iterator[str]:
        yield from (f"I5: left behind: {what}" for what in run.left_behind())
        yield from left_behind(self.rig, may_leave_uploads=ended.target < 0 or plan.fails)


def run_series(sandbox: Sandbox, target: str, faults: Sequence[str], name: str, folder: Path) -> list[Outcome]:
    """A whole series; its moments follow from its name."""
    with Rig(sandbox, target, name, folder) as rig:
        series = Series(rig, name, random.Random(zlib.crc32(name.encode())))
        for fault in faults:
            series.attempt(fault)
        series.finish()
    shutil.rmtree(folder)
    return series.outcomes


def _wait_for(plan: Plan, run: Run) -> bool:
    """Until the moment has come; False if the run ended before."""
    if plan.moment is None:
        return False
    while not plan.moment.reached.is_set():
        if run.is_over():
            return plan.moment.reached.is_set()
        time.sleep(POLL_SECONDS)
    return True


def _how(ended: Ended) -> str:
    return f"{ended.tap}|{ended.target}"


def _fields(outcome: Outcome, violations: tuple[str, ...]) -> tuple[Any, ...]:
    return outcome.target, outcome.fault, outcome.met, outcome.how, violations, outcome.seconds


def _differs(found: Any, last: int) -> Iterator[str]:
    """Everything in which the end is not the truth; values are compared after each attempt."""
    from faults import truth

    for stream in truth.KEYS:
        if found.places(stream) != truth.latest(stream, last):
            yield f"end: {stream} is not what the source has"
        bad = {number for number in range(1, last + 1) if truth.is_bad(stream, number)}
        if found.put_aside(stream) != bad:
            yield f"end: the quarantine of {stream} is not what the source has"
