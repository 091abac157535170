"""Threads that ask together each get the answer to their own question."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from dif_kit.budget._ask import Answer, Ask, StoreLostError
from dif_kit.budget._together import MOST_ASKS, Together

if TYPE_CHECKING:
    from collections.abc import Sequence


class FullStore:
    """Everyone waits: the number in the token is the microsecond of the start, half a minute away."""

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.is_lost = False

    def reserve_all(self, _ask: Ask, tokens: Sequence[str]) -> list[Answer]:
        self.calls.append(len(tokens))
        if self.is_lost:
            raise StoreLostError("gone")
        return [Answer(granted=True, now_us=-30_000_000, go_at_us=int(token), reason=(0, "0")) for token in tokens]


def ask(number: int) -> Ask:
    return Ask((), str(number), "member", 60_000_000)


def test_each_thread_gets_the_answer_to_its_own_token_in_few_calls() -> None:
    store = FullStore()
    together = Together(store.reserve_all)
    all_here = threading.Barrier(40)

    def work(thread: int) -> None:
        all_here.wait(30)
        for turn in range(5):
            assert together.reserve(ask(10 * thread + turn)).go_at_us == 10 * thread + turn

    with ThreadPoolExecutor(40) as pool:
        list(pool.map(work, range(40)))
    assert sum(store.calls) == 200
    assert len(store.calls) < 100
    assert max(store.calls) <= MOST_ASKS


def test_a_single_thread_asks_for_itself() -> None:
    store = FullStore()
    together = Together(store.reserve_all)
    assert [together.reserve(ask(number)).go_at_us for number in range(5)] == list(range(5))
    assert store.calls == [1] * 5


def test_a_lost_store_is_told_to_everyone_of_a_group() -> None:
    store = FullStore()
    together = Together(store.reserve_all)
    all_here = threading.Barrier(8)

    def work(thread: int) -> None:
        all_here.wait(30)
        with pytest.raises(StoreLostError):
            together.reserve(ask(thread))

    store.is_lost = True
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    store.is_lost = False
    assert together.reserve(ask(7)).go_at_us == 7
