"""One list of the provider while it is read, step by step, by whoever has time."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from dif_kit.tap._steps import Chunk, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Series"]


class Series:
    """A list that many may advance, one at a time, and that one consumes in order.

    Only the holder of the scheduler's lock may look at it or change it, except for `advance`: that is called without
    the lock by the one who set ``is_busy``.
    """

    __slots__ = (
        "chunks", "due", "error", "has_rows", "is_busy", "is_done", "is_dropped", "is_parent", "is_polling",
        "is_started", "jobs_in_flight", "steps", "stream",
    )  # fmt: skip

    def __init__(self, steps: Iterator[Step], *, stream: str, jobs_in_flight: int | None, is_parent: bool) -> None:
        self.steps = steps
        #: What its lists are counted as, which is its stream's name, and how many of them may be under way at once.
        self.stream = stream
        self.jobs_in_flight = jobs_in_flight
        #: More is read below its rows.
        self.is_parent = is_parent
        self.chunks: deque[Chunk] = deque()
        self.is_started = False
        #: A chunk came: a job that had to be waited for is over.
        self.has_rows = False
        self.is_busy = False
        #: No more chunks will come; ``error`` says why if that is not the end of the list.
        self.is_done = False
        #: Nobody will take the chunks.
        self.is_dropped = False
        #: The last step was a pause: something at the provider is under way.
        self.is_polling = False
        self.error: BaseException | None = None
        #: The moment (monotonic) before which another step is of no use.
        self.due = 0.0

    def advance(self) -> Step | None:
        """Do one step; None at the end. Whatever goes wrong is raised."""
        return next(self.steps, None)

    def settle(self, step: Step | None) -> None:
        """Take note of what a step brought."""
        self.is_busy = False
        self.is_polling = False
        if step is None or self.is_dropped:
            self.is_done = True
        elif isinstance(step, Chunk):
            self.chunks.append(step)
            self.has_rows = True
        else:
            self.is_polling = True
            self.due = time.monotonic() + step.seconds

    def fail(self, error: BaseException) -> None:
        """Take note that a step failed: the list ends here."""
        self.is_busy = False
        self.is_polling = False
        self.is_done = True
        self.error = error
