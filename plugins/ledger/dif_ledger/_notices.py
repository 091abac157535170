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
    stream_names: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The one line that a telephone shows."""
        who = self.clients[0] if len(self.clients) == 1 else f"{len(self.clients)} clients"
        if self.state in {State.FRESH.value, State.PROVISIONAL.value}:
            return f"{self.tap} is well again: {who}"
        return f"{self.tap} {self.cause.replace('_', ' ') or self.state}: {who}"

    @property
    def text(self) -> str:
        """What the message says below its title: what it is, of whom, and where the whole story is told."""
        of_whom = f"{_listed(self.stream_names) or 'all'} of {_listed(self.clients)}"
        return f"{self.message}\n{of_whom}\nlook: ledger status {self.clients[0]} {self.tap}".strip()


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def notices(changed: Iterable[Verdict]) -> list[tuple[Notice, list[Verdict]]]:
    """Verdicts grouped by what a person can do about them: tap, state and cause."""
    groups: dict[tuple[str, str, str], list[Verdict]] = defaultdict(list)
    for each in changed:
        is_bad = each.state.is_bad
        groups[each.tap, each.state.value if is_bad else State.FRESH.value, each.cause if is_bad else ""].append(each)
    return [
        (_notice(state, cause, tap, sorted(group, key=lambda each: (each.client, each.stream))), group)
        for (tap, state, cause), group in sorted(groups.items())
    ]


def _notice(state: str, cause: str, tap: str, group: list[Verdict]) -> Notice:
    clients = tuple(dict.fromkeys(each.client for each in group))
    streams = tuple(sorted({each.stream for each in group if each.stream}))
    is_shared = len({each.message for each in group}) == 1 or len(clients) == 1
    message = group[0].message if is_shared else f"{clients[0]}: {group[0].message}"
    return Notice(state, cause, tap, clients, len(group), message, streams)
