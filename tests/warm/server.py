"""The server of warm processes, as whoever asks it for some holds it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Self

from warm.process import PATIENCE_SECONDS, Process

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Warm"]

POLL_SECONDS: Final = 0.01
TESTS: Final = Path(__file__).parents[1]
STAND_IN: Final = """#!{python} -IS
import sys
sys.path.insert(0, {tests!r})
from warm.stand_in import main
main({place!r})
"""
File = int | IO[Any] | None


class Warm:
    """A server that has imported these programs of a venv, as long as the block; it starts when it is first asked.

    ``prepare`` is called in it before it serves, as ``module:function``; the venv is that of ``python``.
    """

    def __init__(
        self, *programs: str, prepare: str = "warm.plugins:prepare", python: str | os.PathLike[str] = sys.executable
    ) -> None:
        self._programs, self._prepare, self._python = programs, prepare, os.fspath(python)
        self._server: subprocess.Popen[bytes] | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="warm-")  # short: a socket's path may have 100 characters

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            assert self._server.stdin
            self._server.stdin.close()
            self._server.wait(PATIENCE_SECONDS)
        self._folder.cleanup()

    @cached_property
    def bin(self) -> Path:
        """A folder for the beginning of ``PATH``: whoever starts one of the programs by its name, starts a fork."""
        self._started()
        folder = Path(self._folder.name, "bin")
        folder.mkdir()
        for name in self._programs:
            stand_in = folder / name
            stand_in.write_text(STAND_IN.format(python=sys.executable, tests=str(TESTS), place=self._place))
            stand_in.chmod(0o755)
        return folder

    @property
    def pid(self) -> int:
        """The server's process."""
        return self._started().pid

    def popen(
        self,
        command: Sequence[str | os.PathLike[str]],
        *,
        stdin: File = None,
        stdout: File = None,
        stderr: File = None,
        env: Mapping[str, str] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        bufsize: int = 0,
        start_new_session: bool = True,
        through: str = "",
        facts: Mapping[str, Any] | None = None,
    ) -> Process:
        """Start a program by its name, as Popen does; a file that is not given is ``/dev/null``.

        With ``through``, a ``module:function`` is called with the order, these facts in it, in the program's place.
        """
        assert (bufsize, start_new_session) == (0, True), "a fork is nothing else"
        self._started()
        order = {
            "command": [os.fspath(word) for word in command],
            "environment": dict(os.environ if env is None else env),
            "folder": os.fspath(cwd or Path.cwd()),
            "through": through,
            "facts": dict(facts or {}),
        }
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.connect(self._place)
        return Process(connection, order, (stdin, stdout, stderr))

    def run(
        self,
        command: Sequence[str | os.PathLike[str]],
        *,
        input: bytes = b"",  # noqa: A002 - as subprocess calls it
        timeout: float = PATIENCE_SECONDS,
        **facts: Any,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a program to its end; what it said."""
        pipe = subprocess.PIPE
        process = self.popen(command, stdin=pipe, stdout=pipe, stderr=pipe, **facts)
        out, errors = process.communicate(input, timeout)
        return subprocess.CompletedProcess(command, process.wait(), out, errors)

    @property
    def _place(self) -> str:
        return str(Path(self._folder.name, "orders"))

    def _started(self) -> subprocess.Popen[bytes]:
        if self._server is None:
            command = [self._python, str(Path(__file__).with_name("forks.py")), self._place]
            self._server = subprocess.Popen(
                [*command, ",".join(self._programs), self._prepare], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
            )
            deadline = time.monotonic() + PATIENCE_SECONDS
            while not Path(self._place).exists():
                assert self._server.poll() is None, "the server of warm processes did not start"
                assert time.monotonic() < deadline, "the server of warm processes does not answer"
                time.sleep(POLL_SECONDS)
        return self._server
