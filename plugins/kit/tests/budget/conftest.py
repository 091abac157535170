"""Both stores, on a clock that a test sets, and one real Valkey."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import redis
from dif_kit.budget import _redis
from dif_kit.budget._ask import Answer, Ask, Part, Signal, Store
from dif_kit.budget._book import Book
from dif_kit.budget._policy import parse_policies
from dif_kit.budget._redis import RedisStore
from dif_sandbox.services.valkey import Valkey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECOND = 1_000_000
NOON = 1_795_000_000 * SECOND  # 2026-11-18 11:06:40 UTC


class Clock:
    """Epoch microseconds that a test sets, for a Book by call, for Valkey by two keys."""

    def __init__(self, driver: redis.Redis | None = None) -> None:
        self._driver = driver
        self.now = 0
        self.set(NOON)

    def __call__(self) -> int:
        return self.now

    def set(self, now: int) -> None:
        self.now = now
        if self._driver is not None:
            self._driver.mset({"clock:s": now // SECOND, "clock:us": now % SECOND})

    def pass_time(self, seconds: float) -> None:
        self.set(self.now + round(seconds * SECOND))


@dataclass
class World:
    """A store and its clock, spoken to in the words of a test."""

    store: Store
    clock: Clock
    calls: int = 0

    def part(self, *texts: str, name: str = "ads:app", cost: int = 1) -> Part:
        return Part(name, cost, parse_policies(texts))

    def ask(self, *parts: Part, horizon: float = 3600.0, client: str = "", weight: float = 1.0) -> Answer:
        self.calls += 1
        return self.store.reserve(
            Ask(parts, f"token{self.calls}", "member", round(horizon * SECOND), client=client, weight=weight)
        )

    def wait(self, *parts: Part, **settings: object) -> float:
        """Seconds until the start that was granted."""
        answer = self.ask(*parts, **settings)
        assert answer.granted, answer
        return (answer.go_at_us - self.clock.now) / SECOND

    def settle(self, part: Part, answer: Answer, actual: int, *, call: int | None = None) -> None:
        self.store.settle(part, f"token{call or self.calls}", answer.go_at_us, actual)

    def postpone(self, *parts: Part, call: int, by: float) -> dict[str, float]:
        """The start of a call was sent now, or so long before now; who moved on, and to how many seconds from now."""
        moved = self.store.postpone(parts, f"token{call}", self.clock.now - round(by * SECOND))
        return {token: (start - self.clock.now) / SECOND for token, start in moved.items()}

    def signal(self, part: Part, **facts: object) -> None:
        self.store.signal(part.key, Signal(**facts))


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    with Valkey(tmp_path_factory.mktemp("valkey"), durable=False) as server:
        yield server


@pytest.fixture
def redis_url(valkey: Valkey) -> str:
    """An empty database."""
    with redis.Redis.from_url(valkey.url) as driver:
        driver.flushall()
    return valkey.url


@pytest.fixture
def driver(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as connection:
        yield connection


def valkey_world(driver: redis.Redis) -> World:
    """The scripts as they are, but for the clock."""
    real = _redis._source
    clock = "{redis.call('GET', 'clock:s'), redis.call('GET', 'clock:us')}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_redis, "_source", lambda name: real(name).replace("redis.call('TIME')", clock))
        return World(RedisStore(driver), Clock(driver))


def process_world() -> World:
    clock = Clock()
    return World(Book(clock), clock)


@pytest.fixture(scope="session")
def open_process() -> Callable[[], World]:
    """Opens an empty store in memory."""
    return process_world


@pytest.fixture(scope="session")
def open_valkey(valkey: Valkey) -> Iterator[Callable[[], World]]:
    """Opens the store in Valkey, emptied."""
    with redis.Redis.from_url(valkey.url) as driver:

        def empty() -> World:
            driver.flushall()
            return valkey_world(driver)

        yield empty


@pytest.fixture(params=["process", "valkey"])
def world(request: pytest.FixtureRequest) -> World:
    opener: Callable[[], World] = request.getfixturevalue(f"open_{request.param}")
    return opener()
