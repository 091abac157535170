"""Google Ads' whole way to the warehouse, at any scale."""

import pytest
from scale import Channel, at_scale

pytestmark = pytest.mark.slow

TestGoogleAds = at_scale(
    Channel(
        plugin="tap_google_ads.tap:TapGoogleAds",
        simulator="google_ads",
        api="/v25",
        streams=(
            "account",
            "campaign",
            "ad_group_ad",
            "campaign_performance_report",
            "ad_performance_report",
            "click_view",
        ),
        restated="ad_performance_report",
        accounts=("account", "customer_client_id"),
        account_path="/customers/{}/",
        throttled={"match": "/customers/[3-8]", "retry_after": "14400"},
        settings=lambda credential: {"login_customer_id": credential["login_customer_id"]},
        fleet_limits={"developer": "60/1", "customer": "30/1"},
        fleet_budgets={"google_ads": ["15000/day", "60/s"], "google_ads.customer": ["30/s"]},
    )
)
