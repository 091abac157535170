"""The one process that owns a sandbox's services: starts them at once, keeps them up, stops them in order."""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dif_sandbox.services._errors import SandboxError
from dif_sandbox.services._layout import Layout, Secrets
from dif_sandbox.services._leftovers import end_leftovers
from dif_sandbox.services._options import Options, needs
from dif_sandbox.services._processes import ProcessIdentity
from dif_sandbox.services._python import write_private
from dif_sandbox.services._state import Phase, ServiceRecord, State
from dif_sandbox.services._world import build, environment, export_lines, write_credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from dif_sandbox.services.service import Service

__all__ = ["ALREADY_HELD", "locked", "supervise"]

ALREADY_HELD: Final = 3
"""The exit code when another supervisor has the folder."""

STARTING_POLL_SECONDS: Final = 0.02
IDLE_POLL_SECONDS: Final = 1.0
MOST_RESTARTS: Final = 5
SECONDS_AN_HOUR: Final = 3600


def supervise(folder: Path) -> int:
    """Run the sandbox of this folder until told to stop; the answer is the exit code.

    It stops on SIGTERM and SIGINT, when its time is over, when its folder is removed and, if it is tied, when its
    standard input ends.
    """
    layout = Layout(folder)
    with locked(layout) as held:
        if held is None:
            return ALREADY_HELD
        options = Options.read(layout.options)
        supervisor = Supervisor(layout, options, held)
        try:
            supervisor.run()
        except (SandboxError, OSError) as failure:
            _say(str(failure))
            supervisor.fail(str(failure))
            return 1
    return 0


@contextmanager
def locked(layout: Layout) -> Iterator[BinaryIO | None]:
    """The folder's lock, ours until the end of the block; None if another process has it. It ends with its process."""
    with layout.lock.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        yield file


class Supervisor:
    """Single-threaded: signals only wake it, everything happens in its loop."""

    def __init__(self, layout: Layout, options: Options, lock: BinaryIO) -> None:
        self.layout, self.options, self._lock = layout, options, lock
        self._told_to_stop = False
        self._begun: dict[str, float] = {}
        self._seconds: dict[str, float] = {}
        self._restarts: dict[str, int] = {}
        self._given_up: set[str] = set()
        self._wake = _wake_on_signals(self._stop)
        self._inputs = [self._wake, 0] if options.tied else [self._wake]
        secrets = Secrets.of(layout)
        self._secrets = secrets
        ports = json.loads(layout.ports.read_text()) if layout.ports.exists() else {}
        self.services = build(layout, options, secrets, ports)
        own = ProcessIdentity.of(os.getpid())
        if own is None:
            message = "this machine does not say when its processes started"
            raise SandboxError(message)
        stops_at = time.time() + options.max_hours * SECONDS_AN_HOUR
        self.state = State(own, Phase.STARTING, stops_at, ())

    def run(self) -> None:
        """From the first process to the last."""
        self._end_earlier_run()
        try:
            self._start_all()
            while not self._is_over():
                self._keep_up()
        finally:
            self._stop_all()
        self.layout.state.unlink(missing_ok=True)

    def fail(self, reason: str) -> None:
        """Leave behind why it did not work; nothing runs any more."""
        if self.layout.folder.is_dir():
            replace(self.state, phase=Phase.DOWN, services=(), failure=reason).write(self.layout.state)

    def _end_earlier_run(self) -> None:
        earlier = State.read(self.layout.state)
        if earlier is not None and (ended := end_leftovers(earlier)):
            _say(f"ended what an earlier run left: {', '.join(ended)}")
        for service in self.services:
            service.clean()

    def _start_all(self) -> None:
        waiting = list(self.services)
        self._record(Phase.STARTING)
        while not self._told_to_stop and not all(service.is_ready for service in self.services):
            for service in [one for one in waiting if self._may_begin(one)]:
                waiting.remove(service)
                self._begin(service)
            self._poll()
            self._wait(STARTING_POLL_SECONDS)
        if self._told_to_stop:
            return
        write_credentials(self.layout, self.options, self._secrets)
        told = environment(self.layout, self._secrets, self.services)
        self.layout.env.touch(mode=0o600)
        self.layout.env.write_text(export_lines(told))
        self.state = replace(self.state, environment=told)
        self._record(Phase.UP)
        _say(f"up: {', '.join(service.name for service in self.services)}")

    def _may_begin(self, service: Service) -> bool:
        return all(other.is_ready for other in self.services if other.name in needs(service.name))

    def _begin(self, service: Service) -> None:
        self._begun[service.name] = time.monotonic()
        service.begin()
        self._record(self.state.phase)

    def _poll(self) -> None:
        """Ask those that were begun and have not answered yet."""
        for service in self.services:
            if service.name in self._begun and not service.is_ready and service.name not in self._given_up:
                identity = service.identity
                if service.poll():
                    self._seconds[service.name] = time.monotonic() - self._begun[service.name]
                if service.is_ready or service.identity != identity:
                    self._record(self.state.phase)

    def _keep_up(self) -> None:
        """Start again, on the same data and ports, what died; give up on what dies again and again."""
        if not self.layout.state.exists():
            self._record(self.state.phase)
        for service in self.services:
            name = service.name
            if service.is_ready and not service.is_running and name not in self._given_up:
                self._restarts[name] = self._restarts.get(name, 0) + 1
                _say(f"{name} died, start {self._restarts[name]} of {MOST_RESTARTS}")
                service.stop()
                if self._restarts[name] > MOST_RESTARTS:
                    self._give_up(service)
                else:
                    self._begin(service)
        try:
            self._poll()
        except SandboxError as failure:
            _say(str(failure))
            for service in self.services:
                if not service.is_running:
                    self._give_up(service)
        busy = any(not service.is_ready for service in self.services if service.name not in self._given_up)
        self._wait(STARTING_POLL_SECONDS if busy else IDLE_POLL_SECONDS)

    def _give_up(self, service: Service) -> None:
        self._given_up.add(service.name)
        self._record(self.state.phase)

    def _is_over(self) -> bool:
        if self._told_to_stop:
            return True
        if time.time() > self.state.stops_at:
            _say(f"stopping: it ran for {self.options.max_hours:g} hours")
            return True
        if not self._owns_its_folder():
            _say("stopping: the folder was removed")
            return True
        return False

    def _owns_its_folder(self) -> bool:
        try:
            return self.layout.lock.stat().st_ino == os.fstat(self._lock.fileno()).st_ino
        except FileNotFoundError:
            return False

    def _stop_all(self) -> None:
        """Those that need others first; then all others at once."""
        self._record(Phase.STOPPING)
        users = [service for service in self.services if needs(service.name)]
        for group in (users, [service for service in self.services if service not in users]):
            for service in reversed(group):
                service.begin_stop()
            for service in reversed(group):
                service.stop()

    def _record(self, phase: Phase) -> None:
        self.state = replace(self.state, phase=phase, services=tuple(map(self._describe, self.services)))
        if self._owns_its_folder():
            self.state.write(self.layout.state)
            write_private(self.layout.ports, {service.name: service.ports for service in self.services})

    def _describe(self, service: Service) -> ServiceRecord:
        if service.name in self._given_up:
            phase = Phase.DOWN
        elif service.name not in self._begun:
            phase = Phase.WAITING
        else:
            phase = Phase.UP if service.is_ready else Phase.STARTING
        return ServiceRecord(
            name=service.name,
            phase=phase,
            process=service.identity,
            executable=Path(service.command()[0]).name if service.ports else "",
            stop_signal=int(service.stop_signal),
            ports=service.ports,
            seconds=self._seconds.get(service.name),
            restarts=self._restarts.get(service.name, 0),
        )

    def _wait(self, seconds: float) -> None:
        """Until a signal, the end of the input, or the time is over."""
        readable, _, _ = select.select(self._inputs, [], [], seconds)
        if self._wake in readable:
            os.read(self._wake, 4096)
        if 0 in readable and not os.read(0, 4096):
            self._inputs = [self._wake]
            self._stop()

    def _stop(self) -> None:
        self._told_to_stop = True


def _wake_on_signals(stop: Callable[[], None]) -> int:
    """A file descriptor that a signal makes readable, so that `select` ends at once; the stopping ones call `stop`."""
    reader, writer = os.pipe()
    for end in (reader, writer):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop())
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    return reader


def _say(text: str) -> None:
    """One line for the supervisor's log."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    sys.stderr.write(f"{moment} {text}\n")
    sys.stderr.flush()
