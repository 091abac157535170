"""What Meta's streams share: the version, budgets, the error table, paging, known fields and their types."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from dif_kit.budget import Budget, UsageHeader
from dif_kit.http import Match, Verdicts
from dif_kit.paging import Cursor
from dif_kit.tap import known_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "ADS_INSIGHTS",
    "ADS_MANAGEMENT",
    "APP",
    "FIELDS",
    "PAGES",
    "STATUSES",
    "SUNSET",
    "VERDICTS",
    "VERSION",
    "fields_of",
]

# v26.0 came on 2026-07-29. Versions of the Marketing API live for about a year, Graph's own for two; the day is
# announced with a successor, so the first anniversary is safe.
# https://developers.facebook.com/docs/graph-api/changelog/versions (read 2026-11)
VERSION: Final = "v26.0"
SUNSET: Final = date(2027, 7, 29)

# No limit is told in requests: it grows with ads and users, and each answer tells in percent what is used of it, and a
# refused one in how many minutes there is more. The policies keep a start from being a burst, the headers do the rest.
# The business use cases count by app and ad account.
# https://developers.facebook.com/docs/graph-api/overview/rate-limiting (read 2026-08)
_PERCENTS: Final = ("call_count", "total_cputime", "total_time")
_BY_ACCOUNT: Final = (
    UsageHeader("X-Business-Use-Case-Usage", _PERCENTS, regain_minutes="estimated_time_to_regain_access"),
    UsageHeader("X-Ad-Account-Usage", ("acc_id_util_pct",), reset_seconds="reset_time_duration"),
)
_OF_INSIGHTS: Final = "X-FB-Ads-Insights-Throttle"
APP: Final = Budget(
    "meta", ("50/s",), signals=(UsageHeader("X-App-Usage", _PERCENTS), UsageHeader(_OF_INSIGHTS, ("app_id_util_pct",)))
)
ADS_INSIGHTS: Final = Budget(
    "meta.ads_insights",
    ("10/s",),
    scope=("credential", "account_id"),
    signals=(*_BY_ACCOUNT, UsageHeader(_OF_INSIGHTS, ("acc_id_util_pct",))),
)
ADS_MANAGEMENT: Final = Budget(
    "meta.ads_management", ("10/s",), scope=("credential", "account_id"), signals=_BY_ACCOUNT
)

# An error is {"error": {"message", "type", "code", "error_subcode", "is_transient", "fbtrace_id"}}, with any status,
# 200 too. Without a path to one message the table's texts are searched in the whole of it, which finds subcodes.
# https://developers.facebook.com/docs/graph-api/guides/error-handling (read 2026-08)
VERDICTS: Final = Verdicts(
    code="error.code",
    # App, user, page, application; custom limits; the business use cases.
    throttled=frozenset({4, 17, 32, 341, 613, *range(80000, 80007), 80008, 80009, 80014}),
    reauthenticate=frozenset({102, 190}),
    window_too_large=frozenset(
        {
            Match(text="reduce the amount of data"),
            Match(text="1487534"),  # subcode of 100: the same for a report
            Match(text="1504018"),  # the report timed out
            Match(text="1504038"),
        }
    ),
    # 10 and 200 to 299 are permissions for this account, 3 a capability; 803 and 100 with subcode 33 are objects that
    # are not there for this user.
    skip_partition=frozenset({3, 10, *range(200, 300), 803, Match(text="does not exist, cannot be loaded due to")}),
    retry=frozenset({1, 2, Match(text='"is_transient":true')}),
)

# The last page has a cursor too, but no address of a next one. That address holds the access token: it is not used.
# Large objects make a page too large for Meta itself, whatever its limit allows.
PAGES: Final = Cursor(token="paging.cursors.after", param="after", size=("limit", 500), link="paging.next", least=1)

# Without a filter, lists and reports leave out what was deleted or archived, though the levels above still hold its
# figures. The words are those of Meta's SDKs (facebook-business-sdk-codegen, enum_types.json; read 2026-11).
_OF_CAMPAIGNS: Final = ("ACTIVE", "ARCHIVED", "DELETED", "IN_PROCESS", "PAUSED", "WITH_ISSUES")
_OF_AD_SETS: Final = (*_OF_CAMPAIGNS, "CAMPAIGN_PAUSED")
_OF_ADS: Final = (
    *_OF_AD_SETS,
    "ADSET_PAUSED",
    "DISAPPROVED",
    "PENDING_BILLING_INFO",
    "PENDING_REVIEW",
    "PREAPPROVED",
)
STATUSES: Final[Mapping[str, tuple[str, ...]]] = {"campaign": _OF_CAMPAIGNS, "adset": _OF_AD_SETS, "ad": _OF_ADS}

#: Node -> each field that the tap knows of it -> its JSON schema.
FIELDS: Final = known_columns("tap_meta")


def fields_of(names: Iterable[str]) -> str:
    """The parameter ``fields`` for these."""
    return ",".join(names)
