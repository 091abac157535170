"""Accounts, campaigns, ad groups, ads and what belongs to them, as the API shows them at a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dif_sandbox.sim.accounts import MICROS
from dif_sandbox.sim.pinterest._change import revision, status
from dif_sandbox.sim.pinterest._texts import BRANDS, LINKS, LONG_TEXT, NAMES, QUERIES, TOPICS

if TYPE_CHECKING:
    from dif_sandbox.sim.generator import Draw
    from dif_sandbox.sim.pinterest._world import Account, Ad, AdGroup, Asset, Campaign, Keyword, World

__all__ = [
    "APPROVED",
    "MATCH_TYPES",
    "OBJECTIVES",
    "RUNNING",
    "account",
    "ad",
    "ad_group",
    "audience",
    "campaign",
    "conversion_tag",
    "creative_type",
    "customer_list",
    "keyword",
    "name_of",
]

Record = dict[str, Any]

OBJECTIVES = ("AWARENESS", "CONSIDERATION", "WEB_CONVERSION", "CATALOG_SALES", "VIDEO_COMPLETION")
CREATIVES = ("REGULAR", "VIDEO", "SHOPPING", "CAROUSEL", "COLLECTION", "IDEA")
MATCH_TYPES = ("BROAD", "PHRASE", "EXACT", "EXACT_NEGATIVE", "PHRASE_NEGATIVE")
RUNNING = {"ACTIVE": "RUNNING", "PAUSED": "PAUSED", "ARCHIVED": "ARCHIVED"}
APPROVED = {"ACTIVE": "APPROVED", "PAUSED": "PAUSED", "ARCHIVED": "ARCHIVED"}
DAY = 86_400


def name_of(draw: Draw, thing: Campaign | AdGroup | Ad | Account | Asset, moment: int) -> str:
    """The name at a moment; some changes of an entity rename it."""
    name, state = NAMES[thing.number % len(NAMES)], revision(draw, thing, moment).number
    renamed = name and state > 0 and draw.chance(0.3, "renamed", thing.id, state)
    return f"{name} v{state % 97}" if renamed else name


def account(world: World, thing: Account, moment: int) -> Record:
    """An ad account."""
    return {
        "id": thing.id,
        "name": f"{BRANDS[thing.number % len(BRANDS)]} {thing.market.country}",
        "owner": {"username": world.username, "id": world.draw.digits("6667", 18, "user")},
        "country": thing.market.country,
        "currency": thing.market.currency,
        "permissions": ["OWNER"] if thing.number == 0 else ["ADMIN", "ANALYST"],
        "created_time": thing.created,
        "updated_time": revision(world.draw, thing, moment).since,
    }


def campaign(world: World, thing: Campaign, moment: int) -> Record:
    """A campaign."""
    draw, state = world.draw, revision(world.draw, thing, moment)
    is_daily = draw.chance(0.6, "daily", thing.id)
    budget = draw.integer(5, 400, "budget", thing.id, state.number) * MICROS
    now = status(draw, thing, moment)
    return {
        "id": thing.id,
        "ad_account_id": thing.account.id,
        "name": name_of(draw, thing, moment),
        "status": now,
        "lifetime_spend_cap": 0 if is_daily else budget * 30,
        "daily_spend_cap": budget if is_daily else 0,
        "order_line_id": draw.digits("5497", 12, "line", thing.id) if draw.chance(0.2, "line", thing.id) else None,
        "tracking_urls": _tracking(draw, thing.id),
        "start_time": thing.created,
        "end_time": thing.created + 400 * DAY if draw.chance(0.3, "ends", thing.id) else None,
        "is_flexible_daily_budgets": draw.chance(0.5, "flexible", thing.id),
        "is_automated_campaign": False,
        "created_time": thing.created,
        "updated_time": state.since,
        "type": "campaign",
        "objective_type": draw.choice(OBJECTIVES, "objective", thing.id),
        "summary_status": RUNNING[now],
        "is_campaign_budget_optimization": draw.chance(0.5, "cbo", thing.id),
        "is_performance_plus": False,
        "bid_options": None,
    }


def ad_group(world: World, thing: AdGroup, moment: int) -> Record:
    """An ad group."""
    draw, state = world.draw, revision(world.draw, thing, moment)
    now = status(draw, thing, moment)
    bids = draw.chance(0.5, "bids", thing.id)
    return {
        "id": thing.id,
        "ad_account_id": thing.account.id,
        "campaign_id": thing.campaign.id,
        "name": name_of(draw, thing, moment),
        "status": now,
        "budget_in_micro_currency": draw.integer(5, 90, "budget", thing.id, state.number) * MICROS if bids else None,
        "bid_in_micro_currency": draw.integer(10, 300, "bid", thing.id, state.number) * 10_000 if bids else None,
        "optimization_goal_metadata": _goal(draw, thing),
        "budget_type": "DAILY" if bids else "CBO_ADGROUP",
        "start_time": thing.created,
        "end_time": None,
        "targeting_spec": _targeting(draw, thing, state.number),
        "lifetime_frequency_cap": -1 if draw.chance(0.7, "cap", thing.id) else 6,
        "tracking_urls": _tracking(draw, thing.id),
        "auto_targeting_enabled": draw.chance(0.6, "auto", thing.id),
        "placement_group": draw.choice(("ALL", "SEARCH", "BROWSE"), "placement", thing.id),
        "pacing_delivery_type": "STANDARD",
        "billable_event": draw.choice(("CLICKTHROUGH", "IMPRESSION"), "event", thing.id),
        "bid_strategy_type": "MAX_BID" if bids else "AUTOMATIC_BID",
        "targeting_template_ids": None,
        "is_creative_optimization": None,
        "promotion_id": None,
        "promotion_application_level": None,
        "bid_multiplier": draw.integer(5, 19, "multiplier", thing.id) / 10 if bids else None,
        "created_time": thing.created,
        "updated_time": state.since,
        "type": "adgroup",
        "conversion_learning_mode_type": draw.choice((None, "ACTIVE", "NOT_ACTIVE"), "learning", thing.id),
        "summary_status": RUNNING[now],
        "feed_profile_id": "0",
        "dca_assets": None,
    }


def ad(world: World, thing: Ad, moment: int) -> Record:
    """An ad."""
    draw, now = world.draw, status(world.draw, thing, moment)
    creative = creative_type(draw, thing)
    rejected = draw.chance(0.05, "rejected", thing.id)
    link = draw.choice(LINKS, "link", thing.id)
    return {
        "id": thing.id,
        "ad_account_id": thing.account.id,
        "ad_group_id": thing.group.id,
        "campaign_id": thing.group.campaign.id,
        "pin_id": thing.pin_id,
        "name": name_of(draw, thing, moment) or None,
        "status": now,
        "android_deep_link": None,
        "ios_deep_link": "app://open?p=1&q=ü" if draw.chance(0.1, "deep", thing.id) else None,
        "carousel_android_deep_links": None,
        "carousel_destination_urls": [link, LINKS[0]] if creative == "CAROUSEL" else None,
        "carousel_ios_deep_links": None,
        "click_tracking_url": None,
        "view_tracking_url": None,
        "creative_type": creative,
        "destination_url": link,
        "is_pin_deleted": draw.chance(0.03, "deleted", thing.id),
        "is_removable": False,
        "tracking_urls": _tracking(draw, thing.id),
        "lead_form_id": None,
        "grid_click_type": draw.choice((None, "CLOSEUP", "DIRECT_TO_DESTINATION"), "grid", thing.id),
        "customizable_cta_type": draw.choice((None, "SHOP_NOW", "LEARN_MORE"), "cta", thing.id),
        "quiz_pin_data": None,
        "disclosure_type": None,
        "disclosure_url": None,
        "collection_items_destination_url_template": None,
        "created_time": thing.created,
        "updated_time": revision(draw, thing, moment).since,
        "rejected_reasons": ["LANDING_PAGE"] if rejected else [],
        "rejection_labels": ["Landing page, see https://policy.pinterest.com"] if rejected else [],
        "review_status": "REJECTED" if rejected else "APPROVED",
        "type": "ad",
        "summary_status": "REJECTED" if rejected and now == "ACTIVE" else APPROVED[now],
    }


def creative_type(draw: Draw, thing: Ad) -> str:
    """What kind of pin the ad promotes."""
    return draw.choice(CREATIVES, "creative", thing.id)


def keyword(world: World, thing: Keyword, _moment: int) -> Record:
    """A keyword; the deprecated bid is always null. Campaigns and accounts can only exclude."""
    draw = world.draw
    kinds = {"AdGroup": "AD_GROUP", "Campaign": "CAMPAIGN", "Account": "ADVERTISER"}
    kind = kinds[type(thing.parent).__name__]
    return {
        "id": thing.id,
        "parent_id": thing.parent.id,
        "parent_type": kind,
        "type": "KEYWORD",
        "archived": draw.chance(0.1, "archived", thing.id),
        "bid": None,
        "match_type": draw.choice(MATCH_TYPES if kind == "AD_GROUP" else MATCH_TYPES[-2:], thing.id),
        "value": draw.choice((*QUERIES, *TOPICS), "value", thing.id),
    }


def audience(world: World, thing: Asset, moment: int) -> Record:
    """An audience; it grows, and has no size while it is too small."""
    draw, state = world.draw, revision(world.draw, thing, moment)
    kind = draw.choice(("ENGAGEMENT", "VISITOR", "CUSTOMER_LIST", "ACTALIKE"), "kind", thing.id)
    small = draw.chance(0.25, "small", thing.id)
    rules: dict[str, Record] = {
        "ENGAGEMENT": {"engagement_domain": ["www.example.com"], "engager_type": 1},
        "VISITOR": {"retention_days": 180, "visitor_source_id": "1", "event_source": {"=": ["web", "mobile"]}},
        "CUSTOMER_LIST": {"customer_list_id": "643"},
        "ACTALIKE": {"seed_id": [thing.id], "country": thing.account.market.country, "percentage": 10},
    }
    return {
        "ad_account_id": thing.account.id,
        "id": thing.id,
        "name": name_of(draw, thing, moment),
        "audience_type": kind,
        "description": draw.choice((None, "", LONG_TEXT), "text", thing.id),
        "rule": rules[kind],
        "size": None if small else draw.integer(1_000, 900_000, "size", thing.id, state.number),
        "status": "TOO_SMALL" if small else "READY",
        "type": "audience",
        "created_timestamp": thing.created,
        "updated_timestamp": state.since,
        "created_by_company_name": None,
    }


def conversion_tag(world: World, thing: Asset, moment: int) -> Record:
    """A conversion tag with its snippet."""
    draw = world.draw
    fired = draw.chance(0.8, "fired", thing.id)
    return {
        "ad_account_id": thing.account.id,
        "code_snippet": f"<script type=\"text/javascript\">\n!function(e){{pintrk('load','{thing.id}');}}()\n</script>",
        "enhanced_match_status": draw.choice((None, "VALIDATION_COMPLETE", "NOT_VALIDATED"), "match", thing.id),
        "id": thing.id,
        "last_fired_time_ms": (moment // 3600 * 3600 - 60) * 1000 if fired else None,
        "name": name_of(draw, thing, thing.created),
        "status": "ACTIVE",
        "version": "3",
        "configs": {
            "aem_enabled": draw.chance(0.5, "aem", thing.id),
            "md_frequency": 0.6,
            "aem_fnln_enabled": False,
            "aem_ph_enabled": None,
        },
    }


def customer_list(world: World, thing: Asset, moment: int) -> Record:
    """A customer list; uploads make it grow."""
    draw, state = world.draw, revision(world.draw, thing, moment)
    uploads = 1 + (state.since - thing.created) // (30 * DAY)
    return {
        "ad_account_id": thing.account.id,
        "created_time": thing.created,
        "id": thing.id,
        "name": name_of(draw, thing, moment),
        "num_batches": uploads,
        "num_removed_user_records": draw.integer(0, 40, "removed", thing.id),
        "num_uploaded_user_records": 1_000 * uploads + draw.integer(0, 999, "records", thing.id, state.number),
        "status": draw.choice(("READY", "PROCESSING", "TOO_SMALL"), "status", thing.id, state.number),
        "type": "customerlist",
        "updated_time": state.since,
        "exceptions": {} if draw.chance(0.7, "exceptions", thing.id) else {"2": ['row 7: "x@y" is no hash, skipped']},
    }


def _tracking(draw: Draw, key: str) -> Record | None:
    if not draw.chance(0.25, "tracking", key):
        return None
    return {"impression": [LINKS[0]], "click": [LINKS[1], LINKS[2]], "engagement": [], "buyable_button": []}


def _goal(draw: Draw, thing: AdGroup) -> Record:
    if not draw.chance(0.4, "goal", thing.id):
        return {}
    windows = {"click_window_days": 30, "engagement_window_days": 30, "view_window_days": 1}
    goal = {
        "attribution_windows": windows,
        "conversion_event": "CHECKOUT",
        "conversion_tag_id": draw.digits("2617", 13, "tag", thing.id),
        "cpa_goal_value_in_micro_currency": str(draw.integer(1, 60, "cpa", thing.id) * MICROS),
        "is_roas_optimized": False,
    }
    return {"conversion_tag_v3_goal_metadata": goal}


def _targeting(draw: Draw, thing: AdGroup, state: int) -> Record:
    spec: Record = {
        "GENDER": ["female", "male", "unknown"],
        "APPTYPE": ["web", "web_mobile", "iphone", "ipad", "android_mobile", "android_tablet"],
        "LOCALE": ["de", "en", "ja", "pt"],
        "TARGETING_STRATEGY": ["CHOOSE_YOUR_OWN"],
        "LOCATION": [thing.account.market.country],
    }
    if draw.chance(0.5, "ages", thing.id):
        spec["AGE_BUCKET"] = ["25-34", "35-44"] if draw.chance(0.5, "ages", thing.id, state) else ["18-24"]
    if draw.chance(0.3, "retarget", thing.id):
        ids = {"tag_type": 0, "id": draw.digits("2617", 13, "t", thing.id), "exclusion_window": 14}
        spec["SHOPPING_RETARGETING"] = [{"lookback_window": 30, "tag_types": [0, 6], "retargeting": ids}]
    return spec
