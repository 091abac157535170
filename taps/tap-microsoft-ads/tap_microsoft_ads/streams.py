"""The reports that every client has, by day and by hour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tap_microsoft_ads._facts import REPORTS
from tap_microsoft_ads.reports import DEPENDS_ON, Report, asked, figures

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["DAILY", "HOURLY"]

_CAMPAIGN: Final = ("AccountId", "CampaignId")
_AD_GROUP: Final = (*_CAMPAIGN, "AdGroupId")
_AD: Final = (*_AD_GROUP, "AdId")
_NETWORK: Final = ("AdDistribution", "DeviceType", "Network")
_SEGMENTS: Final = (*_NETWORK, "DeviceOS", "TopVsOther", "BidMatchType", "DeliveredMatchType")
_BY_LANGUAGE: Final = (*_SEGMENTS, "Language")
_PLACE: Final = (
    "LocationId",
    "Country",
    "State",
    "MetroArea",
    "County",
    "City",
    "PostalCode",
    "Neighborhood",
    "ProximityTargetLocation",
    "Radius",
)
_INTENT: Final = (
    "QueryIntentLocationId",
    "QueryIntentCountry",
    "QueryIntentState",
    "QueryIntentDMA",
    "QueryIntentCounty",
    "QueryIntentCity",
    "QueryIntentPostalCode",
    "QueryIntentNeighborhood",
)
_NUMBERED: Final = tuple(f"{name}{number}" for name in ("ProductType", "ProductCategory") for number in range(1, 6))
_PRODUCT: Final = (
    "MerchantProductId",
    "Title",
    "Condition",
    "Brand",
    "Price",
    "SellerName",
    "OfferLanguage",
    "CountryOfSale",
    "StoreId",
    "LocalStoreCode",
    "GTIN",
    "MPN",
    *(f"CustomLabel{number}" for number in range(5)),
    *_NUMBERED,
)
_OFFER: Final = ("MerchantProductId", "Title", "ProductGroup", "PartitionType", "AdGroupCriterionId")
_SEARCHES: Final = ("SearchQuery", "KeywordId", "Keyword")
# They say no more than another column does.
_UNASKED: Final = frozenset({"Currency", "CustomerId", "CustomerName", "MarketingObjective"})

#: Name -> kind of report, what its rows are about, its key, whether it has shares of impressions.
_KINDS: Final[dict[str, tuple[str, str, Sequence[str], bool]]] = {
    "account_performance_report": ("AccountPerformance", "an account", ("AccountId", *_SEGMENTS), False),
    "account_impression_performance_report": ("AccountPerformance", "an account", ("AccountId", *_NETWORK), True),
    "campaign_performance_report": ("CampaignPerformance", "every campaign", (*_CAMPAIGN, *_SEGMENTS), False),
    "campaign_impression_performance_report": ("CampaignPerformance", "every campaign", (*_CAMPAIGN, *_NETWORK), True),
    "ad_group_performance_report": ("AdGroupPerformance", "every ad group", (*_AD_GROUP, *_BY_LANGUAGE), False),
    "ad_group_impression_performance_report": (
        "AdGroupPerformance",
        "every ad group",
        (*_AD_GROUP, *_NETWORK, "Language"),
        True,
    ),
    "ad_performance_report": ("AdPerformance", "every ad", (*_AD, *_BY_LANGUAGE), False),
    "keyword_performance_report": (
        "KeywordPerformance",
        "every keyword",
        (*_AD, "KeywordId", "Keyword", *_BY_LANGUAGE),
        False,
    ),
    "search_query_performance_report": (
        "SearchQueryPerformance",
        "what was searched for",
        (*_AD, *_SEARCHES, *_BY_LANGUAGE),
        False,
    ),
    "geographic_performance_report": (
        "GeographicPerformance",
        "places, by targeting",
        (*_AD_GROUP, *_PLACE, "LocationType", "MostSpecificLocation", *_BY_LANGUAGE),
        False,
    ),
    "user_location_performance_report": (
        "UserLocationPerformance",
        "places, of users",
        (*_AD_GROUP, *_PLACE, *_INTENT, *_BY_LANGUAGE),
        False,
    ),
    "age_gender_audience_report": (
        "AgeGenderAudience",
        "ages and genders",
        (*_AD_GROUP, "AgeGroup", "Gender", "AdDistribution", "Language"),
        False,
    ),
    "audience_performance_report": (
        "AudiencePerformance",
        "every audience",
        (
            *_AD_GROUP,
            "AudienceId",
            "AudienceType",
            "AssociationId",
            "AssociationLevel",
            "AssociationStatus",
            "TargetingSetting",
        ),
        False,
    ),
    "product_dimension_performance_report": (
        "ProductDimensionPerformance",
        "every product",
        (*_AD, *_PRODUCT, "DeviceType", "Language", "Network", "TopVsOther", "AdDistribution", "ClickTypeId"),
        False,
    ),
    "product_search_query_performance_report": (
        "ProductSearchQueryPerformance",
        "what was searched for, by product",
        (*_AD, "SearchQuery", *_OFFER, "DeviceType", "DeviceOS", "Language", "Network", "ClickTypeId"),
        False,
    ),
    "destination_url_performance_report": (
        "DestinationUrlPerformance",
        "every landing page",
        (*_AD, "DestinationUrl", "FinalUrl", "FinalMobileUrl", "FinalAppUrl", *_BY_LANGUAGE),
        False,
    ),
    "publisher_usage_performance_report": (
        "PublisherUsagePerformance",
        "every website",
        (*_AD_GROUP, "PublisherUrl", *_BY_LANGUAGE),
        False,
    ),
    "goals_and_funnels_report": (
        "GoalsAndFunnels",
        "every goal",
        (*_AD_GROUP, "KeywordId", "Keyword", "GoalId", "Goal", "GoalType", "DeviceType", "DeviceOS"),
        False,
    ),
    "conversion_performance_report": (
        "ConversionPerformance",
        "conversions of every keyword",
        (*_AD_GROUP, "KeywordId", "Keyword", "DeviceType"),
        False,
    ),
    "asset_group_performance_report": (
        "AssetGroupPerformance",
        "every asset group of Performance Max",
        (*_CAMPAIGN, "AssetGroupId"),
        False,
    ),
    "share_of_voice_report": (
        "ShareOfVoice",
        "every keyword's share of impressions",
        (*_AD_GROUP, "KeywordId", "Keyword", *_NETWORK, "Language", "BidMatchType", "DeliveredMatchType"),
        True,
    ),
}
#: Those that are had by the hour as well.
_BY_HOUR: Final = tuple(
    name
    for name, (kind, *_, shares) in _KINDS.items()
    if not shares and kind not in {"AssetGroupPerformance", "ConversionPerformance"}
)


def _report(name: str, meaning: str, facts: dict[str, Any]) -> type[Report]:
    more = {"name": name, "__module__": __name__, "__doc__": meaning}
    return type(name.title().replace("_", ""), (Report,), {**more, **facts})


def _made(name: str, aggregation: str, ending: str = "") -> type[Report]:
    kind, about, keys, shares = _KINDS[name]
    present = [key for key in keys if key in REPORTS[kind]]
    owners = {"AccountId", *present}
    names = [name for name, owner in DEPENDS_ON.items() if owner in owners and name not in _UNASKED]
    facts = figures(kind, present, (*names, *asked(kind, aggregation, shares=shares)), aggregation)
    return _report(name + ending, f"{aggregation} figures of {about}.", facts)


DAILY: Final = (
    *(_made(name, "Daily") for name in _KINDS),
    _report(
        "budget_summary_report",
        "What campaigns spent on each day, and in their month so far, beside their budgets.",
        figures(
            "BudgetSummary",
            _CAMPAIGN,
            ("AccountName", "AccountNumber", "CampaignName", "MonthlyBudget", "DailySpend", "MonthToDateSpend"),
            day="Date",
        ),
    ),
)
HOURLY: Final = tuple(_made(name, "Hourly", "_hourly") for name in _BY_HOUR)
