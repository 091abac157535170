"""The Shopify tap: how to sign, what may be set, which streams there are."""

from __future__ import annotations

from typing import Final

from dif_kit.http import ApiKey, EitherOf, OAuth2ClientCredentials
from dif_kit.support import Support
from dif_kit.tap import Property, Tap
from singer_sdk.typing import StringType

from tap_shopify._facts import SUNSET, VERSION
from tap_shopify.bulk import BULK_LISTS
from tap_shopify.custom import CustomList
from tap_shopify.lists import LISTS, Shop
from tap_shopify.rest import REST_LISTS

__all__ = ["TapShopify"]


_HEADER: Final = "X-Shopify-Access-Token"


class TapShopify(Tap):
    """Orders, customers, products, stock and discounts of one shop, from Shopify's Admin API."""

    name = "tap-shopify"
    support = Support.BETA
    api_url = f"https://{{service}}.myshopify.com/admin/api/{VERSION}"
    api_version = VERSION
    api_sunset = SUNSET
    # Since 2026 the admin gives out no tokens of new apps: an app's own client asks for one, good for a day.
    # https://shopify.dev/docs/apps/build/authentication-authorization/client-secrets (read 2026-11)
    auth = EitherOf(
        (
            ("access_token", ApiKey(value="access_token", header=_HEADER)),
            (
                "client_id",
                OAuth2ClientCredentials("", client_auth="form", token_url_value="login_url", header=_HEADER, prefix=""),
            ),
        )
    )
    settings = (
        Property(
            "shop",
            StringType(pattern=r"^[a-z0-9][a-z0-9-]*$"),
            required=True,
            title="Shop",
            description="The shop's name at Shopify: what stands before .myshopify.com",
        ),
        Property(
            "start_date",
            StringType(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
            required=True,
            title="Start date",
            description="What changed on this day or later is read at first, as 2026-01-31",
        ),
    )
    stream_types = (Shop, *BULK_LISTS, *LISTS, *REST_LISTS)
    custom_streams = {"custom_lists": CustomList}
