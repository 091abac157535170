"""One job from its leases to its end: `ledger run` with a deadline, its STATE kept before that comes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

import msgspec
from dif_kit.errors import DeliveryError, ExitCode

from dif_deploy._leases import NoPlaceError, at_work
from dif_deploy._plan import Carrier, Job, Reason
from dif_deploy._prepare import BIN, meltano_environment, prepare
from dif_deploy._role import environment_of, session_of
from dif_deploy._state import StateStore

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from dif_deploy._settings import Settings

__all__ = ["ALIVE", "Ended", "How", "carry_out"]

ALIVE: Final = "alive"  # its age is what the container's health check asks for
_LOOK_SECONDS: Final = 0.25
_MOST_LAMBDAS: Final = 3
# Of the time between the signal and the deadline, what is left for the STATE if the run has to be killed.
_KILL_SHARE: Final = 0.2


class How(Enum):
    """What became of a job; all but the last is in the ledger, which decides what follows."""

    DONE = "done"
    PARTIAL = "partial"
    DEFERRED = "deferred"
    FAILED = "failed"
    ANOTHER = "another"  # another run of this client and tap is under way
    FULL = "full"  # the fleet has no place; it is due at the next tick
    HAND_OVER = "hand_over"  # stopped before its deadline: `carrier` goes on


_CODES: Final = {
    ExitCode.COMPLETE: How.DONE,
    ExitCode.PARTIAL: How.PARTIAL,
    ExitCode.DEFERRED: How.DEFERRED,
    ExitCode.ALREADY_RUNNING: How.ANOTHER,
}


class Ended(msgspec.Struct, frozen=True):
    """A job that has come to its end, and what is to go on with it."""

    job: Job
    status: How


def carry_out(job: Job, settings: Settings, stop_in: Callable[[], float]) -> Ended:
    """Carry out a job until its end, or until ``stop_in`` (seconds) is zero or less; it may change its mind.

    Raises:
        DifError: it could not be started, so that the ledger does not know of it; or its STATE could not be kept.
    """
    try:
        with at_work(job, settings):
            return _catch_up(job, settings, stop_in) if job.reason is Reason.CATCH_UP else _live(job, settings, stop_in)
    except NoPlaceError as taken:
        return Ended(job, How(str(taken)))


def _live(job: Job, settings: Settings, stop_in: Callable[[], float]) -> Ended:
    lent = environment_of(settings.client_role, job.client)
    prepared = prepare(job, settings)
    store = StateStore(session_of(lent), settings.state_uri, f"{job.client}:{job.tap}-to-{job.target}")
    folder = settings.work / "jobs" / job.client / f"{job.tap}-to-{job.target}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    kept = _Kept(folder / "state.json", store)
    command = [
        "run", job.client, job.tap, job.target, "--direct",
        "--tap-config", str(prepared.tap_config), "--target-config", str(prepared.target_config),
        "--catalog", str(prepared.catalog), "--state", str(kept.file), "--logs", str(folder / "logs"),
    ]  # fmt: skip
    was_stopped, code = _watched(command, {**meltano_environment(job, settings), **lent}, settings, stop_in, kept.keep)
    kept.keep()
    how = _CODES.get(code, How.FAILED)  # type: ignore[call-overload]
    if not was_stopped or how in {How.DONE, How.DEFERRED, How.ANOTHER}:
        return Ended(job, how)
    parts = job.hand_overs + 1
    carrier = Carrier.LAMBDA if kept.has_moved and parts < _MOST_LAMBDAS else Carrier.ECS
    return Ended(msgspec.structs.replace(job, carrier=carrier, hand_overs=parts), How.HAND_OVER)


def _catch_up(job: Job, settings: Settings, stop_in: Callable[[], float]) -> Ended:
    """Its chunks have STATE of their own, in Meltano's backend; the ledger knows which of them are done."""
    lent = environment_of(settings.client_role, job.client)
    command = [
        "catch-up", job.client, job.tap, "--target", job.target,
        "--levels", str(settings.project / "clients"), "--logs", str(settings.work / "logs"),
    ]  # fmt: skip
    _, code = _watched(command, {**meltano_environment(job, settings), **lent}, settings, stop_in, lambda: None)
    return Ended(job, _CODES.get(code, How.FAILED))  # type: ignore[call-overload]


class _Kept:
    """The STATE file of a run, and its copy that outlives the machine."""

    def __init__(self, file: Path, store: StateStore) -> None:
        self.file = file
        self.has_moved = False
        self._store = store
        self._kept = store.load()
        if self._kept is not None:
            file.write_text(json.dumps(self._kept))

    def keep(self) -> None:
        """Keep what was told since; raises DeliveryError if it cannot be kept."""
        state = self._told()
        if state is not None and state != self._kept:
            self._store.keep(state)
            self.has_moved = self.has_moved or _without_receipt(state) != _without_receipt(self._kept)
            self._kept = state

    def _told(self) -> dict[str, Any] | None:
        try:
            return dict(json.loads(self.file.read_bytes()))
        except FileNotFoundError:
            return None


def _without_receipt(state: Mapping[str, Any] | None) -> dict[str, Any]:
    """A receipt names its run: it is another one whether or not anything was read."""
    return {name: value for name, value in (state or {}).items() if name != "dif"}


def _watched(
    command: list[str],
    environment: dict[str, str],
    settings: Settings,
    stop_in: Callable[[], float],
    keep: Callable[[], None],
) -> tuple[bool, int]:
    """Run `ledger` until it ends; whether it was asked to stop, and its exit code."""
    process = subprocess.Popen(  # noqa: S603 - no shell
        [str(BIN / "ledger"), *command], cwd=settings.project, env=environment, start_new_session=True
    )
    was_stopped, kill_at, refusal = False, float("inf"), None
    alive = settings.work / ALIVE
    try:
        while process.poll() is None:
            alive.touch()
            try:
                keep()
            except DeliveryError as error:  # what it goes on loading could not be gone on from
                refusal = error
            if not was_stopped and (stop_in() <= 0 or refusal is not None):
                was_stopped = True
                process.send_signal(signal.SIGTERM)
                kill_at = time.monotonic() + settings.hand_over_seconds * (1 - _KILL_SHARE)
            if time.monotonic() > kill_at:
                sys.stderr.write("dif-deploy: the run did not end when it was asked to: killed\n")
                _kill(process)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_LOOK_SECONDS)
    finally:
        if process.poll() is None:
            _kill(process)
        alive.unlink(missing_ok=True)
    if refusal is not None:
        raise refusal
    return was_stopped, process.returncode


def _kill(process: subprocess.Popen[bytes]) -> None:
    """The whole group: tap and target are its children."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
