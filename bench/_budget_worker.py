"""One process of a fleet that asks one limiter for starts as fast as it may.

usage: python _budget_worker.py JSON; prints JSON: the starts, the waits, the calls to Redis, CPU seconds. Times are of
the system's monotonic clock, which all processes share, whatever a wrong wall clock says.
"""

# ruff: noqa: PLC0415 - each limiter is imported where it is used: no venv has them all

from __future__ import annotations

import json
import random
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import redis
from redis.connection import AbstractConnection

SENT = [0]


def count_calls() -> None:
    send = AbstractConnection.send_packed_command

    def counted(self: Any, *arguments: Any, **options: Any) -> Any:
        SENT[0] += 1
        return send(self, *arguments, **options)

    AbstractConnection.send_packed_command = counted  # type: ignore[method-assign]


def ours(url: str, windows: list[list[float]], more: str, client: str | None) -> tuple[Callable[[], Any], Any, Any]:
    from dif_kit.budget import Budget, connect

    budget = Budget("bench", tuple(f"{limit}/{period}s{more}" for limit, period in windows))
    limiter = connect(url, horizon_seconds=300, client=client)
    return lambda: limiter.acquire({budget: "app"}), limiter, budget


def limits(url: str, windows: list[list[float]], kind: str) -> Callable[[], Any]:
    from limits import RateLimitItemPerSecond, storage, strategies

    kept = storage.RedisStorage(url)
    strategy = {
        "moving": strategies.MovingWindowRateLimiter,
        "fixed": strategies.FixedWindowRateLimiter,
        "counter": strategies.SlidingWindowCounterRateLimiter,
    }[kind](kept)
    items = [RateLimitItemPerSecond(int(limit), int(period)) for limit, period in windows]

    def go() -> None:
        for item in items:
            while not strategy.hit(item, "bench"):
                time.sleep(max(0.001, strategy.get_window_stats(item, "bench").reset_time - time.time()))

    return go


def pyrate(url: str, windows: list[list[float]]) -> Callable[[], Any]:
    from pyrate_limiter import Limiter, Rate, RedisBucket

    rates = [Rate(int(limit), int(period * 1000)) for limit, period in windows]
    limiter = Limiter(RedisBucket.init(rates, redis.Redis.from_url(url), "bench"))
    return lambda: limiter.try_acquire("bench", blocking=True)


def throttled(url: str, windows: list[list[float]], kind: str) -> Callable[[], Any]:
    from datetime import timedelta

    import throttled as library
    from throttled.rate_limiter import per_duration

    [[limit, period]] = windows
    quota = per_duration(timedelta(seconds=period), int(limit), burst=int(limit))
    limiter = library.Throttled(key="bench", using=kind, quota=quota, store=library.RedisStore(server=url), timeout=300)

    def go() -> None:
        while limiter.limit().limited:
            pass

    return go


def steindamm(url: str, windows: list[list[float]]) -> Callable[[], Any]:
    from steindamm.token_bucket.redis_token_bucket import SyncRedisTokenBucket

    [[limit, period]] = windows
    bucket = SyncRedisTokenBucket(
        connection=redis.Redis.from_url(url), name="bench", capacity=1, initial_tokens=1,
        refill_frequency=period / limit, refill_amount=1, max_sleep=0, expiry=60,
    )  # fmt: skip

    def go() -> None:
        with bucket:
            pass

    return go


def lock(url: str, windows: list[list[float]]) -> Callable[[], Any]:
    connection = redis.Redis.from_url(url)
    [[limit, period]] = windows

    def go() -> None:
        with connection.lock("bench", timeout=10, sleep=0.01):
            time.sleep(period / limit)

    return go


def open_limiter(job: dict[str, Any]) -> tuple[Callable[[], Any], Any, Any]:
    url, windows, (name, *more) = job["url"], job["windows"], job["limiter"]
    if name == "ours":
        return ours(url, windows, more[0], job["client"])
    if name == "none":
        return (lambda: None), None, None
    peers: dict[str, Callable[..., Callable[[], Any]]] = {
        "limits": limits, "pyrate": pyrate, "throttled": throttled, "steindamm": steindamm, "lock": lock,
    }  # fmt: skip
    return peers[name](url, windows, *more), None, None


def ask(provider: socket.socket | None, job: dict[str, Any], reservation: Any) -> bool:
    """Whether the provider answers 200; without one, everything is well.

    A request leaves late, which ours tells, and travels for a while, which nobody knows.
    """
    if provider is None:
        return True
    if job["lateness"]:
        time.sleep(random.expovariate(1 / job["lateness"]))
    if job["limiter"][0] == "ours":
        reservation.sent()
    if job["jitter"]:
        time.sleep(random.expovariate(1 / job["jitter"]))
    provider.sendall(b"x")
    return provider.recv(1) == b"1"


def connect_to(port: int) -> socket.socket | None:
    if not port:
        return None
    provider = socket.create_connection(("127.0.0.1", port))
    provider.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return provider


def back_off(job: dict[str, Any], limiter: Any, budget: Any) -> None:
    """Heed a refusal: ours tells the fleet what the provider asked for, the others can only wait for themselves."""
    if limiter is not None and job["retry_after"] > 1:
        limiter.pause(budget, "app", job["retry_after"])
    else:
        time.sleep(job["retry_after"])


def main() -> None:
    job = json.loads(sys.argv[1])
    random.seed(job["number"])
    if job["ahead"]:
        wall, wall_ns = time.time, time.time_ns
        time.time = lambda: wall() + job["ahead"]
        time.time_ns = lambda: wall_ns() + int(job["ahead"] * 1e9)
    count_calls()
    acquire, limiter, budget = open_limiter(job)
    acquire()  # connects, and loads what it loads once
    starts: list[float] = []
    waits: list[float] = []
    refused = [0]

    def work() -> None:
        provider = connect_to(job["provider"])
        while (before := time.monotonic()) < until:
            reservation = acquire()
            started = time.monotonic()
            starts.append(started)
            if job["tells"]:  # it may be killed before it can tell all
                print(started, flush=True)
            waits.append(started - before)
            if not ask(provider, job, reservation):
                refused[0] += 1
                back_off(job, limiter, budget)
            time.sleep(random.uniform(0.5, 1.5) * job["work"])

    print("ready", flush=True)
    begin = float(sys.stdin.readline())
    time.sleep(max(0.0, begin - time.monotonic()))
    until = begin + job["seconds"]
    SENT[0], cpu = 0, time.process_time()
    threads = [threading.Thread(target=work) for _ in range(job["threads"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(
        json.dumps(
            {"starts": starts, "waits": waits, "refused": refused[0], "sent": SENT[0], "cpu": time.process_time() - cpu}
        )
    )
    sys.stdout.flush()
    if limiter is not None:
        limiter.close()


if __name__ == "__main__":
    main()
