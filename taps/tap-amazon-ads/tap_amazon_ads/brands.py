"""Sponsored Brands: version 4 of campaigns, ad groups and ads, and what has stayed at version 3.

https://advertising.amazon.com/API/docs/en-us/sponsored-brands/3-0/openapi/prod (read 2026-11).
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from dif_kit.decode import JsonRecords
from dif_kit.paging import Offset

from tap_amazon_ads._facts import listed
from tap_amazon_ads.products import BudgetRules
from tap_amazon_ads.profiles import STATES, ListedByPost, OfProfile

__all__ = ["LISTS"]

_STATES: Final = [state.lower() for state in STATES]


def _media(kind: str, version: str = "4") -> dict[str, str]:
    return {**ListedByPost.headers, "Accept": f"application/vnd.{kind}.v{version}+json"}


def _both(kind: str) -> dict[str, str]:
    accepted = _media(kind)
    return {**accepted, "Content-Type": accepted["Accept"]}


class SbCampaigns(ListedByPost):
    """Campaigns of Sponsored Brands."""

    name = "sb_campaigns"
    path = "/sb/v4/campaigns/list"
    headers = _both("sbcampaignresource")
    records = JsonRecords("campaigns")
    primary_keys = ("profileId", "campaignId")
    schema = listed(name, *primary_keys)


class SbAdGroups(ListedByPost):
    """Ad groups of Sponsored Brands."""

    name = "sb_ad_groups"
    path = "/sb/v4/adGroups/list"
    headers = _both("sbadgroupresource")
    records = JsonRecords("adGroups")
    primary_keys = ("profileId", "adGroupId")
    schema = listed(name, *primary_keys)


class SbAds(ListedByPost):
    """Ads of Sponsored Brands, with creative and landing page."""

    name = "sb_ads"
    path = "/sb/v4/ads/list"
    headers = _both("sbadresource")
    records = JsonRecords("ads")
    primary_keys = ("profileId", "adId")
    schema = listed(name, *primary_keys)


class SbKeywords(OfProfile):
    """Keywords that ad groups of Sponsored Brands bid on."""

    name = "sb_keywords"
    path = "/sb/keywords"
    headers = _media("sbkeyword", "3")
    params = {"stateFilter": ",".join(_STATES)}
    paging = Offset("startIndex", ("count", 100))
    records = JsonRecords()
    primary_keys = ("profileId", "keywordId")
    schema = listed(name, *primary_keys)


class SbNegativeKeywords(SbKeywords):
    """Keywords that ad groups of Sponsored Brands exclude."""

    name = "sb_negative_keywords"
    path = "/sb/negativeKeywords"
    headers = _media("sbnegativekeyword", "3")
    schema = listed(name, *SbKeywords.primary_keys)


class SbTargets(ListedByPost):
    """Products and categories that ad groups of Sponsored Brands bid on."""

    name = "sb_targets"
    path = "/sb/targets/list"
    headers = _media("sblisttargetsresponse", "3.2")
    body: ClassVar[Any] = {"filters": [{"filterType": "TARGETING_STATE", "values": _STATES}]}
    records = JsonRecords("targets")
    primary_keys = ("profileId", "targetId")
    schema = listed(name, *primary_keys)


class SbThemes(ListedByPost):
    """Themes of keywords that ad groups of Sponsored Brands bid on."""

    name = "sb_themes"
    path = "/sb/themes/list"
    headers = _media("sbthemeslistresponse", "3")
    body: ClassVar[Any] = {"stateFilter": {"include": _STATES}}
    records = JsonRecords("themes")
    primary_keys = ("profileId", "themeId")
    schema = listed(name, *primary_keys)


class SbBudgetRules(BudgetRules):
    """Budget rules of Sponsored Brands."""

    name = "sb_budget_rules"
    path = "/sb/budgetRules"


LISTS: Final[tuple[type[OfProfile], ...]] = (
    SbCampaigns,
    SbAdGroups,
    SbAds,
    SbKeywords,
    SbNegativeKeywords,
    SbTargets,
    SbThemes,
    SbBudgetRules,
)
