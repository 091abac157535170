"""What each kind of policy promises, in both stores, on a clock that the test sets."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

import pytest
from dif_kit.budget._calendar import midnights

if TYPE_CHECKING:
    from conftest import World

SECOND = 1_000_000


def at(text: str, zone: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * SECOND


def test_a_window_lets_a_burst_go_and_holds_the_rest_until_it_has_moved_on(world: World) -> None:
    part = world.part("3/s guard 0ms")
    assert [world.wait(part) for _ in range(7)] == [0, 0, 0, 1, 1, 1, 2]


def test_a_window_slides_and_is_not_reset_at_a_boundary(world: World) -> None:
    part = world.part("3/s guard 0ms")
    world.wait(part)
    world.clock.pass_time(0.75)
    assert [world.wait(part), world.wait(part)] == [0, 0]
    world.clock.pass_time(0.25)
    assert [world.wait(part), world.wait(part)] == [0, 0.75]


def test_a_guard_makes_the_window_longer(world: World) -> None:
    part = world.part("1/s guard 60ms")
    assert [world.wait(part), world.wait(part)] == [0, 1.06]


def test_a_paced_window_spaces_its_starts_evenly(world: World) -> None:
    part = world.part("4/s paced guard 0ms")
    assert [world.wait(part) for _ in range(5)] == [0, 0.25, 0.5, 0.75, 1]


def test_a_cost_takes_that_many_places_at_once(world: World) -> None:
    part = world.part("5/s guard 0ms", cost=3)
    assert [world.wait(part), world.wait(part)] == [0, 1]
    assert world.wait(world.part("5/s guard 0ms", cost=2)) == 0


def test_two_policies_of_a_budget_hold_at_once(world: World) -> None:
    part = world.part("2/s guard 0ms", "3/10s guard 0ms")
    assert [world.wait(part) for _ in range(4)] == [0, 0, 1, 10]


def test_a_reservation_holds_in_all_budgets_or_in_none(world: World) -> None:
    narrow, wide = world.part("1/h guard 0ms", name="narrow:a"), world.part("1/s guard 0ms", name="wide:a")
    assert world.wait(narrow, wide) == 0
    world.clock.pass_time(1)
    refused = world.ask(narrow, wide, horizon=60)
    assert not refused.granted
    assert refused.reason == (0, "0")
    assert refused.go_at_us - refused.now_us == 3599 * SECOND
    assert world.wait(wide) == 0


def test_a_start_that_another_budget_delays_leaves_its_place_to_others(world: World) -> None:
    slow, shared = world.part("1/10s guard 0ms", name="slow:a"), world.part("1/s guard 0ms", name="shared:a")
    assert world.wait(slow, shared) == 0
    assert world.wait(slow, shared) == 10
    assert [world.wait(shared) for _ in range(3)] == [1, 2, 3]
    for _ in range(5):
        world.wait(shared)
    assert [world.wait(shared), world.wait(shared)] == [9, 11]


def test_a_start_that_is_given_back_is_free_again(world: World) -> None:
    part = world.part("1/s guard 0ms")
    world.wait(part)
    second = world.ask(part)
    assert world.wait(part) == 2
    world.settle(part, second, 0, call=2)
    assert world.wait(part) == 1


def test_scopes_do_not_share(world: World) -> None:
    assert [world.wait(world.part("1/s", name=f"ads:{account}")) for account in "ab"] == [0, 0]


def test_another_limit_over_the_same_span_keeps_the_count(world: World) -> None:
    assert world.wait(world.part("2/s guard 0ms")) == 0
    assert [world.wait(world.part("3/s guard 0ms")) for _ in range(3)] == [0, 0, 1]


def test_a_long_rolling_budget_is_never_over_and_at_most_a_24th_late(world: World) -> None:
    part = world.part("24000/day guard 0ms", cost=1000)
    assert [world.wait(part) for _ in range(24)] == [0] * 24
    assert 24 * 3600 <= world.wait(part, horizon=200_000) <= 25 * 3600
    world.clock.pass_time(26 * 3600)
    assert [world.wait(part) for _ in range(23)] == [0] * 23


def test_a_rolling_budget_counts_what_is_reserved_for_later_too(world: World) -> None:
    part = world.part("2400/day guard 0ms", cost=1200)
    world.signal(part, pause_us=12 * 3600 * SECOND)
    assert world.wait(part, horizon=100_000) == 12 * 3600
    assert world.wait(part, horizon=100_000) == 12 * 3600
    assert world.wait(part, horizon=200_000) >= 36 * 3600


def test_a_calendar_day_ends_at_midnight_of_its_zone(world: World) -> None:
    world.clock.set(at("2026-11-23T23:00", "America/Los_Angeles"))
    part = world.part("2/day@America/Los_Angeles")
    assert [world.wait(part) for _ in range(3)] == [0, 0, 3600]
    world.clock.pass_time(3600)
    assert world.wait(part) == 0
    assert world.wait(part, horizon=100_000) == 24 * 3600


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-08T00:00", 23), ("2026-03-09T00:00", 24), ("2026-11-01T00:00", 25)]
)
def test_a_calendar_day_is_as_long_as_its_zone_has_it(world: World, day: str, hours: int) -> None:
    world.clock.set(at(day, "America/Los_Angeles"))
    part = world.part("1/day@America/Los_Angeles")
    assert [world.wait(part, horizon=100_000) for _ in range(2)] == [0, hours * 3600]


def test_a_day_that_begins_where_the_clock_jumps_over_midnight_is_counted(world: World) -> None:
    world.clock.set(at("2026-04-23T22:00", "Africa/Cairo"))  # at 24:00 the clock there goes on to 01:00
    part = world.part("1/day@Africa/Cairo")
    assert [world.wait(part, horizon=200_000) for _ in range(3)] == [0, 2 * 3600, 25 * 3600]


def test_a_day_used_up_beyond_all_days_in_sight_says_when_to_come_back(world: World) -> None:
    world.clock.set(at("2026-11-23T00:00", "UTC"))
    part = world.part("1/day@UTC")
    assert [world.wait(part, horizon=10**6) for _ in range(3)] == [0, 86400, 2 * 86400]
    refused = world.ask(part, horizon=10**6)
    assert not refused.granted
    assert refused.go_at_us == at("2026-11-26T00:00", "UTC")


def test_a_store_told_of_another_year_still_counts_the_day_of_its_own_clock(world: World) -> None:
    part = world.part("1/day@UTC")
    world.clock.set(at("2026-11-23T12:00", "UTC"))
    world.wait(part)
    world.clock.set(at("2029-02-03T12:00", "UTC"))
    assert [world.wait(part), world.wait(part, horizon=50_000)] == [0, 12 * 3600]


def test_points_are_spent_at_once_and_restored_with_time(world: World) -> None:
    part = world.part("points 1000 restore 50/s", cost=500)
    assert [world.wait(part) for _ in range(4)] == [0, 0, 10, 20]
    assert world.wait(world.part("points 1000 restore 50/s", cost=1)) == 20.02


def test_points_are_settled_to_what_the_provider_charged(world: World) -> None:
    part = world.part("points 1000 restore 50/s", cost=1000)
    first = world.ask(part)
    world.settle(part, first, 100)
    assert world.wait(world.part("points 1000 restore 50/s", cost=900)) == 0
    assert world.wait(world.part("points 1000 restore 50/s", cost=50)) == 1


def test_points_follow_the_providers_own_count_when_it_is_lower(world: World) -> None:
    part = world.part("points 1000 restore 50/s", cost=100)
    world.signal(part, remaining=0, points=part.policies[0])
    assert world.wait(part) == 2
    world.signal(part, remaining=1000, points=part.policies[0])
    assert world.wait(part) == 4


@pytest.mark.slow
def test_every_moment_lies_in_a_day_of_every_zone() -> None:
    first = at("2026-01-01T00:00", "UTC")
    for zone in available_timezones():
        for hours in range(0, 366 * 24, 7):
            now = first + hours * 3600 * SECOND
            days = midnights(zone, now)
            assert days[0] <= now < days[1] < days[2] < days[3], zone
