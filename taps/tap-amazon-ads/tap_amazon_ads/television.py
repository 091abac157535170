"""Sponsored TV: lists by token, each with a media type of its own.

https://advertising.amazon.com/API/docs/en-us/sponsored-tv-open-beta (read 2026-11).
"""

from __future__ import annotations

from typing import Final

from tap_amazon_ads.profiles import OfProfile, listed_by_post

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

LISTS: Final[tuple[type[OfProfile], ...]] = tuple(
    listed_by_post(name, said, "/st", version=1, is_optional=True, has_states=name != "st_creatives")
    for name, said in _LISTS.items()
)
