"""The Pinterest tap: how to sign, what may be set, which streams there are."""

from __future__ import annotations

from dif_kit.http import OAuth2Refresh
from dif_kit.support import Support
from dif_kit.tap import Property, Tap
from singer_sdk.typing import ArrayType, StringType

from tap_pinterest._facts import TARGETING_TYPES
from tap_pinterest.custom import CustomReport
from tap_pinterest.streams import STREAMS

__all__ = ["TapPinterest"]


class TapPinterest(Tap):
    """Ad accounts, their entities and daily figures, boards and pins, from the Pinterest API v5."""

    name = "tap-pinterest"
    support = Support.BETA
    api_url = "https://api.pinterest.com/v5"
    api_version = "v5"
    auth = OAuth2Refresh(token_url="{api_url}/oauth/token", client_auth="basic")
    settings = (
        Property(
            "ad_account_ids",
            ArrayType(StringType),
            title="Ad account ids",
            description="The ad accounts to read; all that the user may see if left out. Boards are the user's own.",
        ),
        Property(
            "targeting_types",
            ArrayType(StringType),
            default=list(TARGETING_TYPES),
            title="Targeting types",
            description="What the targeting reports break figures down by; beta types may be named if the app has them",
        ),
    )
    stream_types = STREAMS
    custom_streams = {"custom_reports": CustomReport}
