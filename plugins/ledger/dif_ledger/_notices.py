"""Verdicts as messages to a person: one for each thing that somebody can do."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import msgspec

from dif_ledger._levels import State, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Notice", "notices"]

_NAMED: Final = 20


class Notice(msgspec.Struct, frozen=True):
    """Streams that have come into one state for one cause: one message to a person."""

    state: str
    cause: str
    tap: str
    clients: tuple[str, ...]
    streams: int
    message: str

    @property
    def title(self) -> str:
        """The one line that a telephone shows."""
        who = self.clients[0] if len(self.clients) == 1 else f"{len(self.clients)} clients"
        if self.state in {State.FRESH.value, State.PROVISIONAL.value}:
            return f"{self.tap} is well again: {who}"
        return f"{self.tap} {self.cause.replace('_', ' ')}: {who}"

    @property
    def text(self) -> str:
        """What the message says below its title."""
        named = ", ".join(self.clients[:_NAMED])
        more = f" and {len(self.clients) - _NAMED} more" if len(self.clients) > _NAMED else ""
        return f"{self.message}\n{self.streams} streams of {named}{more}".strip()


def notices(changed: Iterable[Verdict]) -> list[tuple[Notice, list[Verdict]]]:
    """Verdicts grouped by what a person can do about them: tap, state and cause."""
    groups: dict[tuple[str, str, str], list[Verdict]] = defaultdict(list)
    for each in changed:
        is_bad = each.state.is_bad
        groups[each.tap, each.state.value if is_bad else State.FRESH.value, each.cause if is_bad else ""].append(each)
    return [
        (Notice(state, cause, tap, tuple(sorted({each.client for each in group})), len(group), group[0].message), group)
        for (tap, state, cause), group in sorted(groups.items())
    ]
