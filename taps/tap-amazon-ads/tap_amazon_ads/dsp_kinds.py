"""Which reports of the DSP there are, as they are grouped here.

https://advertising.amazon.com/API/docs/en-us/guides/reporting/v3/report-types/campaign, .../inventory, .../audience,
.../geo, .../tech, .../product (read 2026-11). Of some five hundred columns these are the ones that every account has:
fees of third parties, and conversions of an advertiser's own pixels, are left out.
"""

from __future__ import annotations

from typing import Final

from tap_amazon_ads.kinds import Kind

__all__ = ["DSP_KINDS"]


def _attributed(*names: str) -> tuple[str, ...]:
    """Events, those after an ad that was seen, those after one that was clicked."""
    return tuple(f"{name}{after}" for name in names for after in ("", "Views", "Clicks"))


_DELIVERED: Final = ("totalCost", "impressions", "clicks", "clickThroughRate", "eCPM", "eCPC")
_VIDEO: Final = tuple(f"videoAd{part}" for part in ("Start", "FirstQuartile", "Midpoint", "ThirdQuartile", "Complete"))
_SHOPPED: Final = (
    "detailPageViews",
    "detailPageViewViews",
    "detailPageViewClicks",
    *_attributed("addToCart", "purchases", "newToBrandPurchases"),
)
_SEEN: Final = ("viewableImpressions", "measurableImpressions", "measurableRate", "viewabilityRate")
_SOLD: Final = ("unitsSold", "sales", "newToBrandUnitsSold", "newToBrandProductSales")
_OF_BRAND: Final = (
    "totalDetailPageView",
    "totalAddToCart",
    *_attributed("totalPurchases", "totalNewToBrandPurchases"),
    "totalUnitsSold",
    "totalNewToBrandUnitsSold",
)
_FEES: Final = ("supplyCost", "amazonDSPAudienceFee", "amazonDSPConsoleFee")
_ALL_FEES: Final = (*_FEES, "agencyFee", "totalFee")
_GROSS: Final = ("grossImpressions", "grossClickThroughs", "invalidImpressions", "invalidClickThroughs")
_SEARCHED: Final = _attributed("brandSearches")
_REACHED: Final = ("reach", "householdReach", "frequencyAverage", "householdFrequencyAverage")
_FIGURES: Final = (*_DELIVERED, *_VIDEO, *_SHOPPED)
_CAMPAIGN: Final = (
    *_FIGURES,
    *_ALL_FEES,
    *_SEEN,
    *_SOLD,
    *_OF_BRAND,
    *_GROSS,
    *_SEARCHED,
    "ROAS",
    "totalSales",
    "totalNewToBrandSales",
    "totalROAS",
    "offAmazonConversions",
    "offAmazonPurchases",
    "offAmazonUnitsSold",
    "offAmazonProductSales",
    "combinedPurchases",
    "combinedUnitsSold",
    "combinedProductSales",
    "combinedROAS",
)
_PRODUCT: Final = (
    "impressions",
    "clicks",
    *_SHOPPED,
    *_SOLD,
    *_OF_BRAND,
    "totalSales",
    "totalNewToBrandSales",
    "salesPromoted",
    "salesBrandHalo",
    "unitsSoldBrandHalo",
)
_OF_ORDER: Final = ("advertiserId", "orderId")
_OF_LINE_ITEM: Final = (*_OF_ORDER, "lineItemId")
_ORDER: Final = ("advertiserName", "entityId", "orderName", "orderCurrency")
_LINE_ITEM: Final = (*_ORDER, "lineItemName")

#: Stream -> the report that it reads.
DSP_KINDS: Final = {
    "dsp_order_report": Kind(
        "orders of the DSP", "dspCampaign", ("campaign",), _OF_ORDER, (*_ORDER, *_CAMPAIGN, *_REACHED)
    ),
    "dsp_line_item_report": Kind(
        "line items of the DSP",
        "dspCampaign",
        ("campaign", "ad"),
        _OF_LINE_ITEM,
        (*_LINE_ITEM, "lineItemType", "lineItemStatus", *_CAMPAIGN, *_REACHED),
    ),
    "dsp_creative_report": Kind(
        "creatives of the DSP",
        "dspCampaign",
        ("campaign", "ad", "creative"),
        (*_OF_LINE_ITEM, "creativeId"),
        (*_LINE_ITEM, "creativeName", "creativeType", "creativeSize", "creativeAdId", *_CAMPAIGN),
    ),
    "dsp_supply_report": Kind(
        "line items of the DSP by where impressions were bought",
        "dspInventory",
        ("campaign", "ad", "supplySource"),
        (*_OF_LINE_ITEM, "supplySource"),
        (*_LINE_ITEM, *_FIGURES, *_ALL_FEES, *_SEEN, *_SOLD, *_OF_BRAND),
    ),
    "dsp_site_report": Kind(
        "line items of the DSP by where their ads stood",
        "dspInventory",
        ("campaign", "ad", "site"),
        (*_OF_LINE_ITEM, "site"),
        (*_LINE_ITEM, *_FIGURES, *_ALL_FEES, *_SEEN, *_SOLD, *_OF_BRAND),
    ),
    "dsp_audience_report": Kind(
        "line items of the DSP by the segments that saw their ads",
        "dspAudience",
        ("order", "lineItem"),
        (*_OF_LINE_ITEM, "segmentId", "targetingMethod"),
        (
            *_LINE_ITEM,
            *(f"segment{part}" for part in ("Name", "Type", "Source", "ClassCode", "MarketplaceId")),
            *_FIGURES,
            *_FEES,
            *_GROSS,
            *_SEARCHED,
        ),
    ),
    "dsp_geo_report": Kind(
        "line items of the DSP by where people were",
        "dspGeo",
        ("order", "lineItem", "country", "region", "city"),
        (*_OF_LINE_ITEM, "country", "region", "city"),
        (*_LINE_ITEM, *_FIGURES, "agencyFee", "viewableImpressions", *_OF_BRAND, *_GROSS, *_SEARCHED),
    ),
    "dsp_tech_report": Kind(
        "line items of the DSP by device, system and browser",
        "dspTech",
        ("order", "lineItem", "operatingSystem", "browserType", "deviceType", "environmentType"),
        (*_OF_LINE_ITEM, "operatingSystemName", "browserName", "deviceName", "environmentName"),
        (*_LINE_ITEM, *_FIGURES, "agencyFee", "viewableImpressions", *_SOLD, *_GROSS, *_SEARCHED),
    ),
    "dsp_product_report": Kind(
        "the five hundred products that the DSP sold most",
        "dspProduct",
        ("order", "lineItem"),
        (*_OF_LINE_ITEM, "marketplace", "asin", "featuredAsin", "conversionType"),
        (
            *_LINE_ITEM,
            "parentAsin",
            "brandName",
            "productName",
            "productGroup",
            "productCategory",
            "productSubCategory",
            *_PRODUCT,
        ),
    ),
}
