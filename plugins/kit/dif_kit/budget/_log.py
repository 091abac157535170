"""The starts of one window in their order, each under its name: what ``lua/policies.lua`` keeps as a sorted set."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["StartLog", "earliest_start"]


def earliest_start(starts: Sequence[int], start: int, *, cost: int, limit: int, period: int, gap: int) -> int:
    """The first time at or after ``start`` where ``cost`` more starts keep every span of ``period`` within ``limit``.

    ``starts`` is sorted. The new ones go between two neighbours; ``crowd`` old starts within one period leave no room
    for them. Such a crowd either lies around the place, which closes it, or bounds it from the left or from the right.
    """
    crowd = limit + 1 - cost
    count = len(starts)
    place = bisect_right(starts, start)
    seen = max(0, place - crowd + 1)
    closed_until = -1
    while True:
        while seen < place:
            last = seen + crowd - 1
            if last < count and starts[last] - starts[seen] < period:
                closed_until = last
            seen += 1
        if place > closed_until:
            first = start
            if place > 0:
                first = max(first, starts[place - 1] + gap)
            if place >= crowd:
                first = max(first, starts[place - crowd] + period)
            fits_before_next = place >= count or first <= starts[place] - gap
            fits_before_crowd = place + crowd > count or first <= starts[place + crowd - 1] - period
            if fits_before_next and fits_before_crowd:
                return first
        place += 1


class StartLog:
    """Starts by their time, then by their name: the token of the reservation and a number, one for each of its cost."""

    def __init__(self) -> None:
        #: The times, sorted.
        self.starts: list[int] = []
        self._names: list[str] = []

    def add(self, token: str, numbers: Iterable[int], start: int) -> None:
        """Count starts at ``start``."""
        for number in numbers:
            name = f"{token}|{number}"
            first, last = bisect_left(self.starts, start), bisect_right(self.starts, start)
            place = bisect_left(self._names, name, first, last)
            self.starts.insert(place, start)
            self._names.insert(place, name)

    def drop(self, token: str, numbers: Iterable[int]) -> None:
        """Count them no more."""
        for number in numbers:
            rank = self._rank(f"{token}|{number}")
            if rank is not None:
                del self.starts[rank], self._names[rank]

    def forget(self, until: int) -> None:
        """Let go of all up to a time."""
        count = bisect_right(self.starts, until)
        del self.starts[:count], self._names[:count]

    def push(self, places: dict[str, int], *, limit: int, period: int, now: int) -> None:
        """Give a later place to everyone who is too near behind one of ``places``, which are tokens and their times.

        The start that is ``limit`` ranks behind another one has taken over its place, and keeps ``period`` from it. So
        only those move that wait for the late one, and each by no more than it must.
        """
        crowded = [(rank, token) for token in places for rank in self._ranks(token)]
        while crowded:
            rank, ahead = crowded.pop()
            heir = rank + limit
            if heir >= len(self.starts) or self.starts[heir] <= now:
                continue
            behind, place = self._names[heir].rpartition("|")[0], max(self.starts[rank], places[ahead]) + period
            if max(self.starts[heir], places.get(behind, 0)) < place:
                places[behind] = place
                crowded += [(each, behind) for each in self._ranks(behind)]

    def move(self, token: str, cost: int, places: dict[str, int]) -> None:
        """Count everyone at their place if that is later; of ``token`` all ``cost`` starts, forgotten or not."""
        for each, place in places.items():
            ranks = self._ranks(each)
            if not ranks or self.starts[ranks[0]] < place:
                numbers = range(1, 1 + (cost if each == token else len(ranks)))
                self.drop(each, numbers)
                self.add(each, numbers, place)

    def _ranks(self, token: str) -> list[int]:
        ranks: list[int] = []
        while (rank := self._rank(f"{token}|{len(ranks) + 1}")) is not None:
            ranks.append(rank)
        return ranks

    def _rank(self, name: str) -> int | None:
        try:
            return self._names.index(name)
        except ValueError:
            return None
