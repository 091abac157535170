"""The Microsoft Advertising tap: how to sign, what may be set, which streams there are."""

from __future__ import annotations

from dif_kit.http import AllOf, ApiKey, OAuth2Refresh
from dif_kit.support import Support
from dif_kit.tap import Property, Tap
from singer_sdk.typing import ArrayType, StringType

from tap_microsoft_ads._facts import VERSION
from tap_microsoft_ads.bulk import BULK_LISTS
from tap_microsoft_ads.custom import CustomReport
from tap_microsoft_ads.lists import Accounts, AdGroups, Ads, Campaigns, Users
from tap_microsoft_ads.streams import DAILY, HOURLY

__all__ = ["TapMicrosoftAds"]


class TapMicrosoftAds(Tap):
    """Accounts, their entities, daily and hourly figures, from the Microsoft Advertising API v13 (REST)."""

    name = "tap-microsoft-ads"
    support = Support.BETA
    api_url = "https://{service}.api.bingads.microsoft.com"
    api_version = VERSION
    auth = AllOf(
        (
            OAuth2Refresh(
                token_url="https://login.microsoftonline.com/common/oauth2/v2.0/token",
                client_auth="form",
                scope="https://ads.microsoft.com/msads.manage offline_access",
                token_url_value="token_uri",
            ),
            ApiKey(value="developer_token", header="DeveloperToken"),
        )
    )
    settings = (
        Property(
            "account_ids",
            ArrayType(StringType),
            title="Account ids",
            description="The accounts to read (their ids, not their numbers); all that the user may see if left out",
        ),
    )
    stream_types = (Users, Accounts, Campaigns, AdGroups, Ads, *BULK_LISTS, *DAILY, *HOURLY)
    custom_streams = {"custom_reports": CustomReport}
