"""Several processes, one Valkey."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from dif_kit.budget import Budget, connect
from dif_kit.errors import Deferred

if TYPE_CHECKING:
    from collections.abc import Iterator

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
