"""A tap's facts without its waits, for tests of everything but these."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

from dif_kit.http import Retry
from dif_kit.tap import ReportStream, Stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dif_kit.budget import Budget
    from dif_kit.tap import Tap

__all__ = ["impatient"]

_IMPATIENT: Final = Retry(attempts=6, first_seconds=0.001, longest_seconds=0.002)
_ENOUGH: Final = ("points 1000000 restore 1000000/s",)  # of one query of GraphQL a thousand may be spent
_POLLS: Final = (0.001, 0.01)


@contextmanager
def impatient(tap: type[Tap]) -> Iterator[None]:
    """Let a tap wait for nothing in the block: tries and polls follow at once, and no budget is ever used up.

    Budgets still learn from the provider's headers, and rest where it says so.
    """
    with ExitStack() as facts:
        facts.enter_context(patch.object(tap, "retry", _IMPATIENT))
        for stream in _classes(tap):
            changed: dict[str, Any] = {"budgets": _enough(stream.budgets)}
            if issubclass(stream, ReportStream):
                polls = stream.poll_budgets
                changed |= {"poll_budgets": None if polls is None else _enough(polls), "poll_seconds": _POLLS}
            for fact, value in changed.items():
                facts.enter_context(patch.object(stream, fact, value))
        yield


def _classes(tap: type[Tap]) -> dict[type[Stream], None]:
    """The tap's streams, and the classes of its own below them, of which a client's streams are made."""
    bases = (base for stream in tap.stream_types for base in stream.__mro__ if issubclass(base, Stream))
    return dict.fromkeys(base for base in bases if not base.__module__.startswith("dif_kit."))


def _enough(budgets: tuple[Budget, ...]) -> tuple[Budget, ...]:
    return tuple(replace(budget, policies=_ENOUGH) for budget in budgets)
