"""I1 where a drain is asked to end, and the checks of faults themselves."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from dif_sandbox.proxy import Fault, Kind
from dif_sandbox.services import Sandbox
from faults.invariants import Attempt, broken_by
from faults.rig import Rig


@pytest.mark.parametrize(
    ("target", "match"),
    [("target-s3-csv", r"^PUT .*manifest"), ("target-redshift", "^COPY"), ("target-redshift", "^COMMIT")],
)
def test_sigterm_in_a_drain_tells_no_state_before_its_rows_are_committed(
    sandbox: Sandbox, tmp_path: Path, target: str, match: str
) -> None:
    """I1: where the stock SDK's handler drains a second time, tells STATE and leaves with 0 (bench/sigterm.py)."""
    with Rig(sandbox, target, f"drain_{target[-3:]}_{match[1:4].lower()}", tmp_path / "rig") as rig:
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
