"""Sponsored Display: lists by offset, whose ids are numbers and whose days have no dashes.

https://advertising.amazon.com/API/docs/en-us/sponsored-display/3-0/openapi (read 2026-11).
"""

from __future__ import annotations

from typing import Final

from dif_kit.decode import Cells, JsonRecords
from dif_kit.paging import Offset

from tap_amazon_ads._facts import listed
from tap_amazon_ads.products import BudgetRules
from tap_amazon_ads.profiles import STATES, OfProfile

__all__ = ["LISTS"]


class DisplayList(OfProfile):
    """What they share."""

    params = {"stateFilter": ",".join(state.lower() for state in STATES)}
    paging = Offset("startIndex", ("count", 100))
    records = Cells(JsonRecords(), dates={"startDate": "%Y%m%d", "endDate": "%Y%m%d"})


class SdCampaigns(DisplayList):
    """Campaigns of Sponsored Display."""

    name = "sd_campaigns"
    path = "/sd/campaigns"
    primary_keys = ("profileId", "campaignId")
    schema = listed(name, *primary_keys)


class SdAdGroups(DisplayList):
    """Ad groups of Sponsored Display."""

    name = "sd_ad_groups"
    path = "/sd/adGroups"
    primary_keys = ("profileId", "adGroupId")
    schema = listed(name, *primary_keys)


class SdProductAds(DisplayList):
    """Ads of Sponsored Display: products and pages."""

    name = "sd_product_ads"
    path = "/sd/productAds"
    primary_keys = ("profileId", "adId")
    schema = listed(name, *primary_keys)


class SdTargets(DisplayList):
    """Products and audiences that ad groups of Sponsored Display bid on."""

    name = "sd_targets"
    path = "/sd/targets"
    primary_keys = ("profileId", "targetId")
    schema = listed(name, *primary_keys)


class SdNegativeTargets(DisplayList):
    """Products and brands that ad groups of Sponsored Display exclude."""

    name = "sd_negative_targets"
    path = "/sd/negativeTargets"
    primary_keys = ("profileId", "targetId")
    schema = listed(name, *primary_keys)


class SdCreatives(DisplayList):
    """Creatives of Sponsored Display, of every state: they have none of their own."""

    name = "sd_creatives"
    path = "/sd/creatives"
    params = {}
    primary_keys = ("profileId", "creativeId")
    schema = listed(name, *primary_keys)


class SdBudgetRules(BudgetRules):
    """Budget rules of Sponsored Display."""

    name = "sd_budget_rules"
    path = "/sd/budgetRules"


LISTS: Final[tuple[type[OfProfile], ...]] = (
    SdCampaigns,
    SdAdGroups,
    SdProductAds,
    SdTargets,
    SdNegativeTargets,
    SdCreatives,
    SdBudgetRules,
)
