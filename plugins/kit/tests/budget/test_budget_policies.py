"""Policies are read from texts that a person writes."""

from __future__ import annotations

import pytest
from dif_kit.budget import Budget, connect
from dif_kit.budget._policy import CalendarDay, Concurrent, Points, Rolling, Window, parse_policies
from dif_kit.errors import ConfigError, ExitCode

GUARD = 40_000


@pytest.mark.parametrize(
    ("text", "limit", "period", "gap"),
    [
        ("20/s", 20, 1_000_000 + GUARD, 0),
        (" 20/s ", 20, 1_000_000 + GUARD, 0),
        ("1000/min", 1000, 60_000_000 + GUARD, 0),
        ("100/10s", 100, 10_000_000 + GUARD, 0),
        ("200/hour", 200, 3_600_000_000 + GUARD, 0),
        ("20/s guard 0ms", 20, 1_000_000, 0),
        ("20/s paced", 20, 1_000_000 + GUARD, 50_000),
        ("20/s paced guard 15ms", 20, 1_015_000, 50_000),
    ],
)
def test_a_rate_is_a_window(text: str, limit: int, period: int, gap: int) -> None:
    (policy,) = parse_policies((text,))
    assert isinstance(policy, Window)
    assert (policy.limit, policy.period, policy.gap) == (limit, period, gap)


def test_a_large_budget_over_a_long_time_is_rolling() -> None:
    (policy,) = parse_policies(("15000/day",))
    assert isinstance(policy, Rolling)
    assert policy.bucket * 24 >= 86_400_000_000


def test_a_day_with_a_zone_is_a_calendar_day() -> None:
    (policy,) = parse_policies(("15000/day@America/Los_Angeles",))
    assert isinstance(policy, CalendarDay)
    assert (policy.limit, policy.zone) == (15000, "America/Los_Angeles")


def test_points_and_concurrency_are_policies_too() -> None:
    points, concurrent = parse_policies(("points 1000 restore 50/s", "concurrent 4"))
    assert isinstance(points, Points)
    assert (points.limit, points.restore, points.period) == (1000, 50, 1_000_000)
    assert isinstance(concurrent, Concurrent)
    assert concurrent.limit == 4


NONSENSE = (
    "", "20", "20/fortnight", "20 per s", "0/s", "20/0s", "-1/s", "20/s fast", "points 5", "concurrent 0", "2.5/s",
    "15000/day@Mars/Olympus", "15000/day@../../etc/passwd", "20/s@UTC", "20/day@UTC paced", "5000/s", "5000/min paced",
)  # fmt: skip


@pytest.mark.parametrize("text", NONSENSE)
def test_a_text_that_makes_no_sense_is_refused_by_name(text: str) -> None:
    limiter = connect(None)
    with pytest.raises(ConfigError) as refused:
        limiter.acquire({Budget("ads_read", (text,)): "app"})
    assert "budget 'ads_read'" in str(refused.value)
    assert repr(text) in str(refused.value)
    assert refused.value.exit_code == ExitCode.USAGE


def test_two_policies_over_the_same_span_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"'20/s' and '30/s' count the same"):
        parse_policies(("20/s", "30/s"))


def test_a_cost_that_can_never_fit_is_refused() -> None:
    limiter = connect(None)
    with pytest.raises(ConfigError, match=r"budget 'ads': a cost of 21 can never fit into '20/s'"):
        limiter.acquire({Budget("ads", ("20/s",)): "app"}, cost=21)
    with pytest.raises(ConfigError, match="at least 1"):
        limiter.acquire({Budget("ads", ("20/s",)): "app"}, cost=0)
