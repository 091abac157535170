"""Markdown of small things: tables, code, plurals."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["cell", "code", "count", "table"]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table, and an empty one behind it."""
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(cell(text) for text in row)} |"
    yield ""


def cell(text: str) -> str:
    """Text that stays in one cell."""
    return " ".join(text.split()).replace("|", "\\|")


def code(text: object) -> str:
    """Text as code; nothing for nothing."""
    return "" if text in {None, ""} else f"`{text}`"


def count(number: int, thing: str) -> str:
    """A number and its thing, as ``1 stream`` or ``2 streams``."""
    return f"{number} {thing}{'' if number == 1 else 's'}"
