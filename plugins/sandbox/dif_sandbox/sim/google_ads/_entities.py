"""What a customer has: campaigns and all below them, each with its own fields and those of what it hangs from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dif_sandbox.sim.google_ads._builder import Builder, Entity, Fields
from dif_sandbox.sim.google_ads._figures import ACTIONS, SETTLE_DAYS, Cell
from dif_sandbox.sim.google_ads._groups import add_asset_groups, add_groups

if TYPE_CHECKING:
    from dif_sandbox.sim.generator import Draw
    from dif_sandbox.sim.google_ads._hierarchy import Customer

__all__ = ["constants", "holdings"]

CHANNELS: Final = ("SEARCH", "PERFORMANCE_MAX", "DISPLAY", "SHOPPING", "SEARCH")
OF_SMALL: Final = 2
COUNTRIES: Final = ((2840, "US", "United States"), (2276, "DE", "Germany"), (2392, "JP", "Japan"))
CITIES: Final = 9
INTERESTS: Final = 25


def holdings(draw: Draw, customer: Customer) -> dict[str, list[Entity]]:
    """Everything of a customer, by resource."""
    make = Builder(draw, customer)
    if customer.is_manager:
        make.add("customer", make.base)
        return make.lists
    _add_own(make)
    every: list[Cell] = []
    for number, channel in enumerate(CHANNELS[:OF_SMALL] if customer.is_small else CHANNELS):
        every += _add_campaign(make, number, channel)
    make.add("customer", make.base, every)
    return make.lists


def _add_own(make: Builder) -> None:
    """What hangs from the customer alone."""
    for number, text in enumerate(("brand", "season")):
        label = make.number("31", "label", number)
        fields = make.base | {
            "label.resource_name": make.name("labels", label), "label.id": label, "label.name": text,
            "label.status": "ENABLED", "label.text_label.background_color": "#e993eb",
        }  # fmt: skip
        make.add("label", fields)
        if number == 0:
            link = {
                "customer_label.resource_name": make.name("customerLabels", label),
                "customer_label.customer": make.prefix,
                "customer_label.label": fields["label.resource_name"],
            }
            make.add("customer_label", fields | link)
    for number, (_, name, category) in enumerate(ACTIONS):
        action = make.number("61", "action", number)
        make.add("conversion_action", make.base | {
            "conversion_action.resource_name": make.name("conversionActions", action),
            "conversion_action.id": action, "conversion_action.name": name, "conversion_action.category": category,
            "conversion_action.status": "ENABLED", "conversion_action.type": "WEBPAGE",
            "conversion_action.origin": "WEBSITE", "conversion_action.counting_type": "ONE_PER_CLICK",
            "conversion_action.owner_customer": make.prefix, "conversion_action.primary_for_goal": number == 0,
            "conversion_action.click_through_lookback_window_days": SETTLE_DAYS,
            "conversion_action.view_through_lookback_window_days": 1,
            "conversion_action.include_in_conversions_metric": True,
            "conversion_action.value_settings.default_value": 1.5 * number,
            "conversion_action.attribution_model_settings.attribution_model": "GOOGLE_ADS_LAST_CLICK",
        })  # fmt: skip
    for resource, collection in (("audience", "audiences"), ("custom_audience", "customAudiences")):
        identifier = make.number("71", resource)
        make.add(resource, make.base | {
            f"{resource}.resource_name": make.name(collection, identifier), f"{resource}.id": identifier,
            f"{resource}.name": f"{make.customer.name}: visitors", f"{resource}.status": "ENABLED",
            **({"custom_audience.type": "INTEREST"} if resource == "custom_audience" else {}),
        })  # fmt: skip
    for number, kind in enumerate(("TEXT", "IMAGE", "YOUTUBE_VIDEO")):
        asset = make.number("81", "asset", number)
        by_kind: dict[str, Fields] = {
            "TEXT": {"asset.text_asset.text": 'Zwei für eins; "heute", ja'},
            "IMAGE": {
                "asset.image_asset.file_size": 3_000_000_000 + number,
                "asset.image_asset.full_size.url": f"https://tpc.example/{asset}",
            },
            "YOUTUBE_VIDEO": {"asset.youtube_video_asset.youtube_video_id": f"vid-{asset}"},
        }
        make.add("asset", make.base | by_kind[kind] | {
            "asset.resource_name": make.name("assets", asset), "asset.id": asset, "asset.type": kind,
            "asset.source": "ADVERTISER",
        })  # fmt: skip
    strategy = make.number("41", "strategy")
    make.base |= {
        "bidding_strategy.resource_name": make.name("biddingStrategies", strategy), "bidding_strategy.id": strategy,
        "bidding_strategy.name": "all campaigns", "bidding_strategy.status": "ENABLED",
        "bidding_strategy.type": "TARGET_SPEND", "bidding_strategy.campaign_count": len(CHANNELS),
        "bidding_strategy.non_removed_campaign_count": len(CHANNELS) - 1,
        "bidding_strategy.currency_code": make.customer.market.currency,
    }  # fmt: skip
    make.add("bidding_strategy", make.base)


def _add_campaign(make: Builder, number: int, channel: str) -> list[Cell]:
    """A campaign and what is in it; the answer is all that was measured of it."""
    campaign, budget = make.number("17", "campaign", number), make.number("12", "budget", number)
    name, is_last = make.name("campaigns", campaign), number == len(CHANNELS) - 1
    label = dict(make.lists["label"][number % 2].fields)
    fields = make.base | {
        "campaign.resource_name": name, "campaign.id": campaign,
        "campaign.name": f"{channel.title()} № {number + 1}", "campaign.status": "REMOVED" if is_last else "ENABLED",
        "campaign.serving_status": "ENDED" if is_last else "SERVING",
        "campaign.primary_status": "REMOVED" if is_last else "ELIGIBLE",
        "campaign.advertising_channel_type": channel, "campaign.bidding_strategy_type": "TARGET_SPEND",
        "campaign.bidding_strategy": make.base["bidding_strategy.resource_name"],
        "campaign.campaign_budget": make.name("campaignBudgets", budget), "campaign.base_campaign": name,
        "campaign.experiment_type": "BASE", "campaign.payment_mode": "CLICKS",
        "campaign.ad_serving_optimization_status": "OPTIMIZE", "campaign.start_date_time": "2025-01-06 00:00:00",
        "campaign.labels": [label["label.resource_name"]] if number == 0 else [],
        "campaign.optimization_score": round(make.draw.fraction("score", campaign), 4),
    }  # fmt: skip
    cells = add_asset_groups(make, fields) if channel == "PERFORMANCE_MAX" else add_groups(make, fields, channel)
    make.add("campaign", fields, cells)
    of_budget = {
        "campaign_budget.resource_name": fields["campaign.campaign_budget"], "campaign_budget.id": budget,
        "campaign_budget.name": f"Budget {number + 1}", "campaign_budget.status": "ENABLED",
        "campaign_budget.amount_micros": 25_000_000_000 + number, "campaign_budget.period": "DAILY",
        "campaign_budget.type": "STANDARD", "campaign_budget.delivery_method": "STANDARD",
        "campaign_budget.explicitly_shared": False, "campaign_budget.has_recommended_budget": False,
        "campaign_budget.reference_count": 1,
    }  # fmt: skip
    make.add("campaign_budget", fields | of_budget, cells)
    if number == 0:
        link = make.name("campaignLabels", campaign, label["label.id"])
        make.add("campaign_label", fields | label | {
            "campaign_label.resource_name": link, "campaign_label.campaign": name,
            "campaign_label.label": label["label.resource_name"],
        })  # fmt: skip
    criterion, code, _ = COUNTRIES[number % len(COUNTRIES)]
    make.add("campaign_criterion", fields | {
        "campaign_criterion.resource_name": make.name("campaignCriteria", campaign, criterion),
        "campaign_criterion.campaign": name, "campaign_criterion.criterion_id": criterion,
        "campaign_criterion.status": "ENABLED", "campaign_criterion.type": "LOCATION",
        "campaign_criterion.display_name": code, "campaign_criterion.negative": number == 1,
        "campaign_criterion.location.geo_target_constant": f"geoTargetConstants/{criterion}",
        "campaign_criterion.bid_modifier": 1.1,
    })  # fmt: skip
    return cells


def constants(scale: int) -> dict[str, list[Entity]]:
    """What is the same for everybody: places and interests. Google has some hundred thousand of them."""
    places = []
    for country, code, name in COUNTRIES:
        places.append(_place(country, name, code, "Country", None))
        for number in range(CITIES * scale):
            identifier = country * 1_000_000 + number
            places.append(_place(identifier, f"{name} city {number + 1}", code, "City", country))
    interests = [
        Entity({
            "user_interest.resource_name": f"userInterests/{number}", "user_interest.user_interest_id": number,
            "user_interest.name": f"Interest {number}", "user_interest.taxonomy_type": "AFFINITY",
            "user_interest.user_interest_parent": f"userInterests/{number // 5}" if number >= INTERESTS // 5 else None,
            "user_interest.launched_to_all": number % 2 == 0,
        })
        for number in range(1, INTERESTS * scale + 1)
    ]  # fmt: skip
    return {"geo_target_constant": places, "user_interest": interests}


def _place(identifier: int, name: str, code: str, kind: str, parent: int | None) -> Entity:
    return Entity({
        "geo_target_constant.resource_name": f"geoTargetConstants/{identifier}", "geo_target_constant.id": identifier,
        "geo_target_constant.name": name, "geo_target_constant.country_code": code,
        "geo_target_constant.target_type": kind, "geo_target_constant.status": "ENABLED",
        "geo_target_constant.canonical_name": f"{name},{code}",
        "geo_target_constant.parent_geo_target": f"geoTargetConstants/{parent}" if parent else None,
    })  # fmt: skip
