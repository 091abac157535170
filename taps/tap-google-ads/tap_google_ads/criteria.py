"""What ad groups and campaigns target or exclude."""

from __future__ import annotations

from tap_google_ads._facts import select
from tap_google_ads._stream import batches, schema
from tap_google_ads.lists import Entity

__all__ = ["AdGroupCriteria", "CampaignCriteria", "ListingGroups"]

_AD_GROUP_CRITERION = (
    "ad_group.id",
    "ad_group_criterion.criterion_id",
    "customer.id",
    "ad_group_criterion.cpc_bid_micros",
    "ad_group_criterion.effective_cpc_bid_micros",
    "ad_group_criterion.quality_info.quality_score",
    "ad_group_criterion.resource_name",
    "ad_group_criterion.ad_group",
    "ad_group_criterion.status",
    "ad_group_criterion.type",
    "ad_group_criterion.display_name",
    "ad_group_criterion.approval_status",
    "ad_group_criterion.keyword.text",
    "ad_group_criterion.keyword.match_type",
    "ad_group_criterion.age_range.type",
    "ad_group_criterion.gender.type",
    "ad_group_criterion.bid_modifier",
    "ad_group_criterion.negative",
    "ad_group_criterion.labels",
    "ad_group_criterion.final_urls",
)
_CAMPAIGN_CRITERION = (
    "campaign.id",
    "campaign_criterion.criterion_id",
    "customer.id",
    "campaign_criterion.resource_name",
    "campaign_criterion.campaign",
    "campaign_criterion.status",
    "campaign_criterion.type",
    "campaign_criterion.display_name",
    "campaign_criterion.keyword.text",
    "campaign_criterion.keyword.match_type",
    "campaign_criterion.location.geo_target_constant",
    "campaign_criterion.device.type",
    "campaign_criterion.bid_modifier",
    "campaign_criterion.negative",
)
_LISTING_GROUP = (
    "ad_group.id",
    "ad_group_criterion.criterion_id",
    "customer.id",
    "ad_group_criterion.resource_name",
    "ad_group_criterion.status",
    "ad_group_criterion.negative",
    "ad_group_criterion.cpc_bid_micros",
    "ad_group_criterion.listing_group.type",
    "ad_group_criterion.listing_group.parent_ad_group_criterion",
    "ad_group_criterion.listing_group.case_value.product_brand.value",
    "ad_group_criterion.listing_group.case_value.product_item_id.value",
)


class AdGroupCriteria(Entity):
    """What ad groups target or exclude, keywords among it."""

    name = "ad_group_criterion"
    primary_keys = ("ad_group_id", "ad_group_criterion_criterion_id")
    schema = schema(_AD_GROUP_CRITERION, _AD_GROUP_CRITERION[:2])
    records = batches(_AD_GROUP_CRITERION)
    body = select(_AD_GROUP_CRITERION, "ad_group_criterion")


class CampaignCriteria(Entity):
    """What campaigns target or exclude."""

    name = "campaign_criterion"
    primary_keys = ("campaign_id", "campaign_criterion_criterion_id")
    schema = schema(_CAMPAIGN_CRITERION, _CAMPAIGN_CRITERION[:2])
    records = batches(_CAMPAIGN_CRITERION)
    body = select(_CAMPAIGN_CRITERION, "campaign_criterion")


class ListingGroups(Entity):
    """How the ad groups of shopping campaigns divide their products."""

    name = "ad_listing_group_criterion"
    primary_keys = ("ad_group_id", "ad_group_criterion_criterion_id")
    schema = schema(_LISTING_GROUP, _LISTING_GROUP[:2])
    records = batches(_LISTING_GROUP)
    body = select(_LISTING_GROUP, "ad_group_criterion", "ad_group_criterion.type = 'LISTING_GROUP'")
