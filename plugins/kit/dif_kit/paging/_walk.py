"""From page to page until the provider says there is no more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from dif_kit.errors import ExtractionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dif_kit.decode import Record

__all__ = ["Page", "PageAnswer", "Paging", "PagingError", "Walk", "walk"]

# Providers filter after they cut, so pages may be empty in the middle; but not for ever.
_EMPTY_IN_A_ROW: Final = 1000
# Without keys a page may look like another; one that comes for the fifth time is a loop.
_SAME_ROWS: Final = 5
# A row with a key may come again where the list grew meanwhile; a whole page of them never does.
_SAME_KEYED_ROWS: Final = 2


class PagingError(ExtractionError):
    """The provider's pages do not end, so what was read cannot be called whole."""


@dataclass(frozen=True, slots=True)
class Page:
    """Where one page is asked for: ``params`` to add to the request, or a whole ``url`` in its place.

    ``body`` is what the request's JSON body is to hold, by dotted paths. ``token`` names the page; a token seen twice
    is a loop.
    """

    token: str | int
    params: Mapping[str, str | int] = field(default_factory=dict)
    url: str | None = None
    body: Mapping[str, str | int] = field(default_factory=dict)


class PageAnswer(Protocol):
    """What a paging style may look at to find the next page."""

    @property
    def url(self) -> str:
        """The address that answered."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the answer, names in any case."""

    def json(self) -> Any:  # noqa: ANN401 - JSON holds anything
        """The body as JSON; raises UndecodableError."""


class Paging(Protocol):
    """A paging style: a small frozen object that a stream states as a fact."""

    def first(self) -> Page:
        """The page to begin with."""

    def after(self, page: Page, answer: PageAnswer, count: int) -> Page | None:
        """The page after ``page``, which held ``count`` records; None where the list ends."""


class Walk:
    """One way through the pages of a list; ``page`` is the one to ask for, None at the end.

    ``is_keyed`` says that no two records of the list are the same.
    """

    def __init__(self, paging: Paging, *, max_pages: int, is_keyed: bool = False) -> None:
        self.page: Page | None = paging.first()
        self._paging = paging
        self._max_pages = max_pages
        self._most_alike = _SAME_KEYED_ROWS if is_keyed else _SAME_ROWS
        self._tokens: set[str | int] = {self.page.token}
        self._seen: dict[int, int] = {}
        self._empty = 0

    def shrink(self) -> bool:
        """Ask for fewer records of ``page``, which is too large for the provider; False if there cannot be fewer."""
        smaller = getattr(self._paging, "smaller", None)
        page = None if smaller is None or self.page is None else smaller(self.page)
        self.page = page or self.page
        return page is not None

    def passed(self, answer: PageAnswer, count: int, rows: str) -> None:
        """``page`` was read and held ``count`` records, which ``rows`` tells from others; go to the next one.

        Raises:
            PagingError: a page comes round again, the same records come again and again, page after page is empty, or
                ``max_pages`` were read and there is still more.
        """
        if self.page is None:
            raise PagingError("there is no page after the last one")
        following = self._paging.after(self.page, answer, count)
        if following is not None:
            self._check_token(following)
        if following is not None or self._most_alike == _SAME_KEYED_ROWS:
            self._check_rows(count, rows)
        self.page = following

    def _check_token(self, following: Page) -> None:
        if following.token in self._tokens:
            raise PagingError(f"the provider sent the page token {str(following.token)[:80]!r} a second time")
        if len(self._tokens) >= self._max_pages:
            raise PagingError(f"there are more than {self._max_pages} pages")
        self._tokens.add(following.token)

    def _check_rows(self, count: int, rows: str) -> None:
        if count == 0:
            self._empty += 1
            if self._empty >= _EMPTY_IN_A_ROW:
                raise PagingError(f"{self._empty} pages in a row were empty, and there is still more")
            return
        self._empty = 0
        digest = hash((count, rows))
        self._seen[digest] = self._seen.get(digest, 0) + 1
        if self._seen[digest] >= (self._most_alike if count > 1 else _SAME_ROWS):
            raise PagingError(
                f"the provider sent the same {count} records {self._seen[digest]} times, each under another token"
            )


def walk(
    paging: Paging, fetch: Callable[[Page], tuple[PageAnswer, list[Record]]], *, max_pages: int
) -> Iterator[list[Record]]:
    """The records of each page in order, empty pages included.

    Raises:
        PagingError: see `Walk.passed`.
    """
    way = Walk(paging, max_pages=max_pages)
    while way.page is not None:
        answer, records = fetch(way.page)
        rows = repr(records[:1] + records[-1:])
        yield records
        way.passed(answer, len(records), rows)
