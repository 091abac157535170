"""What Pinterest's streams share: budgets, the error table, paging, attribution, targeting types, columns."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from dif_kit.budget import Budget, RateHeaders
from dif_kit.http import Match, Verdicts
from dif_kit.paging import Cursor

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ADS_ANALYTICS",
    "ADS_READ",
    "ALL_STATUSES",
    "ATTRIBUTION",
    "BOOKMARK",
    "DAILY",
    "EVERYTHING",
    "ORG_ANALYTICS",
    "ORG_READ",
    "TARGETING_TYPES",
    "VERDICTS",
    "columns",
]

# https://developers.pinterest.com/docs/reference/rate-limits/ (read 2026-11): Standard access, by user and app; the
# category of an endpoint is `x-ratelimit-category` in the OpenAPI document. Trial access has 1,000 requests a day
# instead, which the headers tell: `x-ratelimit-reset` counts seconds.
_RATE: Final = RateHeaders("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
EVERYTHING: Final = Budget("pinterest", ("100/s",))
ADS_READ: Final = Budget("pinterest.ads_read", ("1000/min",), headers=_RATE)
ADS_ANALYTICS: Final = Budget("pinterest.ads_analytics", ("300/min",), headers=_RATE)
ORG_READ: Final = Budget("pinterest.org_read", ("1000/min",), headers=_RATE)
ORG_ANALYTICS: Final = Budget("pinterest.org_analytics", ("60/min",), headers=_RATE)  # live answers of 2026-07 say 60

# The body of an error is {"code", "message"}. 8 is the rate limit whatever the status: to take it for "nothing there"
# loses rows. 2 with 401 is a dead access token; with another status it is also an object that is not there.
VERDICTS: Final = Verdicts(
    code="code",
    message="message",
    throttled=frozenset({8}),
    reauthenticate=frozenset({Match(status=401, code=2)}),
    skip_partition=frozenset({3, 29}),
)

BOOKMARK: Final = Cursor(token="bookmark", param="bookmark", size=("page_size", 250))

# Without this the lists leave out archived entities, whose figures the reports still hold.
ALL_STATUSES: Final = ("ACTIVE", "PAUSED", "ARCHIVED", "DRAFT", "DELETED_DRAFT")

# Pinterest's defaults (OpenAPI 5.23.0), stated so that a change of theirs is not a change of our figures.
ATTRIBUTION: Final[Mapping[str, str | int]] = {
    "click_window_days": 30,
    "engagement_window_days": 30,
    "view_window_days": 1,
    "conversion_report_time": "TIME_OF_AD_ACTION",
}

DAILY: Final[Mapping[str, str | int]] = {
    "start_date": "{start}",
    "end_date": "{end}",
    "granularity": "DAY",
    **ATTRIBUTION,
}

# Those that OpenAPI 5.23.0 lists at every level and calls no beta. Further ones may be named where an app has them.
TARGETING_TYPES: Final = (
    "AGE_BUCKET",
    "APPTYPE",
    "AUDIENCE_INCLUDE",
    "COUNTRY",
    "GENDER",
    "GEO",
    "KEYWORD",
    "LOCATION",
    "PINNER_INTEREST",
    "PLACEMENT",
    "REGION",
    "TARGETED_INTEREST",
)

# They come with every row and cannot be asked for.
_UNASKED: Final = frozenset({"DATE", "TARGETING_TYPE", "TARGETING_VALUE"})


def columns(stream: str) -> list[str]:
    """The columns that an analytics stream asks for: those of its schema that do not come by themselves."""
    schema = json.loads(files("tap_pinterest").joinpath("schemas", f"{stream}.json").read_text(encoding="utf-8"))
    return [name for name in schema["properties"] if name not in _UNASKED]
