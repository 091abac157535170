"""Opaque cursors: each belongs to the query it was made for, and cannot be made up."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["CursorError", "Cursors", "Page", "Wish", "page_after"]

T = TypeVar("T")


class CursorError(Exception):
    """A cursor that was not given for this query, or not given at all."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items, and the position after them; None at the end."""

    items: Sequence[T]
    next_position: str | None


@dataclass(frozen=True, slots=True)
class Wish:
    """How paging shall misbehave on this page: repeat the cursor, go in a circle, never end, be empty with a cursor."""

    repeat: bool = False
    cycle: bool = False
    endless: bool = False
    empty: bool = False


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
            raise CursorError from broken
        if not hmac.compare_digest(packed[:12], self._mark(query, position)):
            raise CursorError
        return position

    def _mark(self, query: str, position: str) -> bytes:
        text = f"{query}\x00{position}".encode()
        return hmac.digest(self._secret, text, hashlib.sha256)[:12]


_fresh = count(1)


def page_after(
    items: Sequence[T],
    key: Callable[[T], str],
    position: str,
    *,
    size: int,
    wish: Wish,
    empty_before: Callable[[str], bool],
) -> Page[T]:
    """The page that follows a position.

    A position is ``<key of the last item>|<note>``, so that items which appear meanwhile move nothing. The note says
    that the empty page before it was given, or makes an endless cursor a new one. `empty_before` says whether an
    empty page comes before the items that follow a key.
    """
    last, _, note = position.partition("|")
    start = next((number for number, item in enumerate(items, 1) if key(item) == last), 0)
    if wish.empty or (last and note != "empty" and start < len(items) and empty_before(last)):
        return Page((), f"{last}|empty" if not wish.empty else f"{last}|{next(_fresh)}")
    found = items[start : start + size]
    if wish.repeat:
        return Page(found, position)
    if start + size < len(items):
        return Page(found, f"{key(found[-1])}|")
    if wish.cycle:
        return Page(found, "|")
    return Page(found, f"|{next(_fresh)}" if wish.endless else None)
