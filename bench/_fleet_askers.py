"""How runs keep to what their providers allow: by the fleet's budgets, or each for itself."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

from _fleet_day import Budgets, Start, midnight
from _fleet_store import SECOND, Store
from dif_kit.budget._ask import Answer

__all__ = ["Alone", "Together"]

_MIDNIGHT = round(midnight.timestamp()) * SECOND


class Together:
    """dif: every start is reserved in the budgets that the whole fleet shares; what is too late is put off."""

    threads = 4

    def __init__(self, shared: Store) -> None:
        self._shared = shared
        self._tokens = itertools.count()

    def starts(self, now: int, budgets: Budgets, client: str, member: str, number: int) -> Sequence[Start]:
        tokens = [f"{member}.{next(self._tokens)}" for _ in range(number)]
        answers = self._shared.reserve(_MIDNIGHT + now, budgets, client, member, tokens)
        return [_start(answer) for answer in answers]

    def refused(self, now: int, budgets: Budgets, _tries: int) -> float | None:
        self._shared.refused(_MIDNIGHT + now, budgets)
        return 0.0


def _start(answer: Answer) -> Start:
    held_by = answer.reason[0] if answer.go_at_us > answer.now_us else None
    return Start(answer.go_at_us - _MIDNIGHT, answer.granted, held_by)


class Alone:
    """The stock way: one request after another, singer-sdk's waits after a refusal (2, 4, 8, 16 s), then it fails.

    singer-sdk 0.54.9, `backoff_wait_generator` and `backoff_max_tries`: expo(factor=2), 5 tries, up to a second more.
    """

    threads = 1

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def starts(self, now: int, budgets: Budgets, client: str, member: str, number: int) -> Sequence[Start]:
        del budgets, client, member
        return [Start(now)] * number

    def refused(self, now: int, budgets: Budgets, tries: int) -> float | None:
        del now, budgets
        return None if tries >= 5 else 2.0**tries + self._random.random()
