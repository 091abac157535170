"""The channels of the week, each with a stream of its accounts and one of small daily figures."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

__all__ = ["CHANNELS", "SECOND", "TARGET", "Small"]

TARGET: Final = "target-redshift"
SECOND: Final = "--second"
"""What the name of a client's second instance of a channel ends with, as that of another brand's."""

QUICK: Final = ["1000/s"]
# Whoever is sent away in the morning, however late in it, may come back in the afternoon.
MINUTES: Final = 180
COME_BACK: Final = str(60 * MINUTES)


@dataclass(frozen=True)
class Small:
    """One channel with so little to read that a run of it costs a fraction of a second."""

    plugin: str
    simulator: str
    api: str
    #: The stream and column of the accounts, and the stream of figures.
    accounts: tuple[str, str]
    figures: str
    #: Which of the credential's values the provider looks at, of which it refuses another.
    secret: str
    #: Where a request says which account it is about: expressions with ``{}``; none if it does not.
    about: Mapping[str, str]
    #: Requests that a provider sends away when it has too many of them.
    busy: Mapping[str, Any]
    settings: Callable[[str, Mapping[str, str]], Mapping[str, Any]] = lambda _owner, _credential: {}
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def tap(self) -> str:
        """The tap's name, as its folder has it."""
        return self.plugin.partition(".")[0].replace("_", "-")

    @property
    def streams(self) -> tuple[str, str]:
        """What is read."""
        return self.accounts[0], self.figures


def _same(**settings: Any) -> Callable[[str, Mapping[str, str]], Mapping[str, Any]]:
    return lambda _owner, _credential: settings


BY_DAY: Final = {"name": "campaign_days", "endpoint": "campaign-values", "statistics": ["opens", "conversion_value"]}
PLENTY: Final = dict.fromkeys(("calls", "minute"), "1000000/1") | dict.fromkeys(
    ("raw", "app_day", "account_day"), "1000000"
)

# The figures of each are the smallest that there are by day. Those that come first have second instances.
CHANNELS: Final = (
    Small(
        plugin="tap_meta.tap:TapMeta",
        simulator="meta",
        api="/v26.0",
        accounts=("ad_accounts", "account_id"),
        figures="account_insights",
        secret="access_token",
        about={"match": "/act_{}/"},
        busy={
            "match": "/insights$",
            "headers": {
                "x-business-use-case-usage": json.dumps(
                    {"act": [{"type": "ads_insights", "call_count": 100, "estimated_time_to_regain_access": MINUTES}]}
                )
            },
        },
        settings=_same(budgets={"meta": QUICK}),
        options={"report_polls": 0, "budgets": {"app": "100000/1"}},
    ),
    Small(
        plugin="tap_tiktok.tap:TapTikTok",
        simulator="tiktok",
        api="/open_api/v1.3",
        accounts=("advertisers", "advertiser_id"),
        figures="campaigns_reports_daily",
        secret="access_token",
        about={"match": "/report/", "query": "{}"},
        busy={"match": "/report/"},
        settings=_same(budgets={"tiktok": QUICK}),
        options={"budgets": {"second": "20000/1", "minute": "1000000/60"}},
    ),
    Small(
        plugin="tap_pinterest.tap:TapPinterest",
        simulator="pinterest",
        api="/v5",
        accounts=("ad_accounts", "id"),
        figures="campaign_analytics",
        secret="refresh_token",
        about={"match": "/ad_accounts/{}/"},
        busy={"match": "/analytics$", "retry_after": COME_BACK},
        options={"report_polls": 0},
    ),
    Small(
        plugin="tap_microsoft_ads.tap:TapMicrosoftAds",
        simulator="microsoft_ads",
        api="",
        accounts=("accounts", "Id"),
        figures="account_performance_report",
        secret="refresh_token",
        about={"match": "/GenerateReport/Submit$", "body": '"{}"'},
        busy={"match": "/GenerateReport/Submit$", "retry_after": COME_BACK},
        settings=_same(budgets=dict.fromkeys(("microsoft_ads", "microsoft_ads.customer", "microsoft_ads.bulk"), QUICK)),
        options={"report_polls": 0, "budgets": {"user": "100000/1", "calls": "100000/1"}},
    ),
    Small(
        plugin="tap_google_ads.tap:TapGoogleAds",
        simulator="google_ads",
        api="/v25",
        accounts=("account", "customer_client_id"),
        figures="account_performance_report",
        secret="refresh_token",
        about={"match": "/customers/{}/"},
        busy={"match": "/customers/[0-9]+/", "retry_after": COME_BACK},
        # Standard access, whose operations are not limited.
        settings=lambda _owner, credential: {
            "login_customer_id": credential["login_customer_id"],
            "budgets": {"google_ads": ["1000000/day", "1000/s"], "google_ads.customer": QUICK},
        },
        options={"budgets": {"operations": "10000000", "developer": "20000/1", "customer": "2000/1"}},
    ),
    Small(
        plugin="tap_amazon_ads.tap:TapAmazonAds",
        simulator="amazon_ads",
        api="/advertising-api{service}",
        accounts=("profiles", "profileId"),
        figures="sp_campaign_report",
        secret="refresh_token",
        about={"match": "/reporting/reports$", "header": "^amazon-advertising-api-scope: {}$"},
        busy={"match": "/reporting/reports$", "retry_after": COME_BACK},
        settings=_same(
            regions=["NA", "EU", "FE"],
            budgets=dict.fromkeys(("amazon_ads", "amazon_ads.profile", "amazon_ads.reports"), QUICK),
        ),
        options={"report_polls": 0, "budgets": {"calls": "100000/1", "orders": "100000/1"}},
    ),
    Small(
        plugin="tap_appsflyer.tap:TapAppsFlyer",
        simulator="appsflyer",
        api="",
        accounts=("apps", "id"),
        figures="partners_report",
        secret="api_token",
        about={"match": "/app/{}/"},
        busy={"match": "/app/.*/partners"},
        settings=_same(
            budgets=dict.fromkeys(
                ("appsflyer", "appsflyer.partners_by_date_report", "appsflyer.account.partners_by_date_report"), QUICK
            )
        ),
        options={"budgets": PLENTY},
    ),
    Small(
        plugin="tap_klaviyo.tap:TapKlaviyo",
        simulator="klaviyo",
        api="/api",
        accounts=("accounts", "id"),
        figures="campaign_days",
        secret="api_key",
        about={},
        busy={"match": "/campaign-values-reports", "retry_after": COME_BACK},
        settings=_same(
            conversion_metric_ids=["R2WpFy"],
            custom_reports=[BY_DAY],
            budgets={f"klaviyo.{endpoint}": QUICK for endpoint in ("accounts", "campaign-values-reports")},
        ),
        options={"budgets": {"burst": "20000/1", "steady": "1000000/60", "daily": "1000000/86400"}},
    ),
    Small(
        plugin="tap_shopify.tap:TapShopify",
        simulator="shopify",
        api="/admin/api/2026-07",
        accounts=("shop", "id"),
        figures="orders",
        secret="access_token",
        about={},
        busy={"match": "/graphql", "retry_after": COME_BACK},
        settings=lambda owner, _credential: {
            "shop": owner,
            "budgets": {"shopify.graphql": ["points 1000 restore 1000/s"]},
        },
        options={"report_polls": 0, "budgets": {"points": "2000/1"}},
    ),
)
