"""Daily figures that are ordered first and downloaded when Pinterest has made them."""

from __future__ import annotations

from dif_kit.decode import KeyedLists
from dif_kit.tap import Choices, ReportStatuses, ReportStream, Window

from tap_pinterest._facts import ADS_ANALYTICS, DAILY, EVERYTHING, VERDICTS, columns
from tap_pinterest.lists import AdAccounts

__all__ = [
    "BREAKDOWN",
    "BY_TARGETING",
    "ORDER",
    "AdGroupReport",
    "AdGroupTargetingReport",
    "AdvertiserReport",
    "AdvertiserTargetingReport",
    "CampaignReport",
    "CampaignTargetingReport",
    "PinPromotionReport",
    "PinPromotionTargetingReport",
    "PinterestReport",
    "TargetingReport",
]

ORDER = {**DAILY, "report_format": "JSON"}
BREAKDOWN = {**ORDER, "targeting_types": "{targeting_types}"}
BY_TARGETING = ("DATE", "TARGETING_TYPE", "TARGETING_VALUE")


class PinterestReport(ReportStream):
    """What the asynchronous reports of one ad account share: ordered, polled, downloaded as JSON keyed by entity.

    An order reaches 914 days back from today in UTC and spans 186 days. Its link lives for five minutes and is asked
    anew, the report for an hour. Days without any figure are left out.
    """

    path = "/ad_accounts/{ad_account_id}/reports"
    budgets = (EVERYTHING, ADS_ANALYTICS)
    verdicts = VERDICTS
    parent_stream_type = AdAccounts
    context_columns = {"AD_ACCOUNT_ID": "ad_account_id"}
    replication_key = "DATE"
    window = Window(days=186, lookback_days=30, zone="UTC", retention_days=914)
    job = "token"
    poll_params = {"token": "{job}"}
    status = "report_status"
    statuses = ReportStatuses(
        running=frozenset({"IN_PROGRESS"}),
        done=frozenset({"FINISHED"}),
        failed=frozenset({"FAILED", "CANCELLED"}),
        expired=frozenset({"EXPIRED", "DOES_NOT_EXIST"}),
    )
    link = "url"
    poll_seconds = (0.5, 15.0)


class AdvertiserReport(PinterestReport):
    """Daily figures of an ad account, from an asynchronous report."""

    name = "advertiser_report"
    primary_keys = ("ADVERTISER_ID", "DATE")
    records = KeyedLists("ADVERTISER_ID")
    body = {**ORDER, "level": "ADVERTISER", "columns": columns(name)}


class CampaignReport(PinterestReport):
    """Daily figures of every campaign, from an asynchronous report."""

    name = "campaign_report"
    primary_keys = ("CAMPAIGN_ID", "DATE")
    records = KeyedLists("CAMPAIGN_ID")
    body = {**ORDER, "level": "CAMPAIGN", "columns": columns(name)}


class AdGroupReport(PinterestReport):
    """Daily figures of every ad group, from an asynchronous report."""

    name = "ad_group_report"
    primary_keys = ("AD_GROUP_ID", "DATE")
    records = KeyedLists("AD_GROUP_ID")
    body = {**ORDER, "level": "AD_GROUP", "columns": columns(name)}


class PinPromotionReport(PinterestReport):
    """Daily figures of every ad, from an asynchronous report."""

    name = "pin_promotion_report"
    primary_keys = ("PIN_PROMOTION_ID", "DATE")
    records = KeyedLists("PIN_PROMOTION_ID")
    body = {**ORDER, "level": "PIN_PROMOTION", "columns": columns(name)}


class TargetingReport(PinterestReport):
    """What the reports by targeting share: a row for each value of each targeting type, whose figures stand alone.

    An order names five targeting types at most. It could span 186 days too, but has dozens of rows where the plain
    report has one: 32 days keep the file small, and are what a daily run reads with its look-back.
    """

    ids = Choices(setting="targeting_types", size=5, hole="targeting_types")
    window = Window(days=32, lookback_days=30, zone="UTC", retention_days=914)


class AdvertiserTargetingReport(TargetingReport):
    """Daily figures of an ad account by targeting, from an asynchronous report."""

    name = "advertiser_targeting_report"
    primary_keys = ("ADVERTISER_ID", *BY_TARGETING)
    records = KeyedLists("ADVERTISER_ID")
    body = {**BREAKDOWN, "level": "ADVERTISER_TARGETING", "columns": columns(name)}


class CampaignTargetingReport(TargetingReport):
    """Daily figures of every campaign by targeting, from an asynchronous report."""

    name = "campaign_targeting_report"
    primary_keys = ("CAMPAIGN_ID", *BY_TARGETING)
    records = KeyedLists("CAMPAIGN_ID")
    body = {**BREAKDOWN, "level": "CAMPAIGN_TARGETING", "columns": columns(name)}


class AdGroupTargetingReport(TargetingReport):
    """Daily figures of every ad group by targeting, from an asynchronous report."""

    name = "ad_group_targeting_report"
    primary_keys = ("AD_GROUP_ID", *BY_TARGETING)
    records = KeyedLists("AD_GROUP_ID")
    body = {**BREAKDOWN, "level": "AD_GROUP_TARGETING", "columns": columns(name)}


class PinPromotionTargetingReport(TargetingReport):
    """Daily figures of every ad by targeting, from an asynchronous report."""

    name = "pin_promotion_targeting_report"
    primary_keys = ("PIN_PROMOTION_ID", *BY_TARGETING)
    records = KeyedLists("PIN_PROMOTION_ID")
    body = {**BREAKDOWN, "level": "PIN_PROMOTION_TARGETING", "columns": columns(name)}
