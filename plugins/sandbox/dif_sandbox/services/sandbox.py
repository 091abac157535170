"""A sandbox as its users hold it: up, down, what runs, what to set."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dif_sandbox.services._errors import SandboxError
from dif_sandbox.services._layout import Layout
from dif_sandbox.services._leftovers import end_leftovers
from dif_sandbox.services._options import ALL_SERVICES, DEFAULT_HOURS, Options
from dif_sandbox.services._processes import wait_until_gone
from dif_sandbox.services._state import State
from dif_sandbox.services._supervisor import ALREADY_HELD, locked
from dif_sandbox.services.simulators import Simulation

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable
    from types import TracebackType
    from typing import Self

__all__ = ["Sandbox"]

POLL_SECONDS: Final = 0.02
STOP_SECONDS: Final = 60.0
START_SECONDS: Final = 180.0


class Sandbox:
    """The outside world in one folder: the services named, and those that they need.

    As a context manager it lives as long as the block, and not longer than this process, whatever ends it. `up` starts
    it for longer: until `down`, or until `max_hours` are over. Data, ports, keys and passwords stay in the folder.

    Not `durable`: faster. PostgreSQL and S3 lose nothing committed when their processes are killed, but the machine's
    own end may take some; Valkey forgets everything when it stops.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        services: Iterable[str] = ALL_SERVICES,
        durable: bool = True,
        max_hours: float = DEFAULT_HOURS,
        simulation: Simulation | None = None,
    ) -> None:
        self.layout = Layout(Path(folder).resolve())
        self._options = Options(tuple(services), durable, max_hours, simulation or Simulation())
        self._supervisor: _SupervisorProcess | None = None

    @property
    def folder(self) -> Path:
        """Where all of it lies."""
        return self.layout.folder

    @property
    def authority(self) -> Path:
        """The file of the authority that signs for the warehouse."""
        return self.layout.service("redshift") / "tls" / "ca.pem"

    @property
    def services(self) -> tuple[str, ...]:
        """The names of its services in the order of their start."""
        return self._options.services

    def runs_as_asked(self) -> bool:
        """Whether what was started last in the folder was started with this object's options."""
        return replace(Options.read(self.layout.options), tied=False) == self._options

    def state(self) -> State | None:
        """What runs now; None if it is down and was stopped in good order."""
        return State.read(self.layout.state)

    def environment(self, *, is_alone: bool = False) -> dict[str, str]:
        """The variables that clients set to use this sandbox.

        Who `is_alone` with it connects to nothing else, and trusts its authority only: to read all that the machine
        trusts takes 20 ms a connection.

        Raises:
            SandboxError: it is not up.
        """
        state = self.state()
        if state is None or not state.is_alive or not state.environment:
            message = f"the sandbox in {self.folder} is not up: run `sandbox up --dir {self.folder}`"
            raise SandboxError(message)
        alone = {"SSL_CERT_FILE": str(self.authority)} if is_alone else {}
        return {**state.environment, **alone}

    def up(self, watch: Callable[[State], None] | None = None) -> State:
        """Start it and leave it running; if it is up already, that is all.

        `watch` is called with every new state until it is up.

        Raises:
            SandboxError: it did not come up; nothing of it runs then.
        """
        return self._start(watch, tied=False)

    def start(self, watch: Callable[[State], None] | None = None) -> State:
        """Start it for as long as this process lives.

        Raises:
            SandboxError: it did not come up, or it is up already.
        """
        return self._start(watch, tied=True)

    def down(self) -> list[str]:
        """Stop it; the answer is the names of the services that ran. What a killed run left is ended, too.

        Raises:
            SandboxError: something does not end even when killed.
        """
        if not self.layout.lock.exists():
            self._reap()
            return []
        state = self.state()
        ran = [record.name for record in state.services if record.running] if state else []
        if state is not None and state.is_alive:
            state.supervisor.send(signal.SIGTERM)
            for process in wait_until_gone([state.supervisor], STOP_SECONDS):
                process.send(signal.SIGKILL)
        self._reap()
        self._end_leftovers(state)
        return ran

    stop = down

    def restart(self) -> State:
        """Stop and start again, as before: same data, ports and secrets."""
        tied = self._supervisor is not None and self._supervisor.stdin is not None
        self.down()
        return self._start(None, tied=tied)

    def wait(self) -> None:
        """Until it is over: its time, `down` by someone else, or its own end. Only for one that this object started."""
        if self._supervisor is not None:
            self._supervisor.wait()

    def wipe(self) -> None:
        """Stop it and remove everything of it, data included."""
        self.down()
        self.layout.wipe()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down()

    def _start(self, watch: Callable[[State], None] | None, *, tied: bool) -> State:
        state = self.state()
        if state is not None and state.is_alive and tied:
            message = f"the sandbox in {self.folder} is up already: run `sandbox down`, or use another folder"
            raise SandboxError(message)
        if state is not None and state.is_alive and state.given_up:
            self.down()
            state = None
        if state is None or not state.is_alive:
            self._launch(tied=tied)
        try:
            return self._wait_until_up(watch)
        except BaseException:
            if self._supervisor is not None:
                self.down()
            raise

    def _launch(self, *, tied: bool) -> None:
        self._reap()
        self.layout.create()
        replace(self._options, tied=tied).write(self.layout.options)
        with self.layout.log("supervisor").open("ab") as log:
            self._supervisor = _SupervisorProcess(
                [sys.executable, "-P", "-m", "dif_sandbox.services", str(self.folder)],
                cwd="/",
                stdin=subprocess.PIPE if tied else subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )

    def _wait_until_up(self, watch: Callable[[State], None] | None) -> State:
        seen: State | None = None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            code = None if self._supervisor is None else self._supervisor.poll()
            state = self.state()
            if state is not None and state != seen:
                seen = state
                if watch is not None and state.is_alive:
                    watch(state)
            if state is not None and state.is_up:
                return state
            if state is not None and state.is_alive and state.given_up:
                message = f"{', '.join(state.given_up)} died again and again: see {self.layout.folder / 'logs'}"
                raise SandboxError(message)
            if code is not None and code != ALREADY_HELD:
                told = (
                    state.failure
                    if state and self._supervisor and state.supervisor.pid == self._supervisor.pid
                    else None
                )
                reason = told or f"the supervisor ended with exit code {code}"
                message = f"{reason} (see {self.layout.log('supervisor')})"
                raise SandboxError(message)
            time.sleep(POLL_SECONDS)
        message = f"the sandbox in {self.folder} did not come up within {START_SECONDS:.0f} s"
        raise SandboxError(message)

    def _end_leftovers(self, state: State | None) -> None:
        with locked(self.layout) as held:
            if held is None:
                message = f"another process starts the sandbox in {self.folder} right now: try again when it is up"
                raise SandboxError(message)
            if state is not None:
                end_leftovers(state)
            self.layout.state.unlink(missing_ok=True)

    def _reap(self) -> None:
        """Wait for the end of the supervisor that this object started; without its folder it ends by itself."""
        if self._supervisor is not None:
            if self._supervisor.stdin is not None:
                self._supervisor.stdin.close()
            self._supervisor.wait(STOP_SECONDS)
            self._supervisor = None


class _SupervisorProcess(subprocess.Popen[bytes]):
    """It may outlive whoever started it: to forget it is no mistake, of which Popen would warn."""

    def __del__(self) -> None:
        """Take its exit code if it has ended."""
        self.poll()
