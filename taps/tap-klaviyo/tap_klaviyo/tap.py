"""The Klaviyo tap: how to sign, what may be set, which streams there are."""

from __future__ import annotations

from dif_kit.http import ApiKey
from dif_kit.support import Support
from dif_kit.tap import Property, Tap
from singer_sdk.typing import ArrayType, StringType

from tap_klaviyo._facts import REVISION, SUNSET
from tap_klaviyo.custom import CustomReport, MetricAggregate
from tap_klaviyo.lists import LISTS
from tap_klaviyo.reports import REPORTS

__all__ = ["TapKlaviyo"]


class TapKlaviyo(Tap):
    """An account, its campaigns, flows, profiles and events, and figures by day, from the Klaviyo API."""

    name = "tap-klaviyo"
    support = Support.BETA
    api_url = "https://a.klaviyo.com/api"
    api_version = REVISION
    api_sunset = SUNSET
    auth = ApiKey(header="Authorization", prefix="Klaviyo-API-Key ")
    settings = (
        Property(
            "conversion_metric_ids",
            ArrayType(StringType),
            title="Conversion metric ids",
            description="Metrics that count as conversions, such as Placed Order, by their ids in the stream metrics; "
            "reports of campaigns and flows need one at least",
        ),
        Property(
            "campaign_channels",
            ArrayType(StringType),
            default=["email", "sms", "mobile_push"],
            title="Campaign channels",
            description="The channels whose campaigns are read",
        ),
    )
    stream_types = (*LISTS, *REPORTS)
    custom_streams = {"custom_reports": CustomReport, "metric_aggregates": MetricAggregate}
