"""Opaque cursors: each belongs to the query it was made for, and cannot be made up."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from enum import Enum
from itertools import count
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dif_sandbox.sim.faults import Faults
    from dif_sandbox.sim.server import Request

__all__ = ["CursorError", "Cursors", "Page", "PageError", "Wish", "page_after"]

T = TypeVar("T")


class PageError(Exception):
    """A page that cannot be given; the message says what is wrong with the request, for the provider to word."""


class CursorError(PageError):
    """A cursor that was not given for this query, or not given at all."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items, and the position after them; None at the end."""

    items: Sequence[T]
    next_position: str | None


class Wish(Enum):
    """How paging shall misbehave on one page; each is the kind of a fault."""

    NONE = ""
    REPEAT = "repeat_cursor"
    CYCLE = "cursor_cycle"
    ENDLESS = "endless_cursor"
    EMPTY = "empty_page"
    SHORT = "short_page"
    OVERLAP = "duplicate_rows"
    SHRINK = "shrinking_total"

    @classmethod
    def take(cls, faults: Faults, request: Request) -> Wish:
        """The wish of the faults in force for a request, counted as used."""
        fault = faults.take(request, *(wish.value for wish in cls if wish is not cls.NONE))
        return cls(fault.kind) if fault else cls.NONE


class Cursors:
    """Seals positions for a query and opens them again."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def seal(self, query: str, position: str) -> str:
        """The cursor of a position in a query's items."""
        packed = self._mark(query, position) + position.encode()
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    def open(self, query: str, cursor: str) -> str:
        """The position of a cursor.

        Raises:
            CursorError: it belongs to another query or was never given.
        """
        try:
            packed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            position = packed[12:].decode()
        except ValueError as broken:
            raise CursorError(cursor) from broken
        if not hmac.compare_digest(packed[:12], self._mark(query, position)):
            raise CursorError(cursor)
        return position

    def _mark(self, query: str, position: str) -> bytes:
        text = f"{query}\x00{position}".encode()
        return hmac.digest(self._secret, text, hashlib.sha256)[:12]


_fresh = count(1)


def _never(_key: str) -> bool:
    return False


def page_after(
    items: Sequence[T],
    key: Callable[[T], str],
    position: str,
    *,
    size: int,
    wish: Wish = Wish.NONE,
    empty_before: Callable[[str], bool] = _never,
) -> Page[T]:
    """The page that follows a position.

    A position is ``<key of the last item>|<note>|<items before it ends>``, so that items which appear or disappear
    meanwhile move nothing. The note says that the empty page before it was given, or makes an endless cursor a new one.
    `empty_before` says whether an empty page comes before the items that follow a key.
    """
    last, note, number = (position or "||0").rsplit("|", 2)
    start = _start(items, key, last, int(number))
    if wish is Wish.EMPTY:
        return Page((), f"{last}|{next(_fresh)}|{start}")
    if last and note != "empty" and start < len(items) and empty_before(last):
        return Page((), f"{last}|empty|{start}")
    end = start + (max(1, size // 2) if wish is Wish.SHORT else size)
    found = items[max(0, start - 1) if wish is Wish.OVERLAP else start : end]
    if wish is Wish.REPEAT:
        return Page(found, position)
    if end < len(items):
        return Page(found, f"{key(found[-1])}||{end}")
    if wish is Wish.CYCLE:
        return Page(found, "||0")
    return Page(found, f"|{next(_fresh)}|0" if wish is Wish.ENDLESS else None)


def _start(items: Sequence[T], key: Callable[[T], str], last: str, number: int) -> int:
    """How many items come before the position: as many as when it was given, unless that item moved or is gone."""
    if not last:
        return 0
    if 0 < number <= len(items) and key(items[number - 1]) == last:
        return number
    moved = next((place for place, item in enumerate(items, 1) if key(item) == last), None)
    return min(number - 1, len(items)) if moved is None else moved
