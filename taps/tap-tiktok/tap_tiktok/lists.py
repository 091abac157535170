"""Advertisers and what there is in their accounts, read whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from dif_kit.paging import SinglePage
from dif_kit.tap import Stream, schema_of

from tap_tiktok._facts import APP, FIELDS, VERDICTS, pages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dif_kit.decode import Decoder
    from dif_kit.paging import Paging

__all__ = [
    "AdGroups",
    "Ads",
    "AdvertiserIds",
    "Advertisers",
    "Apps",
    "Campaigns",
    "CustomAudiences",
    "Images",
    "Music",
    "Pixels",
    "Portfolios",
    "SavedAudiences",
    "Videos",
]


def _schema(name: str, *keys: str) -> dict[str, Any]:
    known = {"advertiser_id": {"type": ["string", "null"]}, **FIELDS[name]}
    return schema_of(known, known, keys=keys)


class TikTokStream(Stream):
    """What every list shares: rows below `data.list`, and a code that says more than the status."""

    records: ClassVar[str | Decoder] = "data.list"
    budgets = (APP,)
    verdicts = VERDICTS


class AdvertiserIds(TikTokStream):
    """The advertisers that let the app read their accounts."""

    name = "advertiser_ids"
    path = "/oauth2/advertiser/get/"
    primary_keys = ("advertiser_id",)
    schema = _schema(name, *primary_keys)
    context_keys = {"advertiser_id": "advertiser_id"}
    restricted_by = "advertiser_ids"


class Advertisers(TikTokStream):
    """Who an advertiser is: company, currency, time zone.

    TikTok takes a hundred in one request, and refuses them all for one that it refuses: each is asked for alone.
    """

    name = "advertisers"
    path = "/advertiser/info/"
    parent_stream_type = AdvertiserIds
    params = {"advertiser_ids": '["{advertiser_id}"]'}
    primary_keys = ("advertiser_id",)
    schema = _schema(name, *primary_keys)
    context_keys = {"display_timezone": "display_timezone"}


class AccountList(TikTokStream):
    """What the lists of one account share.

    They are read whole in every run: a secondary status changes without touching `modify_time`, which some rows lack.
    Moments are in UTC.
    """

    parent_stream_type: type[Stream] = Advertisers
    context_columns = {"advertiser_id": "advertiser_id"}
    params: ClassVar[dict[str, str]] = {"advertiser_id": "{advertiser_id}"}
    paging: ClassVar[Paging] = pages(100)
    primary_keys: Sequence[str] = ()


def _deleted_too(status: str) -> dict[str, str]:
    """Without a filter, what was deleted is left out, though reports still hold its figures."""
    return {**AccountList.params, "filtering": json.dumps({"secondary_status": status})}


class Campaigns(AccountList):
    """Campaigns, deleted ones included."""

    name = "campaigns"
    path = "/campaign/get/"
    primary_keys = ("campaign_id",)
    schema = _schema(name, *primary_keys)
    params = _deleted_too("CAMPAIGN_STATUS_ALL")
    paging = pages(1000)


class AdGroups(AccountList):
    """Ad groups, deleted ones included."""

    name = "ad_groups"
    path = "/adgroup/get/"
    primary_keys = ("adgroup_id",)
    schema = _schema(name, *primary_keys)
    params = _deleted_too("ADGROUP_STATUS_ALL")
    paging = pages(1000)


class Ads(AccountList):
    """Ads, deleted ones included."""

    name = "ads"
    path = "/ad/get/"
    primary_keys = ("ad_id",)
    schema = _schema(name, *primary_keys)
    params = _deleted_too("AD_STATUS_ALL")
    paging = pages(1000)


class Images(AccountList):
    """Images of an account's library."""

    name = "images"
    path = "/file/image/ad/search/"
    primary_keys = ("advertiser_id", "image_id")
    schema = _schema(name, *primary_keys)


class Videos(AccountList):
    """Videos of an account's library; their addresses are good for some hours."""

    name = "videos"
    path = "/file/video/ad/search/"
    primary_keys = ("advertiser_id", "video_id")
    schema = _schema(name, *primary_keys)


class Music(AccountList):
    """Music that an account may use."""

    name = "music"
    path = "/file/music/get/"
    records = "data.musics"
    primary_keys = ("advertiser_id", "music_id")
    schema = _schema(name, *primary_keys)


class Portfolios(AccountList):
    """Creative portfolios: cards, stickers, calls to action."""

    name = "portfolios"
    path = "/creative/portfolio/list/"
    records = "data.creative_portfolios"
    primary_keys = ("advertiser_id", "creative_portfolio_id")
    schema = _schema(name, *primary_keys)


class CustomAudiences(AccountList):
    """Custom audiences, lookalikes among them. One that is shared is in the lists of several accounts."""

    name = "custom_audiences"
    path = "/dmp/custom_audience/list/"
    primary_keys = ("advertiser_id", "audience_id")
    schema = _schema(name, *primary_keys)


class SavedAudiences(AccountList):
    """Audiences that were saved as a targeting."""

    name = "saved_audiences"
    path = "/dmp/saved_audience/list/"
    records = "data.saved_audiences"
    primary_keys = ("advertiser_id", "saved_audience_id")
    schema = _schema(name, *primary_keys)


class Pixels(AccountList):
    """Pixels and the events that they have. One that is shared is in the lists of several accounts."""

    name = "pixels"
    path = "/pixel/list/"
    records = "data.pixels"
    primary_keys = ("advertiser_id", "pixel_id")
    schema = _schema(name, *primary_keys)
    paging = pages(20)


class Apps(AccountList):
    """Apps that an account advertises."""

    name = "apps"
    path = "/app/list/"
    records = "data.apps"
    primary_keys = ("advertiser_id", "app_id")
    schema = _schema(name, *primary_keys)
    paging = SinglePage()
