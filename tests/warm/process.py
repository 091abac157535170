"""A process that a server has forked, with as much of Popen as tests ask for."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, Any, Final

from warm.orders import Order, receive_word, send_order

__all__ = ["PATIENCE_SECONDS", "Process"]

PATIENCE_SECONDS: Final = 120.0


class Process:
    """It lives as long as the connection over which it was asked for, at most."""

    def __init__(self, connection: socket.socket, order: Order, files: Sequence[int | IO[Any] | None]) -> None:
        self.args = order["command"]
        self.returncode: int | None = None
        #: The most memory that it had, once it has ended; what it shares with the server counts.
        self.peak_mebibytes = 0.0
        self._connection = connection
        self._lock = threading.Lock()
        ends, (self.stdin, self.stdout, self.stderr) = zip(*map(_end, files, (True, False, False)), strict=True)
        try:
            send_order(connection, order, ends)
        finally:
            for end, file in zip(ends, files, strict=True):
                if file is None or file == subprocess.PIPE:
                    os.close(end)
        self.pid = receive_word(connection)

    def poll(self) -> int | None:
        """The exit code as Popen gives it, if it has ended."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """The exit code when it has ended.

        Raises:
            subprocess.TimeoutExpired: it has not.
        """
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
        return code

    def communicate(self, given: bytes = b"", timeout: float | None = None) -> tuple[bytes, bytes]:
        """Give it all of its input; all that it wrote.

        Raises:
            subprocess.TimeoutExpired: it takes longer; it is killed then.
        """
        said: dict[str, bytes] = {}
        readers = [threading.Thread(target=_read, args=(self, name, said)) for name in ("stdout", "stderr")]
        for reader in readers:
            reader.start()
        try:
            if self.stdin is not None:
                with suppress(BrokenPipeError), self.stdin as sink:
                    while given:
                        given = given[sink.write(given) :]
            self.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        finally:
            for reader in readers:
                reader.join()
        return said["stdout"], said["stderr"]

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def _ended(self, timeout: float | None) -> int | None:
        with self._lock:
            if self.returncode is None:
                self._connection.settimeout(timeout)
                with suppress(TimeoutError, BlockingIOError):
                    code = receive_word(self._connection)
                    self._connection.settimeout(None)
                    self.peak_mebibytes = receive_word(self._connection) / 1024
                    self._connection.close()
                    self.returncode = code
            return self.returncode


def _end(file: int | IO[Any] | None, is_read: bool) -> tuple[int, IO[bytes] | None]:
    """The descriptor for the process, and our end of the pipe if it is one."""
    if file is None:
        return os.open(os.devnull, os.O_RDWR), None
    if file != subprocess.PIPE:
        return (file if isinstance(file, int) else file.fileno()), None
    source, sink = os.pipe()
    its, ours = (source, sink) if is_read else (sink, source)
    return its, os.fdopen(ours, "wb" if is_read else "rb", buffering=0)


def _read(process: Process, name: str, said: dict[str, bytes]) -> None:
    pipe: IO[bytes] | None = getattr(process, name)
    said[name] = b""
    if pipe is not None:
        with pipe:
            said[name] = pipe.read()
