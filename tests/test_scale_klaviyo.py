"""Klaviyo's whole way to the warehouse, at any scale."""

from scale import Channel, at_scale, narrow

LIMIT, POLICIES = narrow(20)

ENDPOINTS = (
    *("accounts", "campaigns", "flows", "flow-actions", "flow-messages", "lists", "list-profiles", "metrics"),
    *("profiles", "events", "campaign-values-reports", "flow-series-reports", "segment-series-reports"),
)
BY_DAY = {
    "name": "campaign_days",
    "endpoint": "campaign-values",
    "statistics": ["opens", "click_rate", "conversion_value"],
}

TestKlaviyo = at_scale(
    Channel(
        tap="tap-klaviyo",
        simulator="klaviyo",
        api="/api",
        streams=(
            "accounts",
            "campaigns",
            "campaign_messages",
            "flows",
            "flow_messages",
            "lists",
            "list_members",
            "profiles",
            "events",
            "flow_series_reports",
            "segment_series_reports",
            "campaign_days",
        ),
        restated="campaign_days",
        # A key has one account: what may be forbidden is a part of it.
        accounts=("lists", "id"),
        account_path="/lists/{}/profiles",
        throttled={"match": "/flow-series-reports", "retry_after": "7200"},
        settings=lambda _: {
            "conversion_metric_ids": ["R2WpFy"],
            "custom_reports": [BY_DAY],
            "budgets": {f"klaviyo.{endpoint}": ["1000/s"] for endpoint in ENDPOINTS},
        },
        options={"budgets": {"burst": "2000/1", "steady": "1000000/60", "daily": "1000000/86400"}},
        fleet_limits={"burst": LIMIT, "steady": "1000000/60", "daily": "1000000/86400"},
        fleet_budgets={f"klaviyo.{endpoint}": POLICIES for endpoint in ENDPOINTS},
    )
)
