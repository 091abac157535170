"""The blocks that every channel is made of."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from dif_sandbox.sim.budgets import Charge, FixedWindow, Gate
from dif_sandbox.sim.cursors import CursorError, Cursors, page_after
from dif_sandbox.sim.generator import Draw, last_change
from dif_sandbox.sim.router import Router

if TYPE_CHECKING:
    from collections.abc import Callable


class Time:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def test_a_window_begins_anew_at_multiples_of_its_length() -> None:
    time, window = Time(1_000_000_030.5), FixedWindow("minute", 2, 60)
    gate = Gate(time)
    standings = [gate.enter([Charge(window, "a")])[0] for _ in range(3)]
    assert [(standing.remaining, standing.exceeded) for standing in standings] == [(1, False), (0, False), (0, True)]
    assert standings[0].reset_seconds == 50
    time.now += 49.4
    assert gate.enter([Charge(window, "a")])[0].exceeded
    time.now += 0.1
    assert not gate.enter([Charge(window, "a")])[0].exceeded


def test_scopes_and_windows_are_counted_apart() -> None:
    gate = Gate(Time(0))
    minute, day = FixedWindow("minute", 1, 60), FixedWindow("day", 2, 86_400)
    assert [standing.exceeded for standing in gate.enter([Charge(minute, "a"), Charge(day, "a")])] == [False, False]
    assert [standing.exceeded for standing in gate.enter([Charge(minute, "a"), Charge(day, "a")])] == [True, False]
    assert [standing.exceeded for standing in gate.enter([Charge(minute, "b"), Charge(day, "a")])] == [False, True]


def test_no_request_slips_through_a_window_when_many_come_at_once() -> None:
    gate, window = Gate(Time(0)), FixedWindow("minute", 50, 60)
    with ThreadPoolExecutor(8) as pool:
        standings = list(pool.map(lambda _: gate.enter([Charge(window, "a")])[0], range(400)))
    assert sum(not standing.exceeded for standing in standings) == 50


def test_a_cursor_opens_for_its_own_query_only() -> None:
    cursors = Cursors(b"secret")
    cursor = cursors.seal("q", "17|é")
    assert cursors.open("q", cursor) == "17|é"
    for query, text in (("other", cursor), ("q", cursor[1:]), ("q", ""), ("q", "é"), ("q", cursor + "AAAA")):
        with pytest.raises(CursorError):
            cursors.open(query, text)
    with pytest.raises(CursorError):
        Cursors(b"other secret").open("q", cursor)


def pages(items: list[int], size: int, *, empty: Callable[[str], bool] = lambda _: False) -> list[list[int]]:
    position, found = "", []
    while position is not None:
        page = page_after(items, str, position, size=size, empty_before=empty)
        found.append(list(page.items))
        position = page.next_position
    return found


@pytest.mark.parametrize("total", [0, 1, 4, 5, 6, 10, 11])
def test_pages_hold_every_item_once(total: int) -> None:
    items = list(range(1, total + 1))
    assert [item for page in pages(items, 5) for item in page] == items
    assert [item for page in pages(items, 5, empty=lambda _: True) for item in page] == items
    assert len(pages(items, 5)) == max(1, -(-total // 5))


def test_an_item_that_appears_between_pages_moves_nothing() -> None:
    first = page_after([1, 3, 5, 7], str, "", size=2, empty_before=lambda _: False)
    second = page_after([1, 2, 3, 5, 7], str, first.next_position, size=2, empty_before=lambda _: False)
    assert [*first.items, *second.items] == [1, 3, 5, 7]


def test_a_template_without_parameters_wins() -> None:
    router = Router()
    router.add("GET", "/a/{id}", "one")
    router.add("GET", "/a/all", "all")
    router.add("POST", "/a/{id}", "new")
    assert router.find("GET", "/a/all") == ("all", {})
    assert router.find("GET", "/a/7") == ("one", {"id": "7"})
    assert router.find("POST", "/a/7") == ("new", {"id": "7"})
    for method, path in (("GET", "/a"), ("GET", "/a/7/b"), ("PUT", "/a/7")):
        with pytest.raises(KeyError):
            router.find(method, path)


def test_what_is_drawn_depends_on_seed_and_key_only() -> None:
    one, two = Draw("x", 1), Draw("x", 1)
    drawn = [one.fraction("a", number) for number in range(100)]
    assert [two.fraction("a", number) for number in reversed(range(100))] == drawn[::-1]
    assert Draw("x", 2).fraction("a", 0) != drawn[0]
    assert 0 <= min(drawn) < 0.1
    assert 0.9 < max(drawn) < 1
    assert len(one.digits("549", 12, "k")) == 12
    assert {one.integer(1, 3, number) for number in range(50)} == {1, 2, 3}


def test_everything_changes_within_thirty_days() -> None:
    for day in range(739_000, 739_200):
        assert 0 <= day - last_change("seed", "thing", day, 0.01) <= 30
    assert last_change("seed", "thing", 739_100, 0.01) == last_change("seed", "thing", 739_100, 0.01)
