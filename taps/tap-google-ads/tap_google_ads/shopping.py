"""Daily figures of products."""

from __future__ import annotations

from tap_google_ads._facts import select
from tap_google_ads._stream import batches, schema
from tap_google_ads.reports import DAYS, METRICS, Performance

__all__ = ["ShoppingPerformance"]

# What a product was called when it was shown: each of these divides the figures, so each is in the key.
_KEYS = (
    "campaign.id",
    "segments.date",
    "segments.ad_network_type",
    "segments.device",
    "segments.product_merchant_id",
    "segments.product_item_id",
    "segments.product_title",
    "segments.product_brand",
    "segments.product_type_l1",
    "segments.product_category_level1",
    "segments.product_condition",
    "segments.product_channel",
    "segments.product_country",
    "segments.product_language",
    "segments.product_store_id",
)
_SHOPPING = (*_KEYS, "customer.id", "customer.currency_code", "shopping_performance_view.resource_name", *METRICS)


class ShoppingPerformance(Performance):
    """Daily figures of every product, from shopping and Performance Max campaigns."""

    name = "shopping_performance_report"
    primary_keys = (
        "campaign_id",
        "segments_date",
        "segments_ad_network_type",
        "segments_device",
        "segments_product_merchant_id",
        "segments_product_item_id",
        "segments_product_title",
        "segments_product_brand",
        "segments_product_type_l1",
        "segments_product_category_level1",
        "segments_product_condition",
        "segments_product_channel",
        "segments_product_country",
        "segments_product_language",
        "segments_product_store_id",
    )
    schema = schema(_SHOPPING, _KEYS)
    records = batches(_SHOPPING, _KEYS)
    body = select(_SHOPPING, "shopping_performance_view", DAYS)
