"""A bucket that charges each start, and gets back what was not used when a request is over, never runs dry."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from dif_kit.budget._policy import Points
from hypothesis import given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import World
    from dif_kit.budget._ask import Answer, Part

SECOND = 1_000_000


@dataclass(frozen=True)
class Step:
    """Time passes; then a start is reserved, not before ``later`` seconds, or a request that is open is over."""

    passes: float
    later: float
    cost: int
    over: int | None
    used: int


steps = st.builds(
    Step,
    passes=st.sampled_from([0, 0, 0.1, 0.37, 1, 2.5, 30]),
    later=st.sampled_from([0, 0, 0, 0.2, 1, 5, 40]),
    cost=st.integers(1, 7),
    over=st.none() | st.integers(0, 9),
    used=st.integers(0, 7),
)


@dataclass
class Provider:
    """What happens to its bucket: charges and refunds, those of one moment in the order in which they were decided."""

    policy: Points
    events: list[tuple[int, int, int]] = field(default_factory=list)

    def note(self, time: int, points: int) -> tuple[int, int, int]:
        event = (time, len(self.events), points)
        self.events.append(event)
        return event

    def least(self) -> Fraction:
        """The lowest level that a start left."""
        level, before, least = Fraction(self.policy.limit), 0, Fraction(self.policy.limit)
        for time, _, points in sorted(self.events):
            level = min(Fraction(self.policy.limit), level + Fraction((time - before) * self.policy.restore, SECOND))
            level, before = min(Fraction(self.policy.limit), level + points), time
            least = min(least, level)
        return least


@dataclass
class Open:
    """A reservation whose request is not over."""

    part: Part
    answers: list[Answer]
    call: int
    charge: tuple[int, int, int]


def play(worlds: list[World], history: list[Step]) -> Provider:
    """The same history in every world; each answer must be the same in all."""
    plain = worlds[0].part("points 7 restore 3/s")
    [policy] = plain.policies
    assert isinstance(policy, Points)
    provider, opened = Provider(policy), list[Open]()
    for step in history:
        for world in worlds:
            world.clock.pass_time(step.passes)
        now = worlds[0].clock.now
        if step.over is None or not opened:
            part = replace(plain, cost=step.cost, not_before_us=now + round(step.later * SECOND))
            answers = [world.ask(part) for world in worlds]
            assert all(answer == answers[0] for answer in answers), answers
            assert answers[0].granted
            charge = provider.note(answers[0].go_at_us, -step.cost)
            opened.append(Open(part, answers, worlds[0].calls, charge))
            continue
        over = opened.pop(step.over % len(opened))
        is_under_way = over.answers[0].go_at_us <= now
        used = min(step.used, over.part.cost) if is_under_way else 0
        for world, answer in zip(worlds, over.answers, strict=True):
            world.settle(over.part, answer, used, call=over.call)
        if is_under_way:
            provider.note(now, over.part.cost - used)
        else:
            provider.events[over.charge[1]] = (now, over.charge[1], 0)  # it was never sent
    return provider


@given(history=st.lists(steps, min_size=1, max_size=30))
@settings(max_examples=150, deadline=None)
def test_no_refund_lets_the_providers_bucket_run_dry(open_process: Callable[[], World], history: list[Step]) -> None:
    assert play([open_process()], history).least() >= 0


@given(history=st.lists(steps, min_size=1, max_size=30))
@settings(max_examples=40, deadline=None)
def test_both_stores_give_back_the_same(
    open_process: Callable[[], World], open_valkey: Callable[[], World], history: list[Step]
) -> None:
    assert play([open_process(), open_valkey()], history).least() >= 0


def test_a_refund_is_worth_nothing_to_a_start_that_would_find_the_bucket_full(world: World) -> None:
    part = world.part("points 1000 restore 50/s", cost=1000)
    first = world.ask(part)
    later = world.part("points 1000 restore 50/s", cost=1000)
    assert world.wait(replace(later, not_before_us=first.now_us + 100 * SECOND)) == 100
    world.clock.pass_time(1)
    world.settle(part, first, 0, call=1)
    # The start in 99 s takes the whole bucket: the next one finds it full 20 s after.
    assert world.wait(later) == 119


def test_a_start_that_was_taken_back_leaves_its_points_to_others(world: World) -> None:
    part = world.part("points 1000 restore 50/s", cost=1000)
    put_off = world.ask(replace(part, not_before_us=world.clock.now + 100 * SECOND))
    world.settle(part, put_off, 0)
    assert world.wait(part) == 0
