"""What Amazon's streams share: hosts, budgets, the error table, known columns and their types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dif_kit.budget import Budget
from dif_kit.http import Match, Verdicts
from dif_kit.tap import COLUMN_TYPES, known_columns, schema_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CALLS", "HOSTS", "OF_PROFILE", "ORDERS", "REGIONS", "VERDICTS", "listed"]

#: Region -> what its host has behind ``advertising-api``.
#: https://advertising.amazon.com/API/docs/en-us/reference/api-overview (API endpoints, read 2026-11)
HOSTS: Final[Mapping[str, str]] = {"NA": "", "EU": "-eu", "FE": "-fe"}

#: Marketplace -> its region, as the same page has it.
REGIONS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("US", "CA", "MX", "BR"), "NA"),
    **dict.fromkeys(("UK", "GB", "FR", "IT", "ES", "DE", "NL", "SE", "PL", "BE", "IE"), "EU"),
    **dict.fromkeys(("TR", "EG", "SA", "AE", "IN", "ZA"), "EU"),
    **dict.fromkeys(("JP", "AU", "SG"), "FE"),
}

# Amazon publishes no numbers: limits move with its load, by region, and a refusal says Retry-After. These are careful
# guesses; whoever knows better says so in the setting `budgets`.
# https://advertising.amazon.com/API/docs/en-us/reference/concepts/rate-limiting (read 2026-11)
CALLS: Final = Budget("amazon_ads", ("10/s",), scope=("credential", "region"))
OF_PROFILE: Final = Budget("amazon_ads.profile", ("5/s",), scope=("credential", "profile_id"))
ORDERS: Final = Budget("amazon_ads.reports", ("60/min",), scope=("credential", "region"))

# A profile that is closed to the user is 401 like a token that is old, and differs by its text; 425 names the report
# that is ordered already, so that it can be had. The other texts are of profiles that a product is not open to.
# https://advertising.amazon.com/API/docs/en-us/reference/concepts/errors (read 2026-11)
VERDICTS: Final = Verdicts(
    skip_partition=frozenset(
        {
            Match(status=401, text="Not authorized to access scope"),
            Match(status=401, text="not authorized to manage this profile"),
            Match(status=400, text="do not have access"),
            Match(status=400, text="is not supported for report API in marketplace"),
            Match(status=400, text="not authorized to use Amazon Attribution"),
        }
    ),
    ok=frozenset({Match(status=425, text="duplicate of")}),
)

_LISTS: Final = known_columns("tap_amazon_ads")


def listed(name: str, *keys: str) -> dict[str, Any]:
    """The schema of a list's rows: the profile's columns, those of its key, the others."""
    fields = {"profileId": COLUMN_TYPES["string"], **_LISTS[name]}
    return schema_of(fields, fields, keys=keys)
