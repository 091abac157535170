"""The TikTok tap: how to sign, what may be set, which streams there are."""

from __future__ import annotations

from dif_kit.http import AllOf, ApiKey, OnlyAt
from dif_kit.support import Support
from dif_kit.tap import Property, Tap
from singer_sdk.typing import ArrayType, StringType

from tap_tiktok import lists
from tap_tiktok._facts import VERSION
from tap_tiktok.custom import CustomReport
from tap_tiktok.reports import REPORTS

__all__ = ["TapTikTok"]


class TapTikTok(Tap):
    """Advertisers, their entities, and figures by day, hour and audience, from the TikTok API for Business."""

    name = "tap-tiktok"
    support = Support.BETA
    api_url = f"https://business-api.tiktok.com/open_api/{VERSION}"
    api_version = VERSION
    # The first is who the budgets know: requests are counted by app, whoever signs. Its secret goes to one endpoint.
    auth = AllOf(
        (
            OnlyAt(
                lists.AdvertiserIds.path,
                AllOf((ApiKey(value="app_id", query="app_id"), ApiKey(value="secret", query="secret"))),
            ),
            ApiKey(value="access_token", header="Access-Token"),
        )
    )
    settings = (
        Property(
            "advertiser_ids",
            ArrayType(StringType),
            title="Advertiser ids",
            description="The advertisers to read, digits only; all that let the app read if left out",
        ),
    )
    stream_types = (
        lists.AdvertiserIds,
        lists.Advertisers,
        lists.Campaigns,
        lists.AdGroups,
        lists.Ads,
        lists.Images,
        lists.Videos,
        lists.Music,
        lists.Portfolios,
        lists.CustomAudiences,
        lists.SavedAudiences,
        lists.Pixels,
        lists.Apps,
        *REPORTS,
    )
    custom_streams = {"custom_reports": CustomReport}
