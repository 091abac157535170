"""Signals that ask a target to end: noted here, acted on at the next safe point."""

from __future__ import annotations

import os
import select
import signal
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import FrameType
    from typing import Self

__all__ = ["Signals", "default_signals"]

_NUMBERS: Final = (signal.SIGTERM, signal.SIGINT)


class Signals:
    """While entered, SIGTERM and SIGINT are only noted; the second one ends the process at once, as the system does.

    That is safe, for STATE is never ahead of what is durable. ``fileno`` becomes readable with the first signal.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self._reader, self._writer = -1, -1
        self._before: dict[int, signal._HANDLER] = {}

    def __enter__(self) -> Self:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._note) for number in _NUMBERS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}
        os.close(self._reader)
        os.close(self._writer)

    def fileno(self) -> int:
        """The file descriptor to wait on."""
        return self._reader

    def wait(self, seconds: float) -> bool:
        """Sleep; True at once when a signal has come."""
        poll = select.poll()
        poll.register(self._reader, select.POLLIN)
        return bool(poll.poll(max(0, int(seconds * 1000))))

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.received = number
        signal.signal(number, signal.SIG_DFL)
        with suppress(BlockingIOError):
            os.write(self._writer, b"\0")


def default_signals() -> None:
    """Let SIGTERM and SIGINT end the process, as the system does."""
    if threading.current_thread() is threading.main_thread():
        for number in _NUMBERS:
            signal.signal(number, signal.SIG_DFL)
