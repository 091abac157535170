"""From page to page until the provider says there is no more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from dif_kit.errors import ExtractionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dif_kit.decode import Record

__all__ = ["Page", "PageAnswer", "Paging", "PagingError", "walk"]


class PagingError(ExtractionError):
    """The provider's pages do not end, so what was read cannot be called whole."""


@dataclass(frozen=True, slots=True)
class Page:
    """Where one page is asked for: ``params`` to add to the request, or a whole ``url`` in its place.

    ``token`` names the page; a token seen twice is a loop.
    """

    token: str | int
    params: Mapping[str, str | int] = field(default_factory=dict)
    url: str | None = None


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


def walk(
    paging: Paging, fetch: Callable[[Page], tuple[PageAnswer, list[Record]]], *, max_pages: int
) -> Iterator[list[Record]]:
    """The records of each page in order, empty pages included.

    Raises:
        PagingError: a page comes round again, or ``max_pages`` were read and there is still more.
    """
    page: Page | None = paging.first()
    seen: set[str | int] = set()
    while page is not None:
        if page.token in seen:
            raise PagingError(f"the provider sent the page token {str(page.token)[:80]!r} a second time")
        if len(seen) >= max_pages:
            raise PagingError(f"there are more than {max_pages} pages")
        seen.add(page.token)
        answer, records = fetch(page)
        yield records
        page = paging.after(page, answer, len(records))
