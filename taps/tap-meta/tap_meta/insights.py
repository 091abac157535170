"""Figures by day: reports that are ordered first, and read page by page when Meta has made them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dif_kit.decode import JsonRecords, Unfolded
from dif_kit.tap import ReportStatuses, ReportStream, Window, schema_of

from tap_meta._facts import ADS_INSIGHTS, APP, FIELDS, PAGES, STATUSES, VERDICTS
from tap_meta.lists import AdAccounts

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "COLUMNS",
    "EVERYTHING",
    "KEYS",
    "LISTS",
    "METRICS",
    "RANKINGS",
    "RETENTION_DAYS",
    "WINDOWS",
    "Insights",
    "actions",
    "figures",
]

RETENTION_DAYS: Final = 1123  # 37 months, in the shortest of 37
WINDOWS: Final = ("1d_click", "7d_click", "28d_click", "1d_view")
COLUMNS: Final = {**FIELDS["insights"], **FIELDS["breakdowns"]}

#: Level -> what tells its rows apart, and what else names them.
KEYS: Final = {
    "account": ("date_start", "account_id"),
    "campaign": ("date_start", "account_id", "campaign_id"),
    "adset": ("date_start", "account_id", "adset_id"),
    "ad": ("date_start", "account_id", "ad_id"),
}
_ACCOUNT: Final = ("account_id", "account_name", "account_currency", "date_start", "date_stop")
_CAMPAIGN: Final = (*_ACCOUNT, "campaign_id", "campaign_name", "objective", "buying_type")
_AD_SET: Final = (*_CAMPAIGN, "adset_id", "adset_name", "optimization_goal", "attribution_setting")
_AD: Final = (*_AD_SET, "ad_id", "ad_name", "created_time", "updated_time")
_NAMES: Final = {"account": _ACCOUNT, "campaign": _CAMPAIGN, "adset": _AD_SET, "ad": _AD}
RANKINGS: Final = ("quality_ranking", "engagement_rate_ranking", "conversion_rate_ranking")
METRICS: Final = (
    "impressions",
    "clicks",
    "spend",
    "cpc",
    "cpm",
    "ctr",
    "inline_link_clicks",
    "inline_link_click_ctr",
    "cost_per_inline_link_click",
    "inline_post_engagement",
    "cost_per_inline_post_engagement",
    "social_spend",
    "full_view_impressions",
    "instant_experience_clicks_to_open",
    "instant_experience_clicks_to_start",
    "actions",
    "action_values",
    "conversions",
    "conversion_values",
    "cost_per_action_type",
    "cost_per_conversion",
    "outbound_clicks",
    "outbound_clicks_ctr",
    "cost_per_outbound_click",
    "website_ctr",
    "purchase_roas",
    "website_purchase_roas",
    "mobile_app_purchase_roas",
    "video_play_actions",
    "video_play_curve_actions",
    "video_30_sec_watched_actions",
    "video_avg_time_watched_actions",
    "video_p25_watched_actions",
    "video_p50_watched_actions",
    "video_p75_watched_actions",
    "video_p95_watched_actions",
    "video_p100_watched_actions",
    "video_thruplay_watched_actions",
    "cost_per_thruplay",
)
# People are counted once, so these do not add up, and are not had by hour or product.
_PEOPLE: Final = (
    "reach",
    "frequency",
    "cpp",
    "full_view_reach",
    "unique_clicks",
    "unique_ctr",
    "cost_per_unique_click",
    "unique_inline_link_clicks",
    "unique_inline_link_click_ctr",
    "cost_per_unique_inline_link_click",
    "unique_link_clicks_ctr",
    "unique_actions",
    "cost_per_unique_action_type",
    "unique_outbound_clicks",
    "unique_outbound_clicks_ctr",
    "cost_per_unique_outbound_click",
)
EVERYTHING: Final = (*METRICS, *_PEOPLE)
LISTS: Final = (
    "actions",
    "action_values",
    "unique_actions",
    "conversions",
    "conversion_values",
    "outbound_clicks",
    "purchase_roas",
    "website_purchase_roas",
    "mobile_app_purchase_roas",
    "video_play_actions",
    "video_thruplay_watched_actions",
)


class Insights(ReportStream):
    """What every report shares: an order, its status, its pages; days of the account's own time zone.

    Meta corrects figures for 28 days. A report that fails, or that Meta calls too large, is ordered once more, then by
    fewer days.
    """

    path = "/act_{account_id}/insights"
    budgets = (APP, ADS_INSIGHTS)
    verdicts = VERDICTS
    parent_stream_type = AdAccounts
    context_columns = {"account_id": "account_id"}
    replication_key: str | None = "date_start"
    window = Window(days=7, lookback_days=28, zone="{timezone_name}", retention_days=RETENTION_DAYS)
    paging = PAGES
    job = "report_run_id"
    poll_path = "/{job}"
    poll_params = {"fields": "id,async_status,async_percent_completion,error_code,error_message"}
    status = "async_status"
    statuses = ReportStatuses(
        running=frozenset({"Job Not Started", "Job Started", "Job Running"}),
        done=frozenset({"Job Completed"}),
        too_large=frozenset({"Job Failed"}),
        expired=frozenset({"Job Skipped"}),
    )
    reason = "error_message"
    repeats = 1
    result_path = "/{job}/insights"
    jobs_in_flight = 10


def _body(
    level: str,
    fields: Sequence[str],
    breakdowns: Sequence[str],
    action_breakdowns: Sequence[str],
    *,
    windows: Sequence[str] = WINDOWS,
    increment: int | str = 1,
) -> dict[str, Any]:
    """The order of a report."""
    statuses = STATUSES.get(level)
    every = [{"field": f"{level}.effective_status", "operator": "IN", "value": list(statuses)}] if statuses else []
    return {
        "level": level,
        "fields": list(fields),
        "time_range": {"since": "{start}", "until": "{end}"},
        "time_increment": increment,
        "breakdowns": list(breakdowns),
        "action_breakdowns": list(action_breakdowns),
        "action_attribution_windows": list(windows),
        "filtering": every,
    }


def figures(
    level: str,
    metrics: Sequence[str],
    breakdowns: Sequence[str] = (),
    action_breakdowns: Sequence[str] = ("action_type",),
    **more: Any,  # noqa: ANN401 - what is left of an order
) -> dict[str, Any]:
    """The facts of a report with a row for each thing and day, lists of actions as they come."""
    fields = tuple(dict.fromkeys((*_NAMES[level], *metrics)))
    keys = (*KEYS[level], *breakdowns)
    return {
        "primary_keys": keys,
        "schema": schema_of(COLUMNS, (*keys, *fields), keys=keys),
        "records": JsonRecords("data", is_text=True),
        "body": _body(level, fields, breakdowns, action_breakdowns, **more),
    }


def actions(
    level: str,
    lists: Sequence[str] = LISTS,
    breakdowns: Sequence[str] = (),
    action_breakdowns: Sequence[str] = ("action_type",),
    **more: Any,  # noqa: ANN401 - what is left of an order
) -> dict[str, Any]:
    """The facts of a report with a row for each value in the lists of actions."""
    kept = (*_NAMES[level], *breakdowns)
    keys = (*KEYS[level], *breakdowns, "metric", *action_breakdowns, "attribution_window")
    text, number = {"type": ["string", "null"]}, {"type": ["number", "null"]}
    columns = {**COLUMNS, **FIELDS["action_breakdowns"], "metric": text, "attribution_window": text, "value": number}
    return {
        "primary_keys": keys,
        "schema": schema_of(columns, (*keys, *kept, "value"), keys=keys),
        "records": Unfolded(
            JsonRecords("data"), tuple(lists), tuple(action_breakdowns), kept, kind="attribution_window"
        ),
        "body": _body(level, (*_NAMES[level], *lists), breakdowns, action_breakdowns, **more),
    }
