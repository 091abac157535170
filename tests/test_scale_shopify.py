"""Shopify's whole way to the warehouse, at any scale."""

from scale import Channel, at_scale
from scale.channel import FLEET

# Buckets: what is on its way, a request a run and the dearest of 130 points, may arrive on top of all others.
POINTS, RESTORED = 2100, 300

TestShopify = at_scale(
    Channel(
        tap="tap-shopify",
        simulator="shopify",
        api="/admin/api/2026-07",
        streams=(
            "shop",
            "orders",
            "order_line_items",
            "order_refunds",
            "refund_line_items",
            "order_transactions",
            "customers",
            "products",
            "locations",
            "inventory_levels",
            "collects",
            "order_journeys",
            "fulfillments",
            "product_variants",
            "inventory_items",
            "events",
            "collection_products",
            "order_agreements",
            "product_metafields",
            "fulfillment_orders",
        ),
        restated="orders",
        withdraws=False,
        load_methods=dict.fromkeys(("inventory_levels", "product_variants", "inventory_items"), "overwrite"),
        accounts=("locations", "id"),
        account_path="/locations/{}/",
        throttled={"match": "/inventory_levels", "retry_after": "14400"},
        settings=lambda _: {"shop": "demo", "budgets": {"shopify.graphql": ["points 1000 restore 1000/s"]}},
        options={"report_polls": 0, "credential": "client", "budgets": {"points": "2000/1"}},
        fleet_limits={"rest": "40/20", "points": f"{POINTS}/{POINTS // RESTORED}"},
        fleet_budgets={
            "shopify.rest": [f"points {40 - FLEET} restore 2/s"],
            "shopify.graphql": [f"points {POINTS - FLEET * 130} restore {RESTORED}/s"],
        },
        fleet_concurrency=1,
    )
)
