"""What a tap sees of its limiter, in this process and through Valkey."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from dif_kit.budget import Budget, Limiter, connect
from dif_kit.errors import BudgetError, ConfigError, Deferred, ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

ADS = Budget("ads", ("1000/s",))
HOURLY = Budget("hourly", ("1/h",))


@pytest.fixture(params=["process", "valkey"])
def url(request: pytest.FixtureRequest) -> str | None:
    return request.getfixturevalue("redis_url") if request.param == "valkey" else None


@pytest.fixture
def limiter(url: str | None) -> Iterator[Limiter]:
    opened = connect(url, horizon_seconds=20)
    yield opened
    opened.close()


def test_no_start_comes_before_its_time(limiter: Limiter) -> None:
    fast = Budget("fast", ("50/s guard 0ms",))

    def starts(_: int) -> list[float]:
        times = []
        for _ in range(15):
            limiter.acquire({fast: "app"}).release()
            times.append(time.monotonic())
        return times

    with ThreadPoolExecutor(8) as pool:
        times = sorted(time for some in pool.map(starts, range(8)) for time in some)
    # 120 starts at 50/s: the last one is two full windows after the first, however slow this machine is.
    assert times[-1] - times[0] >= 1.99


def test_beyond_the_horizon_is_deferred_and_nothing_is_reserved(limiter: Limiter) -> None:
    limiter.acquire({HOURLY: "app"})
    with pytest.raises(
        Deferred, match=r"budget 'hourly' is used up \(1/h\) until .* UTC, beyond the horizon of 20 s"
    ) as late:
        limiter.acquire({ADS: "app", HOURLY: "app"})
    assert late.value.exit_code == ExitCode.DEFERRED
    assert late.value.retry_at > time.time() + 3000


def test_it_comes_back_by_the_clock_of_its_own_machine(limiter: Limiter, monkeypatch: pytest.MonkeyPatch) -> None:
    limiter.acquire({HOURLY: "app"})
    tomorrow = time.time() + 86_400  # and Redis' machine is a day behind
    monkeypatch.setattr(time, "time", lambda: tomorrow)
    with pytest.raises(Deferred) as late:
        limiter.acquire({HOURLY: "app"})
    assert 3000 < late.value.retry_at - tomorrow <= 3601


def test_a_reservation_without_budgets_goes_at_once(limiter: Limiter) -> None:
    with limiter.acquire({}):
        pass


def test_costs_may_differ_between_budgets(limiter: Limiter) -> None:
    points = Budget("points", ("points 100 restore 1/h",))
    limiter.acquire({HOURLY: "app", points: "app"}, cost={HOURLY: 1, points: 90})
    with pytest.raises(Deferred, match="points 100"):
        limiter.acquire({points: "app"}, cost=11)
    limiter.acquire({points: "app"}, cost=10)


def test_a_settled_reservation_gives_back_what_was_not_charged(limiter: Limiter) -> None:
    points = Budget("points", ("points 100 restore 1/h",))
    with limiter.acquire({points: "app"}, cost=100) as reservation:
        reservation.settle(points, 20)
    limiter.acquire({points: "app"}, cost=80)


def test_a_pause_reaches_those_who_sleep(limiter: Limiter) -> None:
    """The sleeper would start within 10 s; the pause, announced meanwhile, is beyond its horizon."""
    slow = Budget("slow", ("1/10s guard 0ms",))
    limiter.acquire({slow: "app"})
    with ThreadPoolExecutor(1) as pool:
        sleeper = pool.submit(limiter.acquire, {slow: "app"})
        time.sleep(0.2)  # not needed to pass: it lets the sleeper fall asleep, which is the case to try
        limiter.pause(slow, "app", 3600)
        with pytest.raises(Deferred, match="paused by the provider"):
            sleeper.result()


def test_the_providers_count_is_learnt(limiter: Limiter) -> None:
    limiter.learn(ADS, "app", remaining=1, reset_seconds=3600)
    limiter.acquire({ADS: "app"})
    with pytest.raises(Deferred, match="used up, says the provider"):
        limiter.acquire({ADS: "app"})


def test_at_most_so_many_are_under_way(limiter: Limiter) -> None:
    reports = Budget("reports", ("concurrent 3",))
    three_meet = threading.Barrier(3)
    lock = threading.Lock()
    under_way: list[int] = []
    seen: set[int] = set()

    def work(number: int) -> None:
        with limiter.acquire({reports: "app"}):
            with lock:
                under_way.append(number)
                seen.add(len(under_way))
            three_meet.wait(timeout=15)
            with lock:
                under_way.remove(number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(30)))
    assert max(seen) == 3


def test_a_place_that_never_comes_free_is_deferred(url: str | None) -> None:
    limiter = connect(url, horizon_seconds=0.2)
    reports = Budget("reports", ("concurrent 1",))
    with limiter.acquire({reports: "app"}), pytest.raises(Deferred, match=r"budget 'reports' is full \(concurrent 1\)"):
        limiter.acquire({reports: "app"})
    limiter.close()
    limiter.close()


def test_a_deferred_request_frees_its_concurrent_place(limiter: Limiter) -> None:
    both = Budget("both", ("1/h", "concurrent 1"))
    limiter.acquire({both: "app"}).release()
    for _ in range(2):
        with pytest.raises(Deferred, match="1/h"):
            limiter.acquire({both: "app"})


def test_a_lease_goes_from_one_to_the_next_and_its_fence_grows(limiter: Limiter) -> None:
    fences: list[int] = []

    def work(_: int) -> None:
        for _ in range(10):
            with limiter.lease("run") as lease:
                fences.append(lease.fence)

    with limiter.lease("run") as held, ThreadPoolExecutor(4) as pool:
        working = pool.map(work, range(4))
        assert fences == []
        held.release()
        list(working)
    assert len(fences) == 40
    assert [held.fence, *fences] == sorted({held.fence, *fences})


def test_a_lease_is_renewed_as_long_as_it_is_held(limiter: Limiter) -> None:
    with limiter.lease("run", ttl_seconds=0.3) as lease:
        with pytest.raises(Deferred, match="'run' was not free in time"):
            limiter.lease("run", patience_seconds=1.0)
        lease.check()


def test_a_released_lease_is_held_no_more(limiter: Limiter) -> None:
    with limiter.lease("run") as lease:
        pass
    with pytest.raises(BudgetError, match="'run' was lost"):
        lease.check()


def test_a_lease_dropped_without_release_is_said(limiter: Limiter) -> None:
    holders = [limiter.lease("run", ttl_seconds=0.3)]
    with pytest.warns(ResourceWarning, match="'run' was dropped"):
        holders.clear()
    limiter.lease("run").release()


def test_a_weight_must_be_positive() -> None:
    with pytest.raises(ConfigError, match="weight"):
        connect(None, client="acme", weight=0)
