"""The streams of the Pinterest API v5: https://developers.pinterest.com/docs/api/v5 (5.23.0, read 2026-11)."""

from __future__ import annotations

from tap_pinterest.analytics import (
    AdAccountAnalytics,
    AdAnalytics,
    AdGroupAnalytics,
    CampaignAnalytics,
    UserAccountAnalytics,
)
from tap_pinterest.lists import (
    AdAccounts,
    AdGroups,
    Ads,
    Audiences,
    BoardPins,
    Boards,
    BoardSectionPins,
    BoardSections,
    Campaigns,
    ConversionTags,
    CustomerLists,
    Keywords,
    UserAccount,
)
from tap_pinterest.reports import (
    AdGroupReport,
    AdGroupTargetingReport,
    AdvertiserReport,
    AdvertiserTargetingReport,
    CampaignReport,
    CampaignTargetingReport,
    PinPromotionReport,
    PinPromotionTargetingReport,
)

__all__ = ["STREAMS"]

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
    AdvertiserTargetingReport,
    CampaignTargetingReport,
    AdGroupTargetingReport,
    PinPromotionTargetingReport,
    UserAccount,
    UserAccountAnalytics,
)
