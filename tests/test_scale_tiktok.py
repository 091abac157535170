"""TikTok's whole way to the warehouse, at any scale."""

from scale import Channel, at_scale
from scale.channel import SCALE

TestTikTok = at_scale(
    Channel(
        plugin="tap_tiktok.tap:TapTikTok",
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
        # Large reports keep the simulator busy, longer than the usual guard: requests come to it in heaps.
        fleet_limits={"second": f"{60 if SCALE == 1 else 30}/1", "minute": "1000000/60"},
        fleet_budgets={"tiktok": [f"{60 if SCALE == 1 else 30}/s guard 250ms"]},
        history_days=10,
    )
)
