"""Fleets of worker processes, started together, and the figures of what they did."""

from __future__ import annotations

import json
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import redis
from _measure import CONSOLE
from _venvs import peer
from dif_sandbox.services.valkey import Valkey

__all__ = ["PEERS", "Figures", "Fleet", "Limiter", "run", "valkey"]

HERE = Path(__file__).parent
PEERS = ("limits[redis]==5.8.0", "pyrate-limiter[all]==4.5.1", "throttled-py[redis]==3.5.0", "steindamm==0.11.1")


@dataclass(frozen=True)
class Limiter:
    """A name for the table, and what the worker opens."""

    name: str
    opens: Sequence[str]
    threads: int = 1


@dataclass(frozen=True)
class Fleet:
    """How many ask for what, how long; ``clients`` names each process's client, ``ahead`` skews every other clock."""

    windows: Sequence[tuple[int, float]]
    seconds: float
    processes: int = 16
    work: float = 0.02
    ahead: float = 0.0
    clients: Sequence[str] = ()
    enforced: bool = False
    lateness: float = 0.0
    jitter: float = 0.0
    retry_after: float = 1.0
    closes_at: float | None = None
    killed_at: float | None = None


@dataclass(frozen=True)
class Figures:
    """What a fleet did. ``over`` is the most starts in any window, beyond its limit, one for each window."""

    limiter: str
    starts: int
    utilisation: float
    over: list[int]
    calls: float
    wait_p50: float
    wait_p99: float
    jain: float
    server_us: float
    client_ms: float
    seen: dict[str, int] = field(default_factory=dict)
    by_client: dict[str, float] = field(default_factory=dict)
    by_second: list[int] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@contextmanager
def valkey() -> Iterator[Valkey]:
    with tempfile.TemporaryDirectory() as folder, Valkey(Path(folder), durable=False) as server:
        yield server


def run(server: Valkey, limiter: Limiter, fleet: Fleet) -> Figures:
    """Let a fleet work, alone on the machine as far as this can be seen to."""
    with redis.Redis.from_url(server.url) as driver, ExitStack() as stack:
        driver.flushall()
        provider = stack.enter_context(_provider(fleet)) if fleet.enforced else 0
        workers = [
            stack.enter_context(_worker(server, limiter, fleet, number, provider)) for number in range(fleet.processes)
        ]
        for worker in workers:
            assert worker.stdout is not None
            if worker.stdout.readline() != "ready\n":
                sys.exit(f"bench: a worker of {limiter.name} did not start")
        begin = time.monotonic() + 0.5
        before = _server_cpu(driver)
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write(f"{begin}\n")
            worker.stdin.flush()
        with CONSOLE.status(f"{limiter.name}: {fleet.seconds:.0f} s"):
            _interfere(fleet, begin, workers, provider)
            told = [_last_line(worker) for worker in workers]
        cpu = _server_cpu(driver) - before
        seen = _ask_provider(provider, "s") if provider else {}
    return _figures(limiter, fleet, [each for each in told if each is not None], cpu, seen)


@contextmanager
def _worker(
    server: Valkey, limiter: Limiter, fleet: Fleet, number: int, provider: int
) -> Iterator[subprocess.Popen[str]]:
    python = Path(sys.executable) if limiter.opens[0] in {"ours", "none"} else peer("budget", *PEERS)
    job = {
        "url": server.url, "windows": fleet.windows, "limiter": limiter.opens, "number": number,
        "threads": limiter.threads,
        "client": fleet.clients[number] if fleet.clients else None, "ahead": fleet.ahead if number % 2 else 0.0,
        "work": fleet.work, "tells": fleet.killed_at is not None, "seconds": fleet.seconds,
        "provider": provider, "lateness": fleet.lateness, "jitter": fleet.jitter, "retry_after": fleet.retry_after,
    }  # fmt: skip
    command = [python, HERE / "_budget_worker.py", json.dumps(job)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _interfere(fleet: Fleet, begin: float, workers: list[subprocess.Popen[str]], provider: int) -> None:
    """Close the provider, or kill half of the fleet, when its time has come."""
    if fleet.closes_at is not None:
        time.sleep(max(0.0, begin + fleet.closes_at - time.monotonic()))
        _ask_provider(provider, f"c{fleet.retry_after}")
    if fleet.killed_at is not None:
        time.sleep(max(0.0, begin + fleet.killed_at - time.monotonic()))
        for worker in random.sample(workers, len(workers) // 2):
            worker.send_signal(signal.SIGKILL)


def _last_line(worker: subprocess.Popen[str]) -> dict[str, Any] | None:
    assert worker.stdout is not None
    starts: list[float] = []
    for line in worker.stdout:
        if line.startswith("{"):
            told: dict[str, Any] = json.loads(line)
            return told
        starts.append(float(line))
    return {"starts": starts, "waits": [], "sent": 0, "cpu": 0.0} if starts else None


@contextmanager
def _provider(fleet: Fleet) -> Iterator[int]:
    [(limit, period)] = fleet.windows
    command = [sys.executable, HERE / "_budget_provider.py", str(limit), str(period)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield int(process.stdout.readline())
        process.stdin.close()


def _ask_provider(port: int, word: str) -> dict[str, int]:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(word.encode())
        told = connection.recv(65536)
    return dict(json.loads(told)) if word == "s" else {}


def _server_cpu(driver: redis.Redis) -> float:
    used = driver.info("cpu")
    return float(used["used_cpu_sys"] + used["used_cpu_user"])


def _figures(limiter: Limiter, fleet: Fleet, told: list[dict[str, Any]], cpu: float, seen: dict[str, int]) -> Figures:
    starts = sorted(start for each in told for start in each["starts"])
    waits = sorted(wait for each in told for wait in each["waits"]) or [0.0]
    counts = [len(each["starts"]) for each in told]
    by_client = _by_client(fleet, told)
    return Figures(
        limiter=limiter.name,
        starts=len(starts),
        utilisation=_utilisation(starts, fleet),
        over=[_most_in_window(starts, period) - limit for limit, period in fleet.windows],
        calls=sum(each["sent"] for each in told) / max(1, len(starts)),
        wait_p50=waits[len(waits) // 2],
        wait_p99=waits[min(len(waits) - 1, int(0.99 * len(waits)))],
        jain=_jain([*by_client.values()] or counts),
        server_us=1e6 * cpu / max(1, len(starts)),
        client_ms=1e3 * sum(each["cpu"] for each in told) / max(1, len(starts)),
        seen=seen,
        by_client=by_client,
        by_second=_by_second(starts),
    )


def _utilisation(starts: list[float], fleet: Fleet) -> float:
    """Percent of the binding window's rate, from the first full window on: the first burst is free for everyone."""
    limit, period = min(fleet.windows, key=lambda window: window[0] / window[1])
    whole = len(starts) // limit * limit
    if whole < 2 * limit:
        return 0.0
    # From the last start of the first window to the last start of the last whole one.
    return 100 * (whole - limit) / (starts[whole - 1] - starts[limit - 1]) / (limit / period)


def _most_in_window(starts: list[float], period: float) -> int:
    most = first = 0
    for last, start in enumerate(starts):
        while start - starts[first] >= period:
            first += 1
        most = max(most, last - first + 1)
    return most


def _jain(counts: Sequence[float]) -> float:
    squares = sum(count * count for count in counts)
    return sum(counts) ** 2 / (len(counts) * squares) if squares else 0.0


def _by_client(fleet: Fleet, told: list[dict[str, Any]]) -> dict[str, float]:
    """Starts a second of each client in the second half, when all are hungry."""
    if not fleet.clients:
        return {}
    everything = [start for each in told for start in each["starts"]]
    middle = (min(everything) + max(everything)) / 2
    length = max(everything) - middle
    rates: dict[str, float] = dict.fromkeys(fleet.clients, 0.0)
    for client, each in zip(fleet.clients, told, strict=True):
        rates[client] += sum(start >= middle for start in each["starts"]) / length
    return {client: round(rate, 2) for client, rate in rates.items()}


def _by_second(starts: list[float]) -> list[int]:
    if not starts:
        return []
    seconds = [0] * (int(starts[-1] - starts[0]) + 1)
    for start in starts:
        seconds[int(start - starts[0])] += 1
    return seconds
