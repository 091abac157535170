"""One call to the store for the threads of a process that ask for the same at about the same time."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dif_kit.budget._ask import Answer, Ask

__all__ = ["Together"]

# While a budget is so full that one would wait anyway, a part of that wait is spent on gathering others.
LONGEST_GATHERING_SECONDS: Final = 0.05
GATHERING_PART: Final = 0.25
MOST_ASKS: Final = 32
MOST_CROWDS: Final = 1_000


@dataclass(slots=True)
class _Group:
    tokens: list[str]
    done: threading.Event = field(default_factory=threading.Event)
    answers: list[Answer] | None = None
    failure: Exception | None = None

    def answer(self, place: int) -> Answer:
        if self.answers is None:
            raise self.failure or RuntimeError("the one who asked for all did not come back")
        return self.answers[place]


@dataclass(slots=True)
class _Crowd:
    """What is known of the threads that ask for one thing."""

    open_group: _Group | None = None
    threads: set[int] = field(default_factory=set)
    waits: tuple[float, float] = (
        0.0,
        0.0,
    )  # of the last two groups: a burst has a round that waits and one that need not


class Together:
    """Gathers asks that differ in their tokens only; the first of a group asks for all.

    A single thread is never held up, and nobody while there is room: then each asks at once, for itself.
    """

    def __init__(self, reserve_all: Callable[[Ask, Sequence[str]], list[Answer]]) -> None:
        self._reserve_all = reserve_all
        self._lock = threading.Lock()
        self._crowds: dict[Ask, _Crowd] = {}

    def reserve(self, ask: Ask) -> Answer:
        """The answer to one ask; raises what the store raises."""
        with self._lock:
            crowd = self._crowd(ask)
            crowd.threads.add(threading.get_ident())
            group = crowd.open_group
            if group is not None:
                group.tokens.append(ask.token)
                place = len(group.tokens) - 1
                if len(group.tokens) == MOST_ASKS:
                    crowd.open_group = None
            else:
                group, place = _Group([ask.token]), 0
                crowd.open_group = group
        if place:
            group.done.wait()
        else:
            self._ask_for(group, ask, crowd)
        return group.answer(place)

    def _crowd(self, ask: Ask) -> _Crowd:
        if len(self._crowds) > MOST_CROWDS:  # scopes that were done with long ago
            self._crowds = {known: crowd for known, crowd in self._crowds.items() if crowd.open_group is not None}
        return self._crowds.setdefault(replace(ask, token=""), _Crowd())

    def _ask_for(self, group: _Group, ask: Ask, crowd: _Crowd) -> None:
        try:
            if len(crowd.threads) > 1:
                time.sleep(min(LONGEST_GATHERING_SECONDS, GATHERING_PART * max(crowd.waits)))
            with self._lock:
                if crowd.open_group is group:
                    crowd.open_group = None
                tokens = tuple(group.tokens)
            group.answers = self._reserve_all(ask, tokens)
            last = group.answers[-1]
            crowd.waits = (crowd.waits[1], last.wait_seconds if last.granted else 0.0)
        except Exception as failure:
            group.failure = failure
            raise
        finally:
            with self._lock:
                if crowd.open_group is group:
                    crowd.open_group = None
            group.done.set()
