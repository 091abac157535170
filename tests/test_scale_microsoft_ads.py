"""Microsoft Advertising's whole way to the warehouse, at any scale."""

from scale import Channel, at_scale, narrow

LIMIT, POLICIES = narrow(60)

# Calls a minute are not published, so the tap's own numbers are guesses; here the simulator's hold.
QUICK = ["1000/s"]

TestMicrosoftAds = at_scale(
    Channel(
        tap="tap-microsoft-ads",
        simulator="microsoft_ads",
        api="",
        streams=(
            "users",
            "accounts",
            "campaigns",
            "ad_groups",
            "keywords",
            "campaign_labels",
            "account_performance_report",
            "campaign_impression_performance_report",
            "ad_performance_report",
            "goals_and_funnels_report",
            "ad_group_performance_report_hourly",
        ),
        restated="ad_performance_report",
        accounts=("accounts", "Id"),
        account_path="/",
        account_body='"{}"',
        throttled={"match": "/GenerateReport/Submit$", "retry_after": "14400"},
        settings=lambda _: {
            "budgets": dict.fromkeys(("microsoft_ads", "microsoft_ads.customer", "microsoft_ads.bulk"), QUICK)
        },
        options={"report_polls": 0},
        fleet_limits={"calls": LIMIT},
        fleet_budgets={
            "microsoft_ads": QUICK,
            "microsoft_ads.customer": POLICIES,
            "microsoft_ads.bulk": QUICK,
        },
        refusal=400,
    )
)
