"""What may be asked for: fields with their types, and which of them go together with a resource.

Fields: the protos of v25 (googleapis/googleapis, google/ads/googleads/v25) and rows of live accounts. Which resources,
segments and metrics go with which resource: the pages below developers.google.com/google-ads/api/fields (read 2026-11),
"attributed" and "segmenting" resources alike as joined ones.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CORE_DATES", "FIELDS", "RESOURCES", "Resource"]

FIELDS: Final[Mapping[str, str]] = {
    f"{resource}.{name}": kind
    for resource, kinds in json.loads(files("dif_sandbox.sim.google_ads").joinpath("fields.json").read_bytes()).items()
    for kind, names in kinds.items()
    for name in names
}
"""Every field -> its type: int64, int32, double, boolean, string, enum, date, strings."""

CORE_DATES: Final = ("date", "week", "month", "quarter", "year")
TIMES: Final = (*CORE_DATES, "day_of_week")
PLACES: Final = ("ad_network_type", "device")
CONVERSIONS: Final = ("conversion_action", "conversion_action_name", "conversion_action_category")
PRODUCTS: Final = tuple(name.partition(".")[2] for name in FIELDS if name.startswith("segments.product_"))
SHARES: Final = frozenset(name for name in FIELDS if name.endswith("_impression_share"))
BY_CONVERSION_DATE: Final = frozenset(name for name in FIELDS if name.endswith("_by_conversion_date"))
METRICS: Final = frozenset(name for name in FIELDS if name.startswith("metrics."))
VIEWED: Final = METRICS - SHARES - BY_CONVERSION_DATE


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource that can stand behind FROM: what may be selected beside its own fields."""

    joined: frozenset[str] = frozenset()
    segments: frozenset[str] = frozenset()
    metrics: frozenset[str] = frozenset()
    is_below_manager: bool = False
    """Whether a manager has it, too."""


def _of(joined: str, segments: tuple[str, ...] = (), metrics: frozenset[str] = frozenset()) -> Resource:
    return Resource(frozenset(joined.split()), frozenset(f"segments.{name}" for name in segments), metrics)


DAILY: Final = (*TIMES, *PLACES, *CONVERSIONS)
HOURLY: Final = (*DAILY, "hour")
IN_GROUP: Final = "customer campaign ad_group"
ON_CRITERION: Final = f"{IN_GROUP} ad_group_criterion bidding_strategy"
CLICKS: Final = (*TIMES, *PLACES, "click_type", "slot")

RESOURCES: Final[Mapping[str, Resource]] = {
    "customer": Resource(
        segments=frozenset(f"segments.{name}" for name in HOURLY), metrics=METRICS, is_below_manager=True
    ),
    "customer_client": Resource(joined=frozenset({"customer"}), is_below_manager=True),
    "customer_label": _of("customer label"),
    "campaign": _of("customer bidding_strategy campaign_budget", HOURLY, METRICS),
    "campaign_budget": _of("customer campaign bidding_strategy", TIMES, VIEWED),
    "campaign_criterion": _of("customer campaign"),
    "campaign_label": _of("customer campaign label"),
    "ad_group": _of("customer campaign bidding_strategy", HOURLY, METRICS),
    "ad_group_ad": _of(IN_GROUP, DAILY, METRICS - SHARES | {"metrics.search_impression_share"}),
    "ad_group_criterion": _of(f"{IN_GROUP} bidding_strategy"),
    "ad_group_label": _of(f"{IN_GROUP} label"),
    "ad_group_ad_label": _of(f"{IN_GROUP} ad_group_ad label"),
    "ad_group_criterion_label": _of(f"{IN_GROUP} ad_group_criterion label"),
    "label": _of("customer"),
    "audience": _of("customer"),
    "custom_audience": _of("customer"),
    "asset": _of("customer"),
    "asset_group": _of("customer campaign", TIMES, VIEWED),
    "bidding_strategy": _of("customer", (*TIMES, "device"), VIEWED),
    "conversion_action": _of("customer"),
    "video": _of("customer campaign ad_group ad_group_ad", DAILY, VIEWED),
    "keyword_view": _of(ON_CRITERION, DAILY, METRICS - BY_CONVERSION_DATE),
    "display_keyword_view": _of(ON_CRITERION, DAILY, VIEWED),
    "topic_view": _of(ON_CRITERION, DAILY, VIEWED),
    "managed_placement_view": _of(ON_CRITERION, DAILY, VIEWED),
    "age_range_view": _of(ON_CRITERION, DAILY, VIEWED),
    "gender_view": _of(ON_CRITERION, DAILY, VIEWED),
    "search_term_view": _of(IN_GROUP, (*DAILY, "search_term_match_type"), VIEWED),
    "geographic_view": _of(IN_GROUP, DAILY, VIEWED),
    "user_location_view": _of(IN_GROUP, DAILY, VIEWED),
    "landing_page_view": _of(IN_GROUP, (*TIMES, *PLACES), VIEWED),
    "shopping_performance_view": _of(IN_GROUP, (*DAILY, "click_type", *PRODUCTS), VIEWED),
    "click_view": _of(IN_GROUP, CLICKS, frozenset({"metrics.clicks"})),
    "geo_target_constant": Resource(is_below_manager=True),
    "user_interest": Resource(is_below_manager=True),
}
