"""The reports that every client has: each level by day, hour and in all, and by who saw the ads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tap_tiktok.integrated import Integrated, integrated

if TYPE_CHECKING:
    from tap_tiktok.integrated import Level

__all__ = ["REPORTS"]

_COST: Final = ("spend", "cpc", "cpm", "impressions", "clicks", "ctr")
_BASIC: Final = (
    *_COST,
    "reach",
    "cost_per_1000_reached",
    "frequency",
    "video_play_actions",
    "video_watched_2s",
    "video_watched_6s",
    "average_video_play",
    "average_video_play_per_user",
    "video_views_p25",
    "video_views_p50",
    "video_views_p75",
    "video_views_p100",
    "profile_visits",
    "likes",
    "comments",
    "shares",
    "follows",
    "clicks_on_music_disc",
    "real_time_app_install",
    "real_time_app_install_cost",
    "app_install",
)
_CONVERSIONS: Final = (
    "conversion",
    "cost_per_conversion",
    "conversion_rate",
    "real_time_conversion",
    "real_time_cost_per_conversion",
    "real_time_conversion_rate",
)
_RESULTS: Final = (
    "result",
    "cost_per_result",
    "result_rate",
    "real_time_result",
    "real_time_cost_per_result",
    "real_time_result_rate",
)
_SECOND_GOAL: Final = ("secondary_goal_result", "cost_per_secondary_goal_result", "secondary_goal_result_rate")
_VALUES: Final = (
    "total_purchase_value",
    "total_onsite_shopping_value",
    "onsite_shopping",
    "vta_purchase",
    "vta_conversion",
    "cta_purchase",
    "cta_conversion",
    "total_pageview",
    "complete_payment",
    "value_per_complete_payment",
    "total_complete_payment_rate",
    "profile_visits_rate",
    "purchase",
    "purchase_rate",
    "cost_per_purchase",
    "registration",
    "registration_rate",
    "cost_per_registration",
    "sales_lead",
    "sales_lead_rate",
    "cost_per_sales_lead",
    "cost_per_total_sales_lead",
    "cost_per_app_install",
    "total_app_event_add_to_cart",
    "cost_per_total_app_event_add_to_cart",
)
_ENGAGED: Final = (
    "engagements",
    "engaged_view",
    "engaged_view_15s",
    "paid_engaged_view",
    "paid_engaged_view_15s",
    "paid_engagement_engaged_view",
    "paid_engagement_engaged_view_15s",
    "engaged_view_through_conversions",
)
_CAMPAIGN: Final = ("campaign_name",)
_AD_GROUP: Final = (
    "campaign_id",
    "campaign_name",
    "adgroup_name",
    "placement_type",
    "promotion_type",
    "tt_app_id",
    "tt_app_name",
    "mobile_app_id",
    "dpa_target_audience_type",
)
_AD: Final = (*_AD_GROUP, "adgroup_id", "ad_name", "ad_text")

#: Name of a level -> TikTok's word, what names its things, and what it has besides the basic figures.
_LEVELS: Final[dict[str, tuple[Level, tuple[str, ...], tuple[str, ...]]]] = {
    "advertisers": ("advertiser", (), ("cash_spend", "voucher_spend")),
    "campaigns": ("campaign", _CAMPAIGN, (*_CONVERSIONS, *_RESULTS)),
    "ad_groups": ("adgroup", _AD_GROUP, (*_CONVERSIONS, *_RESULTS, *_SECOND_GOAL)),
    "ads": ("ad", _AD, (*_CONVERSIONS, *_RESULTS, *_SECOND_GOAL, *_VALUES, *_ENGAGED)),
}
_AUDIENCES: Final = {
    "age_and_gender": ("age", "gender"),
    "country": ("country_code",),
    "platform": ("platform",),
    "province": ("province_id",),
}


def _report(name: str, meaning: str, facts: dict[str, Any]) -> type[Integrated]:
    more = {"name": name, "__module__": __name__, "__doc__": meaning}
    return type(name.title().replace("_", ""), (Integrated,), {**more, **facts})


def _basic(name: str) -> tuple[type[Integrated], ...]:
    level, names, more = _LEVELS[name]
    metrics, things = (*names, *_BASIC, *more), name.replace("_", " ")
    return (
        _report(f"{name}_reports_daily", f"Daily figures of {things}.", integrated(level, metrics)),
        _report(f"{name}_reports_hourly", f"Hourly figures of {things}.", integrated(level, metrics, span="HOUR")),
        _report(
            f"{name}_reports_lifetime",
            f"Figures of {things} since they were made.",
            integrated(level, metrics, span="LIFETIME"),
        ),
    )


def _by_country(name: str) -> type[Integrated]:
    # People are counted once; engaged views and purchases are not had by country.
    level, names, more = _LEVELS[name]
    absent = {*_ENGAGED, "purchase", "purchase_rate", "cost_per_purchase"}
    metrics = [metric for metric in (*names, *_BASIC, *more) if metric not in absent]
    told = f"Daily figures of {name.replace('_', ' ')} by country, with what audience reports have not."
    return _report(f"{name}_reports_by_country_daily", told, integrated(level, metrics, by=("country_code",)))


def _audience(name: str, by: str) -> type[Integrated]:
    level, names, more = _LEVELS[name]
    had = {*_CONVERSIONS, *_RESULTS} & set(more) if level in {"adgroup", "ad"} else ()
    metrics = (*names, *_COST, *(metric for metric in more if metric in had))
    told = f"Daily figures of {name.replace('_', ' ')} by the {by.replace('_', ' ')} of who saw them."
    facts = integrated(level, metrics, by=_AUDIENCES[by], of="AUDIENCE")
    return _report(f"{name}_audience_reports_by_{by}_daily", told, facts)


#: Grains do not add up: people are counted once at each.
REPORTS: Final = (
    *(report for name in _LEVELS for report in _basic(name)),
    _by_country("ad_groups"),
    _by_country("ads"),
    *(_audience(name, by) for by in ("age_and_gender", "country", "platform") for name in _LEVELS),
    _audience("ads", "province"),
)
