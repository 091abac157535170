"""Sponsored Products, version 3: lists, each with a media type of its own.

https://advertising.amazon.com/API/docs/en-us/sponsored-products/3-0/openapi/prod (read 2026-11).
"""

from __future__ import annotations

from typing import Final

from dif_kit.decode import JsonRecords
from dif_kit.paging import Cursor

from tap_amazon_ads._facts import listed
from tap_amazon_ads.profiles import OfProfile, listed_by_post

__all__ = ["LISTS", "BudgetRules"]


class BudgetRules(OfProfile):
    """Rules that raise budgets, of one product. They stand below their own product and nowhere else."""

    paging = Cursor("nextToken", "nextToken", ("pageSize", 30))
    records = JsonRecords("budgetRulesForAdvertiserResponse")
    primary_keys = ("profileId", "ruleId")
    schema = listed("budget_rules", *primary_keys)


class SpBudgetRules(BudgetRules):
    """Budget rules of Sponsored Products."""

    name = "sp_budget_rules"
    path = "/sp/budgetRules"


#: Name of a list -> its meaning, its path, the word in its media type, where its rows are, the id in them.
_LISTS: Final = {
    "sp_campaigns": ("Campaigns of Sponsored Products.", "campaigns", "spCampaign", "campaigns", "campaignId"),
    "sp_ad_groups": ("Ad groups of Sponsored Products.", "adGroups", "spAdGroup", "adGroups", "adGroupId"),
    "sp_product_ads": ("Advertised products.", "productAds", "spProductAd", "productAds", "adId"),
    "sp_keywords": ("Keywords that ad groups bid on.", "keywords", "spKeyword", "keywords", "keywordId"),
    "sp_negative_keywords": (
        "Keywords that ad groups exclude.",
        "negativeKeywords",
        "spNegativeKeyword",
        "negativeKeywords",
        "keywordId",
    ),
    "sp_campaign_negative_keywords": (
        "Keywords that campaigns exclude.",
        "campaignNegativeKeywords",
        "spCampaignNegativeKeyword",
        "campaignNegativeKeywords",
        "keywordId",
    ),
    "sp_targets": (
        "Products and categories that ad groups bid on.",
        "targets",
        "spTargetingClause",
        "targetingClauses",
        "targetId",
    ),
    "sp_negative_targets": (
        "Products and brands that ad groups exclude.",
        "negativeTargets",
        "spNegativeTargetingClause",
        "negativeTargetingClauses",
        "targetId",
    ),
    "sp_campaign_negative_targets": (
        "Products and brands that campaigns exclude.",
        "campaignNegativeTargets",
        "spCampaignNegativeTargetingClause",
        "campaignNegativeTargetingClauses",
        "targetId",
    ),
}


LISTS: Final[tuple[type[OfProfile], ...]] = (
    *(listed_by_post(name, said, "/sp", version=3) for name, said in _LISTS.items()),
    SpBudgetRules,
)
