"""What ads are made of."""

from __future__ import annotations

from tap_google_ads._facts import select
from tap_google_ads._stream import batches, schema
from tap_google_ads.lists import Entity

__all__ = ["AssetGroups", "Assets", "Videos"]

_ASSET = (
    "asset.resource_name",
    "customer.id",
    "asset.id",
    "asset.image_asset.file_size",
    "asset.name",
    "asset.type",
    "asset.source",
    "asset.text_asset.text",
    "asset.image_asset.full_size.url",
    "asset.youtube_video_asset.youtube_video_id",
    "asset.youtube_video_asset.youtube_video_title",
    "asset.final_urls",
)
_ASSET_GROUP = (
    "asset_group.id",
    "customer.id",
    "campaign.id",
    "asset_group.resource_name",
    "asset_group.campaign",
    "asset_group.name",
    "asset_group.status",
    "asset_group.primary_status",
    "asset_group.ad_strength",
    "asset_group.path1",
    "asset_group.path2",
    "asset_group.final_urls",
    "asset_group.final_mobile_urls",
)
_VIDEO = (
    "video.resource_name",
    "customer.id",
    "video.id",
    "video.duration_millis",
    "video.channel_id",
    "video.title",
)


class Assets(Entity):
    """Texts, images and videos of a customer."""

    name = "asset"
    primary_keys = ("asset_resource_name",)
    schema = schema(_ASSET, _ASSET[:1])
    records = batches(_ASSET)
    body = select(_ASSET, "asset")


class AssetGroups(Entity):
    """Asset groups of Performance Max campaigns, which have no ad groups."""

    name = "asset_group"
    primary_keys = ("asset_group_id",)
    schema = schema(_ASSET_GROUP, _ASSET_GROUP[:1])
    records = batches(_ASSET_GROUP)
    body = select(_ASSET_GROUP, "asset_group")


class Videos(Entity):
    """Videos that ads show."""

    name = "video"
    primary_keys = ("video_resource_name",)
    schema = schema(_VIDEO, _VIDEO[:1])
    records = batches(_VIDEO)
    body = select(_VIDEO, "video")
