"""The ways in which providers cut a list into pages: each reads its parameters and gives one page.

Parameters are a mapping, so that one style serves a query (`Request.parameters`) and a JSON body alike. `owner` is whom
and what a cursor is for, such as client and path; with the other parameters it makes the query that a cursor is good
for. Lists may be lazy (`dif_sandbox.sim.world.Things`): a page touches its own items only.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import urlencode

from dif_sandbox.sim.cursors import Cursors, Page, PageError, Wish, page_after

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from dif_sandbox.sim.server import Request

__all__ = [
    "Connection",
    "LinkHeader",
    "Numbered",
    "Offset",
    "PageNumber",
    "TokenPage",
    "Tokens",
    "next_url",
    "silently_cut",
]

T = TypeVar("T")

if TYPE_CHECKING:
    Given = Mapping[str, Any]
    Key = Callable[[T], str]


@dataclass(frozen=True, slots=True)
class Numbered(Generic[T]):
    """A page found by counting: its items, the number of items before it, its size as asked, and all there are."""

    items: Sequence[T]
    start: int
    size: int
    total: int

    @property
    def total_pages(self) -> int:
        """How many pages there are."""
        return -(-self.total // self.size)


@dataclass(frozen=True, slots=True)
class PageNumber:
    """Pages by number: ``?page=2&page_size=100``, or the Index and Size of a body. Beyond the end a page is empty."""

    page: str = "page"
    size: str = "page_size"
    default: int = 10
    most: int = 1_000
    first: int = 1

    def read(self, given: Given, items: Sequence[T], wish: Wish = Wish.NONE) -> Numbered[T]:
        """The page asked for.

        Raises:
            PageError: a parameter is no number, or out of its range.
        """
        size = _number(given, self.size, self.default, least=1, most=self.most)
        page = _number(given, self.page, self.first, least=self.first)
        return _cut(items, (page - self.first) * size, size, wish)


@dataclass(frozen=True, slots=True)
class Offset:
    """Pages by the number of items before them: ``?start=20&count=10``."""

    offset: str = "offset"
    limit: str = "limit"
    default: int = 10
    most: int = 1_000

    def read(self, given: Given, items: Sequence[T], wish: Wish = Wish.NONE) -> Numbered[T]:
        """The page asked for.

        Raises:
            PageError: a parameter is no number, or out of its range.
        """
        size = _number(given, self.limit, self.default, least=1, most=self.most)
        return _cut(items, _number(given, self.offset, 0, least=0), size, wish)


@dataclass(frozen=True, slots=True)
class TokenPage(Generic[T]):
    """A page found by a cursor: its items, the cursor of the next page (None at the end), and all there are."""

    items: Sequence[T]
    token: str | None
    total: int


@dataclass(frozen=True, slots=True)
class Tokens:
    """Pages by an opaque cursor, in the query or in the body."""

    cursors: Cursors
    token: str = "cursor"
    size: str = "limit"
    default: int = 25
    most: int = 250

    def read(self, given: Given, owner: str, items: Sequence[T], key: Key[T], wish: Wish = Wish.NONE) -> TokenPage[T]:
        """The page asked for.

        Raises:
            PageError: the size is out of its range.
            CursorError: the cursor was made up, changed, or given for another query.
        """
        size = _number(given, self.size, self.default, least=1, most=self.most)
        query = _query(owner, given, self.token, self.size)
        token = given.get(self.token)
        position = self.cursors.open(query, str(token)) if token else ""
        page = page_after(items, key, position, size=size, wish=wish)
        after = None if page.next_position is None else self.cursors.seal(query, page.next_position)
        before = int((position or "||0").rsplit("|", 1)[1]) // size if wish is Wish.SHRINK else 0
        return TokenPage(page.items, after, max(0, len(items) - before))


@dataclass(frozen=True, slots=True)
class LinkHeader:
    """Pages by the header Link, whose cursor holds the filters: they must not be sent beside it.

    So Shopify's REST API does it (shopify.dev/docs/api/usage/pagination-rest).
    """

    cursors: Cursors
    token: str = "page_info"
    size: str = "limit"
    default: int = 50
    most: int = 250

    def filters(self, given: Given, owner: str) -> dict[str, str]:
        """The filters in force: those of the request, or those that its cursor holds.

        Raises:
            CursorError: the cursor was made up, or given to another owner.
            PageError: filters beside a cursor.
        """
        beside = {name: str(value) for name, value in given.items() if name not in {self.token, self.size}}
        if self.token not in given:
            return beside
        if beside:
            message = f"{', '.join(sorted(beside))} cannot be passed when {self.token} is present"
            raise PageError(message)
        found: dict[str, str] = self._opened(given, owner)["filters"]
        return found

    def read(
        self, request: Request, owner: str, items: Sequence[T], key: Key[T], wish: Wish = Wish.NONE
    ) -> tuple[Sequence[T], dict[str, str]]:
        """The items of the page, and the header that leads on; no header at the end.

        Raises:
            CursorError: the cursor was made up, or given to another owner.
            PageError: the size is out of its range, or there are filters beside a cursor.
        """
        given = request.parameters
        size = _number(given, self.size, self.default, least=1, most=self.most)
        filters = self.filters(given, owner)
        position = self._opened(given, owner)["position"] if self.token in given else ""
        page = page_after(items, key, position, size=size, wish=wish)
        if page.next_position is None:
            return page.items, {}
        sealed = self.cursors.seal(owner, json.dumps({"filters": filters, "position": page.next_position}))
        address = f"{request.url}?{urlencode({self.size: size, self.token: sealed})}"
        return page.items, {"link": f'<{address}>; rel="next"'}

    def _opened(self, given: Given, owner: str) -> dict[str, Any]:
        opened: dict[str, Any] = json.loads(self.cursors.open(owner, str(given[self.token])))
        return opened


def _itself(item: object) -> object:
    return item


@dataclass(frozen=True, slots=True)
class Connection:
    """A GraphQL connection: ``first`` and ``after``, ``edges``, ``nodes`` and ``pageInfo``."""

    cursors: Cursors
    most: int = 250

    def read(
        self,
        arguments: Given,
        owner: str,
        items: Sequence[T],
        key: Key[T],
        *,
        show: Callable[[T], object] = _itself,
        wish: Wish = Wish.NONE,
    ) -> dict[str, Any]:
        """The connection's fields; the cursor of every edge is good as ``after``.

        Raises:
            PageError: ``first`` is missing or out of its range.
            CursorError: ``after`` was made up, or given for another query.
        """
        size = _number(arguments, "first", None, least=1, most=self.most)
        query = _query(owner, arguments, "first", "after")
        after = arguments.get("after")
        position = self.cursors.open(query, str(after)) if after else ""
        page: Page[T] = page_after(items, key, position, size=size, wish=wish)
        start = int((page.next_position or f"||{len(items)}").rsplit("|", 1)[1]) - len(page.items)
        edges = [
            {"cursor": self.cursors.seal(query, f"{key(item)}||{number}"), "node": show(item)}
            for number, item in enumerate(page.items, max(start, 0) + 1)
        ]
        last = edges[-1]["cursor"] if edges else None
        end = last if page.next_position is None else self.cursors.seal(query, page.next_position)
        return {
            "edges": edges,
            "nodes": [edge["node"] for edge in edges],
            "pageInfo": {"hasNextPage": page.next_position is not None, "endCursor": end},
        }


def next_url(request: Request, name: str, token: str | None) -> str | None:
    """The address of the next page: the request's own with another cursor; None at the end."""
    return None if token is None else f"{request.url}?{urlencode({**request.parameters, name: token})}"


def silently_cut(items: Iterable[T], most: int) -> Iterator[T]:
    """The first items of a list without pages: what is cut off is not mentioned."""
    return islice(items, most)


def _cut(items: Sequence[T], start: int, size: int, wish: Wish) -> Numbered[T]:
    total, first, end = len(items), start, start + size
    if wish is Wish.SHRINK:
        total = max(0, total - start // size)
    elif wish is Wish.EMPTY:
        end = start
    elif wish is Wish.SHORT:
        end = start + max(1, size // 2)
    elif wish is Wish.OVERLAP:
        first = max(0, start - 1)
    elif wish is Wish.REPEAT:
        first, end = 0, size
    elif wish in {Wish.ENDLESS, Wish.CYCLE} and total:
        first = start // size % -(-total // size) * size
        total, end = start + 2 * size, first + size
    return Numbered(items[first:end], start, size, total)


def _number(given: Given, name: str, default: int | None, *, least: int, most: int | None = None) -> int:
    text = given.get(name, default)
    wanted = f"{least} or more" if most is None else f"between {least} and {most}"
    if isinstance(text, bool) or not re.fullmatch(r"[0-9]{1,18}", str(text)):
        message = f"{name} must be a number {wanted}, not {text!r}"
        raise PageError(message)
    if int(text) < least or (most is not None and int(text) > most):
        message = f"{name} must be {wanted}, not {text}"
        raise PageError(message)
    return int(text)


def _query(owner: str, given: Given, *without: str) -> str:
    others = {name: value for name, value in given.items() if name not in without}
    return f"{owner}\n{json.dumps(others, sort_keys=True, default=str)}"
