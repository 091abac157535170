"""Several processes, one Valkey."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest
import redis
from dif_kit.budget import Budget, connect
from dif_kit.errors import Deferred

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

SHARED = """
    import sys, time
    from concurrent.futures import ThreadPoolExecutor

    ahead = float(sys.argv[2])
    wall, wall_ns = time.time, time.time_ns
    time.time, time.time_ns = lambda: wall() + ahead, lambda: wall_ns() + int(ahead * 1e9)

    from dif_kit.budget import Budget, connect

    budget = Budget("ads", ("20/s",))
    limiter = connect(sys.argv[1])

    def starts(_):
        limiter.acquire({budget: "app"}).release()
        return time.monotonic()

    with ThreadPoolExecutor(6) as pool:
        print(*pool.map(starts, range(30)), flush=True)
    limiter.close()
"""

HOLDER = """
    import sys, time
    from dif_kit.budget import Budget, connect

    limiter = connect(sys.argv[1])
    lease = limiter.lease("run", ttl_seconds=1)
    slot = limiter.acquire({Budget("reports", ("concurrent 1", "1/s")): "app"})
    print(lease.fence, flush=True)
    time.sleep(600)
"""


@contextmanager
def process(program: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(program), *arguments], stdout=subprocess.PIPE, text=True
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def test_two_processes_share_a_budget_whatever_their_clocks_say(redis_url: str) -> None:
    """60 starts at 20/s are three windows together; each process alone would need two."""
    with process(SHARED, redis_url, "0") as right, process(SHARED, redis_url, "3600") as ahead:
        times = sorted(float(time) for each in (right, ahead) for time in each.communicate()[0].split())
    assert (right.returncode, ahead.returncode) == (0, 0)
    assert len(times) == 60
    assert times[-1] - times[0] >= 2.0


def test_the_lease_of_a_killed_process_passes_on_with_a_greater_fence(redis_url: str) -> None:
    limiter = connect(redis_url, horizon_seconds=60)
    with process(HOLDER, redis_url) as holder:
        assert holder.stdout is not None
        fence = int(holder.stdout.readline())
        with pytest.raises(Deferred):
            limiter.lease("run", patience_seconds=1.5)
        holder.kill()
        holder.wait()
        with limiter.lease("run") as lease:
            assert lease.fence > fence
    limiter.close()


def test_the_concurrent_place_of_a_killed_process_is_free_again(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dif_kit.budget._limiter.SLOT_TTL_SECONDS", 1.0)
    reports = Budget("reports", ("concurrent 1", "1/s"))
    program = HOLDER.replace("limiter = ", "import dif_kit.budget._limiter as l; l.SLOT_TTL_SECONDS = 1.0; limiter = ")
    limiter = connect(redis_url, horizon_seconds=60)
    with process(program, redis_url) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        holder.kill()
        holder.wait()
        with limiter.acquire({reports: "app"}):
            pass
    limiter.close()


def test_a_pause_that_one_process_learns_holds_in_the_other(redis_url: str) -> None:
    budget = Budget("ads", ("100/s",))
    one, other = connect(redis_url, horizon_seconds=5), connect(redis_url, horizon_seconds=5)
    one.pause(budget, "app", 60)
    with pytest.raises(Deferred, match="paused"):
        other.acquire({budget: "app"})
    one.close()
    other.close()


STARTS = """
    import os, sys, threading
    from dif_kit.budget import Budget, connect

    limiter = connect(sys.argv[1], client=sys.argv[2], weight=float(sys.argv[3]))
    budget = Budget("ads", (sys.argv[4],))
    print("ready", flush=True)
    sys.stdin.readline()

    def work():
        while True:
            grant = limiter.acquire({budget: "app"})
            # By Redis' clock: exact, however slow this machine is. One write a line: threads do not mix them.
            os.write(1, b"%d\\n" % grant._answer.go_at_us)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(int(sys.argv[5]))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""


@contextmanager
def hungry(url: str, *fleet: tuple[str, float, int], policy: str) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes (client, weight, threads) that begin together and never have enough."""
    with ExitStack() as stack:
        running = []
        for client, weight, threads in fleet:
            command = [sys.executable, "-c", textwrap.dedent(STARTS), url, client, str(weight), policy, str(threads)]
            process = stack.enter_context(
                subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            )
            stack.callback(process.kill)
            running.append(process)
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in running:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        yield running


def read(process: subprocess.Popen[str], count: int) -> list[int]:
    assert process.stdout is not None
    return [int(process.stdout.readline()) for _ in range(count)]


def rest(process: subprocess.Popen[str]) -> list[int]:
    """What a process told before it was killed; its last line may be torn."""
    assert process.stdout is not None
    return [int(line) for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]


def most_in_a_second(starts: list[int]) -> int:
    ordered = sorted(starts)
    return max(sum(start <= each < start + 1_000_000 for each in ordered) for start in ordered)


def test_killing_half_of_a_fleet_never_lifts_the_rate_and_the_others_go_on(redis_url: str) -> None:
    with hungry(redis_url, *[("", 1.0, 2)] * 8, policy="40/s guard 0ms") as running:
        starts = [start for process in running for start in read(process, 8)]
        for process in running[:4]:
            process.kill()
        killed_at = max(starts)
        after = [start for process in running[4:] for start in read(process, 20)]
        for process in running[4:]:
            process.kill()
        starts += after + [start for process in running for start in rest(process)]
    assert most_in_a_second(starts) <= 40
    # The dead had two starts each to come: the second after is not empty, the one behind it is whole.
    assert sum(killed_at < start <= killed_at + 2_000_000 for start in starts) >= 40


def test_hungry_clients_have_equal_shares_whatever_their_size_and_a_backfill_leaves_them_room(redis_url: str) -> None:
    fleet = [("acme", 1.0, 6), ("globex", 1.0, 2), ("acme/backfill", 0.1, 6)]
    with hungry(redis_url, *fleet, policy="40/s paced guard 0ms") as running:
        smallest = read(running[1], 70)  # about four seconds' worth
        for process in running:
            process.kill()
        everyone = [rest(running[0]), smallest, rest(running[2])]
    begin, end = smallest[30], smallest[-1]
    acme, globex, backfill = (sum(begin <= start <= end for start in starts) for starts in everyone)
    assert 0.75 < acme / globex < 1.33
    assert 0 < backfill < globex / 3


SECTIONS = """
    import sys, os, redis
    import dif_kit.budget._lease as desk
    from dif_kit.budget import connect

    desk.PATIENCE_US, desk.ASK_AGAIN_SECONDS = 1_000_000, 0.2  # so that the dead do not hold up the queue for long
    limiter = connect(sys.argv[1], horizon_seconds=60)
    log = redis.Redis.from_url(sys.argv[1])
    while True:
        with limiter.lease("section", ttl_seconds=2) as lease:
            log.rpush("log", f"enter {lease.fence} {os.getpid()}")
            lease.check()
            log.rpush("log", f"leave {lease.fence} {os.getpid()}")
"""


def test_i6_no_two_hold_a_lease_over_a_thousand_sections_with_random_kills(redis_url: str) -> None:
    killed: set[int] = set()
    with redis.Redis.from_url(redis_url) as driver, ExitStack() as stack:
        alive = [stack.enter_context(process(SECTIONS, redis_url)) for _ in range(4)]
        kills = [150, 400, 650, 900]
        while (length := driver.llen("log")) < 2000:
            if kills and length / 2 > kills[0]:
                kills.pop(0)
                victim = alive.pop(random.randrange(len(alive)))
                victim.kill()
                killed.add(victim.pid)
                alive.append(stack.enter_context(process(SECTIONS, redis_url)))
            assert all(each.poll() is None for each in alive)
            time.sleep(0.02)
        for each in alive:
            each.kill()
        log = [entry.decode().split() for entry in driver.lrange("log", 0, -1)]
    inside: dict[str, int] = {}
    fences = []
    for word, fence, pid in log:
        if word == "leave":
            inside.pop(fence)
            continue
        assert set(inside.values()) <= killed, f"{pid} came in while {inside} were there"
        inside[fence] = int(pid)
        fences.append(int(fence))
    assert len(killed) == 4
    assert fences == sorted(set(fences))


WRITER = """
    import sys, time, redis
    from dif_kit.budget import LeaseLostError, connect

    limiter = connect(sys.argv[1], horizon_seconds=60)
    lease = limiter.lease("run", ttl_seconds=1)
    print(lease.fence, flush=True)
    sys.stdin.readline()
    store = redis.Redis.from_url(sys.argv[1])
    write = "if tonumber(ARGV[1]) < tonumber(redis.call('GET', KEYS[1]) or 0) then return 0 end " \
            "redis.call('SET', KEYS[1], ARGV[1]) return 1"
    print(store.eval(write, 1, "rows", lease.fence), flush=True)
    try:
        lease.check()
    except LeaseLostError:
        print("lost", flush=True)
    limiter.close()
"""


def test_i6_a_frozen_holder_that_wakes_up_is_fenced_off(redis_url: str) -> None:
    command = [sys.executable, "-c", textwrap.dedent(WRITER), redis_url]

    def start(stack: ExitStack) -> tuple[subprocess.Popen[str], int]:
        running = stack.enter_context(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        )
        stack.callback(running.kill)
        assert running.stdout is not None
        return running, int(running.stdout.readline())

    with ExitStack() as stack:
        frozen, old = start(stack)
        frozen.send_signal(signal.SIGSTOP)
        successor, new = start(stack)  # waits until the frozen one's time is up
        assert new > old
        assert successor.communicate("write\n", timeout=60)[0].split() == ["1"]
        frozen.send_signal(signal.SIGCONT)
        assert frozen.communicate("write\n", timeout=60)[0].split() == ["0", "lost"]
