"""Amazon Ads' whole way to the warehouse, at any scale."""

from scale import Channel, at_scale, narrow

LIMIT, POLICIES = narrow(60)

# Limits are not published, so the tap's own numbers are guesses; here the simulator's hold.
QUICK = ["1000/s"]

TestAmazonAds = at_scale(
    Channel(
        tap="tap-amazon-ads",
        simulator="amazon_ads",
        api="/advertising-api{service}",
        streams=(
            "profiles",
            "portfolios",
            "sp_campaigns",
            "sp_keywords",
            "sb_targets",
            "sd_product_ads",
            "sp_campaign_report",
            "sp_search_term_report",
            "sp_purchased_product_report",
            "sb_target_report",
            "sd_ad_group_report",
            "st_campaigns",
            "st_target_report",
            "attribution_creative_report",
            "dsp_advertisers",
            "dsp_geo_report",
        ),
        restated="sp_purchased_product_report",
        accounts=("profiles", "profileId"),
        account_path="/",
        account_header="^amazon-advertising-api-scope: {}$",
        throttled={"match": "/reporting/reports$", "retry_after": "14400"},
        settings=lambda _: {
            "regions": ["NA", "EU", "FE"],
            "budgets": dict.fromkeys(("amazon_ads", "amazon_ads.profile", "amazon_ads.reports"), QUICK),
        },
        options={"report_polls": 0},
        fleet_limits={"calls": LIMIT},
        fleet_budgets={
            "amazon_ads": POLICIES,
            "amazon_ads.profile": QUICK,
            "amazon_ads.reports": QUICK,
        },
        most_history_days=58,
    )
)
