"""The columns of version 3 reports, by ad product, and what each holds.

https://advertising.amazon.com/API/docs/en-us/guides/reporting/v3/report-types and .../v3/columns (read 2026-11).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from dif_kit.tap import COLUMN_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "AD_GROUP", "ATTRIBUTES", "BRANDS", "BRANDS_GROUPED", "BRANDS_PURCHASED", "BRANDS_SEARCHED", "BRANDS_TARGETED",
    "CAMPAIGN", "DISPLAY", "DISPLAY_GROUPED", "DISPLAY_PURCHASED", "GROSS", "PRODUCTS", "PRODUCTS_PURCHASED",
    "PRODUCTS_TARGETED", "known",
]  # fmt: skip


def _windows(*names: str) -> tuple[str, ...]:
    """Figures that are counted for 1, 7, 14 and 30 days after a click."""
    return tuple(f"{name}{days}d" for name in names for days in (1, 7, 14, 30))


_BORROWED: Final = ("addToList", "qualifiedBorrows", "royaltyQualifiedBorrows")
_BORROWED_FROM_CLICKS: Final = tuple(f"{name}FromClicks" for name in _BORROWED)
_BORROWED_FROM_VIEWS: Final = tuple(f"{name}FromViews" for name in _BORROWED)
_KINDLE: Final = ("kindleEditionNormalizedPagesRead14d", "kindleEditionNormalizedPagesRoyalties14d")
_QUARTILES: Final = ("videoFirstQuartileViews", "videoMidpointViews", "videoThirdQuartileViews", "videoCompleteViews")
_VIDEO: Final = ("video5SecondViews", "video5SecondViewRate", *_QUARTILES, "videoUnmutes", "viewabilityRate")

CAMPAIGN: Final = (
    "campaignName",
    "campaignStatus",
    "campaignBudgetAmount",
    "campaignBudgetType",
    "campaignBudgetCurrencyCode",
)
AD_GROUP: Final = (*CAMPAIGN, "adGroupName")

PRODUCTS: Final = (
    "impressions",
    "clicks",
    "cost",
    "costPerClick",
    "clickThroughRate",
    *_windows("purchases", "purchasesSameSku", "unitsSoldClicks", "unitsSoldSameSku"),
    *_windows("sales", "attributedSalesSameSku"),
    *_KINDLE,
    *_BORROWED,
)
#: What a search, a target and an advertised product have besides.
PRODUCTS_TARGETED: Final = (
    *PRODUCTS,
    "salesOtherSku7d",
    "unitsSoldOtherSku7d",
    "acosClicks7d",
    "acosClicks14d",
    "roasClicks7d",
    "roasClicks14d",
)
PRODUCTS_PURCHASED: Final = (
    *_windows("purchases", "purchasesOtherSku", "unitsSoldClicks", "unitsSoldOtherSku", "sales", "salesOtherSku"),
    *_KINDLE,
    *_BORROWED,
    *_BORROWED_FROM_CLICKS,
)

_BRANDS_COST: Final = ("impressions", "clicks", "cost", "costType")
BRANDS_TARGETED: Final = (
    *_BRANDS_COST,
    "purchases",
    "purchasesClicks",
    "purchasesPromoted",
    "sales",
    "salesClicks",
    "salesPromoted",
    "unitsSold",
    "detailPageViews",
    "detailPageViewsClicks",
    "addToCart",
    "addToCartClicks",
    "addToCartRate",
    "eCPAddToCart",
    "brandedSearches",
    "brandedSearchesClicks",
    "newToBrandDetailPageViews",
    "newToBrandDetailPageViewsClicks",
    "newToBrandDetailPageViewRate",
    "newToBrandECPDetailPageView",
    "newToBrandPurchases",
    "newToBrandPurchasesClicks",
    "newToBrandPurchasesPercentage",
    "newToBrandPurchasesRate",
    "newToBrandSales",
    "newToBrandSalesClicks",
    "newToBrandSalesPercentage",
    "newToBrandUnitsSold",
    "newToBrandUnitsSoldClicks",
    "newToBrandUnitsSoldPercentage",
    *_BORROWED,
    *_BORROWED_FROM_CLICKS,
)
#: Ad groups have these; what is above and below them also the second.
BRANDS_GROUPED: Final = (*BRANDS_TARGETED, "unitsSoldClicks", *_VIDEO)
BRANDS: Final = (*BRANDS_GROUPED, "viewableImpressions")
BRANDS_SEARCHED: Final = (
    *_BRANDS_COST,
    "purchases",
    "purchasesClicks",
    "sales",
    "salesClicks",
    "unitsSold",
    *_VIDEO,
    "viewableImpressions",
    "viewClickThroughRate",
)
BRANDS_PURCHASED: Final = (
    "orders14d",
    "sales14d",
    "unitsSold14d",
    *(f"newToBrand{what}{part}14d" for what in ("Purchases", "Sales", "UnitsSold") for part in ("", "Percentage")),
)

DISPLAY: Final = (
    "impressions",
    "impressionsViews",
    "clicks",
    "cost",
    "purchases",
    "purchasesClicks",
    "purchasesPromotedClicks",
    "sales",
    "salesClicks",
    "salesPromotedClicks",
    "unitsSold",
    "unitsSoldClicks",
    "detailPageViews",
    "detailPageViewsClicks",
    "addToCart",
    "addToCartClicks",
    "addToCartViews",
    "addToCartRate",
    "eCPAddToCart",
    "brandedSearches",
    "brandedSearchesClicks",
    "brandedSearchesViews",
    "brandedSearchRate",
    "eCPBrandSearch",
    "newToBrandPurchases",
    "newToBrandPurchasesClicks",
    "newToBrandSales",
    "newToBrandSalesClicks",
    "newToBrandUnitsSold",
    "newToBrandUnitsSoldClicks",
    *_QUARTILES,
    "videoUnmutes",
    "viewabilityRate",
    "viewClickThroughRate",
    *_BORROWED,
    *_BORROWED_FROM_CLICKS,
    *_BORROWED_FROM_VIEWS,
)
#: What campaigns, ad groups and ads have besides.
DISPLAY_GROUPED: Final = (
    *DISPLAY,
    "cumulativeReach",
    "impressionsFrequencyAverage",
    "newToBrandDetailPageViews",
    "newToBrandDetailPageViewClicks",
    "newToBrandDetailPageViewViews",
    "newToBrandDetailPageViewRate",
    "newToBrandECPDetailPageView",
)
DISPLAY_PURCHASED: Final = (
    "conversionsBrandHalo",
    "conversionsBrandHaloClicks",
    "salesBrandHalo",
    "salesBrandHaloClicks",
    "unitsSoldBrandHalo",
    "unitsSoldBrandHaloClicks",
)

GROSS: Final = (
    "impressions",
    "clicks",
    "grossImpressions",
    "grossClickThroughs",
    "invalidImpressions",
    "invalidImpressionRate",
    "invalidClickThroughs",
    "invalidClickThroughRate",
)

#: They say what a row is about; all others but those of money, rates and ids are counts.
ATTRIBUTES: Final = frozenset(
    {
        "adId", "adGroupId", "adGroupName", "adKeywordStatus", "adStatus", "advertisedAsin", "advertisedSku",
        "asinBrandHalo", "attributionType", "bidOptimization", "campaignApplicableBudgetRuleId",
        "campaignApplicableBudgetRuleName", "campaignBiddingStrategy", "campaignBudgetCurrencyCode",
        "campaignBudgetType", "campaignId", "campaignName", "campaignStatus", "costType", "keyword", "keywordId",
        "keywordText", "keywordType", "matchType", "matchedTargetAsin", "placementClassification", "portfolioId",
        "productCategory", "productName", "promotedAsin", "promotedSku", "purchasedAsin", "searchTerm", "targeting",
        "targetingExpression", "targetingId", "targetingText", "targetingType",
    }
)  # fmt: skip

# Money and rates have fractions; the names say so, as the page of columns has them ("Decimal").
_DECIMAL: Final = re.compile(
    r"cost|costPerClick|spend|(attributed|newToBrand)?[sS]ales.*|longTerm.*|acos.*|roas.*|.*Rate|.*Percentage(14d)?"
    r"|.*Royalties14d|eCP.*|newToBrandECP.*|keywordBid|campaign\w*BudgetAmount|.*Share|impressionsFrequencyAverage"
)


def known(columns: Iterable[str]) -> Mapping[str, Any]:
    """Columns with their JSON schemas."""
    return {name: {"type": "string", "format": "date"} if name == "date" else _type(name) for name in columns}


def _type(name: str) -> Mapping[str, Any]:
    if name in ATTRIBUTES or name in {"profileId", "currencyCode"}:
        return COLUMN_TYPES["string"]
    return COLUMN_TYPES["number" if _DECIMAL.fullmatch(name) else "integer"]
