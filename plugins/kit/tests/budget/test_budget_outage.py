"""Redis that cannot be reached: at the start, and in mid-run."""

from __future__ import annotations

import logging
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import redis
from dif_kit.budget import Budget, connect
from dif_kit.budget._ask import Answer, Ask, Part, Signal, StoreLostError
from dif_kit.budget._failover import FailoverStore
from dif_kit.budget._policy import parse_policies
from dif_kit.errors import BudgetError, ConfigError, Deferred
from dif_sandbox.services.valkey import Valkey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import World
    from dif_kit.budget._limiter import StoreLimiter

pytestmark = pytest.mark.slow

SECOND = 1_000_000
ADS = Budget("ads", ("50/s",))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Valkey]:
    with Valkey(tmp_path, durable=False) as running:
        yield running


@pytest.fixture
def limiter(server: Valkey) -> Iterator[StoreLimiter]:
    opened = connect(server.url, horizon_seconds=30)
    yield opened
    opened.close()


def messages(caplog: pytest.LogCaptureFixture, text: str) -> list[str]:
    return [record.getMessage() for record in caplog.records if text in record.getMessage()]


def test_no_redis_at_the_start_is_one_clear_line_without_the_password() -> None:
    with socket.socket() as taken:  # bound, not listening: refuses
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(BudgetError) as refused:
            connect(f"redis://dif:hidden@127.0.0.1:{port}/0")
    line = str(refused.value)
    assert f"cannot reach Redis at 127.0.0.1:{port}" in line
    assert "redis_url" in line
    assert "hidden" not in line
    assert "\n" not in line
    assert refused.value.__cause__ is None


def test_a_redis_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dif_kit.budget._shared.ANSWER_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(BudgetError, match="cannot reach Redis"):
        connect(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")


def test_a_wrong_password_is_said_and_not_shown(server: Valkey) -> None:
    with redis.Redis.from_url(server.url) as driver:
        driver.config_set("requirepass", "right")
    with pytest.raises(BudgetError, match="refuses the credentials") as refused:
        connect(f"redis://:hidden@127.0.0.1:{server.port}/0")
    assert "hidden" not in str(refused.value)
    with pytest.raises(BudgetError, match="refuses the credentials"):
        connect(server.url)
    connect(f"redis://:right@127.0.0.1:{server.port}/0").close()


def test_a_redis_that_may_not_be_written_is_said_at_the_start(server: Valkey) -> None:
    with redis.Redis.from_url(server.url) as driver:
        driver.replicaof("127.0.0.1", 1)
    with pytest.raises(BudgetError, match=f"127.0.0.1:{server.port} cannot keep budgets .*must name a primary"):
        connect(server.url)


@pytest.mark.parametrize("url", ["127.0.0.1:6379", "http://:hidden@host", "redis://host:hidden/0"])
def test_a_malformed_url_is_a_setting_to_correct(url: str) -> None:
    with pytest.raises(ConfigError, match="redis_url is malformed") as refused:
        connect(url)
    assert "hidden" not in str(refused.value)


def test_work_goes_on_when_redis_is_lost_and_is_shared_again_when_it_is_back(
    server: Valkey, limiter: StoreLimiter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "dif_kit.budget")
    limiter.acquire({ADS: "app"})
    server.kill()
    for _ in range(3):
        limiter.acquire({ADS: "app"})
    limiter.pause(ADS, "app", 0.1)
    assert len(messages(caplog, "is lost")) == 1
    server.start()
    deadline = time.monotonic() + 30
    while not messages(caplog, "is back"):
        assert time.monotonic() < deadline
        limiter.acquire({ADS: "app"})
    limiter.acquire({ADS: "app"})
    assert len(messages(caplog, "is back")) == 1
    assert len(messages(caplog, "is lost")) == 1


def test_no_lease_is_taken_while_redis_is_lost(server: Valkey, limiter: StoreLimiter) -> None:
    with limiter.lease("run"):
        server.kill()
        with pytest.raises(BudgetError, match=f"Redis at 127.0.0.1:{server.port} is lost"):
            limiter.lease("other")


def test_a_lease_that_cannot_be_renewed_is_lost_in_time(
    server: Valkey, limiter: StoreLimiter, caplog: pytest.LogCaptureFixture
) -> None:
    with limiter.lease("run", ttl_seconds=0.6) as lease:
        server.kill()
        deadline = time.monotonic() + 30
        while not messages(caplog, "the lease 'run' was lost"):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        with pytest.raises(BudgetError, match="'run' was lost"):
            lease.check()


def test_a_lease_that_redis_forgot_is_lost_as_soon_as_that_is_known(
    server: Valkey, limiter: StoreLimiter, caplog: pytest.LogCaptureFixture
) -> None:
    with limiter.lease("run", ttl_seconds=3) as lease:
        with redis.Redis.from_url(server.url) as driver:
            driver.flushall()
        deadline = time.monotonic() + 30
        while not messages(caplog, "the lease 'run' was lost"):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        with pytest.raises(BudgetError, match="'run' was lost"):
            lease.check()


def test_who_sleeps_until_a_local_start_is_woken_when_redis_is_back(server: Valkey) -> None:
    """The local share would let it start after a minute; Redis, empty again, lets it start at once."""
    minutely = Budget("minutely", ("5/min",))
    limiter = connect(server.url, horizon_seconds=300)
    limiter.acquire({minutely: "app"})
    server.kill()
    with ThreadPoolExecutor(1) as pool:
        sleeper = pool.submit(limiter.acquire, {minutely: "app"})
        with pytest.raises(TimeoutError):
            sleeper.result(timeout=0.5)
        server.start()
        sleeper.result(timeout=40)
    limiter.close()


def test_a_late_request_goes_on_whether_its_store_can_be_told_or_not(server: Valkey, limiter: StoreLimiter) -> None:
    shared = limiter.acquire({ADS: "app"})
    time.sleep(0.02)
    server.kill()
    shared.sent()
    local = limiter.acquire({ADS: "app"})
    time.sleep(0.02)
    local.sent()


def test_a_script_cache_that_was_flushed_is_filled_again(server: Valkey, limiter: StoreLimiter) -> None:
    limiter.acquire({ADS: "app"})
    with redis.Redis.from_url(server.url) as driver:
        driver.script_flush()
    limiter.acquire({ADS: "app"})


class Losable:
    """A shared store of a fleet of four that a test takes away and gives back."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.is_lost = False

    def reserve(self, ask: Ask) -> Answer:
        self._reach()
        return replace(self.world.store.reserve(ask), fleet=4, origin=self)

    def signal(self, key: str, signal: Signal) -> None:
        self._reach()
        self.world.store.signal(key, signal)

    def settle(self, part: Part, token: str, go_at_us: int, actual: int) -> None:
        self._reach()

    def _reach(self) -> None:
        if self.is_lost:
            raise StoreLostError("gone")


def ask(*texts: str, cost: int = 1) -> Ask:
    return Ask((Part("ads:app", cost, parse_policies(texts)),), "token", "member", 10**12)


@pytest.fixture
def shared(open_process: Callable[[], World]) -> Losable:
    return Losable(open_process())


def test_the_local_share_is_an_even_drip_that_a_whole_fleet_may_use(shared: Losable) -> None:
    store = FailoverStore(shared, "redis:6379")
    store.reserve(ask("20/s guard 0ms"))
    shared.is_lost = True
    answers = [store.reserve(ask("20/s guard 0ms")) for _ in range(4)]
    gaps = {later.go_at_us - former.go_at_us for former, later in pairwise(answers)}
    assert gaps == {SECOND // 4}  # 80 % of 20/s for four


def test_nobody_starts_before_the_starts_of_the_fleet_are_out_of_the_window(shared: Losable) -> None:
    store = FailoverStore(shared, "redis:6379")
    store.reserve(ask("20/10s guard 0ms"))
    shared.is_lost = True
    first = store.reserve(ask("20/10s guard 0ms"))
    assert 9 * SECOND < first.go_at_us - first.now_us <= 10 * SECOND


def test_a_calendar_day_is_shared_by_what_was_left_of_it(shared: Losable) -> None:
    store = FailoverStore(shared, "redis:6379")
    store.reserve(ask("1000/day@UTC", cost=900))
    store.reserve(ask("1000/day@UTC"))
    shared.is_lost = True
    today = [store.reserve(ask("1000/day@UTC")) for _ in range(20)]
    assert all(answer.go_at_us == answer.now_us for answer in today)
    tomorrow = store.reserve(ask("1000/day@UTC"))  # 80 % of the 100 that were left, for four
    assert tomorrow.go_at_us > tomorrow.now_us


def lose_a_minute_ago(store: FailoverStore, shared: Losable) -> None:
    """So long that the windows before the loss are over, and local starts go at once."""
    shared.is_lost = True
    store.signal("ads:app", Signal())
    assert store._local is not None
    store._local._lost_at -= 60


def test_a_local_share_that_is_too_old_parks_the_work(server: Valkey, limiter: StoreLimiter) -> None:
    limiter.acquire({ADS: "app"})
    server.kill()
    limiter.acquire({ADS: "app"})
    local = limiter._store._local  # type: ignore[attr-defined]
    local._lost_at -= 601
    with pytest.raises(
        Deferred, match=r"is lost for 10 minutes, .*: start it again.*run again when it is back"
    ) as late:
        limiter.acquire({ADS: "app"})
    assert late.value.retry_at > time.time() + 200
    server.start()
    limiter._store._ask_again_at = 0.0  # type: ignore[attr-defined]
    limiter.acquire({ADS: "app"})


def test_the_fleet_rests_after_starts_that_it_could_not_see(shared: Losable) -> None:
    store = FailoverStore(shared, "redis:6379")
    lose_a_minute_ago(store, shared)
    local = store.reserve(ask("20/30s guard 0ms"))
    assert local.go_at_us == local.now_us
    shared.is_lost = False
    store._ask_again_at = 0.0
    back = store.reserve(ask("20/30s guard 0ms"))
    assert back.origin is shared
    assert back.reason == (0, "pause")
    assert back.go_at_us - back.now_us <= 30 * SECOND


def test_the_fleet_does_not_rest_for_local_starts_that_were_given_back(shared: Losable) -> None:
    store = FailoverStore(shared, "redis:6379")
    lose_a_minute_ago(store, shared)
    asked = ask("20/30s guard 0ms")
    local = store.reserve(asked)
    assert local.origin is not None
    local.origin.settle(asked.parts[0], asked.token, local.go_at_us, 0)
    shared.is_lost = False
    store._ask_again_at = 0.0
    back = store.reserve(asked)
    assert back.go_at_us == back.now_us


def test_a_local_start_is_settled_where_it_was_granted(shared: Losable) -> None:
    store = FailoverStore(shared, "redis:6379")
    shared.is_lost = True
    asked = ask("points 10 restore 1/h")
    first = store.reserve(asked)
    assert first.origin is not None
    first.origin.settle(asked.parts[0], asked.token, first.go_at_us, 0)
    again = store.reserve(asked)
    assert again.go_at_us == again.now_us
