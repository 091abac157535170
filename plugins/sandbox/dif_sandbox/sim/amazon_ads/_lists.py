"""The lists of a profile: where each is, in which media type, and what its rows look like.

https://advertising.amazon.com/API/docs/en-us/sponsored-products/3-0/openapi/prod,
.../sponsored-brands/3-0/openapi/prod, .../sponsored-display/3-0/openapi and .../sponsored-tv-open-beta (read 2026-11).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dif_sandbox.sim.amazon_ads._world import AD_GROUPS, ADS, STATES, Row, World, id_of
from dif_sandbox.sim.world import Account, Things

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LISTS", "ListOf", "rows_of"]

KEYWORDS: Final = 20
FEW: Final = 3


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list: its path, the media type that it takes and gives, where its rows are, its id, and of what level it is."""

    path: str
    key: str
    kind: str
    place: str = ""
    media: str = ""
    method: str = "POST"

    @property
    def product(self) -> str:
        """Whose it is: sp, sb, sd or st."""
        return self.path.split("/")[1]


def _sp(path: str, key: str, kind: str, word: str, place: str = "") -> ListOf:
    return ListOf(f"/sp/{path}/list", key, kind, place or path, f"application/vnd.{word}.v3+json")


def _sb(path: str, key: str, kind: str, word: str) -> ListOf:
    return ListOf(f"/sb/v4/{path}/list", key, kind, path, f"application/vnd.{word}.v4+json")


def _st(path: str, key: str, kind: str, word: str, place: str = "") -> ListOf:
    return ListOf(f"/st/{path}/list", key, kind, place or path, f"application/vnd.{word}.v1+json")


def _got(path: str, key: str, kind: str, place: str = "") -> ListOf:
    return ListOf(path, key, kind, place, method="GET")


#: The tap's name of each list -> the list.
LISTS: Final = {
    "sp_campaigns": _sp("campaigns", "campaignId", "campaign", "spCampaign"),
    "sp_ad_groups": _sp("adGroups", "adGroupId", "ad_group", "spAdGroup"),
    "sp_product_ads": _sp("productAds", "adId", "ad", "spProductAd"),
    "sp_keywords": _sp("keywords", "keywordId", "keyword", "spKeyword"),
    "sp_negative_keywords": _sp("negativeKeywords", "keywordId", "few", "spNegativeKeyword"),
    "sp_campaign_negative_keywords": _sp("campaignNegativeKeywords", "keywordId", "few", "spCampaignNegativeKeyword"),
    "sp_targets": _sp("targets", "targetId", "target", "spTargetingClause", "targetingClauses"),
    "sp_negative_targets": _sp(
        "negativeTargets", "targetId", "few", "spNegativeTargetingClause", "negativeTargetingClauses"
    ),
    "sp_campaign_negative_targets": _sp(
        "campaignNegativeTargets",
        "targetId",
        "few",
        "spCampaignNegativeTargetingClause",
        "campaignNegativeTargetingClauses",
    ),
    "sp_budget_rules": _got("/sp/budgetRules", "ruleId", "few", "budgetRulesForAdvertiserResponse"),
    "sb_campaigns": _sb("campaigns", "campaignId", "campaign", "sbcampaignresource"),
    "sb_ad_groups": _sb("adGroups", "adGroupId", "ad_group", "sbadgroupresource"),
    "sb_ads": _sb("ads", "adId", "ad", "sbadresource"),
    "sb_keywords": _got("/sb/keywords", "keywordId", "keyword"),
    "sb_negative_keywords": _got("/sb/negativeKeywords", "keywordId", "few"),
    "sb_targets": ListOf("/sb/targets/list", "targetId", "target", "targets"),
    "sb_themes": ListOf("/sb/themes/list", "themeId", "theme", "themes"),
    "sb_budget_rules": _got("/sb/budgetRules", "ruleId", "few", "budgetRulesForAdvertiserResponse"),
    "sd_campaigns": _got("/sd/campaigns", "campaignId", "campaign"),
    "sd_ad_groups": _got("/sd/adGroups", "adGroupId", "ad_group"),
    "sd_product_ads": _got("/sd/productAds", "adId", "ad"),
    "sd_targets": _got("/sd/targets", "targetId", "target"),
    "sd_negative_targets": _got("/sd/negativeTargets", "targetId", "few"),
    "sd_creatives": _got("/sd/creatives", "creativeId", "creative"),
    "sd_budget_rules": _got("/sd/budgetRules", "ruleId", "few", "budgetRulesForAdvertiserResponse"),
    "st_campaigns": _st("campaigns", "campaignId", "campaign", "stCampaign"),
    "st_ad_groups": _st("adGroups", "adGroupId", "ad_group", "stAdGroup"),
    "st_ads": _st("ads", "adId", "ad", "stAd"),
    "st_targets": _st("targets", "targetId", "target", "stTargetingClause", "targetingClauses"),
    "st_creatives": _st("creatives", "creativeId", "creative", "stCreative"),
}
_GROUPS_A_THING: Final = {"ad_group": 1, "ad": ADS, "keyword": KEYWORDS, "target": 1, "theme": 1, "creative": 1}


def rows_of(world: World, account: Account, name: str) -> Sequence[Row]:
    """All rows of a list, archived ones included."""
    found = LISTS[name]
    groups = world.campaigns * AD_GROUPS
    number = {"campaign": world.campaigns, "few": FEW}.get(found.kind) or groups * _GROUPS_A_THING[found.kind]
    return Things(number, lambda place: _row(account, found, place))


def _row(account: Account, found: ListOf, number: int) -> Row:
    product, kind = found.product, found.kind
    group = number // _GROUPS_A_THING.get(kind, 1)
    state = STATES[number % len(STATES)]
    row: Row = {found.key: id_of(account, product, kind, number)}
    if found.key == "ruleId":
        details = {"budgetIncreaseBy": {"type": "PERCENT", "value": 32.5}, "name": "ü", "ruleType": "SCHEDULE"}
        rule = {"ruleId": f"{product}-{account.id}-{number}", "ruleState": "ACTIVE", "ruleStatus": "ON_HOLD"}
        return {**rule, "createdDate": 1657024512836, "ruleDetails": details, "ruleStatusDetails": None}
    if kind not in {"campaign", "creative"}:
        row["campaignId"] = id_of(account, product, "campaign", group // AD_GROUPS)
    if kind not in {"campaign", "ad_group"} and "campaignNegative" not in found.path:
        row["adGroupId"] = id_of(account, product, "ad_group", group)
    row |= _more(found, number)
    if kind != "creative":
        row["state"] = state if found.media else state.lower()
    # Ids are text in Sponsored Products and in version 4, and numbers elsewhere.
    return {name: str(value) if found.media and name.endswith("Id") else value for name, value in row.items()}


def _more(found: ListOf, number: int) -> Row:
    """What a row has besides ids and state."""
    name, asin = f'Thing "{number}", ü', {"asin": f"B0{number:08d}", "sku": f"sku-{number}"}
    expression = [{"type": "asinSameAs", "value": f"B0{number:08d}"}]
    campaigns: dict[str, Row] = {
        "sp": {"targetingType": "AUTO", "startDate": "2026-01-15", "budget": {"budget": 10.5, "budgetType": "DAILY"}},
        "sb": {"budget": 50.25, "budgetType": "DAILY", "startDate": "2026-01-15", "isMultiAdGroupsEnabled": True},
        "sd": {"budget": 100.5, "budgetType": "daily", "startDate": "20260115", "tactic": "T00020", "costType": "cpc"},
        "st": {"budgetSettings": {"budget": {"recurrenceType": "DAILY"}}, "startDate": "2026-01-15T08:00:00Z"},
    }
    by_key: dict[str, Row] = {
        "campaignId": {"name": name, **campaigns[found.product]},
        "adGroupId": {"name": name, **_bid_of(found.product)},
        "adId": _ad_of(found.product, name) or asin,
        "keywordId": {"keywordText": f"red, {number} shoes", "matchType": "BROAD"},
        "targetId": {f"{part}{'s' * (found.product == 'sb')}": expression for part in ("expression",)},
        "themeId": {"themeType": "KEYWORDS_RELATED_TO_YOUR_BRAND"},
        "creativeId": {"moderationStatus": "APPROVED", **_creative_of(found.product)},
    }
    bid = {"bid": 0.4} if found.kind in {"keyword", "target", "theme"} else {}
    return {**by_key[found.key], **bid}


def _bid_of(product: str) -> Row:
    bids: dict[str, Row] = {"sb": {}, "st": {"defaultBid": {"bid": 15.5}}}
    return bids.get(product, {"defaultBid": 0.75})


def _ad_of(product: str, name: str) -> Row:
    ads: dict[str, Row] = {
        "sb": {"name": name, "creative": {"brandName": "ü"}},
        "st": {"adName": name, "landingPageType": "PRODUCT_DETAIL_PAGE", "landingPageValue": "B000000001"},
    }
    return ads.get(product, {})


def _creative_of(product: str) -> Row:
    if product == "st":
        return {"assetId": "amzn1.assetlibrary.asset1.0", "assetVersion": "version_v1"}
    return {"creativeType": "IMAGE", "properties": {"headline": "a\nb"}}
