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
    "PRODUCTS_TARGETED", "TELEVISION", "TELEVISION_REACHED", "known",
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

TELEVISION: Final = (
    "impressions",
    "clicks",
    "clickThroughRate",
    "cost",
    "costPerThousandImpressions",
    *_QUARTILES,
    "detailPageViews",
    "detailPageViewsClicks",
    "detailPageViewsViews",
    "newToBrandDetailPageViews",
    "newToBrandDetailPageViewClicks",
    "newToBrandDetailPageViewViews",
    *(
        f"{name}{after}"
        for name in (
            *("addToCart", "brandedSearches", "purchases", "sales", "unitsSold"),
            *("newToBrandPurchases", "newToBrandSales"),
        )
        for after in ("", "Clicks", "Views")
    ),
    "roas",
)
#: What campaigns and ad groups have besides.
TELEVISION_REACHED: Final = ("reach", "householdReach", "frequencyAverage", "householdFrequencyAverage")

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
        "adGroupId", "adGroupName", "adId", "adKeywordStatus", "adStatus", "advertisedAsin", "advertisedSku",
        "advertiserId", "advertiserName", "asin", "asinBrandHalo", "attributionType", "bidOptimization", "brandName",
        "browserName", "campaignApplicableBudgetRuleId", "campaignApplicableBudgetRuleName", "campaignBiddingStrategy",
        "campaignBudgetCurrencyCode", "campaignBudgetType", "campaignId", "campaignName", "campaignStatus", "city",
        "conversionType", "costType", "country", "creativeAdId", "creativeId", "creativeName", "creativeSize",
        "creativeType", "deviceName", "entityId", "environmentName", "featuredAsin", "keyword", "keywordId",
        "keywordText", "keywordType", "lineItemId", "lineItemName", "lineItemStatus", "lineItemType", "marketplace",
        "matchType", "matchedTargetAsin", "operatingSystemName", "orderCurrency", "orderId", "orderName", "parentAsin",
        "placementClassification", "portfolioId", "productCategory", "productGroup", "productName",
        "productSubCategory", "promotedAsin", "promotedSku", "purchasedAsin", "region", "searchTerm",
        "segmentClassCode", "segmentId", "segmentMarketplaceId", "segmentName", "segmentSource", "segmentType", "site",
        "supplySource", "targeting", "targetingExpression", "targetingId", "targetingMethod", "targetingText",
        "targetingType",
    }
)  # fmt: skip

# Money and rates have fractions; the names say so, as the page of columns has them ("Decimal").
_DECIMAL: Final = re.compile(
    r"cost|costPer\w+|spend|\w+Cost|\w+Fee|(attributed|newToBrand)?[sS]ales.*|longTerm.*|acos.*|roas.*|.*Rate|.*Percentage(14d)?"
    r"|.*Royalties14d|eCP.*|newToBrandECP.*|keywordBid|campaign\w*BudgetAmount|.*Share|\w*[fF]requencyAverage"
    r"|\w*ROAS|\w+ProductSales|total\w*Sales"
)


def known(columns: Iterable[str]) -> Mapping[str, Any]:
    """Columns with their JSON schemas."""
    return {name: {"type": "string", "format": "date"} if name == "date" else _type(name) for name in columns}


def _type(name: str) -> Mapping[str, Any]:
    if name in ATTRIBUTES or name in {"profileId", "currencyCode"}:
        return COLUMN_TYPES["string"]
    return COLUMN_TYPES["number" if _DECIMAL.fullmatch(name) else "integer"]
