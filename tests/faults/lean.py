"""What `make test` does of all this: each kind of fault once, one series a target."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dif_sandbox.services import Sandbox
from warm import Warm

from faults.kinds import faults_of
from faults.rig import Rig
from faults.series import Series

__all__ = ["lean_faults", "lean_series"]

SEED = 20261126
# What only combines two of the others is left to `make faults`.
COMBINED = {"nothing", "kill -9 both", "SIGTERM both"}


def lean_faults(target: str) -> list[str]:
    """Each kind of fault that a target can meet."""
    return [fault for fault in faults_of(target) if fault not in COMBINED]


@contextmanager
def lean_series(sandbox: Sandbox, target: str, folder: Path) -> Iterator[Series]:
    """The series that all attempts go on with, as runs of one client do; its targets need not import anew."""
    name = f"faults_{target[-3:]}"
    with Warm(target) as warm, Rig(sandbox, target, name, folder / name, warm) as rig:
        yield Series(rig, name, random.Random(SEED))
