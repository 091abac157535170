"""What a provider says to one is heeded by all, in both stores, on a clock that the test sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import redis
    from conftest import World

SECOND = 1_000_000


def test_nobody_starts_during_a_pause(world: World) -> None:
    part = world.part("100/s")
    world.signal(part, pause_us=5 * SECOND)
    world.signal(part, pause_us=2 * SECOND)
    assert world.ask(part).reason == (0, "pause")
    assert world.wait(part) == 5
    assert world.wait(world.part("100/s", name="other:app")) == 0


def test_a_pause_beyond_the_horizon_says_when_to_come_back(world: World) -> None:
    part = world.part("100/s")
    world.signal(part, pause_us=3600 * SECOND)
    refused = world.ask(part, horizon=300)
    assert (refused.granted, refused.go_at_us - refused.now_us) == (False, 3600 * SECOND)


def test_unexplained_refusals_pause_longer_each_time_and_slow_the_rate(world: World) -> None:
    part = world.part("10/s guard 0ms")
    pauses = []
    for _ in range(7):
        world.signal(part, slow_down=True)
        world.signal(part, slow_down=True)  # the others of the fleet were refused in the same moment
        pauses.append(world.wait(part))
        world.clock.pass_time(pauses[-1] + 1.5)
    assert pauses == [1, 2, 4, 8, 16, 32, 32]


def test_the_rate_falls_to_seven_tenths_and_recovers(world: World) -> None:
    part = world.part("10/s guard 0ms")
    world.signal(part, slow_down=True)
    world.clock.pass_time(1)
    assert [world.wait(part) for _ in range(8)] == [0] * 7 + [1]
    world.clock.pass_time(10)
    assert [world.wait(part) for _ in range(11)] == [0] * 10 + [1]


def test_an_old_refusal_is_forgiven(world: World) -> None:
    part = world.part("10/s")
    world.signal(part, slow_down=True)
    world.clock.pass_time(61)
    world.signal(part, slow_down=True)
    assert world.wait(part) == 1


def test_the_providers_count_is_used_up_and_then_waited_out(world: World) -> None:
    part = world.part("100/s")
    world.signal(part, remaining=2, reset_us=30 * SECOND)
    assert [world.wait(part) for _ in range(3)] == [0, 0, 30]
    world.clock.pass_time(31)
    assert world.wait(part) == 0


def test_an_answer_that_was_overtaken_does_not_raise_the_providers_count(world: World) -> None:
    part = world.part("100/s")
    world.signal(part, remaining=1, reset_us=30 * SECOND)
    world.clock.pass_time(0.5)
    world.signal(part, remaining=7, reset_us=29 * SECOND)
    assert [world.wait(part), world.wait(part)] == [0, 29]


def test_a_new_window_of_the_provider_has_its_own_count(world: World) -> None:
    part = world.part("100/s")
    world.signal(part, remaining=0, reset_us=1 * SECOND)
    world.clock.pass_time(1)
    world.signal(part, remaining=50, reset_us=60 * SECOND)
    assert world.wait(part) == 0


def test_windows_of_a_second_are_told_apart(world: World) -> None:
    """Their answers say all that a second is left: whole seconds are all that the headers have."""
    part = world.part("100/s")
    world.signal(part, remaining=1, reset_us=SECOND)
    world.clock.pass_time(0.9)
    world.signal(part, remaining=40, reset_us=SECOND)  # overtaken: still the first second
    assert [world.wait(part), world.wait(part)] == [0, pytest.approx(0.1)]
    world.clock.pass_time(0.2)
    world.signal(part, remaining=98, reset_us=SECOND)
    assert [world.wait(part) for _ in range(50)] == [0] * 50


def test_a_start_given_back_is_given_back_to_the_providers_count(world: World) -> None:
    part = world.part("100/s")
    world.signal(part, remaining=1, reset_us=30 * SECOND)
    world.settle(part, world.ask(part), 0)
    assert world.wait(part) == 0


def test_a_usage_gauge_slows_the_rate_from_three_quarters_on(world: World) -> None:
    part = world.part("100/10s guard 0ms")
    world.signal(part, usage_percent=75.0)
    assert [world.wait(part) for _ in range(50)] == [0] * 50
    world.signal(part, usage_percent=90.0)
    assert world.wait(part) > 0
    world.clock.pass_time(301)
    assert [world.wait(part) for _ in range(100)] == [0] * 100


def test_a_client_alone_has_the_whole_budget(world: World) -> None:
    part = world.part("10/s guard 0ms")
    assert [world.wait(part, client="acme") for _ in range(11)] == [0] * 10 + [1]


def shared_minute(world: World, workers: dict[str, int], weights: dict[str, float] | None = None) -> dict[str, int]:
    """Grants of the second minute, when each client's workers ask again as soon as their start has come."""
    part = world.part("40/s guard 0ms")
    begin = world.clock.now
    due = [(begin, number, client) for client, count in workers.items() for number in range(count)]
    grants = dict.fromkeys(workers, 0)
    while True:
        due.sort()
        now, number, client = due.pop(0)
        if now >= begin + 40 * SECOND:
            return grants
        world.clock.set(max(now, world.clock.now))
        answer = world.ask(part, client=client, weight=(weights or {}).get(client, 1.0))
        assert answer.granted
        if begin + 20 * SECOND <= answer.go_at_us < begin + 40 * SECOND:
            grants[client] += 1
        due.append((answer.go_at_us + 20_000, number, client))


@pytest.mark.slow
def test_a_client_with_many_workers_does_not_starve_the_others(world: World) -> None:
    grants = shared_minute(world, {"acme": 26, "demo": 6, "globex": 3})
    assert sum(grants.values()) > 0.9 * 800
    assert min(grants.values()) > 0.8 * 800 / 3


@pytest.mark.slow
def test_weights_divide_a_budget(world: World) -> None:
    grants = shared_minute(world, {"acme": 20, "demo": 20}, {"acme": 3.0})
    assert sum(grants.values()) > 0.9 * 800
    assert 2.3 < grants["acme"] / grants["demo"] < 3.7


@pytest.mark.slow
def test_what_a_client_leaves_is_lent_to_the_others(world: World) -> None:
    part = world.part("40/s guard 0ms")
    for _ in range(4):
        world.wait(part, client="demo")
        world.clock.pass_time(0.5)
    grants = shared_minute(world, {"acme": 30})
    assert grants["acme"] > 0.9 * 800


def test_a_client_that_went_away_leaves_its_share(world: World) -> None:
    part = world.part("10/s guard 0ms")
    world.wait(part, client="demo")
    world.clock.pass_time(11)
    assert [world.wait(part, client="acme") for _ in range(10)] == [0] * 10
    assert world.ask(part, client="acme").reason == (0, "0")


def test_a_share_of_a_minute_may_be_used_at_once(world: World) -> None:
    part = world.part("60/min guard 0ms")
    clients = [str(number) for number in range(15)]
    assert [world.ask(part, client=each).go_at_us - world.clock.now for each in clients for _ in range(4)] == [0] * 60
    assert world.ask(part, client="0").go_at_us == world.clock.now + 60_000_000


def test_clients_that_come_and_go_leave_nothing_of_a_budget_unused(world: World) -> None:
    """A fleet of short runs: twelve clients at a time, each of which asks for six starts, by threes, and is gone."""
    part = world.part("120/min guard 0ms")
    due = [(world.clock.now, client, 6) for client in range(12)]
    starts: list[int] = []
    newest = len(due)
    while due:
        due.sort()
        now, client, left = due.pop(0)
        world.clock.set(max(now, world.clock.now))
        if left:
            answers = [world.ask(part, client=str(client)) for _ in range(3)]
            starts += [answer.go_at_us for answer in answers]
            due.append((starts[-1] + 600_000, client, left - 3))
        elif newest < 100:
            due.append((now, newest, 6))
            newest += 1
    starts.sort()
    assert len(starts) == 600
    # Five windows' worth: the first is free for everybody, each further one takes its minute.
    assert (starts[599] - starts[119]) / SECOND < 4 * 60 / 0.95


def test_clients_that_went_away_are_not_kept(open_valkey: Callable[[], World], driver: redis.Redis) -> None:
    world = open_valkey()
    part = world.part("10/s")
    for number in range(20):
        world.wait(part, client=f"client{number}")
    world.clock.pass_time(13)  # the last of them start a second later
    world.wait(part, client="acme")
    assert driver.hkeys("{dif}:budget:ads:app:shares") == [b"acme"]
