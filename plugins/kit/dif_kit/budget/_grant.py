"""A reservation in the hands of the one who made it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from dif_kit.budget._ask import StoreLostError

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from dif_kit.budget._ask import Answer, Part
    from dif_kit.budget._lease import HeldLease
    from dif_kit.budget._ports import Budget

__all__ = ["Grant"]


class Grant:
    """A reservation that was granted; see `dif_kit.budget.Reservation`."""

    def __init__(self, parts: dict[Budget, Part], token: str, answer: Answer, slots: list[HeldLease]) -> None:
        self._parts = parts
        self._token = token
        self._answer = answer
        self._slots = slots

    def settle(self, budget: Budget, cost: int) -> None:
        """See `Reservation.settle`."""
        part = self._parts.get(budget)
        if part is None or cost == part.cost:
            return
        self._parts[budget] = replace(part, cost=cost)
        origin = self._answer.origin
        if origin is not None:
            # A store that does not answer keeps the reserved cost: too much rather than too little.
            with suppress(StoreLostError):
                origin.settle(part, self._token, self._answer.go_at_us, cost)

    def release(self) -> None:
        """See `Reservation.release`."""
        while self._slots:
            self._slots.pop().release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
