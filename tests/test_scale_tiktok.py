"""TikTok's whole way to the warehouse, at any scale."""

from scale import Channel, at_scale, narrow
from scale.channel import SCALE

LIMIT, POLICIES = narrow(60 if SCALE == 1 else 30)

TestTikTok = at_scale(
    Channel(
        tap="tap-tiktok",
        simulator="tiktok",
        api="/open_api/v1.3",
        streams=(
            "advertisers",
            "campaigns",
            "ads",
            "ads_reports_daily",
            "campaigns_reports_lifetime",
            "campaigns_audience_reports_by_age_and_gender_daily",
            "advertisers_reports_hourly",
        ),
        restated="ads_reports_daily",
        accounts=("advertisers", "advertiser_id"),
        account_path="/",
        account_query="{}",
        throttled={"match": "/report/"},
        settings=lambda _: {"budgets": {"tiktok": ["1000/s"]}},
        options={"budgets": {"second": "2000/1", "minute": "1000000/60"}},
        fleet_limits={"second": LIMIT, "minute": "1000000/60"},
        fleet_budgets={"tiktok": POLICIES},
        history_days=10,
    )
)
