"""A tap and a target as one run: started, watched, asked to stop; what they said, and the STATE that was told last."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Protocol

from dif_kit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = [
    "Direct",
    "Launch",
    "Meltano",
    "PipeEnd",
    "Process",
    "Watched",
    "json_object",
    "popen",
    "singer_state",
    "start",
    "start_pair",
]

_LAST_LINES: Final = 50
_STOPS: Final = (signal.SIGTERM, signal.SIGINT)


class Process(Protocol):
    """A process that was started, with as much of Popen as a supervisor needs."""

    stdout: IO[bytes] | None
    stderr: IO[bytes] | None
    returncode: int

    def poll(self) -> int | None:
        """The exit code, None while it lives."""

    def wait(self) -> int:
        """The exit code, when it has ended."""

    def send_signal(self, sig: int, /) -> None:
        """Send a signal, if it lives."""

    def kill(self) -> None:
        """End it."""


class Launch(Protocol):
    """How a process begins: Popen, or whoever has an interpreter that need not be started anew."""

    def __call__(self, command: Sequence[str], /, **facts: Any) -> Process:  # noqa: ANN401 - Popen's own
        """Start it, with Popen's arguments; raises OSError if it cannot be."""


def popen(command: Sequence[str], /, **facts: Any) -> Process:  # noqa: ANN401 - Popen's own
    """A program of the machine's."""
    return subprocess.Popen(command, **facts)  # noqa: S603 - no shell


@dataclass(frozen=True, slots=True)
class PipeEnd:
    """How the processes ended: exit codes as Popen gives them (None where they cannot be told apart), the STATE."""

    state: Mapping[str, Any] | None
    said: tuple[str, ...]
    tap_exit: int | None = None
    target_exit: int | None = None
    was_stopped: bool = False


@dataclass(frozen=True, slots=True)
class Direct:
    """``tap | target`` without Meltano. The STATE is read from ``state_file``, and kept there when it is told."""

    tap: str
    target: str
    tap_config: str
    target_config: str
    catalog: str | None = None
    state_file: str | None = None
    launch: Launch = popen

    def run(self, log: Path, environment: Mapping[str, str]) -> PipeEnd:
        """Run both to their ends; raises ConfigError if one cannot be started."""
        watched = Watched(log)
        kept = None if self.state_file is None else _StateFile(Path(self.state_file))
        with watched.open() as out:
            commands = [self.tap, *self._tap_options()], [self.target, "--config", self.target_config]
            tap, target = start_pair(*commands, environment, stdout=subprocess.PIPE, launch=self.launch)
            state: Mapping[str, Any] | None = None
            with watched.until_both_end(out, tap, target):
                assert target.stdout is not None  # noqa: S101 - asked for above
                with target.stdout as states:
                    for line in states:
                        if (told := json_object(line)) is not None:
                            state = told
                            if kept is not None:
                                kept.put(line)
        return PipeEnd(state, tuple(watched.last), tap.returncode, target.returncode, watched.was_stopped)

    def _tap_options(self) -> list[str]:
        options = ["--config", self.tap_config]
        if self.catalog is not None:
            options += ["--catalog", self.catalog]
        if self.state_file is not None and Path(self.state_file).exists():
            options += ["--state", self.state_file]
        return options


@dataclass(frozen=True, slots=True)
class Meltano:
    """``meltano --environment=<client> run <tap> <target>``; its state backend keeps the STATE."""

    client: str
    tap: str
    target: str

    def run(self, log: Path, environment: Mapping[str, str]) -> PipeEnd:
        """Run the pair to its end; raises ConfigError if Meltano cannot be started."""
        command = ["meltano", f"--environment={self.client}"]
        watched = Watched(log)
        with watched.open() as out:
            process = start([*command, "run", self.tap, self.target], environment)
            with watched.until_both_end(out, process):
                pass
        asked = subprocess.run(  # noqa: S603 - the names stand behind options, nothing is a shell's
            [*command, "state", "get", f"{self.client}:{self.tap}-to-{self.target}"],
            capture_output=True, check=False, env={**environment, "MELTANO_CLI_LOG_LEVEL": "error"},
        )  # fmt: skip
        return PipeEnd(singer_state(asked.stdout), tuple(watched.last), None, None, watched.was_stopped)


class _StateFile:
    """Where the next run finds what is told now, whatever happens to this one.

    A run that slept while another one took over must not put its older STATE in the place of the other's.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mine: bytes | None = self._content()
        self._is_lost = False

    def put(self, line: bytes) -> None:
        if self._is_lost:
            return
        if self._content() != self._mine:
            self._is_lost = True
            sys.stderr.write(f"ledger: another run has put its STATE into {self._path}; this one's is not kept\n")
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        beside.write_bytes(line)
        beside.replace(self._path)
        self._mine = line

    def _content(self) -> bytes | None:
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return None


@dataclass(slots=True)
class Watched:
    """What processes write to standard error, passed on and kept; signals that come, passed on to the first."""

    log: Path
    last: list[str] = field(default_factory=list)
    was_stopped: bool = False
    _processes: tuple[Process, ...] = ()
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Where all is written; from here on a signal stops the processes, not this one, started yet or not."""
        try:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            opened = self.log.open("wb")
        except OSError as error:
            raise ConfigError(f"the log {self.log} cannot be written: {error.strerror}") from None
        previous = {number: signal.signal(number, self._stop) for number in _STOPS}
        try:
            with opened as out:
                yield out
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    @contextmanager
    def until_both_end(self, out: IO[bytes], *processes: Process) -> Iterator[None]:
        self._processes = processes
        if self.was_stopped:
            processes[0].send_signal(signal.SIGTERM)
        readers = [threading.Thread(target=self._pass_on, args=(each, out)) for each in processes]
        for reader in readers:
            reader.start()
        try:
            yield
            for process in processes:
                process.wait()
        finally:
            for reader in readers:
                reader.join()

    def _stop(self, number: int, _frame: object) -> None:
        """The first signal is the tap's alone: the target then has its last STATE, too, before its input ends."""
        is_first = not self.was_stopped
        self.was_stopped = True
        if self._processes:
            tap_is_asked = is_first and self._processes[0].poll() is None
            for process in self._processes[:1] if tap_is_asked else self._processes:
                process.send_signal(number)

    def _pass_on(self, process: Process, out: IO[bytes]) -> None:
        assert process.stderr is not None  # noqa: S101 - asked for in `_start`
        with process.stderr as lines:
            for line in lines:
                text = line.decode(errors="replace").rstrip()
                with self._lock:
                    out.write(line)
                    out.flush()
                    self.last = [*self.last[-_LAST_LINES:], text]
                sys.stderr.write(text + "\n")


def start(
    command: list[str],
    environment: Mapping[str, str],
    launch: Launch = popen,
    **pipes: IO[bytes] | int | tuple[int, ...] | None,
) -> Process:
    """A process whose standard error is a pipe; raises ConfigError if it cannot be started."""
    facts: dict[str, Any] = {"stderr": subprocess.PIPE, "env": dict(environment), **pipes}
    try:
        return launch(command, **facts)
    except OSError as error:
        raise ConfigError(f"{command[0]} cannot be started: {error.strerror}") from None


def start_pair(
    tap: list[str],
    target: list[str],
    environment: Mapping[str, str],
    *,
    stdout: IO[bytes] | int,
    pass_fds: tuple[int, ...] = (),
    launch: Launch = popen,
) -> tuple[Process, Process]:
    """``tap | target``, which writes to ``stdout``; if one cannot be started, ConfigError, and the other is ended.

    The target hears the tap's name as Meltano would tell it: its files and tables are noted under that name.
    """
    environment = {"MELTANO_EXTRACTOR_NAME": Path(tap[0]).name, **environment}
    sending = start(tap, environment, launch, stdout=subprocess.PIPE, pass_fds=pass_fds)
    try:
        taking = start(target, environment, launch, stdin=sending.stdout, stdout=stdout, pass_fds=pass_fds)
    except ConfigError:
        sending.kill()
        sending.wait()
        raise
    assert sending.stdout is not None  # noqa: S101 - asked for above
    sending.stdout.close()  # the tap hears of a target that is gone
    return sending, taking


def json_object(text: bytes) -> Mapping[str, Any] | None:
    """A JSON object, as STATE is one; None for whatever else a plugin may print."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def singer_state(text: bytes) -> Mapping[str, Any] | None:
    """The STATE in what Meltano keeps: what a run completed, or the last it was told."""
    held = json_object(text)
    if held is None:
        return None
    found = held.get("completed", held.get("singer_state", held))
    return found if isinstance(found, dict) else None
