"""The paging styles.

Those with a ``place`` put what they ask with into the query, or into the JSON body of a POST: there its names are
dotted paths (``variables.after``, ``PageInfo.Index``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from requests.utils import parse_header_links

from dif_kit.decode import at_path
from dif_kit.http import led_to
from dif_kit.paging._walk import Page, PagingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_kit.paging._walk import PageAnswer

__all__ = ["Cursor", "LinkHeader", "NextUrl", "Offset", "PageNumber", "SinglePage"]

_FIRST = ""
Place: TypeAlias = Literal["query", "body"]


@dataclass(frozen=True, slots=True)
class SinglePage:
    """The whole list in one answer."""

    def first(self) -> Page:
        """The only page."""
        return Page(_FIRST)

    def after(self, page: Page, answer: PageAnswer, count: int) -> Page | None:  # noqa: ARG002
        """There is none."""
        return None


@dataclass(frozen=True, slots=True)
class Cursor:
    """A token in the answer (dotted path ``token``) goes back as the parameter ``param``.

    ``size`` is the parameter for records a page with its value. An empty page with a token goes on: providers filter
    after they cut. ``more`` (dotted path of a boolean) ends the list where the last page has a token too, as the
    connections of GraphQL do: ``Cursor("data.ads.pageInfo.endCursor", "variables.after", ("variables.first", 100),
    more="data.ads.pageInfo.hasNextPage", place="body")``. ``link`` (dotted path) is what the last page lacks where even
    its token is there, such as the address of the next page, which is better not followed: Meta's holds the credential.

    ``least`` is how few records a page may be asked for where the provider refuses one as too large; None: it never
    refuses one for that.
    """

    token: str
    param: str
    size: tuple[str, int] | None = None
    more: str | None = None
    place: Place = "query"
    link: str | None = None
    least: int | None = None

    def first(self) -> Page:
        """Without a token."""
        return _page(_FIRST, self._params(), self.place)

    def after(self, page: Page, answer: PageAnswer, count: int) -> Page | None:  # noqa: ARG002
        """Where the answer's token points; none where it is absent, null or empty, or ``more`` is false."""
        document = answer.json()
        token = at_path(document, self.token)
        is_last = token is None or token == ""
        if self.more is not None:
            more = at_path(document, self.more)
            if not isinstance(more, bool) or (more and is_last):
                raise PagingError(f"{self.more!r} is {more!r}, and the token at {self.token!r} is {token!r}")
            is_last = not more
        if self.link is not None:
            is_last = not at_path(document, self.link)
            if not is_last and not token:
                raise PagingError(f"there is a {self.link!r}, but no token at {self.token!r}")
        if is_last:
            return None
        if not isinstance(token, str | int):
            raise PagingError(f"expected a token at {self.token!r}, found {type(token).__name__}")
        return _page(token, {**self._params(), self.param: token}, self.place)

    def smaller(self, page: Page) -> Page | None:
        """The same page with half the records; None if it has as few as may be asked for."""
        if self.size is None or self.least is None:
            return None
        asked = dict(page.params or page.body)
        half = int(asked[self.size[0]]) // 2
        return _page(page.token, {**asked, self.size[0]: half}, self.place) if half >= self.least else None

    def _params(self) -> dict[str, str | int]:
        return {} if self.size is None else {self.size[0]: self.size[1]}


@dataclass(frozen=True, slots=True)
class PageNumber:
    """Pages by number, from ``start``.

    ``total`` (dotted path of the number of pages) ends the list; without it the first page shorter than ``size`` does.
    """

    param: str
    size: tuple[str, int]
    total: str | None = None
    start: int = 1
    place: Place = "query"

    def first(self) -> Page:
        """The page numbered ``start``."""
        return self._page(self.start)

    def after(self, page: Page, answer: PageAnswer, count: int) -> Page | None:
        """The next number, unless this was the last page."""
        number = int(page.token)
        if self.total is not None:
            pages = _number_at(answer, self.total)
            return self._page(number + 1) if number - self.start + 1 < pages else None
        return self._page(number + 1) if count >= self.size[1] else None

    def _page(self, number: int) -> Page:
        return _page(number, {self.param: number, self.size[0]: self.size[1]}, self.place)


@dataclass(frozen=True, slots=True)
class Offset:
    """Pages by the number of records before them.

    ``total`` (dotted path of the number of records) ends the list; without it the first page shorter than ``size``
    does.
    """

    param: str
    size: tuple[str, int]
    total: str | None = None
    place: Place = "query"

    def first(self) -> Page:
        """From record zero."""
        return self._page(0)

    def after(self, page: Page, answer: PageAnswer, count: int) -> Page | None:
        """Behind the records of this page, unless they were the last."""
        offset = int(page.token)
        if self.total is None:
            return self._page(offset + count) if count >= self.size[1] else None
        total = _number_at(answer, self.total)
        if offset + count >= total:
            return None
        if count == 0:
            raise PagingError(f"the page at offset {offset} is empty, {self.total!r} says there are {total} records")
        return self._page(offset + count)

    def _page(self, offset: int) -> Page:
        return _page(offset, {self.param: offset, self.size[0]: self.size[1]}, self.place)


@dataclass(frozen=True, slots=True)
class NextUrl:
    """The address of the next page, in the body at the dotted path ``url``; relative ones are completed."""

    url: str
    size: tuple[str, int] | None = None

    def first(self) -> Page:
        """The stream's own address."""
        return Page(_FIRST, {} if self.size is None else {self.size[0]: self.size[1]})

    def after(self, page: Page, answer: PageAnswer, count: int) -> Page | None:  # noqa: ARG002
        """The address in the body; none where it is absent, null or empty."""
        found = at_path(answer.json(), self.url)
        if found is None or found == "":
            return None
        if not isinstance(found, str):
            raise PagingError(f"expected an address at {self.url!r}, found {type(found).__name__}")
        following = led_to(found, by=answer.url)
        return Page(following, url=following)


@dataclass(frozen=True, slots=True)
class LinkHeader:
    """The address of the next page, in the header ``Link`` with ``rel="next"`` (RFC 8288)."""

    size: tuple[str, int] | None = None

    def first(self) -> Page:
        """The stream's own address."""
        return Page(_FIRST, {} if self.size is None else {self.size[0]: self.size[1]})

    def after(self, page: Page, answer: PageAnswer, count: int) -> Page | None:  # noqa: ARG002
        """The address of ``rel="next"``; none where there is no such link."""
        for link in parse_header_links(answer.headers.get("Link", "")):
            if "next" in link.get("rel", "").split():
                following = led_to(link["url"], by=answer.url)
                return Page(following, url=following)
        return None


def _page(token: str | int, asked: Mapping[str, str | int], place: Place) -> Page:
    return Page(token, body=asked) if place == "body" else Page(token, asked)


def _number_at(answer: PageAnswer, path: str) -> int:
    total = at_path(answer.json(), path)
    if isinstance(total, bool) or not isinstance(total, int):
        raise PagingError(f"expected a whole number at {path!r}, found {total!r}")
    return total
