"""AppsFlyer's whole way to the warehouse, at any scale."""

from scale import Channel, at_scale, narrow

LIMIT, POLICIES = narrow(15)

PLENTY = {
    "calls": "1000000/1",
    "minute": "1000000/60",
    "raw": "1000000",
    "app_day": "1000000",
    "account_day": "1000000",
}
REPORTS = ("partners_by_date_report", "geo_by_date_report")
UNHURRIED = {f"appsflyer.{name}": ["1000/s"] for report in REPORTS for name in (report, f"account.{report}")}

TestAppsFlyer = at_scale(
    Channel(
        tap="tap-appsflyer",
        simulator="appsflyer",
        api="",
        streams=(
            "apps",
            "installs",
            "in_app_events",
            "organic_in_app_events",
            "ad_revenue",
            "partners_report",
            "geo_report",
            "retargeting_partners_report",
        ),
        restated="partners_report",
        accounts=("apps", "id"),
        account_path="/app/{}/",
        throttled={"match": "/raw-data/"},
        settings=lambda _: {"budgets": {"appsflyer": ["1000/s"], **UNHURRIED}},
        options={"budgets": PLENTY},
        fleet_limits={**PLENTY, "calls": LIMIT},
        fleet_budgets={"appsflyer": POLICIES, **UNHURRIED},
        history_days=10,
    )
)
