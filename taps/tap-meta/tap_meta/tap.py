"""The Meta tap: how to sign, what may be set, which streams there are."""

from __future__ import annotations

from dif_kit.http import AllOf, BearerToken, KeyedProof
from dif_kit.support import Support
from dif_kit.tap import Property, Tap
from singer_sdk.typing import ArrayType, StringType

from tap_meta import lists
from tap_meta._facts import SUNSET, VERSION
from tap_meta.custom import CustomReport
from tap_meta.reports import REPORTS

__all__ = ["TapMeta"]


class TapMeta(Tap):
    """Ad accounts, their entities, daily figures and actions, from the Meta Marketing API."""

    name = "tap-meta"
    support = Support.BETA
    api_url = f"https://graph.facebook.com/{VERSION}"
    api_version = VERSION
    api_sunset = SUNSET
    auth = AllOf((BearerToken(), KeyedProof("appsecret_proof")))
    settings = (
        Property(
            "account_ids",
            ArrayType(StringType),
            title="Ad account ids",
            description="The ad accounts to read, digits only; all that the lists of accounts hold if left out",
        ),
        Property(
            "account_lists",
            ArrayType(StringType),
            default=["me/adaccounts"],
            title="Lists of ad accounts",
            description=(
                "Where ad accounts are listed: me/adaccounts has those that the token's user was given, "
                "<business id>/owned_ad_accounts and <business id>/client_ad_accounts those of a business"
            ),
        ),
    )
    stream_types = (
        lists.AdAccounts,
        lists.Campaigns,
        lists.AdSets,
        lists.Ads,
        lists.AdCreatives,
        lists.AdLabels,
        lists.Images,
        lists.Videos,
        lists.CustomAudiences,
        lists.SavedAudiences,
        lists.CustomConversions,
        lists.Pixels,
        lists.Activities,
        *REPORTS,
    )
    custom_streams = {"custom_reports": CustomReport}
