"""Pinterest's whole way to the warehouse, at any scale."""

from scale import Channel, at_scale, narrow

LIMIT, POLICIES = narrow(40)

TestPinterest = at_scale(
    Channel(
        tap="tap-pinterest",
        simulator="pinterest",
        api="/v5",
        streams=(
            "ad_accounts",
            "campaigns",
            "ad_groups",
            "ads",
            "campaign_analytics",
            "ad_analytics",
            "campaign_report",
        ),
        restated="ad_analytics",
        withdraws=False,
        accounts=("ad_accounts", "id"),
        account_path="/ad_accounts/{}/",
        throttled={"match": "/analytics$", "retry_after": "14400"},
        options={"report_polls": 0},
        fleet_limits={"ads_read": LIMIT, "ads_analytics": LIMIT},
        fleet_budgets={"pinterest.ads_read": POLICIES, "pinterest.ads_analytics": POLICIES},
    )
)
