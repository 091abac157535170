"""The AppsFlyer tap: how to sign, what may be set, which streams there are."""

from __future__ import annotations

from dif_kit.http import BearerToken
from dif_kit.support import Support
from dif_kit.tap import Property, Tap
from singer_sdk.typing import ArrayType, StringType

from tap_appsflyer._facts import VERSION
from tap_appsflyer.aggregate import AGGREGATE_REPORTS
from tap_appsflyer.apps import Apps
from tap_appsflyer.custom import CustomReport
from tap_appsflyer.raw import RAW_REPORTS

__all__ = ["TapAppsFlyer"]


class TapAppsFlyer(Tap):
    """Apps, raw data and aggregate figures from AppsFlyer's Pull API v5."""

    name = "tap-appsflyer"
    support = Support.BETA
    api_url = "https://hq1.appsflyer.com"
    api_version = VERSION
    auth = BearerToken(value="api_token")
    settings = (
        Property(
            "app_ids",
            ArrayType(StringType),
            title="App ids",
            description="The apps to read, as com.example.shop or id123456789; all of the account if left out",
        ),
    )
    stream_types = (Apps, *RAW_REPORTS.values(), *AGGREGATE_REPORTS.values())
    custom_streams = {"custom_reports": CustomReport}
