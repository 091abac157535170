"""The reports that every client has: each level by day, hour and in all, and by who saw the ads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tap_tiktok.integrated import Integrated, integrated

if TYPE_CHECKING:
    from tap_tiktok.integrated import Level, Span

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
    "campaigns": ("campaign", _CAMPAIGN, _CONVERSIONS),
    "ad_groups": ("adgroup", _AD_GROUP, (*_CONVERSIONS, *_RESULTS, *_SECOND_GOAL)),
    "ads": ("ad", _AD, (*_CONVERSIONS, *_RESULTS, *_SECOND_GOAL, *_VALUES, *_ENGAGED)),
}
_ONSITE: Final = (
    "shopping",
    "initiate_checkout_count",
    "on_web_detail",
    "add_to_wishlist",
    "add_billing",
    "on_web_cart",
    "form",
)
_ON_PAGES: Final = (
    "button_click",
    "online_consult",
    "user_registration",
    "product_details_page_browse",
    "web_event_add_to_cart",
    "on_web_order",
    "initiate_checkout",
    "add_billing",
    "page_event_search",
    "form",
    "download_start",
    "on_web_add_to_wishlist",
    "on_web_subscribe",
)
_IN_APPS: Final = (
    "purchase",
    "app_event_add_to_cart",
    "checkout",
    "view_content",
    "add_to_wishlist",
    "complete_tutorial",
    "create_group",
    "join_group",
    "create_gamerole",
    "spend_credits",
    "achieve_level",
    "unlock_achievement",
    "sales_lead",
    "in_app_ad_click",
    "in_app_ad_impr",
    "ratings",
    "subscribe",
)
_IN_APPS_WITHOUT_VALUE: Final = (
    "registration",
    "next_day_open",
    "add_payment_info",
    "launch_app",
    "loan_apply",
    "loan_credit",
    "loan_disbursement",
    "login",
    "search",
    "start_trial",
)
#: Kind of events -> their counts and values; what follows from these, such as costs and rates, is left out.
_EVENTS: Final = {
    "page_event": (
        *("complete_payment", "total_complete_payment_rate", "complete_payment_roas"),
        *("total_landing_page_view", "total_pageview", "total_value_per_pageview"),
        *(metric for event in _ON_PAGES for metric in (event, f"total_{event}_value")),
    ),
    "in_app_event": (
        *("app_install", "real_time_app_install", "total_active_pay_roas"),
        *(metric for event in _IN_APPS for metric in (event, f"total_{event}", f"total_{event}_value")),
        *(metric for event in _IN_APPS_WITHOUT_VALUE for metric in (event, f"total_{event}")),
    ),
    "onsite_event": (
        *("onsite_shopping_roas", "onsite_download_start"),
        *(metric for event in _ONSITE for metric in (f"onsite_{event}", f"total_onsite_{event}_value")),
        *("ix_page_view_count", "ix_button_click_count", "ix_product_click_count"),
    ),
    "attribution": tuple(
        f"{after}_{event}"
        for after in ("vta", "cta")
        for event in ("app_install", "conversion", "registration", "purchase")
    ),
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


def _by_country(name: str, span: Span = "DAY") -> type[Integrated]:
    # People are counted once; engaged views and purchases are not had by country.
    level, names, more = _LEVELS[name]
    absent = {*_ENGAGED, "purchase", "purchase_rate", "cost_per_purchase"}
    metrics = [metric for metric in (*names, *_BASIC, *more) if metric not in absent]
    word = {"DAY": "daily", "HOUR": "hourly"}[span]
    told = f"{word.title()} figures of {name.replace('_', ' ')} by country, with what audience reports have not."
    facts = integrated(level, metrics, by=("country_code",), span=span)
    return _report(f"{name}_reports_by_country_{word}", told, facts)


def _events(name: str, kind: str) -> type[Integrated]:
    level, names, _ = _LEVELS[name]
    told = f"Daily counts and values of {kind.replace('_', ' ')}s, for {name.replace('_', ' ')}."
    return _report(f"{name}_{kind}_reports_daily", told, integrated(level, (*names, *_EVENTS[kind])))


def _audience(name: str, by: str, span: Span = "DAY") -> type[Integrated]:
    level, names, more = _LEVELS[name]
    had = {*_CONVERSIONS, *_RESULTS} & set(more) if level in {"adgroup", "ad"} else ()
    metrics = (*names, *_COST, *(metric for metric in more if metric in had))
    first, word, last = {"DAY": ("Daily figures", "daily", ""), "LIFETIME": ("Figures", "lifetime", ", in all")}[span]
    told = f"{first} of {name.replace('_', ' ')} by the {by.replace('_', ' ')} of who saw them{last}."
    facts = integrated(level, metrics, by=_AUDIENCES[by], of="AUDIENCE", span=span)
    return _report(f"{name}_audience_reports_by_{by}_{word}", told, facts)


#: Grains do not add up: people are counted once at each.
REPORTS: Final = (
    *(report for name in _LEVELS for report in _basic(name)),
    *(_events(name, kind) for kind in _EVENTS for name in ("campaigns", "ads")),
    _by_country("ad_groups"),
    _by_country("ads"),
    _by_country("ad_groups", "HOUR"),
    _by_country("ads", "HOUR"),
    *(_audience(name, by) for by in ("age_and_gender", "country", "platform") for name in _LEVELS),
    _audience("ads", "province"),
    _audience("advertisers", "age_and_gender", "LIFETIME"),
)
