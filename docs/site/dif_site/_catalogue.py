"""The catalogue of channels: what each gives, how far it may be relied on, what its provider allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dif_site._words import cell, code, count, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dif_kit.tap import Stream, Tap

__all__ = ["at_a_glance", "catalogue", "complete_when", "lookback"]

_INTRODUCTION = """---
hide: [toc]
---

# Channels

Every channel that dif reads, as its code states it. What the levels of support ask and give stands in
[support](../contribute/support.md). Figures are read again for the look-back, because providers correct them; a day is
complete when it lies behind it, or when the provider itself says so.
"""

_LIMITS = """The budgets that every request is paid from, shared by all processes of a fleet;
[budgets](../guides/budgets.md) explains the words."""


def catalogue(taps: list[type[Tap]]) -> str:
    """The page of all channels."""
    head = ["channel", "support", "API version", "until", "streams", "figures by day", "read again for", "complete"]
    rows = [
        [
            f"[{tap.name}]({tap.name}.md)",
            badge(tap),
            tap.api_version,
            _sunset(tap),
            f"[{len(tap.stream_types)}](streams/{tap.name}.md)",
            str(sum(stream.window is not None for stream in tap.stream_types)),
            lookback(tap),
            complete_when(tap),
        ]
        for tap in taps
    ]
    lines = [
        _INTRODUCTION,
        '<div class="catalogue" markdown>',
        "",
        *table(head, rows),
        "</div>",
        "",
        "## What providers allow",
        "",
    ]
    lines += [_LIMITS, ""]
    lines += table(["channel", "budget", "limit"], _limits(taps))
    return "\n".join(lines)


def badge(tap: type[Tap]) -> str:
    """The level of support, as a label."""
    return f'<span class="support {tap.support}">{tap.support}</span>'


def at_a_glance(tap: type[Tap]) -> list[str]:
    """The lines of a tap's facts, for the head of its page."""
    custom = ", ".join(code(setting) for setting in tap.custom_streams)
    rows = [
        ["Support", f"{badge(tap)} [what that means](../contribute/support.md)"],
        ["API version", tap.api_version + (f", until {_sunset(tap)}" if tap.api_sunset else "")],
        ["Streams", f"[{count(len(tap.stream_types), 'stream')}, with their columns](streams/{tap.name}.md)"],
        ["Streams of your own", custom],
        ["Figures are read again for", lookback(tap)],
        ["A day is complete", complete_when(tap)],
        ["Limits", "; ".join(f"{name} {limit}" for _, name, limit in _limits([tap]))],
    ]
    return ["| | |", "|---|---|", *(f"| **{what}** | {cell(told)} |" for what, told in rows if told), ""]


def lookback(tap: type[Tap]) -> str:
    """For how many days figures are read again."""
    days = sorted({stream.window.lookback_days for stream in tap.stream_types if stream.window is not None})
    if not days:
        return ""
    return count(days[0], "day") if len(days) == 1 else f"{days[0]} to {count(days[-1], 'day')}"


def complete_when(tap: type[Tap]) -> str:
    """When a day's figures are final, in words."""
    by_day = [stream for stream in tap.stream_types if stream.window is not None]
    if not by_day:
        return ""
    said = sum(_is_said(stream) for stream in by_day)
    if said == len(by_day):
        return "when the provider says so"
    if said:
        return f"when the provider says so ({count(said, 'stream')}), else after the look-back"
    return "after the look-back"


def _is_said(stream: type[Stream]) -> bool:
    return stream.final_until is not None


def _sunset(tap: type[Tap]) -> str:
    return "" if tap.api_sunset is None else str(tap.api_sunset)


def _limits(taps: list[type[Tap]]) -> Iterator[list[str]]:
    for tap in taps:
        budgets = {budget.name: budget for stream in tap.stream_types for budget in stream.budgets}
        for budget in budgets.values():
            yield [tap.name, code(budget.name), ", ".join(code(policy) for policy in budget.policies)]
