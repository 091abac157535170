"""Shopify's whole way to the warehouse, at any scale."""

from scale import Channel, at_scale

TestShopify = at_scale(
    Channel(
        plugin="tap_shopify.tap:TapShopify",
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
        ),
        restated="orders",
        withdraws=False,
        accounts=("locations", "id"),
        account_path="/locations/{}/",
        throttled={"match": "/inventory_levels", "retry_after": "14400"},
        settings=lambda _: {"shop": "demo", "budgets": {"shopify.graphql": ["points 1000 restore 1000/s"]}},
        options={"report_polls": 0, "budgets": {"points": "2000/1"}},
        fleet_limits={"rest": "40/4", "points": "1000/1"},
        fleet_budgets={"shopify.rest": ["points 30 restore 9/s"], "shopify.graphql": ["points 950 restore 900/s"]},
    )
)
