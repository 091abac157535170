"""What Microsoft's streams share: the version, budgets, the error table, known columns and their types."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from dif_kit.budget import Budget
from dif_kit.http import Verdicts
from dif_kit.tap import COLUMN_TYPES, known_columns, schema_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ASKED", "BULK", "CALLS", "COLUMNS", "KINDS", "OF_CUSTOMER", "REPORTS", "VERDICTS", "VERSION", "listed"]

# REST of version 13, for which no end is announced. Its SOAP twin, which older taps use, ends on 2027-01-31.
# https://learn.microsoft.com/advertising/guides/migrate-to-rest (read 2026-11)
VERSION: Final = "v13"

# Calls a minute are limited for each customer, reports and bulk downloads besides, by no published number and by no
# header: ours are careful guesses, and a refusal names its limit by code.
# https://learn.microsoft.com/advertising/guides/handle-service-errors-exceptions (read 2026-11)
CALLS: Final = Budget("microsoft_ads", ("20/s",))
OF_CUSTOMER: Final = Budget("microsoft_ads.customer", ("300/min",), scope=("credential", "customer_id"))
BULK: Final = Budget("microsoft_ads.bulk", ("10/min",), scope=("credential", "account_id"))

# A refusal has any status; its code stands among OperationErrors (campaigns, bulk, reports), BatchErrors, or Errors
# (a token that is wrong or old). Waits: 117 is counted over a minute, 207 are reports under way, 4204 and 3227 bulk
# downloads "for the current time period". https://learn.microsoft.com/advertising/guides/operation-error-codes
VERDICTS: Final = Verdicts(
    code=("OperationErrors.*.Code", "BatchErrors.*.Code", "Errors.*.Code"),
    throttled=frozenset({117, 207, 3227, 4204}),
    reauthenticate=frozenset({105, 109}),
    skip_partition=frozenset({106, 208, 1102, 2003, 2023, 2027, 2028, 2035}),
    retry=frozenset({0}),
    waits={117: 60.0, 207: 60.0, 3227: 900.0, 4204: 900.0},
)

_REPORTING: Final[Mapping[str, Any]] = json.loads(files("tap_microsoft_ads").joinpath("columns.json").read_bytes())
_LISTS: Final = known_columns("tap_microsoft_ads")

#: Kind of report -> every column it has: https://learn.microsoft.com/advertising/reporting-service (read 2026-11).
REPORTS: Final[Mapping[str, list[str]]] = _REPORTING["reports"]
#: Column of a report -> what it holds: "string" is an attribute, which groups the figures; the others are figures.
KINDS: Final[Mapping[str, str]] = {column: kind for kind, names in _REPORTING["kinds"].items() for column in names}
#: Figures that every account may ask for; the others belong to pilots and special kinds of campaigns.
ASKED: Final[tuple[str, ...]] = tuple(_REPORTING["measures"])
#: Column of a report -> its JSON schema.
COLUMNS: Final = {
    **{column: COLUMN_TYPES[kind] for column, kind in KINDS.items()},
    "TimePeriod": {"type": "string", "format": "date"},
    "Hour": COLUMN_TYPES["integer"],
}


def listed(name: str, *more: str, keys: tuple[str, ...] = ("Id",)) -> dict[str, Any]:
    """The schema of a list's rows, with further columns of text."""
    fields = _LISTS[name]
    return schema_of({**fields, **dict.fromkeys(more, COLUMN_TYPES["string"])}, (*fields, *more), keys=keys)
