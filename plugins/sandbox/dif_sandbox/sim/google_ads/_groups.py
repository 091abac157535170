"""What is in a campaign: ad groups with ads and criteria, asset groups; and the views that show how each did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.google_ads._figures import Cell

if TYPE_CHECKING:
    from dif_sandbox.sim.google_ads._builder import Builder, Fields

__all__ = ["add_asset_groups", "add_groups"]

PLACES: Final = {
    "SEARCH": (("SEARCH", "MOBILE"), ("SEARCH_PARTNERS", "DESKTOP")),
    "DISPLAY": (("CONTENT", "MOBILE"), ("CONTENT", "TABLET")),
    "PERFORMANCE_MAX": (("MIXED", "MOBILE"), ("MIXED", "DESKTOP")),
    "SHOPPING": (("SEARCH", "MOBILE"), ("SEARCH", "DESKTOP")),
}
GROUP_TYPES: Final = {"SEARCH": "SEARCH_STANDARD", "DISPLAY": "DISPLAY_STANDARD", "SHOPPING": "SHOPPING_PRODUCT_ADS"}
AD_TYPES: Final = {
    "SEARCH": "RESPONSIVE_SEARCH_AD",
    "DISPLAY": "RESPONSIVE_DISPLAY_AD",
    "SHOPPING": "SHOPPING_PRODUCT_AD",
}
WORDS: Final = ("running shoes", "trail shoes, light", 'shoes "wide"', "schuhe größe 42")
GROUPS: Final = 2
ADS: Final = 2
MATCHES: Final = ("EXACT", "PHRASE", "BROAD")

#: What ad groups of a channel target: the kind of criterion, the view of its figures with the name of its collection,
#: the field that says which, and its values.
CRITERIA: Final[dict[str, tuple[tuple[str, str, str, str, tuple[Any, ...]], ...]]] = {
    "SEARCH": (("KEYWORD", "keyword_view", "keywordViews", "keyword.text", WORDS[:2]),),
    "DISPLAY": (
        ("KEYWORD", "display_keyword_view", "displayKeywordViews", "keyword.text", WORDS[2:]),
        ("AGE_RANGE", "age_range_view", "ageRangeViews", "age_range.type", ("AGE_RANGE_25_34", "AGE_RANGE_35_44")),
        ("GENDER", "gender_view", "genderViews", "gender.type", ("MALE", "FEMALE")),
        ("TOPIC", "topic_view", "topicViews", "topic.topic_constant", ("topicConstants/7",)),
        ("PLACEMENT", "managed_placement_view", "managedPlacementViews", "placement.url", ("news.example",)),
    ),
    "SHOPPING": (
        ("LISTING_GROUP", "", "", "listing_group.case_value.product_brand.value", ("Aurora", "Birch")),
    ),
}  # fmt: skip


def add_asset_groups(make: Builder, campaign: Fields) -> list[Cell]:
    """A Performance Max campaign has asset groups, no ad groups and no ads; its products are shown as a shop's."""
    cells: list[Cell] = []
    for number in range(GROUPS):
        identifier = make.number("65", "asset group", campaign["campaign.id"], number)
        own = [Cell(f"asset group {identifier} {place}", *place) for place in PLACES["PERFORMANCE_MAX"]]
        make.add("asset_group", campaign | {
            "asset_group.resource_name": make.name("assetGroups", identifier), "asset_group.id": identifier,
            "asset_group.campaign": campaign["campaign.resource_name"], "asset_group.name": f"Assets {number + 1}",
            "asset_group.status": "ENABLED", "asset_group.primary_status": "ELIGIBLE",
            "asset_group.final_urls": ["https://shop.example/"], "asset_group.ad_strength": "GOOD",
        }, own)  # fmt: skip
        cells += own
    _add_products(make, campaign, "PERFORMANCE_MAX")
    _add_places(make, campaign, "PERFORMANCE_MAX")
    return cells


def add_groups(make: Builder, campaign: Fields, channel: str) -> list[Cell]:
    """The ad groups of a campaign; the answer is what was measured of their ads."""
    cells: list[Cell] = []
    for number in range(1 if make.customer.is_small else GROUPS):
        group = make.number("14", "group", campaign["campaign.id"], number)
        name = make.name("adGroups", group)
        fields = campaign | {
            "ad_group.resource_name": name, "ad_group.id": group, "ad_group.name": f"Group {number + 1}",
            "ad_group.status": "ENABLED" if number == 0 else "PAUSED", "ad_group.type": GROUP_TYPES[channel],
            "ad_group.campaign": campaign["campaign.resource_name"], "ad_group.base_ad_group": name,
            "ad_group.cpc_bid_micros": 1_500_000, "ad_group.cpm_bid_micros": 10_000, "ad_group.cpv_bid_micros": 0,
            "ad_group.target_cpa_micros": 0, "ad_group.ad_rotation_mode": "OPTIMIZE", "ad_group.labels": [],
        }  # fmt: skip
        own = _add_ads(make, fields, channel)
        make.add("ad_group", fields, own)
        _add_criteria(make, fields, channel)
        if number == 0:
            _add_label(make, "ad_group_label", "adGroupLabels", fields)
        if channel == "SEARCH":
            _add_search(make, fields, number)
        cells += own
    if channel == "SHOPPING":
        _add_products(make, fields, channel)
    _add_places(make, campaign, channel)
    return cells


def _add_ads(make: Builder, group: Fields, channel: str) -> list[Cell]:
    cells: list[Cell] = []
    for number in range(ADS):
        ad = make.number("58", "ad", group["ad_group.id"], number)
        own = [Cell(f"ad {ad} {place}", *place) for place in PLACES[channel]]
        name = make.name("adGroupAds", group["ad_group.id"], ad)
        fields = group | {
            "ad_group_ad.resource_name": name, "ad_group_ad.ad_group": group["ad_group.resource_name"],
            "ad_group_ad.status": "ENABLED", "ad_group_ad.ad_strength": "GOOD", "ad_group_ad.ad.id": ad,
            "ad_group_ad.ad.resource_name": make.name("ads", ad), "ad_group_ad.ad.type": AD_TYPES[channel],
            "ad_group_ad.ad.final_urls": [f"https://shop.example/?utm_campaign={number}&q=a,b"],
            "ad_group_ad.ad.added_by_google_ads": False, "ad_group_ad.labels": [],
            "ad_group_ad.policy_summary.approval_status": "APPROVED",
            "ad_group_ad.policy_summary.review_status": "REVIEWED",
        }  # fmt: skip
        make.add("ad_group_ad", fields, own)
        if number == 0:
            _add_label(make, "ad_group_ad_label", "adGroupAdLabels", fields, ad)
            if channel == "DISPLAY":
                video = f"yt{ad}"
                make.add("video", fields | {
                    "video.resource_name": make.name("videos", video), "video.id": video, "video.title": "Spot, 30 s",
                    "video.channel_id": "UC7", "video.duration_millis": 30_500,
                }, own)  # fmt: skip
        page = {
            "landing_page_view.resource_name": make.name("landingPageViews", ad),
            "landing_page_view.unexpanded_final_url": fields["ad_group_ad.ad.final_urls"][0],
        }
        make.add(
            "landing_page_view", group | page, [Cell(f"page {cell.thing}", cell.network, cell.device) for cell in own]
        )
        cells += own
    return cells


def _add_criteria(make: Builder, group: Fields, channel: str) -> None:
    for kind, view, collection, column, values in CRITERIA[channel]:
        for number, value in enumerate(values):
            criterion = make.number("29", kind, group["ad_group.id"], number)
            name = make.name("adGroupCriteria", group["ad_group.id"], criterion)
            fields = group | {
                "ad_group_criterion.resource_name": name, "ad_group_criterion.criterion_id": criterion,
                "ad_group_criterion.ad_group": group["ad_group.resource_name"], "ad_group_criterion.status": "ENABLED",
                "ad_group_criterion.type": kind, f"ad_group_criterion.{column}": value,
                "ad_group_criterion.display_name": str(value), "ad_group_criterion.negative": False,
                "ad_group_criterion.approval_status": "APPROVED", "ad_group_criterion.bid_modifier": 1.25,
                "ad_group_criterion.labels": [], "ad_group_criterion.cpc_bid_micros": 1_250_000,
            }  # fmt: skip
            if kind == "KEYWORD":
                fields["ad_group_criterion.keyword.match_type"] = MATCHES[number]
            if kind == "LISTING_GROUP":
                fields["ad_group_criterion.listing_group.type"] = "UNIT"
            make.add("ad_group_criterion", fields)
            if number == 0 and kind == "KEYWORD":
                _add_label(make, "ad_group_criterion_label", "adGroupCriterionLabels", fields, criterion)
            if view:
                cells = [Cell(f"criterion {criterion} {place}", *place) for place in PLACES[channel]]
                shown = {f"{view}.resource_name": make.name(collection, group["ad_group.id"], criterion)}
                make.add(view, fields | shown, cells)


def _add_search(make: Builder, group: Fields, number: int) -> None:
    """What people searched for: a term may be matched in several ways, which are rows of their own."""
    for text in WORDS[number : number + 3]:
        cells = [
            Cell(f"term {group['ad_group.id']} {text} {place} {match}", *place, {
                "segments.search_term_match_type": match,
            })
            for place, match in zip(PLACES["SEARCH"], MATCHES, strict=False)
        ]  # fmt: skip
        make.add("search_term_view", group | {
            "search_term_view.resource_name": make.name(
                "searchTermViews", group["campaign.id"], group["ad_group.id"], text.encode().hex()
            ),
            "search_term_view.search_term": text, "search_term_view.status": "NONE",
            "search_term_view.ad_group": group["ad_group.resource_name"],
        }, cells)  # fmt: skip


def _add_products(make: Builder, fields: Fields, channel: str) -> None:
    cells = [
        Cell(f"product {fields['campaign.id']} {number} {place}", *place, {
            "segments.product_item_id": f"sku-{number}", "segments.product_title": f"Shoe, model {number}",
            "segments.product_brand": "Aurora", "segments.product_condition": "NEW",
            "segments.product_channel": "ONLINE", "segments.product_country": "geoTargetConstants/2840",
            "segments.product_language": "languageConstants/1000", "segments.product_type_l1": "shoes",
            "segments.product_category_level1": "productCategoryConstants/166", "segments.product_merchant_id": 501,
            "segments.click_type": "PRODUCT_LISTING_AD_CLICKS",
        })
        for number in range(3)
        for place in PLACES[channel]
    ]  # fmt: skip
    own = {"shopping_performance_view.resource_name": f"{make.prefix}/shoppingPerformanceView"}
    make.add("shopping_performance_view", fields | own, cells)


def _add_places(make: Builder, campaign: Fields, channel: str) -> None:
    for country in (2840, 2276):
        for kind in ("LOCATION_OF_PRESENCE", "AREA_OF_INTEREST"):
            cells = [
                Cell(f"geo {campaign['campaign.id']} {country} {kind} {place}", *place) for place in PLACES[channel]
            ]
            make.add("geographic_view", campaign | {
                "geographic_view.resource_name": make.name("geographicViews", country, kind),
                "geographic_view.country_criterion_id": country, "geographic_view.location_type": kind,
            }, cells)  # fmt: skip
        cells = [Cell(f"user {campaign['campaign.id']} {country} {place}", *place) for place in PLACES[channel]]
        make.add("user_location_view", campaign | {
            "user_location_view.resource_name": make.name("userLocationViews", country, "TRUE"),
            "user_location_view.country_criterion_id": country, "user_location_view.targeting_location": True,
        }, cells)  # fmt: skip


def _add_label(make: Builder, resource: str, collection: str, fields: Fields, identifier: int | None = None) -> None:
    label, what = make.lists["label"][0].fields, resource.removesuffix("_label")
    name = fields[f"{what}.resource_name"]
    ids = [fields["ad_group.id"], *([] if identifier is None else [identifier])]
    make.add(resource, fields | dict(label) | {
        f"{resource}.resource_name": make.name(collection, *ids, label["label.id"]), f"{resource}.{what}": name,
        f"{resource}.label": label["label.resource_name"],
    })  # fmt: skip
