"""The reports that every client has: at each level, and of ads by what Meta breaks figures down by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dif_kit.tap import SourceTotals

from tap_meta.insights import EVERYTHING, METRICS, RANKINGS, Insights, actions, figures

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["REPORTS"]

# Spend is left out: each row's is rounded to the currency's smallest coin, so that parts are off by some.
_OF_ACCOUNT: Final = SourceTotals("account_insights", ("impressions", "clicks"), ("account_id",))


def _report(name: str, meaning: str, facts: dict[str, Any]) -> type[Insights]:
    more = {"name": name, "__module__": __name__, "__doc__": meaning}
    return type(name.title().replace("_", ""), (Insights,), {**more, **facts})


def _part(name: str, meaning: str, level: str, metrics: Sequence[str] = EVERYTHING) -> type[Insights]:
    """A level whose rows add up to those of the account, for what is deleted is asked for too."""
    return _report(name, meaning, {**figures(level, metrics), "totals": _OF_ACCOUNT})


def _ads(name: str, by: str, *breakdowns: str, metrics: Sequence[str] = EVERYTHING) -> type[Insights]:
    return _report(f"ads_insights_{name}", f"Daily figures of every ad by {by}.", figures("ad", metrics, breakdowns))


def _by_action(name: str, by: str, *action_breakdowns: str) -> type[Insights]:
    told = f"Daily figures of every ad, its actions by {by}."
    return _report(f"ads_insights_{name}", told, figures("ad", (*EVERYTHING, *RANKINGS), (), action_breakdowns))


#: People are counted once at each grain, so that reach does not add up.
REPORTS: Final = (
    _report("account_insights", "Daily figures of an ad account.", figures("account", EVERYTHING)),
    _part("campaign_insights", "Daily figures of every campaign.", "campaign"),
    _part("ad_set_insights", "Daily figures of every ad set.", "adset"),
    _part("ads_insights", "Daily figures of every ad.", "ad", (*EVERYTHING, *RANKINGS)),
    _report("account_actions", "Every action of an ad account, by type and attribution window.", actions("account")),
    _report("campaign_actions", "Every action of each campaign, by type and attribution window.", actions("campaign")),
    _report("ad_set_actions", "Every action of each ad set, by type and attribution window.", actions("adset")),
    _report("ads_actions", "Every action of each ad, by type and attribution window.", actions("ad")),
    _ads("age_and_gender", "age and gender", "age", "gender"),
    _ads("country", "country", "country"),
    _ads("region", "region", "region"),
    _ads("dma", "designated market area", "dma"),
    _ads(
        "platform_and_device",
        "platform, position and device",
        "publisher_platform",
        "platform_position",
        "impression_device",
    ),
    _ads("delivery_platform", "platform", "publisher_platform"),
    _ads("delivery_device", "kind of device", "device_platform"),
    _ads(
        "delivery_platform_and_device_platform", "platform and kind of device", "publisher_platform", "device_platform"
    ),
    _ads("demographics_age", "age", "age"),
    _ads("demographics_gender", "gender", "gender"),
    _ads("product_id", "product of a catalog", "product_id", metrics=METRICS),
    _ads(
        "hourly_advertiser",
        "hour of the advertiser's day",
        "hourly_stats_aggregated_by_advertiser_time_zone",
        metrics=METRICS,
    ),
    _ads(
        "hourly_audience",
        "hour of the audience's day",
        "hourly_stats_aggregated_by_audience_time_zone",
        metrics=METRICS,
    ),
    _by_action("action_carousel_card", "card", "action_carousel_card_id", "action_carousel_card_name"),
    _by_action("action_destination", "destination and target", "action_destination", "action_target_id", "action_type"),
    _by_action("action_device", "device", "action_device", "action_type"),
    _by_action("action_reaction", "reaction", "action_reaction", "action_type"),
    _by_action("action_video_sound", "sound", "action_video_sound"),
    _by_action("action_video_type", "kind of video", "action_video_type"),
)
