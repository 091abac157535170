"""A process that has a sandbox of its own and runs one series after another in it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from dif_sandbox.services import Sandbox

from faults.series import Outcome, run_series

__all__ = ["series", "start"]

_held: list[Sandbox] = []


def start(folder: str) -> None:
    """Start the sandbox; it ends with the process."""
    sandbox = Sandbox(Path(tempfile.mkdtemp(dir=folder)), services=("redshift",), durable=False)
    sandbox.start()
    _held.append(sandbox)


def series(target: str, name: str, faults: list[str]) -> list[Outcome]:
    """Run a series in this process's sandbox."""
    return run_series(_held[0], target, faults, name, _held[0].folder / f"series-{name}")
