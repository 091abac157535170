"""Sleep that somebody else may end, and a stop at any moment of it."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Iterator

import pytest
from dif_kit.budget._wakes import Wakes


class Stopped(BaseException):
    pass


@pytest.fixture
def stop() -> Iterator[None]:
    """A signal raises where the main thread is, as the stop of a run does."""

    def raise_stopped(*_: object) -> None:
        raise Stopped

    before = signal.signal(signal.SIGALRM, raise_stopped)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.slow
def test_a_stop_at_any_moment_of_a_sleep_leaves_no_lock_broken(stop: None) -> None:
    wakes, is_over = Wakes(), threading.Event()

    def wake() -> None:
        while not is_over.is_set():
            wakes.wake("")

    waker = threading.Thread(target=wake)
    waker.start()
    chance = random.Random(7)
    stops = 0
    try:
        for _ in range(300):
            try:
                with wakes.watch("key") as watch:
                    signal.setitimer(signal.ITIMER_REAL, chance.uniform(0.0001, 0.0012))
                    while True:
                        watch.sleep(5)
                        watch.rearm()
            except Stopped:
                stops += 1
    finally:
        is_over.set()
        waker.join(10)
    assert not waker.is_alive()
    assert stops == 300


def test_what_comes_before_the_sleep_is_not_missed() -> None:
    wakes = Wakes()
    with wakes.watch("key") as watch, wakes.watch("other") as other:
        wakes.wake("key")
        wakes.wake("key")
        assert watch.sleep(60)
        began = time.monotonic()
        assert not other.sleep(0.01)
        assert time.monotonic() - began >= 0.01
        watch.rearm()
        assert not watch.sleep(0.01)
        wakes.wake("")
        assert watch.sleep(60)
        assert other.sleep(60)
