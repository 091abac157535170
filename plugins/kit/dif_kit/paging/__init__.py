"""How a provider cuts a list into pages, named in its own words."""

from dif_kit.paging._paging import Cursor, LinkHeader, NextUrl, Offset, PageNumber, SinglePage
from dif_kit.paging._walk import Page, PageAnswer, Paging, PagingError, Walk, walk

__all__ = [
    "Cursor",
    "LinkHeader",
    "NextUrl",
    "Offset",
    "Page",
    "PageAnswer",
    "PageNumber",
    "Paging",
    "PagingError",
    "SinglePage",
    "Walk",
    "walk",
]
