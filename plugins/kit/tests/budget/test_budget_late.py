"""A request that leaves later than its start counts from when it left, and nobody takes its place over too early."""

from __future__ import annotations

import heapq
import itertools
import random
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from dif_kit.budget import Budget, connect
from dif_kit.budget._ask import Ask
from dif_kit.budget._policy import Window
from dif_kit.budget._redis import RedisStore
from dif_kit.credentials import Credential
from dif_kit.http import BearerToken, HttpClient, Request
from dif_kit.testing import FakeApi
from hypothesis import given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import World
    from dif_kit.budget._ask import Part

SECOND = 1_000_000


def test_a_late_start_is_counted_from_when_it_was_sent(world: World) -> None:
    part = world.part("1/s guard 0ms")
    world.wait(part)
    world.clock.pass_time(0.3)
    assert world.postpone(part, call=1, by=0.1) == {}
    assert world.wait(part) == 0.9


def test_who_was_given_its_place_already_moves_on_with_all_behind_it(world: World) -> None:
    part = world.part("1/s guard 0ms")
    assert [world.wait(part) for _ in range(12)] == list(range(12))
    world.clock.pass_time(0.3)
    moved = {f"token{number + 1}": float(number) for number in range(1, 12)}
    assert world.postpone(part, call=1, by=0.0) == moved
    assert world.wait(part) == 12.0


def test_of_a_burst_behind_it_only_the_last_moves_on(world: World) -> None:
    part = world.part("3/s guard 0ms")
    assert [world.wait(part) for _ in range(6)] == [0, 0, 0, 1, 1, 1]
    world.clock.pass_time(0.3)
    assert list(world.postpone(part, call=2, by=0.0).values()) == [1.0]
    assert [world.wait(part) for _ in range(3)] == [1.7, 1.7, 2.0]


def test_who_has_room_enough_stays_where_it_is(world: World) -> None:
    part = world.part("1/s guard 0ms")
    world.wait(part)
    world.signal(part, pause_us=2 * SECOND)
    assert world.wait(part) == 2
    world.clock.pass_time(0.5)
    assert world.postpone(part, call=1, by=0.0) == {}


def test_a_costly_start_moves_as_one(world: World) -> None:
    part = world.part("4/s guard 0ms", cost=2)
    assert [world.wait(part) for _ in range(4)] == [0, 0, 1, 1]
    world.clock.pass_time(0.3)
    assert list(world.postpone(part, call=1, by=0.0).values()) == [1.0]


def test_all_windows_of_a_reservation_hold_for_who_moves_on(world: World) -> None:
    part, other = world.part("1/s guard 0ms", "2/10s guard 0ms"), world.part("1/s guard 0ms", name="other:app")
    assert [world.wait(part, other) for _ in range(3)] == [0, 1, 10]
    world.clock.pass_time(0.5)
    assert world.postpone(part, other, call=1, by=0.0) == {"token2": 1.0, "token3": 10.0}
    assert world.wait(other) == 2.0


def test_to_say_it_twice_or_earlier_changes_nothing(world: World) -> None:
    part = world.part("1/s guard 0ms")
    assert [world.wait(part), world.wait(part)] == [0, 1]
    world.clock.pass_time(0.3)
    assert world.postpone(part, call=1, by=0.0) == {"token2": 1.0}
    assert world.postpone(part, call=1, by=0.0) == {}
    assert world.postpone(part, call=1, by=0.2) == {}
    assert world.wait(part) == 2.0


def test_a_start_cannot_have_been_sent_in_the_future(world: World) -> None:
    part = world.part("1/s guard 0ms")
    world.wait(part)
    assert world.postpone(part, call=1, by=-60.0) == {}
    assert world.wait(part) == 1


def test_so_late_that_its_place_was_used_again_it_holds_nobody_up_who_has_started(world: World) -> None:
    part = world.part("1/s guard 0ms")
    assert [world.wait(part), world.wait(part)] == [0, 1]
    world.clock.pass_time(1.5)
    assert world.postpone(part, call=1, by=0.0) == {}
    assert world.wait(part) == 1


def test_nothing_that_is_counted_by_days_or_points_moves(world: World) -> None:
    part = world.part("24000/day guard 0ms", "100/day@UTC", "points 5 restore 1/s")
    world.wait(part)
    world.clock.pass_time(0.3)
    assert world.postpone(part, call=1, by=0.0) == {}


class Senders:
    """Threads that ask, wait, leave more or less late and say so as `Grant.sent` does; every store is told the same."""

    def __init__(self, worlds: list[World], part: Part, seed: int) -> None:
        self.worlds, self.part, self.chance, self.numbers = worlds, part, random.Random(seed), itertools.count()
        self.reserved, self.told, self.sent = dict[str, int](), dict[str, int](), list[int]()
        self.events = [(worlds[0].clock.now, next(self.numbers), "ask", "") for _ in range(9)]

    def play(self, events: int) -> None:
        for _ in range(events):
            now, _, what, token = heapq.heappop(self.events)
            for world in self.worlds:
                world.clock.set(now)
            getattr(self, what)(now, token)

    def ask(self, now: int, _: str) -> None:
        if self.chance.random() < 0.02:
            self.of_all(lambda world: world.signal(self.part, slow_down=True))
        token = f"token{next(self.numbers)}"
        answer = self.of_all(lambda world: world.store.reserve(Ask((self.part,), token, "member", 10**9)))
        self.reserved[token] = self.told[token] = answer.go_at_us
        self.then(answer.go_at_us, "wake", token)

    def wake(self, now: int, token: str) -> None:
        if self.told[token] > now:
            self.then(self.told[token], "wake", token)
        else:
            self.then(now + self.chance.choice([0, 0, 0, 5_000, 300_000, 490_000]), "send", token)

    def send(self, now: int, token: str) -> None:
        self.sent += [now] * self.part.cost
        is_moved = self.told[token] > self.reserved[token]
        if now > self.told[token] or (is_moved and len(self.part.policies) > 1):
            self.told |= self.of_all(lambda world: world.store.postpone((self.part,), token, now))
        self.then(now + self.chance.randrange(200_000), "ask", "")

    def of_all(self, do: Callable[[World], Any]) -> Any:
        first, *others = map(do, self.worlds)
        assert all(other == first for other in others), (first, others)
        return first

    def then(self, at: int, what: str, token: str) -> None:
        heapq.heappush(self.events, (at, next(self.numbers), what, token))


senders = {
    "limit": st.integers(1, 4),
    "wide": st.sampled_from(["", "7/3s guard 0ms", "9/3s guard 0ms"]),
    "cost": st.integers(1, 2),
    "seed": st.integers(0, 10**6),
}


@given(**senders)
@settings(max_examples=60, deadline=None)
def test_no_window_is_exceeded_by_what_was_really_sent_however_late(
    *, open_process: Callable[[], World], limit: int, wide: str, cost: int, seed: int
) -> None:
    world = open_process()
    part = world.part(f"{limit}/s guard 0ms", *([wide] if wide else []), cost=min(cost, limit))
    played = Senders([world], part, seed)
    played.play(300)
    for policy in part.policies:
        assert isinstance(policy, Window)
        for first, last in zip(played.sent, played.sent[policy.limit :], strict=False):
            assert last - first >= policy.period


@given(**senders)
@settings(max_examples=20, deadline=None)
def test_both_stores_move_the_same_starts_to_the_same_times(
    *,
    open_process: Callable[[], World],
    open_valkey: Callable[[], World],
    limit: int,
    wide: str,
    cost: int,
    seed: int,
) -> None:
    worlds = [open_process(), open_valkey()]
    part = worlds[0].part(f"{limit}/s guard 0ms", *([wide] if wide else []), cost=min(cost, limit))
    Senders(worlds, part, seed).play(150)


def test_all_who_move_on_are_told_with_their_new_times(world: World) -> None:
    told: dict[str, int] = {}
    begun = threading.Event()
    world.store.listen(lambda _: begun.set(), told.__setitem__)
    if isinstance(world.store, RedisStore):
        assert begun.wait(30)  # it says so when it has subscribed
    part = world.part("1/s guard 0ms")
    assert [world.wait(part) for _ in range(4)] == [0, 1, 2, 3]
    world.clock.pass_time(0.3)
    moved = world.store.postpone((part,), "token1", world.clock.now)
    deadline = time.monotonic() + 30
    while told != moved and time.monotonic() < deadline:
        time.sleep(0.01)
    assert told == moved
    assert len(moved) == 3
    world.store.close()


@pytest.mark.parametrize("place", ["process", "valkey"])
def test_who_sleeps_until_its_start_is_told_and_sleeps_on(request: pytest.FixtureRequest, place: str) -> None:
    narrow = Budget("narrow", ("1/s guard 0ms",))
    one = connect(request.getfixturevalue("redis_url") if place == "valkey" else None, horizon_seconds=20)
    other = connect(request.getfixturevalue("redis_url"), horizon_seconds=20) if place == "valkey" else one
    late = one.acquire({narrow: "app"})
    with ThreadPoolExecutor(1) as pool:
        sleeper = pool.submit(lambda: (other.acquire({narrow: "app"}), time.monotonic()))
        time.sleep(0.2)  # by now it sleeps, or it is given its place with all that is known
        left = time.monotonic()
        late.sent()
        _, started = sleeper.result(timeout=20)
    # Ten milliseconds are tolerated; the clock is read after the request has left.
    assert started - left >= 1 - 0.011
    one.close()
    other.close()


def test_a_start_that_strays_too_far_is_given_back_where_others_count_it(redis_url: str) -> None:
    """What moved it on is known in one budget alone; in the other its first place may be used again by now."""
    narrow, own = Budget("narrow", ("1/s guard 0ms",)), Budget("own", ("2/s guard 0ms",))
    limiter = connect(redis_url, horizon_seconds=20)
    late = limiter.acquire({narrow: "app"})
    with ThreadPoolExecutor(1) as pool:
        sleeper = pool.submit(limiter.acquire, {narrow: "app", own: "a"})
        time.sleep(0.6)
        late.sent()
        grant = sleeper.result(timeout=20)
    assert grant._start_us == grant._answer.go_at_us  # type: ignore[attr-defined]
    limiter.close()


def test_a_request_that_was_long_in_connecting_counts_from_when_it_left(
    api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way to the provider is found slowly, once; whoever has the next start is not slowed down itself."""
    narrow, find = Budget("narrow", ("1/s guard 0ms",)), socket.getaddrinfo
    arrived, found = list[float](), list[float]()

    def find_slowly(*arguments: Any, **more: Any) -> Any:
        if not found:
            time.sleep(0.4)
            found.append(time.monotonic())
        return find(*arguments, **more)

    def answer(_: object) -> dict[str, str]:
        arrived.append(time.monotonic())
        return {"id": "1"}

    api.on("GET", "/list", answer)
    monkeypatch.setattr(socket, "getaddrinfo", find_slowly)
    signer = BearerToken().bind(Credential({"access_token": "very-secret-token"}), api_url="")
    client = HttpClient(authenticator=signer, limiter=connect(None), user_agent="test/1")
    request = Request(url=f"{api.url}/list", origin=api.url, budgets=(narrow,))
    with ThreadPoolExecutor(2) as pool:
        for one in [pool.submit(client.send, request) for _ in range(2)]:
            one.result(timeout=20)
    client.close()
    assert max(arrived) - found[0] >= 1 - 0.011  # 0.6 if it counted from its start
