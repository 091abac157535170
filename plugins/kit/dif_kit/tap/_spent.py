"""The budgets of which a run may use no more, and the streams that need them."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from dif_kit.errors import SpentBudgetError
    from dif_kit.tap._facts import Facts

__all__ = ["SpentBudgets"]


class SpentBudgets:
    """What of a run's budgets is spent for all of it."""

    def __init__(self) -> None:
        self._spent: dict[str, SpentBudgetError] = {}

    def add(self, error: SpentBudgetError) -> None:
        """Keep what an error says of whole budgets."""
        self._spent.update(dict.fromkeys(error.everywhere, error))

    def of(self, stream: Facts) -> SpentBudgetError | None:
        """Why a stream cannot be read any more: a budget of its own is spent, or of a stream above it."""
        kind: type[Facts] | None = type(stream)
        while kind is not None and self._spent:
            for budget in (*kind.budgets, *(getattr(kind, "poll_budgets", None) or ())):
                if budget.name in self._spent:
                    return self._spent[budget.name]
            kind = cast("type[Facts] | None", kind.parent_stream_type)
        return None
