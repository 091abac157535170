"""Which reports of version 3 there are, as they are grouped here: what tells rows apart, which columns they have.

https://advertising.amazon.com/API/docs/en-us/guides/reporting/v3/report-types (read 2026-11)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tap_amazon_ads import columns as of

__all__ = ["KINDS", "PRODUCTS", "Kind"]

#: Ad product -> its word, and the days that Amazon keeps its figures.
#: https://advertising.amazon.com/API/docs/en-us/guides/reporting/v3/report-types (configurations, read 2026-11)
PRODUCTS: Final = {
    "sp": ("SPONSORED_PRODUCTS", 95),
    "sb": ("SPONSORED_BRANDS", 60),
    "sd": ("SPONSORED_DISPLAY", 65),
    "st": ("SPONSORED_TELEVISION", 95),
    "dsp": ("DEMAND_SIDE_PLATFORM", 95),
}
# Some are kept for longer, and had for as many days at once.
_BRANDS_PURCHASED_DAYS: Final = 731
_GROSS_DAYS: Final = 365


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of report, as it is grouped here: what its rows are about, what tells them apart, what they hold."""

    meaning: str
    type_id: str
    group_by: tuple[str, ...]
    keys: tuple[str, ...]
    others: tuple[str, ...]
    retention_days: int | None = None

    @property
    def product(self) -> str:
        """Whose report it is, as `PRODUCTS` has it."""
        return next(product for product in PRODUCTS if self.type_id.startswith(product))

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that can be asked for."""
        return tuple(dict.fromkeys(("date", *self.keys, *self.others)))


_OF_CAMPAIGN: Final = ("campaignId",)
_OF_AD_GROUP: Final = ("campaignId", "adGroupId")
_OF_RULES: Final = (
    "campaignRuleBasedBudgetAmount",
    "campaignApplicableBudgetRuleId",
    "campaignApplicableBudgetRuleName",
    "campaignBiddingStrategy",
)
_TARGETED: Final = ("keywordBid", "adKeywordStatus", "keywordType", "matchType")
_SP_TARGETED: Final = (*of.AD_GROUP, "portfolioId", "keyword", "targeting", *_TARGETED, *of.PRODUCTS_TARGETED)
_SHARE: Final = "topOfSearchImpressionShare"

#: Stream -> the report that it reads.
KINDS: Final = {
    "sp_campaign_report": Kind(
        "campaigns of Sponsored Products",
        "spCampaigns",
        ("campaign",),
        _OF_CAMPAIGN,
        (*of.CAMPAIGN, *_OF_RULES, *of.PRODUCTS, _SHARE),
    ),
    "sp_placement_report": Kind(
        "campaigns of Sponsored Products by where their ads stood",
        "spCampaigns",
        ("campaignPlacement",),
        (*_OF_CAMPAIGN, "placementClassification"),
        (*of.CAMPAIGN, *_OF_RULES, *of.PRODUCTS),
    ),
    "sp_ad_group_report": Kind(
        "ad groups of Sponsored Products",
        "spCampaigns",
        ("campaign", "adGroup"),
        _OF_AD_GROUP,
        (*of.AD_GROUP, "adStatus", *of.PRODUCTS),
    ),
    "sp_target_report": Kind(
        "keywords and targets of Sponsored Products",
        "spTargeting",
        ("targeting",),
        (*_OF_AD_GROUP, "keywordId"),
        (*_SP_TARGETED, _SHARE),
    ),
    "sp_search_term_report": Kind(
        "what shoppers searched for when they saw Sponsored Products",
        "spSearchTerm",
        ("searchTerm",),
        (*_OF_AD_GROUP, "keywordId", "searchTerm"),
        _SP_TARGETED,
    ),
    "sp_advertised_product_report": Kind(
        "advertised products",
        "spAdvertisedProduct",
        ("advertiser",),
        (*_OF_AD_GROUP, "adId"),
        (*of.AD_GROUP, "portfolioId", "advertisedAsin", "advertisedSku", *of.PRODUCTS_TARGETED),
    ),
    "sp_purchased_product_report": Kind(
        "products that were bought after a click on another",
        "spPurchasedProduct",
        ("asin",),
        (*_OF_AD_GROUP, "keywordId", "advertisedAsin", "advertisedSku", "purchasedAsin"),
        (
            "campaignName",
            "campaignBudgetCurrencyCode",
            "adGroupName",
            "portfolioId",
            "keyword",
            "keywordType",
            "matchType",
            *of.PRODUCTS_PURCHASED,
        ),
    ),
    "sb_campaign_report": Kind(
        "campaigns of Sponsored Brands",
        "sbCampaigns",
        ("campaign",),
        _OF_CAMPAIGN,
        (*of.CAMPAIGN, *of.BRANDS, "viewClickThroughRate", _SHARE),
    ),
    "sb_placement_report": Kind(
        "campaigns of Sponsored Brands by where their ads stood",
        "sbCampaignPlacement",
        ("campaignPlacement",),
        (*_OF_CAMPAIGN, "placementClassification"),
        (*of.CAMPAIGN, *of.BRANDS, "viewClickThroughRate"),
    ),
    "sb_ad_group_report": Kind(
        "ad groups of Sponsored Brands",
        "sbAdGroup",
        ("adGroup",),
        _OF_AD_GROUP,
        (*of.AD_GROUP, "adStatus", *of.BRANDS_GROUPED),
    ),
    "sb_ad_report": Kind(
        "ads of Sponsored Brands", "sbAds", ("ads",), (*_OF_AD_GROUP, "adId"), (*of.AD_GROUP, *of.BRANDS)
    ),
    "sb_target_report": Kind(
        "keywords and targets of Sponsored Brands",
        "sbTargeting",
        ("targeting",),
        (*_OF_AD_GROUP, "keywordId", "targetingId"),
        (
            *of.AD_GROUP,
            "keywordText",
            "targetingExpression",
            "targetingText",
            "targetingType",
            *_TARGETED,
            *of.BRANDS_TARGETED,
            _SHARE,
        ),
    ),
    "sb_search_term_report": Kind(
        "what shoppers searched for when they saw Sponsored Brands",
        "sbSearchTerm",
        ("searchTerm",),
        (*_OF_AD_GROUP, "keywordId", "searchTerm"),
        (*of.AD_GROUP, "keywordText", "keywordBid", "adKeywordStatus", "matchType", *of.BRANDS_SEARCHED),
    ),
    "sb_purchased_product_report": Kind(
        "products that were bought after an ad of Sponsored Brands",
        "sbPurchasedProduct",
        ("purchasedAsin",),
        (*_OF_AD_GROUP, "attributionType", "purchasedAsin"),
        (
            "campaignName",
            "campaignBudgetCurrencyCode",
            "adGroupName",
            "productName",
            "productCategory",
            *of.BRANDS_PURCHASED,
        ),
        _BRANDS_PURCHASED_DAYS,
    ),
    "sd_campaign_report": Kind(
        "campaigns of Sponsored Display",
        "sdCampaigns",
        ("campaign",),
        _OF_CAMPAIGN,
        (
            "campaignName",
            "campaignStatus",
            "campaignBudgetAmount",
            "campaignBudgetCurrencyCode",
            "costType",
            *of.DISPLAY_GROUPED,
        ),
    ),
    "sd_ad_group_report": Kind(
        "ad groups of Sponsored Display",
        "sdAdGroup",
        ("adGroup",),
        _OF_AD_GROUP,
        ("campaignName", "campaignBudgetCurrencyCode", "adGroupName", "bidOptimization", *of.DISPLAY_GROUPED),
    ),
    "sd_advertised_product_report": Kind(
        "ads of Sponsored Display",
        "sdAdvertisedProduct",
        ("advertiser",),
        (*_OF_AD_GROUP, "adId"),
        (
            "campaignName",
            "campaignBudgetCurrencyCode",
            "adGroupName",
            "bidOptimization",
            "promotedAsin",
            "promotedSku",
            *of.DISPLAY_GROUPED,
        ),
    ),
    "sd_target_report": Kind(
        "targets of Sponsored Display",
        "sdTargeting",
        ("targeting",),
        (*_OF_AD_GROUP, "targetingId"),
        (
            "campaignName",
            "campaignBudgetCurrencyCode",
            "adGroupName",
            "adKeywordStatus",
            "targetingExpression",
            "targetingText",
            *of.DISPLAY,
        ),
    ),
    "sd_purchased_product_report": Kind(
        "products of the brand that were bought after an ad of Sponsored Display for another",
        "sdPurchasedProduct",
        ("asin",),
        (*_OF_AD_GROUP, "promotedAsin", "promotedSku", "asinBrandHalo"),
        ("campaignName", "campaignBudgetCurrencyCode", "adGroupName", *of.DISPLAY_PURCHASED),
    ),
    "st_campaign_report": Kind(
        "campaigns of Sponsored TV",
        "stCampaigns",
        ("campaign",),
        _OF_CAMPAIGN,
        (*of.CAMPAIGN, "portfolioId", *of.TELEVISION, *of.TELEVISION_REACHED),
    ),
    "st_ad_group_report": Kind(
        "ad groups of Sponsored TV",
        "stCampaigns",
        ("campaign", "adGroup"),
        _OF_AD_GROUP,
        (*of.AD_GROUP, "adStatus", "portfolioId", *of.TELEVISION, *of.TELEVISION_REACHED),
    ),
    "st_target_report": Kind(
        "targets of Sponsored TV",
        "stTargeting",
        ("campaign", "adGroup", "targeting"),
        (*_OF_AD_GROUP, "keywordId"),
        (*of.AD_GROUP, "portfolioId", "keyword", "targetingText", *_TARGETED, *of.TELEVISION),
    ),
    **{
        f"{product}_gross_traffic_report": Kind(
            f"campaigns of {PRODUCTS[product][0].replace('_', ' ').title()} with the traffic that was found invalid",
            f"{product}GrossAndInvalids",
            ("campaign",),
            _OF_CAMPAIGN,
            ("campaignName", "campaignStatus", *of.GROSS),
            _GROSS_DAYS,
        )
        for product in ("sp", "sb", "sd")
    },
}
