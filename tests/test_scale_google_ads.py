"""Google Ads' whole way to the warehouse, at any scale."""

from scale import Channel, at_scale, narrow
from scale.channel import SCALE

DEVELOPER, OF_DEVELOPER = narrow(120 * SCALE)
CUSTOMER, OF_CUSTOMER = narrow(50 * SCALE)

TestGoogleAds = at_scale(
    Channel(
        tap="tap-google-ads",
        simulator="google_ads",
        api="/v25",
        streams=(
            *("account", "campaign", "ad_group_ad", "campaign_performance_report", "ad_performance_report"),
            *(("click_view",) if SCALE == 1 else ()),  # hundreds of thousands of queries, of a day each
        ),
        restated="ad_performance_report",
        accounts=("account", "customer_client_id"),
        account_path="/customers/{}/",
        throttled={"match": "/customers/[3-8]", "retry_after": "14400"},
        # Standard access, whose operations are not limited.
        settings=lambda credential: {
            "login_customer_id": credential["login_customer_id"],
            "budgets": {"google_ads": ["1000000/day", "1000/s"], "google_ads.customer": ["1000/s"]},
        },
        options={"budgets": {"operations": "1000000", "developer": "2000/1", "customer": "2000/1"}},
        fleet_limits={"operations": "1000000", "developer": DEVELOPER, "customer": CUSTOMER},
        fleet_budgets={"google_ads": ["1000000/day", *OF_DEVELOPER], "google_ads.customer": OF_CUSTOMER},
    )
)
