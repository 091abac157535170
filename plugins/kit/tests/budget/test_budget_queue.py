"""Who holds a lease, and who is next, in both stores, on a clock that the test sets."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import World

SECOND = 1_000_000


def take(world: World, token: str, *, holders: int = 1, ttl: float = 30, patience: float = 5, name: str = "run") -> int:
    return world.store.take_lease(
        name, token, holders=holders, ttl_us=round(ttl * SECOND), patience_us=round(patience * SECOND)
    ).fence


def renew(world: World, token: str, *, ttl: float = 30) -> bool:
    return world.store.renew_lease("run", token, ttl_us=round(ttl * SECOND))


def test_one_holds_and_the_others_wait_in_order_of_arrival(world: World) -> None:
    assert take(world, "z")
    assert [take(world, "y"), take(world, "x")] == [0, 0]
    world.store.give_lease("run", "z")
    assert take(world, "x") == 0
    assert take(world, "y")


def test_as_many_hold_as_are_allowed(world: World) -> None:
    assert [bool(take(world, token, holders=2)) for token in "abc"] == [True, True, False]


def test_a_later_fence_is_greater(world: World) -> None:
    first = take(world, "a")
    world.store.give_lease("run", "a")
    second = take(world, "b")
    assert second > first > 0


def test_a_dead_holder_is_replaced_when_its_time_is_up(world: World) -> None:
    take(world, "a", ttl=30)
    assert take(world, "b", patience=60) == 0
    world.clock.pass_time(29.9)
    assert take(world, "b") == 0
    world.clock.pass_time(0.1)
    assert take(world, "b")
    assert not renew(world, "a")


def test_a_holder_that_renews_stays(world: World) -> None:
    take(world, "a")
    for _ in range(5):
        world.clock.pass_time(20)
        assert renew(world, "a")
    assert take(world, "b") == 0


def test_a_dead_waiter_does_not_hold_up_the_queue(world: World) -> None:
    take(world, "a", ttl=60)
    take(world, "dead", patience=5)
    take(world, "b", patience=60)
    world.store.give_lease("run", "a")
    assert take(world, "b") == 0
    world.clock.pass_time(5)
    assert take(world, "b")


def test_who_gives_up_waiting_leaves_the_queue(world: World) -> None:
    take(world, "a")
    take(world, "b")
    take(world, "c")
    world.store.give_lease("run", "b")
    world.store.give_lease("run", "a")
    assert take(world, "c")


def test_the_wait_is_until_the_oldest_holder_would_expire(world: World) -> None:
    take(world, "a", ttl=30)
    world.clock.pass_time(10)
    answer = world.store.take_lease("run", "b", holders=1, ttl_us=SECOND, patience_us=SECOND)
    assert answer.wait_us == 20 * SECOND


def test_leases_of_other_names_do_not_mix(world: World) -> None:
    assert all(take(world, "a", name=name) for name in ("run", "report", "token"))


def test_who_is_next_is_woken_when_a_holder_leaves(world: World) -> None:
    woken: list[str] = []
    world.store.listen(woken.append, lambda *_: None)
    deadline = time.monotonic() + 30
    while "next" not in woken:
        assert time.monotonic() < deadline
        take(world, "holder")
        take(world, "next")
        world.store.give_lease("run", "holder")
        world.store.give_lease("run", "next")
        time.sleep(0.01)
    world.store.close()


@pytest.mark.parametrize("opener", ["open_process", "open_valkey"])
def test_a_store_that_lost_its_memory_still_gives_greater_fences(request: pytest.FixtureRequest, opener: str) -> None:
    open_world: Callable[[], World] = request.getfixturevalue(opener)
    before = open_world()
    fences = []
    for token in "abc":
        fences.append(take(before, token))
        before.store.give_lease("run", token)
    after = open_world()
    after.clock.pass_time(1)
    assert take(after, "d") > max(fences)
