"""Random histories: no limit is ever exceeded by a brute-force count, and both stores agree to the microsecond."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from dif_kit.budget._ask import Answer, Ask, Part
from dif_kit.budget._log import earliest_start
from dif_kit.budget._policy import CalendarDay, Points, Policy, Rolling, Window, parse_policies
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import World

SECOND = 1_000_000
PERIODS = {"s": 1, "2s": 2, "5s": 5, "min": 60}


@dataclass(frozen=True)
class Step:
    """One thing that happens: time passes, then a signal or a reservation, which may be corrected."""

    passes: float
    kind: str
    budgets: tuple[int, ...]
    cost: int
    amount: int
    client: str


steps = st.builds(
    Step,
    passes=st.sampled_from([0, 0, 0, 0.001, 0.1, 0.37, 1, 2.5, 30, 4000]),
    kind=st.sampled_from(
        ["reserve"] * 8
        + ["late", "late", "cancel", "settle", "pause", "slow_down", "gauge", "remaining", "mirror", "raise"]
    ),
    budgets=st.sampled_from([(0,), (1,), (2,), (0, 1), (1, 2), (0, 1, 2)]),
    cost=st.integers(1, 3),
    amount=st.integers(0, 6),
    client=st.sampled_from(["", "", "", "acme", "demo"]),
)


@st.composite
def budgets(draw: st.DrawFn) -> list[tuple[str, ...]]:
    def windows() -> list[str]:
        periods = draw(st.lists(st.sampled_from(list(PERIODS)), min_size=1, max_size=2, unique=True))
        paced = draw(st.sampled_from(["", " paced"]))
        return [
            f"{draw(st.integers(3, 9))}/{period}{paced} guard {draw(st.sampled_from([0, 37]))}ms" for period in periods
        ]

    long = draw(st.sampled_from([["3000/h"], ["20/day@America/New_York"], ["points 7 restore 3/s"], []]))
    return [tuple(windows()), tuple(windows() + long), tuple(long or windows())]


def limit_holds(policy: Policy, starts: Counter[int]) -> None:
    """Count by brute force. A scale only ever lowers a limit, so the stated one must hold whatever was signalled."""
    times = sorted(starts.elements())
    match policy:
        case Window():
            for first, last in zip(times, times[policy.limit :], strict=False):
                assert last - first >= policy.period, (policy, first, last)
            if policy.gap:
                for first, last in zip(sorted(starts), sorted(starts)[1:], strict=False):
                    assert last - first >= policy.gap, (policy, first, last)
        case Rolling():
            for first, last in zip(times, times[policy.limit :], strict=False):
                assert last - first >= policy.bucket * 24, (policy, first, last)
        case CalendarDay():
            days = Counter(datetime.fromtimestamp(time / SECOND, ZoneInfo(policy.zone)).date() for time in times)
            assert not days or max(days.values()) <= policy.limit
        case Points():
            level, before = float(policy.limit), times[0] if times else 0
            for time in times:
                level = min(policy.limit, level + (time - before) * policy.restore / policy.period) - 1
                before = time
                assert level > -0.001, (policy, time, level)


class History:
    """Plays the same steps on every world and keeps what was granted."""

    def __init__(self, texts: list[tuple[str, ...]], worlds: list[World]) -> None:
        self.texts = texts
        self.worlds = worlds
        self.granted: dict[tuple[int, str], Counter[int]] = defaultdict(Counter)
        self.policies: dict[tuple[int, str], Policy] = {}
        self.has_been_late = False
        #: What may have been sent late, and was not yet said to be.
        self.unsaid: list[tuple[list[Part], str, int]] = []

    def part(self, budget: int, cost: int) -> Part:
        policies = parse_policies(self.texts[budget])
        self.policies |= {(budget, policy.key): policy for policy in policies}
        return Part(f"budget{budget}", cost, policies)

    def play(self, step: Step) -> None:
        parts = [self.part(budget, step.cost) for budget in step.budgets]
        for world in self.worlds:
            world.clock.pass_time(step.passes)
        if step.kind in {"reserve", "cancel", "settle"}:
            self.reserve(step, parts)
            return
        if step.kind == "late":
            self.be_late(step)
            return
        points = next((policy for policy in parts[0].policies if isinstance(policy, Points)), None)
        facts = {
            "pause": {"pause_us": step.amount * SECOND // 3},
            "slow_down": {"slow_down": True},
            "gauge": {"usage_percent": 70.0 + 6 * step.amount},
            "remaining": {"remaining": step.amount, "reset_us": step.amount * SECOND},
            "mirror": {"remaining": step.amount, "points": points} if points else {},
            "raise": {},
        }[step.kind]
        for world in self.worlds:
            world.signal(parts[0], **facts)

    def reserve(self, step: Step, parts: list[Part]) -> None:
        answers = [world.ask(*parts, horizon=7200, client=step.client) for world in self.worlds]
        answer = answers[0]
        assert all(other == answer for other in answers), answers
        if not answer.granted:
            return
        assert answer.go_at_us >= answer.now_us
        actual = {"cancel": 0, "settle": 1}.get(step.kind, step.cost)
        if actual != step.cost:
            for part in parts:
                for world in self.worlds:
                    world.settle(part, answer, actual)
        else:
            self.unsaid.append((parts, f"token{self.worlds[0].calls}", answer.go_at_us))
        self.count(step, answer, actual)

    def be_late(self, step: Step) -> None:
        """Say of a start that has come that it was sent late. What was granted holds no more: see test_budget_late."""
        now = self.worlds[0].clock.now
        begun = [each for each in self.unsaid if each[2] <= now]
        if not begun:
            return
        parts, token, go_at = min(begun, key=lambda each: each[2])
        self.unsaid.remove((parts, token, go_at))
        self.has_been_late = True
        to = min(now, go_at + step.amount * SECOND // 5)
        moved = [world.store.postpone(parts, token, to) for world in self.worlds]
        assert all(other == moved[0] for other in moved), moved

    def count(self, step: Step, answer: Answer, cost: int) -> None:
        for budget in step.budgets:
            for policy in parse_policies(self.texts[budget]):
                self.granted[budget, policy.key][answer.go_at_us] += cost

    def check(self) -> None:
        for key, starts in () if self.has_been_late else self.granted.items():
            limit_holds(self.policies[key], +starts)


@given(texts=budgets(), history=st.lists(steps, min_size=1, max_size=50))
@settings(max_examples=150, deadline=None)
def test_no_history_exceeds_a_limit(
    open_process: Callable[[], World], texts: list[tuple[str, ...]], history: list[Step]
) -> None:
    played = History(texts, [open_process()])
    for step in history:
        played.play(step)
    played.check()


@given(texts=budgets(), history=st.lists(steps, min_size=1, max_size=50))
@settings(max_examples=150, deadline=None)
def test_both_stores_give_the_same_answers(
    open_process: Callable[[], World],
    open_valkey: Callable[[], World],
    texts: list[tuple[str, ...]],
    history: list[Step],
) -> None:
    played = History(texts, [open_process(), open_valkey()])
    for step in history:
        played.play(step)
    played.check()


@given(
    starts=st.lists(st.integers(0, 40), max_size=12).map(sorted),
    start=st.integers(0, 30),
    limit=st.integers(1, 6),
    cost=st.integers(1, 6),
    period=st.integers(1, 12),
    gap=st.integers(0, 3),
)
@settings(max_examples=1000, deadline=None)
def test_the_earliest_place_in_a_log_is_the_one_that_a_search_of_every_microsecond_finds(
    *, starts: list[int], start: int, limit: int, cost: int, period: int, gap: int
) -> None:
    cost = min(cost, limit)

    def fits(time: int) -> bool:
        after = sorted([*starts, *[time] * cost])
        spans = [span for span in zip(after, after[limit:], strict=False) if span[0] <= time <= span[1]]
        return all(last - first >= period for first, last in spans) and all(abs(time - old) >= gap for old in starts)

    brute = next(time for time in range(start, 200) if fits(time))
    assert earliest_start(starts, start, cost=cost, limit=limit, period=period, gap=gap) == brute


@pytest.mark.parametrize("limit", [1999, 2000])
def test_a_full_log_answers_whatever_its_length(open_valkey: Callable[[], World], limit: int) -> None:
    world = open_valkey()
    part = world.part(f"{limit}/min guard 0ms")
    world.wait(Part(part.key, limit, part.policies))
    assert [world.wait(part), world.wait(Part(part.key, limit, part.policies))] == [60, 120]


@given(texts=budgets(), sizes=st.lists(st.integers(1, 6), min_size=1, max_size=6), client=st.sampled_from(["", "acme"]))
@settings(max_examples=60, deadline=None)
def test_starts_that_are_asked_for_together_are_those_that_are_asked_for_one_by_one(
    *,
    open_process: Callable[[], World],
    open_valkey: Callable[[], World],
    texts: list[tuple[str, ...]],
    sizes: list[int],
    client: str,
) -> None:
    one_by_one, together = open_process(), open_valkey()
    parts = tuple(Part(f"budget{index}", 1, parse_policies(some)) for index, some in enumerate(texts))
    for number, size in enumerate(sizes):
        for world in (one_by_one, together):
            world.clock.pass_time(0.3)
        tokens = [f"{number}.{each}" for each in range(size)]
        asks = [Ask(parts, token, "member", 60 * SECOND, client) for token in tokens]
        answers = together.store._reserve_all(asks[0], tokens)  # type: ignore[attr-defined]
        assert [(answer.granted, answer.go_at_us, answer.reason) for answer in answers] == [
            (answer.granted, answer.go_at_us, answer.reason) for answer in map(one_by_one.store.reserve, asks)
        ]
