"""How runs keep to what their providers allow: by the fleet's budgets, or each for itself."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

from _fleet_day import Budgets, Start, midnight
from _fleet_store import SECOND, Store
from dif_kit.budget._ask import Answer
from dif_kit.budget._grant import TOLERATED_US
from dif_kit.budget._policy import Window, parse_policies

__all__ = ["Alone", "Together"]

_MIDNIGHT = round(midnight.timestamp()) * SECOND


class Together:
    """dif: every start is reserved in the budgets that the whole fleet shares; what is too late is put off."""

    threads = 4

    def __init__(self, shared: Store) -> None:
        self._shared = shared
        self._tokens = itertools.count()
        self._moved: dict[str, int] = {}
        self._windows: dict[Budgets, int] = {}
        self.furthest = 0

    def starts(self, now: int, budgets: Budgets, client: str, member: str, number: int) -> Sequence[Start]:
        tokens = [f"{member}.{next(self._tokens)}" for _ in range(number)]
        answers = self._shared.reserve(_MIDNIGHT + now, budgets, client, member, tokens)
        return [_start(answer, token) for answer, token in zip(answers, tokens, strict=True)]

    def moved(self, start: Start) -> int:
        return self._moved.get(start.token, start.at)

    def sent(self, now: int, budgets: Budgets, start: Start) -> None:
        """As the kit's own `Grant.sent`."""
        begun = self._moved.pop(start.token, start.at)
        self.furthest = max(self.furthest, begun - start.at)
        if budgets not in self._windows:
            policies = [each for budget, _ in budgets for each in parse_policies(budget.policies)]
            self._windows[budgets] = sum(isinstance(each, Window) for each in policies)
        windows, late = self._windows[budgets], max(0, now - begun - TOLERATED_US)
        if windows and (late or (begun > start.at and windows > 1)):
            moved = self._shared.postpone(_MIDNIGHT + now, budgets, start.token, _MIDNIGHT + begun + late)
            self._moved |= {token: at - _MIDNIGHT for token, at in moved.items()}

    def refused(self, now: int, budgets: Budgets, _tries: int) -> float | None:
        self._shared.refused(_MIDNIGHT + now, budgets)
        return 0.0


def _start(answer: Answer, token: str) -> Start:
    held_by = answer.reason[0] if answer.go_at_us > answer.now_us else None
    return Start(answer.go_at_us - _MIDNIGHT, answer.granted, held_by, answer.reason[1] == "share", token)


class Alone:
    """The stock way: one request after another, singer-sdk's waits after a refusal (2, 4, 8, 16 s), then it fails.

    singer-sdk 0.54.9, `backoff_wait_generator` and `backoff_max_tries`: expo(factor=2), 5 tries, up to a second more.
    """

    threads, furthest = 1, 0

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def starts(self, now: int, budgets: Budgets, client: str, member: str, number: int) -> Sequence[Start]:
        del budgets, client, member
        return [Start(now)] * number

    def moved(self, start: Start) -> int:
        return start.at

    def sent(self, now: int, budgets: Budgets, start: Start) -> None:
        """Nobody else waits for it."""

    def refused(self, now: int, budgets: Budgets, tries: int) -> float | None:
        del now, budgets
        return None if tries >= 5 else 2.0**tries + self._random.random()
