"""The Amazon Ads tap: how to sign, what may be set, which streams there are."""

from __future__ import annotations

from dif_kit.http import AllOf, ApiKey, OAuth2Refresh
from dif_kit.support import Support
from dif_kit.tap import Property, Tap
from singer_sdk.typing import ArrayType, StringType

from tap_amazon_ads import attribution, brands, display, dsp, products, television
from tap_amazon_ads._facts import HOSTS
from tap_amazon_ads.custom import CustomReport
from tap_amazon_ads.profiles import Portfolios, Profiles
from tap_amazon_ads.reports import REPORTS

__all__ = ["TapAmazonAds"]


class TapAmazonAds(Tap):
    """Profiles, what is advertised in them, and daily figures, from the Amazon Ads API."""

    name = "tap-amazon-ads"
    support = Support.BETA
    api_url = "https://advertising-api{service}.amazon.com"
    api_version = "lists 3 and 4, reports 3"
    # The refresh token names the user, the other header the app: it goes with every request beside the token.
    auth = AllOf(
        (
            OAuth2Refresh(
                token_url="https://api.amazon.com/auth/o2/token", client_auth="form", token_url_value="token_uri"
            ),
            ApiKey(value="client_id", header="Amazon-Advertising-API-ClientId"),
        )
    )
    settings = (
        Property(
            "regions",
            ArrayType(StringType(allowed_values=list(HOSTS))),
            required=True,
            title="Regions",
            description="Where the client advertises: NA, EU, FE; each has a host of its own, and profiles of its own",
        ),
        Property(
            "profile_ids",
            ArrayType(StringType),
            title="Profile ids",
            description="The profiles to read, one for each marketplace; all of these regions if left out",
        ),
    )
    stream_types = (
        Profiles,
        Portfolios,
        *products.LISTS,
        *brands.LISTS,
        *display.LISTS,
        *television.LISTS,
        *REPORTS,
        *attribution.REPORTS,
        *dsp.LISTS,
        *dsp.REPORTS,
    )
    custom_streams = {"custom_reports": CustomReport}
