"""Every kind of budget: what it lets through, when it lets more through, and whose it is."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from dif_sandbox.sim import announcements as tell
from dif_sandbox.sim.budgets import Bucket, CalendarDay, Charge, Concurrent, FixedWindow, Gate, SlidingWindow, Standing
from dif_sandbox.sim.limits import Limit, Limits, Rule, adjusted
from dif_sandbox.sim.server import Refusal, text_response


class Time:
    def __init__(self, now: float = 1_000_000_020.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def admitted(gate: Gate, charge: Charge, times: int) -> list[bool]:
    return [not gate.enter([charge])[0].exceeded for _ in range(times)]


def test_a_sliding_window_frees_each_request_when_it_is_old_enough() -> None:
    time = Time()
    gate, charge = Gate(time), Charge(SlidingWindow("sliding", 2, 60), "a")
    assert admitted(gate, charge, 1) == [True]
    time.now += 40
    assert admitted(gate, charge, 2) == [True, False]
    assert gate.enter([charge])[0].reset_seconds == 20
    time.now += 20
    assert admitted(gate, charge, 2) == [True, False]
    time.now += 39
    assert admitted(gate, charge, 1) == [False]


def test_a_sliding_window_never_lets_twice_its_limit_through_around_a_boundary() -> None:
    time = Time(1_000_000_019.9)
    gate = Gate(time)
    sliding, fixed = Charge(SlidingWindow("s", 5, 60), "a"), Charge(FixedWindow("f", 5, 60), "a")
    assert sum(admitted(gate, sliding, 9)) == sum(admitted(gate, fixed, 9)) == 5
    time.now += 0.2  # a new minute
    assert (sum(admitted(gate, sliding, 9)), sum(admitted(gate, fixed, 9))) == (0, 5)


def test_a_bucket_has_a_burst_and_then_its_rate() -> None:
    time = Time()
    gate, charge = Gate(time), Charge(Bucket("leaky", 40, 2), "a")
    assert sum(admitted(gate, charge, 50)) == 40
    time.now += 3
    assert sum(admitted(gate, charge, 50)) == 6
    time.now += 1_000
    assert sum(admitted(gate, charge, 50)) == 40


def test_a_refused_query_takes_no_points_and_says_when_it_would_pass() -> None:
    time, points = Time(), Bucket("points", 1_000, 50)
    gate = Gate(time)
    assert gate.enter([Charge(points, "a", 700)])[0].remaining == 300
    refused = gate.enter([Charge(points, "a", 500)])[0]
    assert (refused.exceeded, refused.remaining, refused.reset_seconds) == (True, 300, 4)
    time.now += 4
    assert gate.enter([Charge(points, "a", 500)])[0].remaining == 0
    assert points.seconds == 20


def test_a_day_ends_at_midnight_in_the_providers_zone() -> None:
    zone = ZoneInfo("America/Los_Angeles")
    time = Time(datetime(2026, 11, 1, 23, 59, 30, tzinfo=zone).timestamp())
    gate, charge = Gate(days=time), Charge(CalendarDay("day", 2, zone), "a")
    assert admitted(gate, charge, 3) == [True, True, False]
    assert gate.enter([charge])[0].reset_seconds == 30
    time.now += 31
    assert admitted(gate, charge, 1) == [True]


def test_a_day_with_a_change_of_the_clocks_is_as_long_as_it_is() -> None:
    zone = ZoneInfo("America/Los_Angeles")
    long_day = Time(datetime(2026, 11, 1, 0, 0, 0, tzinfo=zone).timestamp())
    charge = Charge(CalendarDay("day", 2, zone), "a")
    assert Gate(long_day).enter([charge])[0].reset_seconds == 25 * 3_600


def test_a_place_is_free_again_when_it_is_given_back() -> None:
    gate, charge = Gate(Time()), Charge(Concurrent("callers", 2), "a")
    assert admitted(gate, charge, 3) == [True, True, False]
    gate.give_back([charge])
    assert admitted(gate, charge, 2) == [True, False]


@pytest.mark.parametrize(
    "window",
    [
        FixedWindow("w", 10, 60),
        SlidingWindow("w", 10, 60),
        Bucket("w", 10, 0.001),
        CalendarDay("w", 10, UTC),
        Concurrent("w", 10),
    ],
)
def test_costs_weigh_and_scopes_are_apart_in_every_kind(
    window: FixedWindow | SlidingWindow | Bucket | CalendarDay | Concurrent,
) -> None:
    gate = Gate(Time())
    assert gate.enter([Charge(window, "a", 4)])[0].remaining == 6
    assert gate.enter([Charge(window, "a", 6)])[0].used == 10
    assert gate.enter([Charge(window, "a", 1)])[0].exceeded
    assert gate.enter([Charge(window, "b", 1)])[0].remaining == 9


def limits(window: FixedWindow | Concurrent, per: tuple[str, ...]) -> Limits:
    limit = Limit((Rule(window, per),), lambda standing: text_response(f"no: {standing.window.name}", 429))
    return Limits({"kind": limit}, Gate(Time()))


@pytest.mark.parametrize("per", [("app",), ("account",), ("token",), ("app", "account")])
def test_a_budget_belongs_to_what_the_provider_says(per: tuple[str, ...]) -> None:
    counted = limits(FixedWindow("hour", 1, 3_600), per)
    callers = [
        {"app": app, "account": account, "token": token}
        for app in ("a1", "a2") for account in ("c1", "c2") for token in ("t1", "t2")
    ]  # fmt: skip
    passed = 0
    for caller in callers:
        with contextlib.suppress(Refusal), counted.admit("kind", caller):
            passed += 1
    assert passed == 2 ** len(per)


def test_a_place_is_taken_for_as_long_as_the_request_lasts() -> None:
    counted, caller = limits(Concurrent("callers", 1), ("app",)), {"app": "a"}
    with counted.admit("kind", caller), pytest.raises(Refusal), counted.admit("kind", caller):
        pass
    with pytest.raises(KeyError), counted.admit("kind", caller):
        raise KeyError  # a request that fails leaves its place too
    with counted.admit("kind", caller):
        pass


def test_what_a_query_did_not_use_is_given_back() -> None:
    limit = Limit((Rule(Bucket("points", 100, 1), ("app",)),), lambda _: text_response("no", 429))
    counted = Limits({"kind": limit}, Gate(Time()))
    with counted.admit("kind", {"app": "a"}, {"points": 90}) as admission:
        assert admission.settle("points", 20).remaining == 80
    with counted.admit("kind", {"app": "a"}, {"points": 75}) as admission:
        assert admission.standings[0].remaining == 5
        assert admission.settle("points", 78).remaining == 2


def test_budgets_can_be_given_other_numbers() -> None:
    facts = {
        "a": Limit((Rule(Bucket("bucket", 40, 2), ("app",)), Rule(CalendarDay("day", 9, UTC), ("app",))), text_response)
    }  # type: ignore[arg-type]
    rules = adjusted(facts, {"bucket": "5", "day": "1"})["a"].rules
    assert [rule.window for rule in rules] == [Bucket("bucket", 5, 0.25), CalendarDay("day", 1, UTC)]
    assert adjusted(facts, {"bucket": "6/3"})["a"].rules[0].window == Bucket("bucket", 6, 2)
    for wrong in ({"week": "1"}, {"day": "many"}, {"bucket": "1/0"}):
        with pytest.raises(ValueError, match="budget"):
            adjusted(facts, wrong)


STANDING = Standing(FixedWindow("hour", 200, 3_600), 50, 90, exceeded=False, at=1_000_000_000.5)
SPENT = Standing(FixedWindow("minute", 10, 60), 0, 61, exceeded=True, at=1_000_000_000.5)


def test_headers_tell_the_reset_in_seconds_as_an_epoch_or_as_a_date() -> None:
    def reset(style: object) -> str:
        return tell.rate_headers(style)([STANDING])["x-ratelimit-reset"]  # type: ignore[arg-type]

    assert reset(tell.in_seconds) == "90"
    assert reset(tell.as_epoch) == "1000000090"
    assert reset(tell.as_date) == "Sun, 09 Sep 2001 01:48:10 GMT"
    assert tell.rate_headers(prefix="rl-")([STANDING, SPENT]) == {
        "rl-limit": "10",
        "rl-remaining": "0",
        "rl-reset": "61",
    }


def test_headers_tell_every_window_percentages_or_the_bucket() -> None:
    assert tell.ratelimit_headers([STANDING, SPENT])["ratelimit-limit"] == "10, 200;w=3600, 10;w=60"
    usage = tell.usage_headers("x-usage", kind="ads")
    assert '"call_count": 75' in usage([STANDING])["x-usage"]
    assert '"estimated_time_to_regain_access": 2' in usage([SPENT])["x-usage"]
    assert tell.call_limit("x-calls")([STANDING]) == {"x-calls": "150/200"}
    assert tell.unannounced([STANDING]) == {}


def test_fields_of_a_body_tell_what_is_consumed_and_what_remains() -> None:
    assert tell.quota_fields([STANDING], {"hour": 7}) == {"hour": {"consumed": 7, "remaining": 50}}
    fields = {"maximumAvailable": 200.0, "currentlyAvailable": 50, "restoreRate": 2.0}
    assert tell.bucket_fields(STANDING, 2.0) == fields
