"""What Klaviyo's streams share: the revision, the tiers of limits, the error table, known fields and their types."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from dif_kit.budget import Budget, RateHeaders
from dif_kit.http import Match, Verdicts
from dif_kit.tap import known_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FIELDS", "HEADERS", "REVISION", "SUNSET", "VERDICTS", "report_budget", "tier"]

# The revision that every request names. One is supported for two years, then requests that name it are answered 410.
# https://developers.klaviyo.com/en/docs/api_versioning_and_deprecation_policy (read 2026-11)
REVISION: Final = "2026-07-15"
SUNSET: Final = date(2028, 7, 15)

_JSON_API: Final = "application/vnd.api+json"
#: Of every request; a body of any other type is answered 415.
HEADERS: Final[Mapping[str, str]] = {"revision": REVISION, "Accept": _JSON_API, "Content-Type": _JSON_API}

# Each endpoint has windows of its own for each account, a second and a minute at once, by its tier. Where the page of
# an endpoint says 750 a minute and that of limits 700, the lesser counts. Answers tell of one window, not of which.
# https://developers.klaviyo.com/en/docs/rate_limits_and_error_handling (read 2026-08)
_TIERS: Final = {
    "XS": ("1/s", "15/min"),
    "S": ("3/s", "60/min"),
    "M": ("10/s", "150/min"),
    "L": ("75/s", "700/min"),
    "XL": ("350/s", "3500/min"),
}
_HEADERS: Final = RateHeaders("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")

# An error is {"errors": [{"id", "status", "code", "title", "detail", "source"}]}; its codes are published nowhere, so
# the status counts. 403 is a scope that the key lacks; 410 is about the revision, whatever was asked for.
VERDICTS: Final = Verdicts(message="errors.*.detail", permanent=frozenset({Match(status=410)}))

#: List or report -> each field that the tap knows of it -> its JSON schema.
FIELDS: Final = known_columns("tap_klaviyo")


def tier(endpoint: str, name: str) -> tuple[Budget, ...]:
    """The budget of an endpoint in a tier."""
    return (Budget(f"klaviyo.{endpoint}", _TIERS[name], headers=_HEADERS),)


def report_budget(endpoint: str) -> tuple[Budget, ...]:
    """The budget of a report, which has a third window: 225 a day, for any tools of the account together.

    https://developers.klaviyo.com/en/reference/query_campaign_values (2026-07-15)
    """
    return (Budget(f"klaviyo.{endpoint}", ("1/s", "2/min", "225/day"), headers=_HEADERS),)
