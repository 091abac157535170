"""Meta's whole way to the warehouse, at any scale."""

import json

from scale import Channel, at_scale, narrow

LIMIT, POLICIES = narrow(60)

# No Retry-After: how long to wait stands in minutes among percentages.
USAGE = {"act": [{"type": "ads_insights", "call_count": 100, "estimated_time_to_regain_access": 240}]}

TestMeta = at_scale(
    Channel(
        tap="tap-meta",
        simulator="meta",
        api="/v26.0",
        streams=(
            "ad_accounts",
            "campaigns",
            "ad_sets",
            "ads",
            "ad_creatives",
            "account_insights",
            "campaign_insights",
            "ads_insights",
            "ads_actions",
            "ads_insights_age_and_gender",
        ),
        restated="ads_insights",
        accounts=("ad_accounts", "account_id"),
        account_path="/act_{}/",
        throttled={"match": "/insights$", "headers": {"x-business-use-case-usage": json.dumps(USAGE)}},
        options={"report_polls": 0},
        fleet_limits={"app": LIMIT},
        fleet_budgets={"meta": POLICIES},
        refusal=400,
        history_days=8,
    )
)
