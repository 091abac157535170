"""Daily figures that are answered at once."""

from __future__ import annotations

from dif_kit.decode import JsonRecords
from dif_kit.paging import SinglePage
from dif_kit.tap import IdBatches, SourceTotals, Window

from tap_pinterest._facts import ADS_ANALYTICS, DAILY, EVERYTHING, ORG_ANALYTICS, columns
from tap_pinterest.lists import AdAccountStream, AdGroups, Ads, Campaigns, PinterestStream, UserAccount

__all__ = ["AdAccountAnalytics", "AdAnalytics", "AdGroupAnalytics", "CampaignAnalytics", "UserAccountAnalytics"]


class AnalyticsStream(AdAccountStream):
    """What the daily figures of one ad account share that are answered at once.

    A request reaches 90 days back from today in UTC and spans 90 days; a day has the last conversions of its clicks
    after 30 days, which is how far each run reads again. Days are UTC.
    """

    records = JsonRecords()
    paging = SinglePage()
    budgets = (EVERYTHING, ADS_ANALYTICS)
    replication_key = "DATE"
    window = Window(days=90, lookback_days=30, zone="UTC", retention_days=90)
    context_columns = {"AD_ACCOUNT_ID": "ad_account_id"}
    # The account's own figures are those of all that it has, archived entities included.
    totals = SourceTotals(
        "ad_account_analytics", ("SPEND_IN_MICRO_DOLLAR", "TOTAL_IMPRESSION", "TOTAL_CLICKTHROUGH"), ("AD_ACCOUNT_ID",)
    )


class AdAccountAnalytics(AnalyticsStream):
    """Daily figures of an ad account."""

    name = "ad_account_analytics"
    path = "/ad_accounts/{ad_account_id}/analytics"
    primary_keys = ("AD_ACCOUNT_ID", "DATE")
    params = {**DAILY, "columns": ",".join(columns(name))}


class CampaignAnalytics(AnalyticsStream):
    """Daily figures of every campaign."""

    name = "campaign_analytics"
    path = "/ad_accounts/{ad_account_id}/campaigns/analytics"
    primary_keys = ("CAMPAIGN_ID", "DATE")
    ids = IdBatches(stream=Campaigns, key="id", size=100)
    params = {**DAILY, "columns": ",".join(columns(name)), "campaign_ids": "{ids}"}


class AdGroupAnalytics(AnalyticsStream):
    """Daily figures of every ad group."""

    name = "ad_group_analytics"
    path = "/ad_accounts/{ad_account_id}/ad_groups/analytics"
    primary_keys = ("AD_GROUP_ID", "DATE")
    ids = IdBatches(stream=AdGroups, key="id", size=100)
    params = {**DAILY, "columns": ",".join(columns(name)), "ad_group_ids": "{ids}"}


class AdAnalytics(AnalyticsStream):
    """Daily figures of every ad."""

    name = "ad_analytics"
    path = "/ad_accounts/{ad_account_id}/ads/analytics"
    primary_keys = ("AD_ID", "DATE")
    ids = IdBatches(stream=Ads, key="id", size=100)
    params = {**DAILY, "columns": ",".join(columns(name)), "ad_ids": "{ids}"}


class UserAccountAnalytics(PinterestStream):
    """Daily figures of all pins of the signing user, paid and organic together.

    A row whose `data_status` is not READY is an estimate or not there yet: it is read again with the 30 days that each
    run looks back. Range and days are those of the ads' analytics.
    """

    name = "user_account_analytics"
    path = "/user_account/analytics"
    # Not split, the answer has one group of this name (as live accounts answer).
    records = "all.daily_metrics"
    paging = SinglePage()
    budgets = (EVERYTHING, ORG_ANALYTICS)
    parent_stream_type = UserAccount
    context_columns = {"user_account_id": "user_account_id"}
    primary_keys = ("user_account_id", "date")
    replication_key = "date"
    window = AnalyticsStream.window
    params = {"start_date": "{start}", "end_date": "{end}"}
