"""Reading ahead: many lists are fetched at once, and sent in the order in which one after another would have come."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter, deque
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Final

from dif_kit.tap._plan import PartitionPlan, plan_of_run
from dif_kit.tap._steps import Chunk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from dif_kit.decode import Record
    from dif_kit.tap._piece import Piece
    from dif_kit.tap._plan import PiecePlan
    from dif_kit.tap._readable import ReadableStream
    from dif_kit.tap._series import Series
    from dif_kit.tap._stop import StopSwitch

__all__ = ["ReadAhead"]

# How far to look ahead, in lists and partitions; each costs a kilobyte or two, even an empty one.
_REACH_A_WORKER: Final = 8
# Rows that wait to be sent, in bytes of JSON: while there are so many, no further list is begun; no list at all goes on
# except the one being sent; this one list does not. As Python objects rows are four or five times as large.
_HELD_BYTES_TO_BEGIN: Final = 2 << 20
_MOST_HELD_BYTES: Final = 6 << 20
_MOST_HELD_BYTES_A_LIST: Final = 1 << 19
# Steps that take less, as where nothing is asked of a network, are sooner done than handed over.
_WORTH_A_WAKE_SECONDS: Final = 0.0002
# A list whose chunks are sent faster is read by the one who sends: what a chunk costs by changing hands, and with them
# the processor's caches, is more than the time that reading on meanwhile would save.
_WORTH_A_HAND_OVER_SECONDS: Final = 0.005
_PATIENCE_AT_END_SECONDS: Final = 0.5
_LOOK_SECONDS: Final = 0.2


class ReadAhead:
    """Hands out rows in the order of sending, and lets workers fetch what comes next.

    The plan of the run is a tree. Workers take the first list of it, in the order of sending, on which nobody works;
    the one who sends takes steps itself if nobody has taken them, so it never waits for work that has not begun. With
    ``concurrency`` 1 there are no workers, and the same code reads one list after another.
    """

    def __init__(self, stop: StopSwitch, *, concurrency: int) -> None:
        self._stop = stop
        self._workers = concurrency - 1
        self._reach = _REACH_A_WORKER * concurrency
        self._lock = threading.Lock()
        self._arrived = threading.Condition(self._lock)
        self._work = threading.Condition(self._lock)
        self._threads: list[threading.Thread] = []
        self._path: list[PartitionPlan] = []
        self._ready: deque[Series] = deque()
        self._wake_at: float | None = None
        #: The list whose chunk is being sent, since when, and how long the one before it took.
        self._sent: Series | None = None
        self._sent_at = 0.0
        self._sending_seconds = math.inf
        self._held_bytes = 0
        self._lacks_room = False
        self._idle = 0
        #: How long a step took lately, on average.
        self._step_seconds = 1.0
        self._news = 1
        self._is_closed = False

    def start(self, streams: Sequence[ReadableStream]) -> None:
        """Begin to fetch what these streams, which have no parents, will send in this order."""
        if not streams or not self._workers:
            return
        self._path.append(plan_of_run(streams[0], streams))
        for number in range(self._workers):
            thread = threading.Thread(target=self._run, name=f"dif-read-ahead-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def close(self) -> None:
        """Fetch no more. Who hangs in a request is left alone: the process may end without it."""
        with self._lock:
            self._is_closed = True
            self._work.notify_all()
        deadline = time.monotonic() + _PATIENCE_AT_END_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._path.clear()

    # For the one who sends.

    @contextmanager
    def reading(
        self, stream: ReadableStream, context: Mapping[str, Any], planned: Iterator[Piece]
    ) -> Iterator[PartitionPlan]:
        """Send a partition, piece by piece as ``planned``, until the block is left."""
        with self._lock:
            plan = self._take(stream, context)
            self._drop(*plan.settle(planned))
            self._path.append(plan)
            self._stir(by=1)
        try:
            yield plan
        finally:
            with self._lock:
                self._path.remove(plan)
                self._drop(plan)
                self._stir(by=1)

    def pieces(self, plan: PartitionPlan) -> Iterator[PiecePlan]:
        """Its pieces in turn; those that `split` makes come next."""
        while True:
            with self._lock:
                if plan.current is not None:
                    self._drop(plan.current)
                piece = plan.advance()
            if piece is None:
                return
            yield piece

    def split(self, plan: PartitionPlan, parts: Sequence[Piece]) -> None:
        """Go on with these pieces in place of the current one."""
        with self._lock:
            plan.put_before(parts)

    def chunks(self, piece: PiecePlan) -> Iterator[Chunk]:
        """The rows of a piece, list after list; raises what went wrong where rows are missing."""
        while (series := self._first_series(piece)) is not None:
            while (chunk := self._next_chunk(piece, series)) is not None:
                yield chunk
            with self._lock:
                piece.hand_over(None)
                piece.series.popleft()

    def rows(self, piece: PiecePlan, chunk: Chunk) -> Iterator[Record]:
        """The rows of a chunk; the read-ahead knows which one is being sent."""
        with self._lock:
            below = piece.below(chunk)
        for position, row in enumerate(chunk.rows):
            piece.position = position
            yield row
            if position in below:
                with self._lock:
                    piece.position = position + 1
                    self._drop(*below.pop(position))

    def place(self) -> tuple[PartitionPlan, tuple[int, int, bool] | None] | None:
        """The partition being sent, and its number among its siblings, how many are known, and if these are all."""
        with self._lock:
            if not self._path or self._path[-1].current is None:
                return None
            parent = self._path[-2].current if len(self._path) > 1 else None
            return self._path[-1], None if parent is None or parent.chunk is None else parent.count()

    def _take(self, stream: ReadableStream, context: Mapping[str, Any]) -> PartitionPlan:
        """The plan of a partition, looked ahead to or new."""
        parent = self._path[-1].current if self._path and self._workers else None
        if parent is not None and parent.chunk is not None:
            siblings = parent.children(parent.chunk, parent.position)
            for place, plan in enumerate(siblings):
                if plan.stream is stream and plan.context == context:
                    self._drop(*siblings[:place])
                    del siblings[: place + 1]
                    return plan
        return PartitionPlan(stream, context)

    def _first_series(self, piece: PiecePlan) -> Series | None:
        """The list to send now; the ids that it asks by are read first."""
        while True:
            with self._lock:
                if piece.series:
                    return piece.series[0]
                following = piece.open_next()
            if piece.failure is not None:
                raise piece.failure
            if following is None or piece.series:
                return following
            while not following.is_done:
                self._step(following)
            if following.error is not None:
                raise following.error

    def _next_chunk(self, piece: PiecePlan, series: Series) -> Chunk | None:
        if self._sent is series:
            self._sending_seconds = time.monotonic() - self._sent_at
        while True:
            with self._lock:
                if series.chunks:
                    chunk = series.chunks.popleft()
                    piece.hand_over(chunk)
                    self._held_bytes -= chunk.size
                    self._sent, self._sent_at = series, time.monotonic()
                    is_news = self._lacks_room or not (series.chunks or self._is_left_to_sender(series))
                    self._stir(by=self._reach if is_news else 1)
                    return chunk
                if series.is_done:
                    break
            self._step(series)
        if series.error is not None:
            raise series.error
        return None

    def _step(self, series: Series) -> None:
        """Bring a list forward, or wait until somebody else has."""
        with self._lock:
            is_mine = not series.is_busy and not series.is_done and series.due <= time.monotonic()
            if is_mine:
                series.is_busy = series.is_started = True
                self._wake()
        if is_mine:
            self._advance(series)
            return
        self._stop.check()  # looked at now and then: an exception in the middle of a wait would leave its lock broken
        with self._lock:
            if series.is_busy:
                self._arrived.wait_for(lambda: not series.is_busy, _LOOK_SECONDS)
            elif not series.is_done:
                left = min(_LOOK_SECONDS, series.due - time.monotonic())
                self._arrived.wait_for(lambda: series.is_busy or series.is_done, left)

    # For everyone.

    def _advance(self, series: Series) -> None:
        """Take one step of a list that one has made one's own."""
        began = time.monotonic()
        try:
            step = series.advance()
        except BaseException as error:  # noqa: BLE001 - it is raised where the rows are missing, in the right thread
            with self._lock:
                series.fail(error)
                self._arrived.notify_all()
                self._stir(by=1)
            return
        with self._lock:
            self._step_seconds += (time.monotonic() - began - self._step_seconds) / 16
            series.settle(step)
            if isinstance(step, Chunk) and not series.is_dropped:
                self._held_bytes += step.size
            self._arrived.notify_all()
            self._stir(by=self._reach if series.is_parent else 1)

    def _drop(self, *plans: PartitionPlan | PiecePlan) -> None:
        """Let go of what nobody will send."""
        for plan in plans:
            for series in plan.open_series():
                self._held_bytes -= sum(chunk.size for chunk in series.chunks)
                series.chunks.clear()
                series.is_dropped = True
                series.is_done = series.is_done or not series.is_busy

    def _stir(self, by: int) -> None:
        """There is news for idle workers. They are woken for a good deal of it at once: a wake costs time."""
        self._news += by
        if self._news >= self._reach // 4:
            self._wake()

    def _wake(self) -> None:
        if self._idle and self._news and self._step_seconds >= _WORTH_A_WAKE_SECONDS:
            self._work.notify()

    # For workers.

    def _run(self) -> None:
        while (series := self._next_work()) is not None:
            self._advance(series)

    def _next_work(self) -> Series | None:
        """A list to bring forward, made one's own; None when the run is over."""
        with self._lock:
            while not self._is_closed:
                while self._ready:
                    series = self._ready.popleft()
                    if not series.is_busy and not series.is_done:
                        series.is_busy = series.is_started = True
                        if self._ready and self._idle:
                            self._work.notify()
                        return series
                is_worth_it = self._step_seconds >= _WORTH_A_WAKE_SECONDS
                if (self._news and is_worth_it) or (self._wake_at is not None and self._wake_at <= time.monotonic()):
                    self._look_ahead()
                    continue
                self._idle += 1
                self._work.wait(None if self._wake_at is None else max(0.0, self._wake_at - time.monotonic()))
                self._idle -= 1
            return None

    def _look_ahead(self) -> None:
        """Find the lists that can be brought forward now, the first ones first."""
        self._news, self._wake_at, self._lacks_room = 0, None, False
        seen = list(islice(self._upcoming(), self._reach))
        upcoming = [series for series in seen if series is not None and not series.is_done]
        jobs = Counter(series.stream for series in upcoming if series.is_started and not series.has_rows)
        now = time.monotonic()
        for place, series in enumerate(upcoming):
            if series.is_busy or self._is_left_to_sender(series):
                continue
            if not self._has_room(series, is_first=place == 0):
                self._lacks_room = True
                continue
            if not series.is_started:
                limit = series.jobs_in_flight
                if limit is not None and jobs[series.stream] >= limit:
                    continue
                jobs[series.stream] += 1
            if series.due > now:
                self._wake_at = series.due if self._wake_at is None else min(self._wake_at, series.due)
                continue
            self._ready.append(series)
            if len(self._ready) == self._workers:
                return

    def _upcoming(self) -> Iterator[Series | None]:
        for plan in reversed(self._path):
            yield from plan.upcoming()

    def _is_left_to_sender(self, series: Series) -> bool:
        is_quick = self._sending_seconds < _WORTH_A_HAND_OVER_SECONDS
        return series is self._sent and is_quick and not series.is_parent

    def _has_room(self, series: Series, *, is_first: bool) -> bool:
        # A job under way goes on whatever is held, as others may wait for it to be over; so does the list being sent.
        if series.is_polling:
            return True
        held = sum(chunk.size for chunk in series.chunks)
        most = _MOST_HELD_BYTES if series.is_started else _HELD_BYTES_TO_BEGIN
        return held < _MOST_HELD_BYTES_A_LIST and (self._held_bytes < most or (is_first and held == 0))
