"""What a run is about to read, as far as it is known, in the order in which it will be sent."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from dif_kit.errors import DifError
from dif_kit.tap._piece import Piece
from dif_kit.tap._read import IdsNeeded, open_ids, open_list, requests_of
from dif_kit.tap._steps import Chunk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dif_kit.tap._read import Values
    from dif_kit.tap._readable import ReadableStream
    from dif_kit.tap._series import Series

__all__ = ["PartitionPlan", "PiecePlan", "plan_of_run"]


class PiecePlan:
    """The lists that make up one piece of a partition, opened as far as somebody looked ahead."""

    __slots__ = ("_below", "_passed", "_requests", "chunk", "failure", "piece", "position", "series", "stream")

    def __init__(
        self, stream: ReadableStream, piece: Piece, requests: Iterator[Values | IdsNeeded] | None = None
    ) -> None:
        self.stream = stream
        self.piece = piece
        #: Lists that are open, in their order; the first one is being consumed.
        self.series: deque[Series] = deque()
        #: The rows in hand, and which of them is being sent.
        self.chunk: Chunk | None = None
        self.position = 0
        #: Why not all of its lists can be asked for.
        self.failure: DifError | None = None
        self._passed = 0
        #: What is read below the rows of each chunk, by their places, as far as somebody looked.
        self._below: dict[Chunk, dict[int, list[PartitionPlan]]] = {}
        self._requests = requests_of(stream, piece) if requests is None else requests

    def open_next(self) -> Series | None:
        """Open the next list. In its place comes the reading of the ids that it needs, if they are not known yet.

        None if there are no more lists.
        """
        known = self.stream.tap.known_ids
        while isinstance(request := self._next_request(), IdsNeeded):
            reading = known.reading(request.name)
            if reading is not None and (reading.error is not None or not reading.is_done):
                return reading
            if known.find(request.name) is None:
                return open_ids(self.stream, request, self.piece)
        if request is None:
            return None
        series = open_list(self.stream, request, self.piece)
        self.series.append(series)
        return series

    def _next_request(self) -> Values | IdsNeeded | None:
        try:
            return next(self._requests, None)
        except DifError as error:
            self.failure = error  # who looks ahead passes on; who sends meets it
            return None

    def hand_over(self, chunk: Chunk | None) -> None:
        """These rows are in hand now, and those before are sent."""
        if self.chunk is not None:
            self._passed += len(self.chunk.rows)
            self._below.pop(self.chunk, None)
        self.chunk, self.position = chunk, 0

    def count(self) -> tuple[int, int, bool]:
        """The number of the row that is being sent, how many are known so far, and whether these are all."""
        in_hand = 0 if self.chunk is None else len(self.chunk.rows)
        waiting = sum(len(chunk.rows) for series in self.series for chunk in series.chunks)
        is_whole = all(series.is_done for series in self.series)
        return self._passed + self.position + 1, self._passed + in_hand + waiting, is_whole

    def upcoming(self) -> Iterator[Series | None]:
        """Every list to read for this piece and below its rows, in the order of sending."""
        if self.chunk is not None:
            yield from self._upcoming_below(self.chunk, self.position)
        index = 0
        while True:
            if index == len(self.series):
                following = self.open_next()
                if following is None:
                    return
                if index == len(self.series):
                    yield following
                    return
            series = self.series[index]
            for chunk in series.chunks:
                yield from self._upcoming_below(chunk, 0)
            yield series
            index += 1

    def children(self, chunk: Chunk, position: int) -> list[PartitionPlan]:
        """What is to be read below a row and is not begun."""
        below = self.below(chunk)
        if position not in below:
            contexts = self.stream.contexts_below(chunk.rows[position], self.piece.context)
            below[position] = [PartitionPlan(child, context) for child, context in contexts]
        return below[position]

    def below(self, chunk: Chunk) -> dict[int, list[PartitionPlan]]:
        """What is to be read below the rows of a chunk, by their places, as far as somebody looked."""
        return self._below.setdefault(chunk, {})

    def _upcoming_below(self, chunk: Chunk, start: int) -> Iterator[Series | None]:
        if not self.stream.streams_below:
            return
        for position in range(start, len(chunk.rows)):
            for plan in self.children(chunk, position):
                yield from plan.upcoming()

    def open_series(self) -> Iterator[Series]:
        """Every list that was opened for this piece and below its rows, to let go of them."""
        yield from self.series
        for below in self._below.values():
            for plans in below.values():
                for plan in plans:
                    yield from plan.open_series()


class PartitionPlan:
    """The pieces of one partition, those ahead only as far as somebody looked."""

    __slots__ = ("_planned", "context", "current", "pieces", "stream")

    def __init__(self, stream: ReadableStream, context: Mapping[str, Any]) -> None:
        self.stream = stream
        self.context = context
        self.current: PiecePlan | None = None
        self.pieces: deque[PiecePlan] = deque()
        self._planned: Iterator[Piece] | None = None

    def settle(self, planned: Iterator[Piece]) -> list[PiecePlan]:
        """Read by ``planned`` from now on. What was looked ahead to and is not in it is given back, to be let go of."""
        ahead, self.pieces, dropped = self.pieces, deque(), []
        for guess in ahead:
            piece = next(planned, None)
            if piece is not None and piece == guess.piece:
                self.pieces.append(guess)
                continue
            dropped.append(guess)
            if piece is not None:
                self.pieces.append(PiecePlan(self.stream, piece))
        self._planned = planned
        return dropped

    def advance(self) -> PiecePlan | None:
        """Make the next piece the current one; None if there are no more."""
        self.current = self.pieces.popleft() if self.pieces or self._plan_next() else None
        return self.current

    def put_before(self, pieces: Sequence[Piece]) -> None:
        """Read ``pieces`` before all others."""
        self.pieces.extendleft(PiecePlan(self.stream, piece) for piece in reversed(pieces))

    def upcoming(self) -> Iterator[Series | None]:
        """Every list to read for this partition and below, in the order of sending; None to count the partition."""
        yield None
        if self.current is not None:
            yield from self.current.upcoming()
        index = 0
        while index < len(self.pieces) or self._plan_next():
            yield from self.pieces[index].upcoming()
            index += 1

    def open_series(self) -> Iterator[Series]:
        """Every list that was opened, to let go of them."""
        for piece in ([] if self.current is None else [self.current]) + list(self.pieces):
            yield from piece.open_series()

    def _plan_next(self) -> bool:
        if self._planned is None:
            self._planned = self.stream.pieces_ahead(self.context)
        piece = next(self._planned, None)
        if piece is None:
            return False
        self.pieces.append(PiecePlan(self.stream, piece))
        return True


def plan_of_run(root: ReadableStream, streams: Sequence[ReadableStream]) -> PartitionPlan:
    """A plan above all others: one row, and below it the streams that have no parent."""
    plan = PartitionPlan(root, {})
    plan.current = PiecePlan(root, Piece({}, {}), requests=iter(()))
    plan.current.chunk = Chunk([{}])
    plan.current.below(plan.current.chunk)[0] = [PartitionPlan(stream, {}) for stream in streams]
    plan.settle(iter(()))
    return plan
