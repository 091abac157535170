"""A request that leaves later than its start counts from when it left, and nobody takes its place over too early."""

from __future__ import annotations

import heapq
import itertools
import random
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from dif_kit.budget import Budget, connect
from dif_kit.budget._ask import Ask
from dif_kit.budget._policy import Window
from dif_kit.credentials import Credential
from dif_kit.http import BearerToken, HttpClient, Request
from dif_kit.testing import FakeApi
from hypothesis import given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import World

SECOND = 1_000_000


def test_a_late_start_is_counted_from_when_it_was_sent(world: World) -> None:
    part = world.part("1/s guard 0ms")
    world.wait(part)
    world.clock.pass_time(0.3)
    assert world.postpone(part, call=1, by=0.1) == {}
    assert world.wait(part) == 0.9


def test_who_was_given_its_place_already_moves_on_with_all_behind_it(world: World) -> None:
    part = world.part("1/s guard 0ms")
    assert [world.wait(part) for _ in range(3)] == [0, 1, 2]
    world.clock.pass_time(0.3)
    assert world.postpone(part, call=1, by=0.0) == {"token2": 1.0, "token3": 2.0}
    assert world.wait(part) == 3.0


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


@given(
    limit=st.integers(1, 4),
    wide=st.sampled_from([(), (7, 3), (9, 3)]),
    cost=st.integers(1, 2),
    seed=st.integers(0, 10**6),
)
@settings(max_examples=60, deadline=None)
def test_no_window_is_exceeded_by_what_was_really_sent_however_late(
    *, open_process: Callable[[], World], limit: int, wide: tuple[int, ...], cost: int, seed: int
) -> None:
    """Six threads ask, wait, leave late by up to half a second and say so; a provider counts what leaves."""
    world, chance, numbers = open_process(), random.Random(seed), itertools.count()
    texts = [f"{limit}/s guard 0ms", *([f"{wide[0]}/{wide[1]}s guard 0ms"] if wide else [])]
    part = world.part(*texts, cost=min(cost, limit))
    begin, places, sent = world.clock.now, dict[str, int](), list[int]()
    events = [(begin, next(numbers), "ask", "") for _ in range(6)]
    for _ in range(250):
        now, _, what, token = heapq.heappop(events)
        world.clock.set(now)
        if what == "ask":
            asked = f"token{next(numbers)}"
            answer = world.store.reserve(Ask((part,), asked, "member", 10**9))
            places[asked] = answer.go_at_us
            heapq.heappush(events, (answer.go_at_us, next(numbers), "wake", asked))
        elif what == "wake":
            asleep = places[token] > now
            at = places[token] if asleep else now + chance.choice([0, 0, 5_000, 300_000, 490_000])
            heapq.heappush(events, (at, next(numbers), "wake" if asleep else "send", token))
        else:
            sent += [now] * part.cost
            places |= world.store.postpone((part,), token, now)
            heapq.heappush(events, (now + chance.randrange(200_000), next(numbers), "ask", ""))
    for policy in part.policies:
        assert isinstance(policy, Window)
        for first, last in zip(sent, sent[policy.limit :], strict=False):
            assert last - first >= policy.period


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
        time.sleep(0.5)
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
