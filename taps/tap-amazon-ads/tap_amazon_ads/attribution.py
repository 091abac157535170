"""Amazon Attribution: what shoppers do on Amazon after a click on an advertiser's ads elsewhere.

https://advertising.amazon.com/API/docs/en-us/amazon-attribution-prod-3p and .../guides/amazon-attribution/how-to
(read 2026-11).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dif_kit.decode import Cells, JsonRecords, Picked
from dif_kit.paging import Cursor
from dif_kit.tap import COLUMN_TYPES, Window, schema_of

from tap_amazon_ads.profiles import OfProfile

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["REPORTS"]

_READ: Final = ("kindleEditionNormalizedPagesRead14d", "kindleEditionNormalizedPagesRoyalties14d")
_PROMOTED: Final = (
    "attributedDetailPageViewsClicks14d",
    "attributedAddToCartClicks14d",
    "attributedPurchases14d",
    "unitsSold14d",
    "attributedSales14d",
)
_PERFORMANCE: Final = (
    "Click-throughs",
    *_PROMOTED,
    "attributedTotalDetailPageViewsClicks14d",
    "attributedTotalAddToCartClicks14d",
    "attributedTotalPurchases14d",
    "totalUnitsSold14d",
    "totalAttributedSales14d",
    *_READ,
)
_PRODUCTS: Final = (
    *_PROMOTED,
    "brandHaloDetailPageViewsClicks14d",
    "brandHaloAttributedAddToCartClicks14d",
    "brandHaloAttributedPurchases14d",
    "brandHaloUnitsSold14d",
    "brandHaloAttributedSales14d",
    *(f"{whose}NewToBrand{what}14d" for whose in ("attributed", "brandHalo") for what in ("Purchases", "UnitsSold")),
    *(f"{whose}NewToBrandSales14d" for whose in ("attributed", "brandHalo")),
    *_READ,
)
#: Left out by Amazon for who is in no Brand Referral Bonus program, refused below ad groups.
_BONUS: Final = "brb_bonus_amount"
#: Amazon's names that are none of a column.
_RENAMED: Final = {"Click-throughs": "clickThroughs"}

_OF_AD_GROUP: Final = ("campaignId", "adGroupId", "publisher")
_OF_PRODUCT: Final = ("productName", "productGroup", "productCategory", "productSubcategory", "brandName")

#: Stream -> what it is about, how it is asked for, what tells its rows apart besides the day, what else they hold.
_KINDS: Final[Mapping[str, tuple[str, dict[str, str], tuple[str, ...], tuple[str, ...]]]] = {
    "attribution_campaign_report": (
        "campaigns",
        {"reportType": "PERFORMANCE", "groupBy": "CAMPAIGN"},
        ("campaignId",),
        (*_PERFORMANCE, _BONUS),
    ),
    "attribution_ad_group_report": (
        "ad groups",
        {"reportType": "PERFORMANCE", "groupBy": "ADGROUP"},
        _OF_AD_GROUP,
        (*_PERFORMANCE, _BONUS),
    ),
    "attribution_creative_report": (
        "creatives",
        {"reportType": "PERFORMANCE", "groupBy": "CREATIVE"},
        (*_OF_AD_GROUP, "creativeId"),
        _PERFORMANCE,
    ),
    "attribution_product_report": (
        "the hundred products of each campaign that sold most",
        {"reportType": "PRODUCTS"},
        (*_OF_AD_GROUP, "marketplace", "productAsin", "productConversionType"),
        _PRODUCTS,
    ),
}
# Performance is kept for thirteen months, products for ninety days.
_KEPT_DAYS: Final = {"PERFORMANCE": 395, "PRODUCTS": 90}


class Attributed(OfProfile):
    """What the reports share: a body with days, pages by a cursor in it, rows by day.

    A sale counts for the day on which it happened, and for the last click of the 14 days before. Figures are restated
    for 28 days, for returns; Amazon recommends to read the last 30 every day. Figures of tags with fewer than ten
    clicks are zero, so levels do not add up: each is a report of its own. A profile that Amazon Attribution is not open
    to is refused.
    """

    method = "POST"
    path = "/attribution/report"
    paging = Cursor("cursorId", "cursorId", ("count", 1000), place="body")
    replication_key: str | None = "date"
    context_columns = {"profileId": "profile_id", "currencyCode": "currency"}


def _column(name: str) -> Mapping[str, Any]:
    if not name.endswith("14d") and name not in {_BONUS, "Click-throughs"}:
        return COLUMN_TYPES["string"]
    is_money = "Sales" in name or "Royalties" in name or name == _BONUS
    return COLUMN_TYPES["number" if is_money else "integer"]


def _report(name: str) -> type[Attributed]:
    meaning, asked, ids, metrics = _KINDS[name]
    others = ("advertiserName", *(_OF_PRODUCT if asked["reportType"] == "PRODUCTS" else ()), *metrics)
    told = {_RENAMED.get(column, column): column for column in ("date", *ids, *others)}
    known = {column: _column(said) for column, said in told.items()}
    known |= {"date": COLUMN_TYPES["date"], **dict.fromkeys(("profileId", "currencyCode"), COLUMN_TYPES["string"])}
    keys = ("profileId", *ids, "date")
    # A tag may lack a part of what it should name, and a text is what some figures come as: both are as they should be.
    picked = Picked(JsonRecords("reports"), told, absent=dict.fromkeys(ids, ""), is_text=True)
    facts: dict[str, Any] = {
        "name": name,
        "__module__": __name__,
        "__doc__": f"Daily figures of {meaning} outside of Amazon.",
        "body": {
            **asked,
            "metrics": ",".join(metrics),
            "startDate": "{start:%Y%m%d}",
            "endDate": "{end:%Y%m%d}",
        },
        "records": Cells(picked, dates={"date": "%Y%m%d"}),
        "primary_keys": keys,
        "schema": schema_of(known, (*keys, "currencyCode", *told), keys=keys),
        "window": Window(days=31, lookback_days=30, zone="{zone}", retention_days=_KEPT_DAYS[asked["reportType"]]),
    }
    return type(name.title().replace("_", ""), (Attributed,), facts)


REPORTS: Final = tuple(map(_report, _KINDS))
