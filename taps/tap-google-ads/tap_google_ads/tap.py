"""The Google Ads tap: how to sign, what may be set, which streams there are."""

from __future__ import annotations

from dif_kit.http import AllOf, ApiKey, OAuth2Refresh
from dif_kit.support import Support
from dif_kit.tap import Property, Tap
from singer_sdk.typing import ArrayType, StringType

from tap_google_ads import (
    assets,
    audiences,
    constants,
    criteria,
    labels,
    lists,
    reports,
    shopping,
    views,
)
from tap_google_ads._facts import SUNSET, VERSION
from tap_google_ads.custom import CustomQuery

__all__ = ["TapGoogleAds"]


class TapGoogleAds(Tap):
    """Customers, their entities, daily figures and clicks, from the Google Ads API."""

    name = "tap-google-ads"
    support = Support.BETA
    api_url = f"https://googleads.googleapis.com/{VERSION}"
    api_version = VERSION
    api_sunset = SUNSET
    # The first is who the budgets know: operations are counted by developer token, whoever signs.
    auth = AllOf(
        (
            ApiKey(value="developer_token", header="developer-token"),
            OAuth2Refresh(
                token_url="https://oauth2.googleapis.com/token", client_auth="form", token_url_value="token_uri"
            ),
        )
    )
    settings = (
        Property(
            "login_customer_id",
            StringType,
            required=True,
            title="Login customer id",
            description="The manager whose customers are read, or a customer without one: digits only",
        ),
        Property(
            "customer_ids",
            ArrayType(StringType),
            title="Customer ids",
            description="The customers to read, digits only; all below the manager if left out",
        ),
    )
    stream_types = (
        lists.CustomerClients,
        lists.Accounts,
        lists.Customers,
        lists.Campaigns,
        lists.CampaignBudgets,
        lists.BiddingStrategies,
        lists.AdGroups,
        lists.Ads,
        criteria.AdGroupCriteria,
        criteria.ListingGroups,
        criteria.CampaignCriteria,
        labels.Labels,
        labels.CustomerLabels,
        labels.CampaignLabels,
        labels.AdGroupLabels,
        labels.AdLabels,
        labels.CriterionLabels,
        audiences.Audiences,
        audiences.CustomAudiences,
        assets.Assets,
        assets.AssetGroups,
        assets.Videos,
        lists.ConversionActions,
        constants.GeoTargets,
        constants.UserInterests,
        reports.AccountPerformance,
        reports.CampaignPerformance,
        reports.CampaignHours,
        reports.AdGroupPerformance,
        reports.AdPerformance,
        reports.KeywordPerformance,
        reports.SearchTerms,
        views.Geography,
        views.AgeRanges,
        views.Genders,
        views.UserLocations,
        views.DisplayKeywords,
        views.Topics,
        views.ManagedPlacements,
        views.LandingPages,
        shopping.ShoppingPerformance,
        reports.ClickView,
    )
    custom_streams = {"custom_queries": CustomQuery}
