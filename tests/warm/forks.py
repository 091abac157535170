"""The server, a program: ``python forks.py <socket> <programs> <what prepares it>``, as long as its input is open.

A process lives no longer than the connection over which it was asked for, as a real one not longer than who kills it.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any


def main(place: str, programs: list[str], prepare: str) -> None:
    """Import everything, then fork for whoever asks."""
    for name in programs:
        import_module(program(name).module)
    if prepare:
        called(prepare)()
    gc.collect()
    gc.freeze()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(f"{place}.new")
        listener.listen(64)
        Path(f"{place}.new").rename(place)  # now it answers
        _Server(listener).serve()


class _Server:
    """Single-threaded, as whoever forks should be."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._askers: dict[int, socket.socket] = {}
        self._wake, ours = os.pipe()
        for end in (self._wake, ours):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(ours)

    def serve(self) -> None:
        """Until the input ends; then so do all processes."""
        while True:
            readable, _, _ = select.select([0, self._wake, self._listener, *self._askers.values()], [], [])
            if 0 in readable:
                break
            if self._wake in readable:
                os.read(self._wake, 4096)
                self._tell_ends()
            for pid in [each for each, asker in self._askers.items() if asker in readable]:
                _end(pid)  # whoever asked for it is gone
            if self._listener in readable:
                self._start(self._listener.accept()[0])
        for pid in self._askers:
            _end(pid)

    def _start(self, asker: socket.socket) -> None:
        order, files = receive_order(asker)
        pid = os.fork()
        if not pid:
            os.setsid()
            become(lambda: _carry_out(order), order["command"], order["environment"], files, folder=order["folder"])
        for file in files:
            os.close(file)
        self._askers[pid] = asker
        with suppress(OSError):
            send_word(asker, pid)

    def _tell_ends(self) -> None:
        while self._askers:
            pid, status, used = os.wait4(-1, os.WNOHANG)
            if not pid:
                return
            asker = self._askers.pop(pid)
            with asker, suppress(OSError):
                send_word(asker, os.waitstatus_to_exitcode(status))
                send_word(asker, used.ru_maxrss // (1024 if sys.platform == "darwin" else 1))


def _carry_out(order: Order) -> Any:
    if order["through"]:
        return called(order["through"])(order)
    return program(order["command"][0]).load()()


def _end(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[1])  # the folder that holds this package
    from warm.becoming import become, called, program
    from warm.orders import Order, receive_order, send_word

    main(sys.argv[1], [name for name in sys.argv[2].split(",") if name], sys.argv[3])
