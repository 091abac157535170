"""What Google Ads' streams share: the version, budgets, the error table, known fields and their types."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from dif_kit.budget import BodyDelay, Budget
from dif_kit.http import Match, Verdicts
from dif_kit.tap import Columns, known_columns

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["FIELDS", "OF_CUSTOMER", "OPERATIONS", "SUNSET", "VERDICTS", "VERSION", "column_of", "select"]

# A major lives for a year. v25 ends in August 2027, on a day that is not announced yet: the first is safe.
# https://developers.google.com/ads/blog (September 2025, more frequent releases; read 2026-11)
VERSION: Final = "v25"
SUNSET: Final = date(2027, 8, 1)

# Operations a day with basic access, for the developer token; one for each query, however long its answer and however
# many its pages. Requests a second are limited too, for the developer token and for each customer, by no published
# number and by no header: ours are careful guesses, and a refusal's body says how long to wait.
# https://developers.google.com/google-ads/api/docs/best-practices/quotas (read 2026-11)
_OF_ACCOUNT: Final = ("rateScope", "ACCOUNT")
OPERATIONS: Final = Budget("google_ads", ("15000/day", "40/s"), signals=(BodyDelay("retryDelay", unless=_OF_ACCOUNT),))
OF_CUSTOMER: Final = Budget(
    "google_ads.customer",
    ("10/s",),
    scope=("credential", "customer_id"),
    signals=(BodyDelay("retryDelay", where=_OF_ACCOUNT),),
)

# An error is {"error": {"status", "details": [{"errors": [{"errorCode": {"<kind>": "<code>"}}]}]}}, in an array where a
# stream was asked for. Without a path to one message the table's texts are searched in the whole of it.
# 403 by itself is an account that is closed or not ours: the others go on.
VERDICTS: Final = Verdicts(
    throttled=frozenset({Match(status=429), Match(text="RESOURCE_TEMPORARILY_EXHAUSTED")}),
    skip_partition=frozenset({Match(text="CUSTOMER_NOT_FOUND"), Match(text="CUSTOMER_NOT_ENABLED")}),
    permanent=frozenset(
        Match(text=code)
        for code in (
            "DEVELOPER_TOKEN_INVALID",
            "DEVELOPER_TOKEN_NOT_APPROVED",
            "DEVELOPER_TOKEN_PROHIBITED",
            "NOT_ADS_USER",
            "UNSUPPORTED_VERSION",
        )
    ),
)

#: Every field that the tap knows -> its JSON schema.
FIELDS: Final[Columns] = {
    f"{resource}.{name}": schema
    for resource, fields in known_columns("tap_google_ads").items()
    for name, schema in fields.items()
}


def column_of(field: str) -> str:
    """The column of a field: ``campaign.id`` is ``campaign_id``, a name that needs no quotes in SQL or a selection."""
    return field.replace(".", "_")


def select(fields: Iterable[str], resource: str, *conditions: str) -> dict[str, str]:
    """The body of a request for these fields of a resource."""
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return {"query": f"SELECT {', '.join(fields)} FROM {resource}{where}"}  # noqa: S608 - GAQL, which only reads
