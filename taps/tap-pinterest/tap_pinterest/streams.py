"""The streams of the Pinterest API v5: https://developers.pinterest.com/docs/api/v5 (5.23.0, read 2026-11)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from dif_kit.decode import JsonRecords, KeyedLists
from dif_kit.paging import SinglePage
from dif_kit.tap import IdBatches, ReportStatuses, ReportStream, Stream, Window

from tap_pinterest._facts import (
    ADS_ANALYTICS,
    ADS_READ,
    ALL_STATUSES,
    ATTRIBUTION,
    BOOKMARK,
    EVERYTHING,
    ORG_READ,
    VERDICTS,
    columns,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dif_kit.decode import Decoder
    from dif_kit.paging import Paging

__all__ = ["STREAMS"]


class PinterestStream(Stream):
    """What every list shares: objects below `items`, a bookmark that leads to the next page."""

    records: ClassVar[str | Decoder] = "items"
    paging: ClassVar[Paging] = BOOKMARK
    budgets = (EVERYTHING, ADS_READ)
    verdicts = VERDICTS
    primary_keys: Sequence[str] = ("id",)


class AdAccounts(PinterestStream):
    """Ad accounts that the signing user owns or was given access to."""

    name = "ad_accounts"
    path = "/ad_accounts"
    context_keys = {"ad_account_id": "id"}
    restricted_by = "ad_account_ids"


class AdAccountStream(PinterestStream):
    """What the lists of one ad account share.

    They are read whole in every run: the API filters by no time, and review and summary statuses change without
    touching `updated_time`.
    """

    parent_stream_type = AdAccounts
    context_columns = {"ad_account_id": "ad_account_id"}


class Campaigns(AdAccountStream):
    """Campaigns of an ad account, archived ones and drafts included."""

    name = "campaigns"
    path = "/ad_accounts/{ad_account_id}/campaigns"
    params = {"entity_statuses": ALL_STATUSES}


class AdGroups(AdAccountStream):
    """Ad groups of an ad account, archived ones and drafts included."""

    name = "ad_groups"
    path = "/ad_accounts/{ad_account_id}/ad_groups"
    params = {"entity_statuses": ALL_STATUSES}


class Ads(AdAccountStream):
    """Ads of an ad account, archived ones and drafts included."""

    name = "ads"
    path = "/ad_accounts/{ad_account_id}/ads"
    params = {"entity_statuses": ALL_STATUSES}


class Keywords(AdAccountStream):
    """Keywords of an ad account, its campaigns and its ad groups; a request without a filter has only the first."""

    name = "keywords"
    path = "/ad_accounts/{ad_account_id}/keywords"
    ids = (
        None,
        IdBatches(stream=Campaigns, key="id", size=1, hole="campaign_id"),
        IdBatches(stream=AdGroups, key="id", size=1, hole="ad_group_id"),
    )
    params = {"campaign_id": "{campaign_id}", "ad_group_id": "{ad_group_id}"}


class Audiences(AdAccountStream):
    """Audiences that the ad account owns. Those that were shared with it are listed by their owner."""

    name = "audiences"
    path = "/ad_accounts/{ad_account_id}/audiences"


class ConversionTags(AdAccountStream):
    """Conversion tags of an ad account, in one page."""

    name = "conversion_tags"
    path = "/ad_accounts/{ad_account_id}/conversion_tags"
    paging = SinglePage()


class CustomerLists(AdAccountStream):
    """Customer lists of an ad account."""

    name = "customer_lists"
    path = "/ad_accounts/{ad_account_id}/customer_lists"


class Boards(PinterestStream):
    """Boards of the signing user, secret ones and those it collaborates on included."""

    name = "boards"
    path = "/boards"
    budgets = (EVERYTHING, ORG_READ)
    context_keys = {"board_id": "id"}


class BoardPins(PinterestStream):
    """Pins of a board, those in its sections included."""

    name = "board_pins"
    path = "/boards/{board_id}/pins"
    budgets = (EVERYTHING, ORG_READ)
    parent_stream_type = Boards
    context_columns = {"board_id": "board_id"}


class BoardSections(PinterestStream):
    """Sections of a board."""

    name = "board_sections"
    path = "/boards/{board_id}/sections"
    budgets = (EVERYTHING, ORG_READ)
    parent_stream_type = Boards
    context_keys = {"section_id": "id"}
    context_columns = {"board_id": "board_id"}


class BoardSectionPins(PinterestStream):
    """Pins of a section of a board."""

    name = "board_section_pins"
    path = "/boards/{board_id}/sections/{section_id}/pins"
    budgets = (EVERYTHING, ORG_READ)
    parent_stream_type = BoardSections
    context_columns = {"board_id": "board_id", "section_id": "section_id"}


class AnalyticsStream(AdAccountStream):
    """What the daily figures of one ad account share that are answered at once.

    A request reaches 90 days back from today in UTC and spans 90 days; a day has the last conversions of its clicks
    after 30 days, which is how far each run reads again. Days are UTC.
    """

    records = JsonRecords()
    paging = SinglePage()
    budgets = (EVERYTHING, ADS_ANALYTICS)
    replication_key = "DATE"
    replication_format = "date"
    window = Window(days=90, lookback_days=30, zone="UTC", retention_days=90)
    context_columns = {"AD_ACCOUNT_ID": "ad_account_id"}


DAILY = {"start_date": "{start}", "end_date": "{end}", "granularity": "DAY", **ATTRIBUTION}


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
    replication_format = "date"
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
    body = {**DAILY, "report_format": "JSON", "level": "ADVERTISER", "columns": columns(name)}


class CampaignReport(PinterestReport):
    """Daily figures of every campaign, from an asynchronous report."""

    name = "campaign_report"
    primary_keys = ("CAMPAIGN_ID", "DATE")
    records = KeyedLists("CAMPAIGN_ID")
    body = {**DAILY, "report_format": "JSON", "level": "CAMPAIGN", "columns": columns(name)}


class AdGroupReport(PinterestReport):
    """Daily figures of every ad group, from an asynchronous report."""

    name = "ad_group_report"
    primary_keys = ("AD_GROUP_ID", "DATE")
    records = KeyedLists("AD_GROUP_ID")
    body = {**DAILY, "report_format": "JSON", "level": "AD_GROUP", "columns": columns(name)}


class PinPromotionReport(PinterestReport):
    """Daily figures of every ad, from an asynchronous report."""

    name = "pin_promotion_report"
    primary_keys = ("PIN_PROMOTION_ID", "DATE")
    records = KeyedLists("PIN_PROMOTION_ID")
    body = {**DAILY, "report_format": "JSON", "level": "PIN_PROMOTION", "columns": columns(name)}


STREAMS = (
    AdAccounts,
    Campaigns,
    AdGroups,
    Ads,
    Keywords,
    Audiences,
    ConversionTags,
    CustomerLists,
    Boards,
    BoardSections,
    BoardPins,
    BoardSectionPins,
    AdAccountAnalytics,
    CampaignAnalytics,
    AdGroupAnalytics,
    AdAnalytics,
    AdvertiserReport,
    CampaignReport,
    AdGroupReport,
    PinPromotionReport,
)
