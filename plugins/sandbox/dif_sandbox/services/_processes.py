"""Processes known by id and start time, so that a reused id is never taken for the process that had it before."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil

if TYPE_CHECKING:
    import signal
    from collections.abc import Iterable

__all__ = ["ProcessIdentity", "wait_until_gone"]

DEAD_STATES: Final = frozenset("ZXx")
STATE_FIELD: Final = 0
START_FIELD: Final = 19
"""Where proc(5) has the state and the start time, counted after the command's closing parenthesis."""


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """One process, once and for all: `started` names the boot and the moment in it."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> ProcessIdentity | None:
        """The process that has this id now; None if there is none, or only its unread exit code is left."""
        started = _started_linux(pid) if sys.platform == "linux" else _started_elsewhere(pid)
        return None if started is None else cls(pid, started)

    def is_alive(self) -> bool:
        """Whether this very process still runs."""
        return ProcessIdentity.of(self.pid) == self

    def runs(self, executable: str) -> bool:
        """Whether its command line names the executable, as every command of the sandbox does."""
        with suppress(psutil.Error):
            return any(Path(word).name == executable for word in psutil.Process(self.pid).cmdline())
        return False

    def send(self, number: signal.Signals) -> None:
        """Send a signal; a process that is gone is no error."""
        if self.is_alive():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


def wait_until_gone(processes: Iterable[ProcessIdentity], seconds: float) -> list[ProcessIdentity]:
    """Those that still run when all are gone or the time is over."""
    deadline = time.monotonic() + seconds
    left = list(processes)
    while left := [process for process in left if process.is_alive()]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.01)
    return left


def _started_linux(pid: int) -> str | None:
    try:
        line = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = line.rpartition(")")[2].split()
    return None if fields[STATE_FIELD] in DEAD_STATES else f"{_boot()}/{fields[START_FIELD]}"


def _started_elsewhere(pid: int) -> str | None:
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.3f}"
    except psutil.NoSuchProcess:
        return None


@cache
def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
