"""I1 to I6 with every kind of fault once, for both targets; `make faults` does the same many times over."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dif_sandbox.proxy import Fault, Kind
from dif_sandbox.services import Sandbox
from faults.invariants import Attempt, broken_by
from faults.kinds import faults_of
from faults.rig import TARGETS, Rig
from faults.series import Series

SEED = 20261126
# Each kind of fault once: what only combines two of the others is left to `make faults`.
COMBINED = {"nothing", "kill -9 both", "SIGTERM both"}
CASES = [(target, fault) for target in TARGETS for fault in faults_of(target) if fault not in COMBINED]


@pytest.fixture(scope="module")
def series(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Series]]:
    """The series of a target: all tests of this module go on with it, as runs of one client do."""
    made: dict[str, Series] = {}
    rigs: list[Rig] = []

    def of(target: str) -> Series:
        if target not in made:
            name = f"faults_{target[-3:]}"
            rigs.append(Rig(sandbox, target, name, tmp_path_factory.mktemp("faults") / name).__enter__())
            made[target] = Series(rigs[-1], name, random.Random(SEED))
        return made[target]

    yield of
    for rig in rigs:
        rig.__exit__(None, None, None)


@pytest.mark.parametrize(("target", "fault"), CASES)
def test_state_rows_counts_and_exit_codes_are_true_after(
    series: Callable[[str], Series], target: str, fault: str
) -> None:
    """I1 to I6."""
    outcome = series(target).attempt(fault)
    assert not outcome.violations, outcome.how


@pytest.mark.parametrize("target", TARGETS)
def test_after_all_faults_every_row_is_there_once(series: Callable[[str], Series], target: str) -> None:
    """I2, I3."""
    assert not series(target).finish().violations


@pytest.mark.parametrize(
    ("target", "match"),
    [("target-s3-csv", r"^PUT .*manifest"), ("target-redshift", "^COPY"), ("target-redshift", "^COMMIT")],
)
def test_sigterm_in_a_drain_tells_no_state_before_its_rows_are_committed(
    sandbox: Sandbox, tmp_path: Path, target: str, match: str
) -> None:
    """I1: where the stock SDK's handler drains a second time, tells STATE and leaves with 0 (bench/sigterm.py)."""
    with Rig(sandbox, target, f"drain_{target[-3:]}_{match.strip('^')[:4].lower()}", tmp_path / "rig") as rig:
        held = Fault(Kind.HOLD, match=match)
        (rig.sql if rig.is_warehouse else rig.s3).inject(held)
        run = rig.start(1, 400, "run-1")
        assert held.reached.wait(60)
        run.send(signal.SIGTERM, "target")
        held.release()
        ended = run.wait()
        assert ended.target == 128 + signal.SIGTERM
        assert not list(broken_by(Attempt("run-1", 1, 400), ended, rig.found()))


def test_a_check_that_is_deceived_says_so(sandbox: Sandbox, tmp_path: Path) -> None:
    """The checks themselves: a STATE ahead of rows, a missing row and a silent end are found."""
    with Rig(sandbox, "target-s3-csv", "deceived", tmp_path / "rig") as rig:
        run = rig.start(1, 60, "run-1")
        ended = run.wait()
        found = rig.found()
        assert not list(broken_by(Attempt("run-1", 1, 60), ended, found))
        found.rows["orders"].pop()
        broken = " ".join(broken_by(Attempt("run-1", 1, 60), ended, found))
        assert "I1: STATE says 60" in broken
        assert "I4: 1 rows are missing" in broken
        found.units.clear()
        assert "I3:" in " ".join(broken_by(Attempt("run-1", 1, 60), ended, found))
