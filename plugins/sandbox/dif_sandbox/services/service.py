"""One server process: started, asked whether it answers, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from dif_sandbox.services._errors import SandboxError
from dif_sandbox.services._processes import ProcessIdentity
from dif_sandbox.services.ports import choose_ports, is_free

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType
    from typing import Self

__all__ = ["Service"]

MOST_ATTEMPTS: Final = 3
POLL_SECONDS: Final = 0.02
MOST_LOG_BYTES: Final = 16 * 2**20
LONGEST_EXCERPT: Final = 400


class Service(ABC):
    """A server in a folder of its own, on ports of 127.0.0.1 that it keeps over restarts while they are free.

    `start` waits until it answers; `begin` and `poll` are the same in two steps, so that several can come up at once.
    The process dies with the one that started it (on Linux), whatever ends that one.

    Raises:
        SandboxError: from `start` and `poll`: it did not come up; the message has the log's last line and its path.
    """

    name: ClassVar[str]
    port_names: ClassVar[tuple[str, ...]] = ("main",)
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    start_seconds: ClassVar[float] = 60.0
    stop_seconds: ClassVar[float] = 15.0

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        durable: bool = True,
        ports: Mapping[str, int] | None = None,
        log: Path | None = None,
    ) -> None:
        self.folder = Path(folder).resolve()
        self.durable = durable
        self.ports = dict(ports or {})
        self.log = log or self.folder / f"{self.name}.log"
        self.identity: ProcessIdentity | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._attempt = 0
        self._deadline = 0.0
        self._answered = False

    # What a service states about itself.

    @abstractmethod
    def command(self) -> list[str]:
        """The command line; its first word is the executable's absolute path."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether this very process serves; asked again and again until it says so."""

    def prepare(self) -> None:  # noqa: B027 - most services need nothing
        """Write what the process needs before it starts."""

    def clean(self) -> None:  # noqa: B027 - most services leave nothing
        """Remove what the stopped process left outside its data."""

    def working_folder(self) -> Path:
        """Where the process runs."""
        return self.folder

    def variables(self) -> dict[str, str]:
        """The whole environment of the process: nothing of the caller's settings may leak into a server."""
        return {"PATH": os.defpath, "HOME": str(self.folder), "LC_ALL": "C", "TZ": "UTC"}

    def user(self) -> tuple[int, int]:
        """User and group id to run as; -1 stays what one is."""
        return -1, -1

    # The life of it.

    @property
    def port(self) -> int:
        """The port that clients use."""
        return self.ports[self.port_names[0]]

    @property
    def is_ready(self) -> bool:
        """Whether it has answered since it was begun."""
        return self._answered

    @property
    def is_running(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and self._process.poll() is None

    def begin(self) -> None:
        """Start the process and do not wait for it; `poll` says when it answers."""
        self._attempt = 0
        self._begin()

    def poll(self) -> bool:
        """Whether it answers now. A process that lost a race for its port is begun again on another one."""
        if self._answered:
            return True
        if not self.is_running or time.monotonic() > self._deadline:
            self._begin_again()
        elif self.answers():
            self._answered = True
        return self._answered

    def start(self) -> Self:
        """Start the process and wait until it answers."""
        self.begin()
        try:
            while not self.poll():
                time.sleep(POLL_SECONDS)
        except BaseException:
            self.kill()
            raise
        return self

    def begin_stop(self) -> None:
        """Ask the process to end and do not wait; `stop` waits."""
        if self._process is not None and self.is_running:
            self._process.send_signal(self.stop_signal)

    def stop(self) -> None:
        """End the process in good order; if that takes too long, at once. Its data stays."""
        self.begin_stop()
        if self._process is not None:
            try:
                self._process.wait(self.stop_seconds)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._forget()

    def kill(self) -> None:
        """End the process at once, as a power cut of its own would."""
        if self._process is not None:
            self._process.kill()
        self._forget()

    def restart(self) -> Self:
        """Stop and start again: same data, same ports."""
        self.stop()
        return self.start()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _begin(self) -> None:
        if self.is_running:
            return
        self._forget()
        self._attempt += 1
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ports = choose_ports(self.port_names, self.ports)
        self.prepare()
        self._process = self._spawn(self.command())
        self.identity = ProcessIdentity.of(self._process.pid)
        self._deadline = time.monotonic() + self.start_seconds

    def _spawn(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        # Linux tells a parent's death when the *thread* that forked ends: only the main one stands for the process.
        in_main_thread = threading.current_thread() is threading.main_thread()
        death_signal = int(self.stop_signal) if in_main_thread else 0
        launcher = str(Path(__file__).with_name("_launch.py"))
        user, group = self.user()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > MOST_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".old.log"))
        with self.log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-I", "-S", launcher, *map(str, (os.getpid(), death_signal, user, group)), *command],
                cwd=self.working_folder(),
                env=self.variables(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _begin_again(self) -> None:
        """After a failed start: on other ports if another process has ours, else give up."""
        code = None if self._process is None else self._process.poll()
        how = f"did not answer within {self.start_seconds:.0f} s" if code is None else f"ended with exit code {code}"
        self.kill()
        if self._attempt < MOST_ATTEMPTS and not all(is_free(port) for port in self.ports.values()):
            self._begin()
            return
        message = f"{self.name} {how}: {self._last_words()}; its log: {self.log}"
        raise SandboxError(message)

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").split("\n") if self.log.exists() else []
        said = [line.strip() for line in lines if line.strip()]
        return said[-1][:LONGEST_EXCERPT] if said else "it said nothing"

    def _forget(self) -> None:
        if self._process is not None:
            self._process.wait()
            self._process = None
            self.clean()
        self.identity = None
        self._answered = False
