"""One run of the pipe, as processes, at whose every byte and exchange a test may stop it."""

from __future__ import annotations

import array
import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from warm import Process, Warm

__all__ = ["AtByte", "Ended", "Run", "source_command"]

PIECE_BYTES = 4096
POLL_SECONDS = 0.002
MOST_SECONDS = 150.0
DISK_IS_FULL = ("sh", "-c", 'ulimit -f 0; exec "$@"', "sh")


@dataclass
class AtByte:
    """The moment when so many bytes of the tap have been passed on to the target."""

    after: int
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def release(self) -> None:
        """Let the bytes go on."""
        self.released.set()


@dataclass(frozen=True)
class Ended:
    """How a run ended: exit codes as Popen gives them, the STATE told last (None if none was), what was said."""

    tap: int
    target: int
    told: dict[str, Any] | None
    said: str
    peak_mebibytes: float

    @property
    def is_all_well(self) -> bool:
        """Whether the run says that nothing is missing."""
        return (self.tap, self.target) == (0, 0)


class Run:
    """A tap and a target with a pump between them; the target is a fork, if a server that has imported it is given.

    The pump passes a piece on when the target has taken the one before, so that what a target has seen at a moment does
    not depend on how fast either is.
    """

    def __init__(
        self,
        folder: Path,
        tap: Sequence[str | Path],
        target: Sequence[str | Path],
        environment: Mapping[str, str],
        *,
        moment: AtByte | None = None,
        disk_is_full: bool = False,
        output_is_full: bool = False,
        warm: Warm | None = None,
    ) -> None:
        self.folder = folder
        self._moment = moment
        self._work = folder / "work"  # working and temporary directory of both: must be as empty after as before
        self._work.mkdir(parents=True)
        variables = {**environment, "TMPDIR": str(self._work), "PYTHONDONTWRITEBYTECODE": "1"}
        self.target = _Process(
            [*(DISK_IS_FULL if disk_is_full else ()), *target],
            variables,
            self._work,
            stdin=subprocess.PIPE,
            output_is_full=output_is_full,
            popen=subprocess.Popen if warm is None or disk_is_full else warm.popen,
        )
        self.target.collect("stdout")
        self.tap = _Process(tap, variables, self._work)
        self._pump = threading.Thread(target=self._pass_on, name="pump", daemon=True)
        self._pump.start()

    def is_over(self) -> bool:
        """Whether the target has ended."""
        return self.target.is_over()

    def send(self, number: int, *victims: str) -> None:
        """Send a signal to the tap, the target or both."""
        for victim in victims:
            {"tap": self.tap, "target": self.target}[victim].send(number)

    def wait(self) -> Ended:
        """Until both have ended by themselves, or by the signals they were sent."""
        self.target.wait()
        self.tap.wait()
        if self._moment:
            self._moment.release()
        self._pump.join(MOST_SECONDS)
        told = [line for line in self.target.collected("stdout").split(b"\n") if line]
        return Ended(
            self.tap.code,
            self.target.code,
            json.loads(told[-1]) if told else None,
            (self.tap.collected("stderr") + self.target.collected("stderr")).decode(errors="replace"),
            max(self.tap.peak_mebibytes, self.target.peak_mebibytes),
        )

    def left_behind(self) -> list[str]:
        """Files and processes that are still there after the end."""
        files = [str(path) for path in self._work.rglob("*")]
        processes = [f"process group {one.pid}" for one in (self.tap, self.target) if one.group_is_alive()]
        shutil.rmtree(self.folder)
        return files + processes

    def _pass_on(self) -> None:
        source, sink = self.tap.stdout, self.target.stdin
        passed = 0
        try:
            while True:
                size = PIECE_BYTES
                if self._moment and not self._moment.reached.is_set():
                    size = min(size, self._moment.after - passed)
                    if size <= 0:
                        self._moment.reached.set()
                        self._moment.released.wait(MOST_SECONDS)
                        continue
                piece = source.read(size)
                if not piece:
                    break
                sink.write(piece)
                passed += len(piece)
                self._wait_until_taken(sink)
        except BrokenPipeError:
            pass
        finally:
            source.close()  # the tap gets SIGPIPE from here on, as it would without a pump
            with suppress(BrokenPipeError):
                sink.close()

    def _wait_until_taken(self, sink: IO[bytes]) -> None:
        waiting = array.array("i", [1])
        while not self.target.is_over():
            fcntl.ioctl(sink, termios.FIONREAD, waiting)
            if not waiting[0]:
                break
            time.sleep(POLL_SECONDS)


class _Process:
    """A child with pipes, its own process group, and its peak memory when it has ended."""

    def __init__(
        self,
        command: Sequence[str | Path],
        environment: Mapping[str, str],
        folder: Path,
        *,
        stdin: int = subprocess.DEVNULL,
        output_is_full: bool = False,
        popen: Callable[..., subprocess.Popen[bytes] | Process] = subprocess.Popen,
    ) -> None:
        stdout = os.open("/dev/full", os.O_WRONLY) if output_is_full else subprocess.PIPE
        self._popen = popen(
            command, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, env=environment, cwd=folder,
            bufsize=0, start_new_session=True,
        )  # fmt: skip
        if output_is_full:
            os.close(stdout)
        self.peak_mebibytes = 0.0
        self._lock = threading.Lock()
        self._texts: dict[str, bytes] = {}
        self._readers: dict[str, threading.Thread] = {}
        self.collect("stderr")

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def code(self) -> int:
        assert self._popen.returncode is not None
        return self._popen.returncode

    @property
    def stdin(self) -> IO[bytes]:
        assert self._popen.stdin
        return self._popen.stdin

    @property
    def stdout(self) -> IO[bytes]:
        assert self._popen.stdout
        return self._popen.stdout

    def collect(self, name: str) -> None:
        """Take all that comes out of `stdout` or `stderr`, if it is a pipe."""
        if getattr(self._popen, name) is not None:
            self._readers[name] = threading.Thread(target=self._read, args=(name,), daemon=True)
            self._readers[name].start()

    def collected(self, name: str) -> bytes:
        """All that came, once the process has ended."""
        if name in self._readers:
            self._readers[name].join(MOST_SECONDS)
        return self._texts.get(name, b"")

    def send(self, number: int) -> None:
        with self._lock:
            self._popen.send_signal(number)

    def is_over(self) -> bool:
        with self._lock:
            if self._popen.returncode is None:
                self.peak_mebibytes = max(self.peak_mebibytes, _peak_mebibytes(self.pid))
            return self._popen.poll() is not None

    def wait(self) -> None:
        """Until it ends.

        Raises:
            TimeoutError: it hangs; it is killed then.
        """
        deadline = time.monotonic() + MOST_SECONDS
        while not self.is_over():
            if time.monotonic() > deadline:
                self.send(signal.SIGKILL)
                raise TimeoutError(f"{self._popen.args!r} hangs")
            time.sleep(POLL_SECONDS)

    def group_is_alive(self) -> bool:
        try:
            os.killpg(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def _read(self, name: str) -> None:
        with getattr(self._popen, name) as stream:
            self._texts[name] = stream.read()


def _peak_mebibytes(pid: int) -> float:
    """The most that a process has held, 0 once it has ended; ``ru_maxrss`` would count what its parent held."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):  # its server has read its exit code
        return 0.0
    found = re.search(r"^VmHWM:\s+(\d+)", status, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def source_command(first: int, last: int, run_id: str) -> list[str]:
    """The deterministic tap; without site-packages it starts in 20 ms."""
    return [sys.executable, "-S", "-E", str(Path(__file__).with_name("source.py")), str(first), str(last), run_id]
