"""Daily figures."""

from __future__ import annotations

from dif_kit.tap import SourceTotals, Window

from tap_google_ads._facts import OF_CUSTOMER, OPERATIONS, select
from tap_google_ads._stream import GoogleAdsStream, batches, schema
from tap_google_ads.lists import Accounts

__all__ = [
    "DAYS",
    "METRICS",
    "AccountPerformance",
    "AdGroupPerformance",
    "AdPerformance",
    "CampaignHours",
    "CampaignPerformance",
    "ClickView",
    "KeywordPerformance",
    "Performance",
    "SearchTerms",
]

DAYS = "segments.date BETWEEN '{start}' AND '{end}'"

METRICS = (
    "metrics.clicks",
    "metrics.cost_micros",
    "metrics.impressions",
    "metrics.interactions",
    "metrics.view_through_conversions",
    "metrics.all_conversions",
    "metrics.all_conversions_value",
    "metrics.conversions",
    "metrics.conversions_value",
    "metrics.cross_device_conversions",
)
# The views have conversions by the day of their click only.
_BY_CONVERSION_DATE = ("metrics.conversions_by_conversion_date", "metrics.conversions_value_by_conversion_date")
_ACCOUNT_PERFORMANCE = (
    "customer.id",
    "segments.date",
    "segments.ad_network_type",
    "segments.device",
    "customer.currency_code",
    "customer.descriptive_name",
    "customer.time_zone",
    *METRICS,
    *_BY_CONVERSION_DATE,
)
_CAMPAIGN_PERFORMANCE = (
    "campaign.id",
    "segments.date",
    "segments.ad_network_type",
    "segments.device",
    "customer.id",
    "customer.currency_code",
    "campaign.name",
    "campaign.status",
    *METRICS,
    *_BY_CONVERSION_DATE,
)
_CAMPAIGN_HOURS = (
    "campaign.id",
    "segments.date",
    "segments.hour",
    "segments.ad_network_type",
    "customer.id",
    "customer.currency_code",
    "campaign.name",
    "campaign.status",
    "metrics.clicks",
    "metrics.cost_micros",
    "metrics.impressions",
    "metrics.interactions",
    "metrics.conversions",
    "metrics.conversions_value",
)
_AD_GROUP_PERFORMANCE = (
    "ad_group.id",
    "segments.date",
    "segments.ad_network_type",
    "segments.device",
    "customer.id",
    "customer.currency_code",
    "campaign.id",
    "ad_group.name",
    "ad_group.status",
    *METRICS,
    *_BY_CONVERSION_DATE,
)
_AD_PERFORMANCE = (
    "ad_group.id",
    "ad_group_ad.ad.id",
    "segments.date",
    "segments.ad_network_type",
    "segments.device",
    "customer.id",
    "customer.currency_code",
    "campaign.id",
    "ad_group_ad.status",
    *METRICS,
    *_BY_CONVERSION_DATE,
)
_KEYWORD_PERFORMANCE = (
    "ad_group.id",
    "ad_group_criterion.criterion_id",
    "segments.date",
    "segments.ad_network_type",
    "segments.device",
    "customer.id",
    "customer.currency_code",
    "campaign.id",
    "keyword_view.resource_name",
    "ad_group_criterion.keyword.text",
    "ad_group_criterion.keyword.match_type",
    *METRICS,
)
_SEARCH_TERM = (
    "search_term_view.resource_name",
    "segments.date",
    "segments.ad_network_type",
    "segments.device",
    "segments.search_term_match_type",
    "customer.id",
    "customer.currency_code",
    "campaign.id",
    "ad_group.id",
    "search_term_view.search_term",
    "search_term_view.status",
    *METRICS,
)
_CLICK = (
    "click_view.gclid",
    "segments.date",
    "segments.ad_network_type",
    "customer.id",
    "campaign.id",
    "ad_group.id",
    "segments.device",
    "segments.click_type",
    "segments.slot",
    "click_view.page_number",
    "click_view.resource_name",
    "click_view.ad_group_ad",
    "click_view.keyword",
    "click_view.campaign_location_target",
    "click_view.keyword_info.text",
    "click_view.keyword_info.match_type",
    "click_view.area_of_interest.country",
    "click_view.area_of_interest.region",
    "click_view.area_of_interest.city",
    "click_view.location_of_presence.country",
    "click_view.location_of_presence.region",
    "click_view.location_of_presence.city",
    "metrics.clicks",
)


class Performance(GoogleAdsStream):
    """What the daily figures of one customer share: days of its own time zone, each segment of a row in its key.

    A conversion counts for the day of its click, and may come as late as the window of its action says: 14 days are
    read again, or what `lookback_days` says, up to 90. These and the new days are one query, which is one operation.
    """

    parent_stream_type = Accounts
    budgets = (OPERATIONS, OF_CUSTOMER)
    replication_key = "segments_date"
    window = Window(days=30, lookback_days=14, zone="{time_zone}")


class AccountPerformance(Performance):
    """Daily figures of a customer."""

    name = "account_performance_report"
    primary_keys = ("customer_id", "segments_date", "segments_ad_network_type", "segments_device")
    schema = schema(_ACCOUNT_PERFORMANCE, _ACCOUNT_PERFORMANCE[:4])
    records = batches(_ACCOUNT_PERFORMANCE)
    body = select(_ACCOUNT_PERFORMANCE, "customer", DAYS)


class CampaignPerformance(Performance):
    """Daily figures of every campaign."""

    name = "campaign_performance_report"
    primary_keys = ("campaign_id", "segments_date", "segments_ad_network_type", "segments_device")
    schema = schema(_CAMPAIGN_PERFORMANCE, _CAMPAIGN_PERFORMANCE[:4])
    records = batches(_CAMPAIGN_PERFORMANCE)
    body = select(_CAMPAIGN_PERFORMANCE, "campaign", DAYS)
    # All that a customer has is in some campaign; not in some ad group or ad, for Performance Max has none.
    totals = SourceTotals(
        "account_performance_report",
        ("metrics_cost_micros", "metrics_impressions", "metrics_clicks"),
        ("customer_id", "segments_ad_network_type", "segments_device"),
    )


class CampaignHours(Performance):
    """Figures of every campaign by the hour of its customer's day."""

    name = "campaign_hourly_report"
    primary_keys = ("campaign_id", "segments_date", "segments_hour", "segments_ad_network_type")
    schema = schema(_CAMPAIGN_HOURS, _CAMPAIGN_HOURS[:4])
    records = batches(_CAMPAIGN_HOURS)
    body = select(_CAMPAIGN_HOURS, "campaign", DAYS)


class AdGroupPerformance(Performance):
    """Daily figures of every ad group. Performance Max campaigns have none."""

    name = "ad_group_performance_report"
    primary_keys = ("ad_group_id", "segments_date", "segments_ad_network_type", "segments_device")
    schema = schema(_AD_GROUP_PERFORMANCE, _AD_GROUP_PERFORMANCE[:4])
    records = batches(_AD_GROUP_PERFORMANCE)
    body = select(_AD_GROUP_PERFORMANCE, "ad_group", DAYS)


class AdPerformance(Performance):
    """Daily figures of every ad. Performance Max campaigns have none."""

    name = "ad_performance_report"
    primary_keys = ("ad_group_id", "ad_group_ad_ad_id", "segments_date", "segments_ad_network_type", "segments_device")
    schema = schema(_AD_PERFORMANCE, _AD_PERFORMANCE[:5])
    records = batches(_AD_PERFORMANCE)
    body = select(_AD_PERFORMANCE, "ad_group_ad", DAYS)


class KeywordPerformance(Performance):
    """Daily figures of every keyword."""

    name = "keyword_performance_report"
    primary_keys = (
        "ad_group_id",
        "ad_group_criterion_criterion_id",
        "segments_date",
        "segments_ad_network_type",
        "segments_device",
    )
    schema = schema(_KEYWORD_PERFORMANCE, _KEYWORD_PERFORMANCE[:5])
    records = batches(_KEYWORD_PERFORMANCE)
    body = select(_KEYWORD_PERFORMANCE, "keyword_view", DAYS)


class SearchTerms(Performance):
    """Daily figures of what people searched for."""

    name = "search_term_report"
    primary_keys = (
        "search_term_view_resource_name",
        "segments_date",
        "segments_ad_network_type",
        "segments_device",
        "segments_search_term_match_type",
    )
    schema = schema(_SEARCH_TERM, _SEARCH_TERM[:5])
    records = batches(_SEARCH_TERM)
    body = select(_SEARCH_TERM, "search_term_view", DAYS)


class ClickView(Performance):
    """Every click. A query has one day, of the last 90; a click does not change once it is there."""

    name = "click_view"
    primary_keys = ("click_view_gclid", "segments_date", "segments_ad_network_type")
    schema = schema(_CLICK, _CLICK[:3])
    records = batches(_CLICK)
    body = select(_CLICK, "click_view", "segments.date = '{start}'")
    window = Window(days=1, lookback_days=2, zone="{time_zone}", retention_days=90)
