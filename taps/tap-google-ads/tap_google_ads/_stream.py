"""What every stream of Google Ads is: one query, answered in one stream of batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dif_kit.decode import JsonRecords, Picked
from dif_kit.paging import Cursor
from dif_kit.tap import Stream, schema_of

from tap_google_ads._facts import FIELDS, OPERATIONS, VERDICTS, column_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dif_kit.budget import Budget

__all__ = ["GoogleAdsStream", "PagedStream", "batches", "pages", "schema"]


class GoogleAdsStream(Stream):
    """One query of one customer, asked through the manager that the settings name. Columns are the query's fields."""

    path = "/customers/{customer_id}/googleAds:searchStream"
    method = "POST"
    headers = {"login-customer-id": "{config.login_customer_id}"}
    budgets: ClassVar[tuple[Budget, ...]] = (OPERATIONS,)
    verdicts = VERDICTS


class PagedStream(GoogleAdsStream):
    """One query, answered in pages of 10,000 rows: for lists so long that a broken answer should not begin anew.

    Further pages are no operations of their own.
    """

    path = "/customers/{customer_id}/googleAds:search"
    paging = Cursor("nextPageToken", "pageToken", place="body")


def schema(fields: Iterable[str], keys: Sequence[str]) -> dict[str, Any]:
    """The schema of a query's rows; raises ConfigError for a field that is not known."""
    typed = schema_of(FIELDS, fields, keys=keys)
    columns = {column_of(field): kind for field, kind in typed["properties"].items()}
    return {**typed, "required": [column_of(key) for key in keys], "properties": columns}


def batches(fields: Iterable[str], keys: Iterable[str] = ()) -> Picked:
    """The rows of a query in one stream: ``[{"results": [...]}, ...]``.

    A text among ``keys`` that Google leaves out, as the brand of a product that has none, is "".
    """
    return _picked("[].results", fields, keys)


def pages(fields: Iterable[str]) -> Picked:
    """The rows of a page of a query: ``{"results": [...]}``."""
    return _picked("results", fields)


def _picked(path: str, fields: Iterable[str], keys: Iterable[str] = ()) -> Picked:
    """JSON has the fields in camel case and 64 bits as text; without rows there are no results."""
    asked = tuple(fields)
    return Picked(
        JsonRecords(path, optional=True),
        {column_of(field): _camel_case(field) for field in asked},
        frozenset(column_of(field) for field in asked if "integer" in FIELDS[field]["type"]),
        {
            column_of(key): ""
            for key in keys
            if FIELDS[key]["type"] == ["string", "null"] and "format" not in FIELDS[key]
        },
    )


def _camel_case(field: str) -> str:
    first, *rest = field.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest)
