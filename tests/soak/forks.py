"""What a fork of the week does: a tap, a target or ``ledger`` on a moved clock, stopped or killed at a moment.

``ledger run --direct`` forks its tap and target in turn, and lays the pipes between them.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Final

from warm import become, program

__all__ = ["LEDGER", "Forks", "prepare", "run"]

LEDGER: Final = "ledger"
#: What ``ledger`` imports when it comes to need it.
LATER: Final = (
    *("dif_ledger.mirror", "dif_ledger.cli._catch_up", "dif_ledger.cli._check", "dif_ledger.cli._run"),
    "target_redshift.reading",
)
PIECE_BYTES: Final = 4096
POLL_SECONDS: Final = 0.01


@dataclass
class Forked:
    """A process that was forked, with as much of Popen as its supervisor asks for."""

    pid: int
    stdout: IO[bytes] | None = None
    stderr: IO[bytes] | None = None
    returncode: int | None = None
    peak_kibibytes: int = 0
    _lock: Any = field(default_factory=threading.Lock, repr=False)

    def poll(self) -> int | None:
        """The exit code, if it has ended."""
        return self._ended(os.WNOHANG)

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, when it has ended."""
        while (code := self._ended(0)) is None:
            pass
        return code

    def send_signal(self, sig: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, sig)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def _ended(self, options: int) -> int | None:
        with self._lock:
            if self.returncode is None:
                pid, status, used = os.wait4(self.pid, options)
                if pid:
                    self.returncode = os.waitstatus_to_exitcode(status)
                    self.peak_kibibytes = used.ru_maxrss
            return self.returncode


@dataclass
class Moment:
    """When so many bytes of the tap have been passed on, what is done to whom: see `Pump`."""

    after: int
    does: str  # kill, stop or freeze
    victims: Sequence[str]


class Forks:
    """Starts plugins by forking this process, which has imported them; anything else as Popen does.

    With a moment, what the tap writes goes through a pump, which stands still at it and sends the signal.
    """

    def __init__(self, folder: Path, moment: Moment | None) -> None:
        self._folder, self._moment = folder, moment
        self.started: dict[str, Any] = {}

    def __call__(self, command: list[str], **facts: Any) -> Any:
        """Start a command, as Popen takes it."""
        name = Path(command[0]).name
        if not name.startswith(("tap-", "target-")):
            return subprocess.Popen(command, **facts)
        role = name.partition("-")[0]
        source, pump = facts.get("stdin"), None
        if role == "target" and self._moment is not None and source is not None:
            out, into = os.pipe()
            pump = Pump(os.dup(source.fileno()), into, self._moment, self.started, self._folder)
            source = out
        process = _fork(command, facts, source)
        self.started[role] = process
        if pump is not None:
            os.close(source)
            pump.start()
        return process

    @property
    def peak_mebibytes(self) -> float:
        """The most that one of them has held."""
        return max((each.peak_kibibytes for each in self.started.values()), default=0) / 1024


class Pump(threading.Thread):
    """Passes on what a tap writes, and at a moment kills, stops or freezes whom it is told to."""

    def __init__(self, source: int, sink: int, moment: Moment, started: Mapping[str, Forked], folder: Path) -> None:
        super().__init__(name="pump", daemon=True)
        self._source, self._sink, self._moment, self._ends, self._folder = source, sink, moment, started, folder

    def run(self) -> None:
        """Until the tap has ended, or nobody reads any more."""
        left = self._moment.after
        with suppress(BrokenPipeError):
            while True:
                if left == 0:
                    self._act()
                piece = os.read(self._source, min(PIECE_BYTES, left) if left > 0 else PIECE_BYTES)
                if not piece:
                    break
                left -= len(piece)
                while piece:
                    piece = piece[os.write(self._sink, piece) :]
        os.close(self._source)
        os.close(self._sink)

    def _act(self) -> None:
        (self._folder / "met").touch()
        if self._moment.does == "freeze":
            self._send(signal.SIGSTOP)
            while not (self._folder / "wake").exists():
                time.sleep(POLL_SECONDS)
            self._send(signal.SIGCONT)
            return
        self._send(signal.SIGKILL if self._moment.does == "kill" else signal.SIGTERM)

    def _send(self, number: int) -> None:
        for victim in self._moment.victims:
            if victim == LEDGER:
                os.kill(os.getpid(), number)
            else:
                self._ends[victim].send_signal(number)


def _fork(command: Sequence[str], facts: Mapping[str, Any], source: Any) -> Forked:
    sink = facts.get("stdout")
    ours: list[IO[bytes] | None] = [None, None]
    out, out_end = os.pipe() if sink == subprocess.PIPE else (-1, -1 if sink is None else sink.fileno())
    said, said_end = os.pipe()
    ends = (-1 if source is None else source if isinstance(source, int) else source.fileno(), out_end, said_end)
    pid = os.fork()
    if not pid:
        files = [end if end >= 0 else os.open(os.devnull, os.O_RDWR) for end in ends]
        become(lambda: _plugin(command), command, facts["env"], files, kept=facts.get("pass_fds", ()))
    if out >= 0:
        os.close(out_end)
        ours[0] = os.fdopen(out, "rb")
    os.close(said_end)
    ours[1] = os.fdopen(said, "rb")
    return Forked(pid, *ours)


def _plugin(command: Sequence[str]) -> Any:
    return program(Path(command[0]).name.partition("--")[0]).load()()


def run(order: Mapping[str, Any]) -> None:
    """Carry out an order, at its moment."""
    import time_machine

    facts = order["facts"]
    time_machine.travel(facts["now"], tick=True).start()
    name, *arguments = order["command"]
    if name != LEDGER:
        _plugin(order["command"])
        return
    from dif_ledger.cli import main

    folder, moment = Path(facts["place"]), facts["moment"]
    forks = Forks(folder, Moment(**moment) if moment else None)
    try:
        main(arguments, prog_name=LEDGER, obj=forks)
    finally:
        used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        seconds = sum(each.ru_utime + each.ru_stime for each in used)
        (folder / "used").write_text(json.dumps({"seconds": seconds, "peak_mebibytes": forks.peak_mebibytes}))


def prepare() -> None:
    """Import what all of them need, and let nobody wait: a week has no time for it."""
    import botocore.auth
    import time_machine
    from dif_kit.http import Retry
    from warm.plugins import prepare as prepare_plugins

    from soak.channels import CHANNELS

    prepare_plugins()
    for module in LATER:
        import_module(module)
    for module, _, name in (each.plugin.partition(":") for each in CHANNELS):
        if module in sys.modules:
            getattr(sys.modules[module], name).retry = Retry(first_seconds=0.02, longest_seconds=0.1)
    # S3's own clock is the machine's, whatever ours says: a signature of next week would be refused.
    real = time_machine.escape_hatch.datetime.datetime
    botocore.auth.get_current_datetime = lambda **_: real.now(UTC).replace(tzinfo=None)
