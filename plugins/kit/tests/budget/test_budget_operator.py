"""What an operator decides holds for running processes at once, and the board shows what is."""

from __future__ import annotations

import json
import logging
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from dif_kit.budget import Budget, check_policies, connect
from dif_kit.budget.cli import main
from dif_kit.errors import ConfigError, Deferred

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dif_kit.budget._limiter import StoreLimiter

ADS = Budget("ads_read", ("10/h",))


@pytest.fixture
def run(redis_url: str) -> Callable[..., str]:
    def command(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(main, ["--redis-url", redis_url, *words], env={"COLUMNS": "200"})
        assert done.exit_code == code, done.output
        return done.output

    return command


@pytest.fixture
def board(run: Callable[..., str]) -> Callable[[], list[dict[str, Any]]]:
    return lambda: json.loads(run("show", "--json"))


@pytest.fixture
def limiter(redis_url: str) -> Iterator[StoreLimiter]:
    opened = connect(redis_url, horizon_seconds=20, client="acme")
    yield opened
    opened.close()


def starts(limiter: StoreLimiter, budget: Budget = ADS, most: int = 30) -> int:
    """How many more go before the horizon ends it."""
    for count in range(most):
        try:
            limiter.acquire({budget: "app"}).release()
        except Deferred:
            return count
    return most


def in_force(limiter: StoreLimiter, what: str) -> None:
    """Wait until the running process has heard of it."""
    deadline = time.monotonic() + 30
    while what not in repr(limiter._terms.ruling(ADS)):
        assert time.monotonic() < deadline, limiter._terms.ruling(ADS)
        time.sleep(0.01)


def test_half_of_a_budget_holds_at_once_and_until_it_is_cleared(limiter: StoreLimiter, run: Callable[..., str]) -> None:
    limiter.acquire({ADS: "app"})
    assert "at 50 %" in run("set", "ads_read", "--to", "50%")
    in_force(limiter, "limit=5")
    assert starts(limiter) == 4
    run("clear", "ads_read")
    in_force(limiter, "limit=10")
    assert starts(limiter) == 5


def test_however_far_a_budget_is_squeezed_one_request_goes(limiter: StoreLimiter, run: Callable[..., str]) -> None:
    limiter.acquire({ADS: "app"}, cost=3)
    run("set", "ads_read", "--to", "1%")
    in_force(limiter, "limit=1,")
    limiter.acquire({ADS: "other account"}, cost=3)


def test_other_policies_hold_at_once_and_in_processes_that_start_later(
    limiter: StoreLimiter, run: Callable[..., str], redis_url: str
) -> None:
    limiter.acquire({ADS: "app"})
    run("set", "ads_read", "3/h", "100/day@UTC")
    in_force(limiter, "CalendarDay")
    later = connect(redis_url, horizon_seconds=1)
    assert starts(later) + starts(limiter) == 2
    later.close()


def test_a_pause_reaches_those_who_sleep_and_a_resume_wakes_them(
    limiter: StoreLimiter, run: Callable[..., str], board: Callable[[], list[dict[str, Any]]]
) -> None:
    slow = Budget("ads_read", ("1/h",))
    limiter.acquire({ADS: "other"})
    assert "paused until" in run("pause", "ads_read", "--for", "15s")
    in_force(limiter, "not_before_us=1")
    with ThreadPoolExecutor(1) as pool:
        sleeper = pool.submit(limiter.acquire, {slow: "app"})  # free, but for the pause; within the horizon
        deadline = time.monotonic() + 10
        while not any(view["waiting"] for view in board()):
            assert time.monotonic() < deadline
        began = time.monotonic()
        run("resume", "ads_read")
        sleeper.result(timeout=30)
    assert time.monotonic() - began < 10


def test_a_long_pause_defers_with_its_own_word(limiter: StoreLimiter, run: Callable[..., str]) -> None:
    limiter.acquire({ADS: "app"})
    run("pause", "ads_read", "--for", "2h")
    in_force(limiter, "not_before_us=1")
    with pytest.raises(Deferred, match="paused by an operator") as late:
        limiter.acquire({ADS: "never seen before"})
    assert late.value.retry_at > time.time() + 7000


def test_a_resume_ends_a_providers_pause_too(limiter: StoreLimiter, run: Callable[..., str]) -> None:
    limiter.acquire({ADS: "app"})
    limiter.pause(ADS, "app", 3600)
    run("resume", "ads_read")
    limiter.acquire({ADS: "app"})


def test_a_budget_in_shadow_holds_nobody_up_and_tells(
    limiter: StoreLimiter, run: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    limiter.acquire({ADS: "app"})
    run("shadow", "ads_read")
    in_force(limiter, "is_shadow=True")
    assert starts(limiter, most=30) == 30
    assert re.search(r"budget 'ads_read' \(is used up \(10/h\)\) is in shadow: 1 starts went at once", caplog.text)


def test_a_shadow_may_be_a_setting(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    limiter = connect(None, horizon_seconds=1, budgets={"ads_read": ["2/h", "concurrent 1", "shadow"]})
    with limiter.acquire({ADS: "app"}), limiter.acquire({ADS: "app"}):
        assert starts(limiter, most=5) == 5
    assert "2/h" in caplog.text
    assert "concurrent 1" in caplog.text


def test_settings_overrule_the_tap() -> None:
    limiter = connect(None, horizon_seconds=1, budgets={"ads_read": ["2/h"], "other": ["1/h"]})
    assert starts(limiter) == 2


def test_the_board_tells_who_uses_a_budget_and_who_waits(
    redis_url: str, board: Callable[[], list[dict[str, Any]]], run: Callable[..., str]
) -> None:
    budget = Budget("ads_read", ("2/15s guard 0ms", "1000/day@UTC", "points 50 restore 1/s", "concurrent 9"))
    limiter = connect(redis_url, horizon_seconds=100, client="acme")
    other = connect(redis_url, horizon_seconds=100, client="globex")
    other.acquire({budget: "app"}).release()
    limiter.acquire({budget: "app"}).release()
    with ThreadPoolExecutor(2) as pool:
        waiters = [pool.submit(limiter.acquire, {budget: "app"}) for _ in range(2)]
        deadline = time.monotonic() + 10
        while (views := board()) and views[0]["waiting"] != {"acme": 2}:
            assert time.monotonic() < deadline, views
        [view] = views
        assert (view["name"], view["scope"], view["clients"], view["processes"]) == (
            "ads_read",
            "app",
            ["acme", "globex"],
            2,
        )
        used = {policy["text"]: (policy["used"], policy["left"]) for policy in view["policies"]}
        assert used["2/15s guard 0ms"] == (2, 0)
        assert used["1000/day@UTC"] == (4, 996)
        assert 2 <= used["points 50 restore 1/s"][0] <= 50  # two starts lie ahead, and count until the bucket is full
        assert used["concurrent 9"][0] >= 2
        table = run()
        assert "acme 2" in table
        assert "1 budgets, 2 requests wait, 0 paused" in table
        limiter.pause(budget, "app", 3600)  # ends the waiting
        for waiter in waiters:
            with pytest.raises(Deferred):
                waiter.result(timeout=30)
    assert board()[0]["waiting"] == {}
    assert re.search(r"paused until \d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} UTC", run("show")), "all moments say their zone"
    other.close()
    limiter.close()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("set", "ads", "--to", "50%"), "there is no budget 'ads'"),
        (("pause", "ads", "--for", "1h"), "there is no budget 'ads'"),
        (("set", "ads_read"), "nothing to set"),
        (("set", "ads_read", "--to", "half"), "--to 'half' is not understood"),
        (("set", "ads_read", "--to", "0%"), "`pause` stops a budget"),
        (("set", "ads_read", "20/fortnight"), "'20/fortnight' is not understood"),
        (("pause", "ads_read", "--for", "soon"), "--for 'soon' is not understood"),
    ],
)
def test_a_mistake_is_one_line_and_a_usage_code(
    limiter: StoreLimiter, run: Callable[..., str], words: tuple[str, ...], told: str
) -> None:
    limiter.acquire({ADS: "app"})
    assert told in run(*words, code=2)


def test_without_a_redis_the_command_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIF_REDIS_URL", raising=False)
    done = CliRunner().invoke(main, [])
    assert (done.exit_code, "set DIF_REDIS_URL" in done.output) == (2, True)
    for words in (["-h"], ["pause", "--help"], ["show", "-h"]):
        asked = CliRunner().invoke(main, words)
        assert (asked.exit_code, "Usage:" in asked.output) == (0, True), "help needs no Redis"


def test_a_redis_that_cannot_be_reached_is_one_line(unused_url: str) -> None:
    done = CliRunner().invoke(main, ["--redis-url", unused_url])
    assert (done.exit_code, "cannot reach Redis" in done.output) == (1, True)


@pytest.fixture
def unused_url() -> Iterator[str]:
    import socket

    with socket.socket() as taken:  # bound, not listening: refuses
        taken.bind(("127.0.0.1", 0))
        yield f"redis://127.0.0.1:{taken.getsockname()[1]}/0"


def test_a_policy_that_is_not_understood_is_refused_by_the_setting_too() -> None:
    limiter = connect(None, budgets={"ads_read": ["20/fortnight"]})
    with pytest.raises(ConfigError, match="budget 'ads_read': policy '20/fortnight'"):
        limiter.acquire({ADS: "app"})


# The guide

GUIDE = Path(__file__).parents[4] / "docs" / "budgets.md"


def test_every_policy_of_the_guide_is_understood() -> None:
    table = GUIDE.read_text().partition("| policy | means |")[2].partition("\n\n")[0]
    policies = [
        text
        for row in table.splitlines()
        if row.startswith("| `")
        for text in re.findall("`([^`]+)`", row.split("|")[1])
    ]
    assert len(policies) > 8
    for policy in policies:
        check_policies([policy])


def test_every_command_of_the_guide_is_one(limiter: StoreLimiter, run: Callable[..., str]) -> None:
    limiter.acquire({Budget("pinterest.ads_read", ("10/h",)): "app"})
    commands = [
        line.partition("#")[0].split()[1:] for line in GUIDE.read_text().splitlines() if line.startswith("dif-budget")
    ]
    assert len(commands) > 8
    for words in commands:
        if "--watch" not in words:
            run(*words)


def test_a_watched_board_is_drawn_again(limiter: StoreLimiter, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    limiter.acquire({ADS: "app"})
    looks = iter([None, None])

    def tick(_seconds: float) -> None:
        if next(looks, "end") == "end":
            raise KeyboardInterrupt

    monkeypatch.setattr("dif_kit.budget.cli.time", SimpleNamespace(sleep=tick))
    done = CliRunner().invoke(main, ["--redis-url", redis_url, "show", "--watch"])
    assert done.output.count("1 budgets, 0 requests wait") == 3
