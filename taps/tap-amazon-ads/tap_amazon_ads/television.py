"""Sponsored TV: lists by token, each with a media type of its own.

https://advertising.amazon.com/API/docs/en-us/sponsored-tv-open-beta (read 2026-11).
"""

from __future__ import annotations

from typing import Any, Final

from dif_kit.decode import JsonRecords

from tap_amazon_ads._facts import listed
from tap_amazon_ads.profiles import ListedByPost, OfProfile

__all__ = ["LISTS"]

#: Name of a list -> its meaning, its path, the word in its media type, where its rows are, the id in them.
_LISTS: Final = {
    "st_campaigns": ("Campaigns of Sponsored TV.", "campaigns", "stCampaign", "campaigns", "campaignId"),
    "st_ad_groups": ("Ad groups of Sponsored TV.", "adGroups", "stAdGroup", "adGroups", "adGroupId"),
    "st_ads": ("Ads of Sponsored TV, with landing page.", "ads", "stAd", "ads", "adId"),
    "st_targets": (
        "Contents, products and audiences that ad groups of Sponsored TV aim at.",
        "targets",
        "stTargetingClause",
        "targetingClauses",
        "targetId",
    ),
    "st_creatives": (
        "Creatives of Sponsored TV, of every state: they have none of their own.",
        "creatives",
        "stCreative",
        "creatives",
        "creativeId",
    ),
}


def _list(name: str) -> type[ListedByPost]:
    meaning, path, kind, records, key = _LISTS[name]
    media = f"application/vnd.{kind}.v1+json"
    keys = ("profileId", key)
    facts: dict[str, Any] = {
        "name": name,
        "__module__": __name__,
        "__doc__": meaning,
        "path": f"/st/{path}/list",
        "headers": {**ListedByPost.headers, "Content-Type": media, "Accept": media},
        "records": JsonRecords(records, optional=True),
        "primary_keys": keys,
        "schema": listed(name, *keys),
    }
    if name == "st_creatives":
        facts["body"] = {}
    return type(name.title().replace("_", ""), (ListedByPost,), facts)


LISTS: Final[tuple[type[OfProfile], ...]] = tuple(map(_list, _LISTS))
