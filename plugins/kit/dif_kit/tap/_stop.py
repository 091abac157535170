"""Ending a run from anywhere, at a moment when nothing is half written."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dif_kit.errors import DifError, PartialRunError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["EndOfRun", "StopSwitch"]


class EndOfRun(BaseException):
    """Ends the run for ``reason``; what is written stays true."""

    def __init__(self, reason: DifError) -> None:
        super().__init__(str(reason))
        self.reason = reason


class StopSwitch:
    """Turns a signal into `EndOfRun`: at once where the main thread only waits, else at the next record."""

    def __init__(self) -> None:
        self._guard: Callable[[], None] | None = None
        self._signal: int | None = None
        self._is_waiting = False

    def press(self, number: int) -> None:
        """Called from the signal handler, in the main thread."""
        self._signal = number
        if self._is_waiting:
            self.check()

    def check(self) -> None:
        """Raise EndOfRun if a signal came, or the run has lost the right to go on."""
        lost = self.lost()
        if lost is not None:
            raise EndOfRun(lost)
        if self._signal is not None:
            name = signal.Signals(self._signal).name
            raise EndOfRun(PartialRunError(f"stopped by {name}; run again, it goes on from the last STATE"))

    @contextmanager
    def guarded_by(self, guard: Callable[[], None]) -> Iterator[None]:
        """Let the run go on only while ``guard`` raises no DifError."""
        self._guard = guard
        try:
            yield
        finally:
            self._guard = None

    def lost(self) -> DifError | None:
        """Why the run may send nothing more, if that is so."""
        if self._guard is not None:
            try:
                self._guard()
            except DifError as error:
                return error
        return None

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Around whatever blocks and writes nothing: a signal ends it at once."""
        if threading.current_thread() is not threading.main_thread():
            self.check()
            yield
            return
        self._is_waiting = True
        try:
            self.check()
            yield
        finally:
            self._is_waiting = False
