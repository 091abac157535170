"""Which columns every analytics and report stream asks for, with the type that the API gives each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["ANALYTICS", "Analytics", "column_schema"]

ACCOUNT = ("AD_ACCOUNT_ID", "ADVERTISER_ID")
CAMPAIGN = (
    "CAMPAIGN_ID",
    "CAMPAIGN_NAME",
    "CAMPAIGN_ENTITY_STATUS",
    "CAMPAIGN_OBJECTIVE_TYPE",
    "CAMPAIGN_DAILY_SPEND_CAP",
    "CAMPAIGN_LIFETIME_SPEND_CAP",
)
AD_GROUP = ("AD_GROUP_ID", "AD_GROUP_NAME", "AD_GROUP_ENTITY_STATUS")
AD = ("AD_ID", "AD_NAME", "PIN_ID", "PIN_PROMOTION_ID")

# Common to both kinds of request. `_1` is what was paid for, `_2` what came after somebody saved the ad ("earned").
METRICS = (
    "SPEND_IN_MICRO_DOLLAR",
    "PAID_IMPRESSION",
    "TOTAL_IMPRESSION",
    "IMPRESSION_1",
    "IMPRESSION_1_GROSS",
    "IMPRESSION_2",
    "TOTAL_IMPRESSION_USER",
    "TOTAL_IMPRESSION_FREQUENCY",
    "CPM_IN_MICRO_DOLLAR",
    "ECPM_IN_MICRO_DOLLAR",
    "TOTAL_CLICKTHROUGH",
    "CLICKTHROUGH_1",
    "CLICKTHROUGH_1_GROSS",
    "CLICKTHROUGH_2",
    "OUTBOUND_CLICK_1",
    "OUTBOUND_CLICK_2",
    "CTR",
    "CTR_2",
    "ECTR",
    "OUTBOUND_CTR_1",
    "CPC_IN_MICRO_DOLLAR",
    "ECPC_IN_MICRO_DOLLAR",
    "COST_PER_OUTBOUND_CLICK_IN_DOLLAR",
    "TOTAL_ENGAGEMENT",
    "ENGAGEMENT_1",
    "ENGAGEMENT_2",
    "ENGAGEMENT_RATE",
    "EENGAGEMENT_RATE",
    "ECPE_IN_DOLLAR",
    "REPIN_1",
    "REPIN_2",
    "REPIN_RATE",
    "TOTAL_REPIN_RATE",
    "TOTAL_VIDEO_3SEC_VIEWS",
    "TOTAL_VIDEO_15SEC_UNIQUE_VIEWS",
    "TOTAL_VIDEO_MRC_VIEWS",
    "TOTAL_VIDEO_P0_COMBINED",
    "TOTAL_VIDEO_P25_COMBINED",
    "TOTAL_VIDEO_P50_COMBINED",
    "TOTAL_VIDEO_P75_COMBINED",
    "TOTAL_VIDEO_P95_COMBINED",
    "TOTAL_VIDEO_P100_COMPLETE",
    "TOTAL_VIDEO_AVG_WATCHTIME_IN_SECOND",
    "VIDEO_MRC_VIEWS_1",
    "VIDEO_MRC_VIEWS_2",
    "VIDEO_SPEND_IN_DOLLAR",
    "ECPV_IN_DOLLAR",
    "ECPCV_IN_DOLLAR",
    "TOTAL_CONVERSIONS",
    "TOTAL_PAGE_VISIT",
    "PAGE_VISIT_COST_PER_ACTION",
    "PAGE_VISIT_ROAS",
    "TOTAL_SIGNUP",
    "TOTAL_SIGNUP_VALUE_IN_MICRO_DOLLAR",
    "TOTAL_LEAD",
    "TOTAL_ADD_TO_WISHLIST",
    "TOTAL_SUBSCRIBE",
    "TOTAL_CUSTOM",
    "TOTAL_CUSTOM_VALUE_IN_MICRO_DOLLAR",
    "TOTAL_CLICK_ADD_TO_CART",
    "TOTAL_VIEW_ADD_TO_CART",
    "TOTAL_CHECKOUT",
    "TOTAL_CHECKOUT_VALUE_IN_MICRO_DOLLAR",
    "TOTAL_CLICK_CHECKOUT",
    "TOTAL_CLICK_CHECKOUT_VALUE_IN_MICRO_DOLLAR",
    "TOTAL_ENGAGEMENT_CHECKOUT",
    "TOTAL_ENGAGEMENT_CHECKOUT_VALUE_IN_MICRO_DOLLAR",
    "TOTAL_VIEW_CHECKOUT",
    "TOTAL_VIEW_CHECKOUT_VALUE_IN_MICRO_DOLLAR",
    "TOTAL_WEB_CHECKOUT",
    "TOTAL_WEB_CHECKOUT_VALUE_IN_MICRO_DOLLAR",
    "TOTAL_OFFLINE_CHECKOUT",
    "CHECKOUT_ROAS",
    "WEB_CHECKOUT_ROAS",
    "TOTAL_WEB_SESSIONS",
)

# Only the asynchronous report has these.
REPORT_METRICS = (
    "TOTAL_CONVERSIONS_VALUE_IN_MICRO_DOLLAR",
    "TOTAL_ADD_TO_CART",
    "TOTAL_ADD_TO_CART_VALUE_IN_MICRO_DOLLAR",
    "TOTAL_LEAD_VALUE_IN_MICRO_DOLLAR",
    "TOTAL_APP_INSTALL",
    "TOTAL_SEARCH",
    "TOTAL_VIEW_CATEGORY",
    "TOTAL_WATCH_VIDEO",
)

# Reach is not broken down by targeting: other connectors take these out of what they ask live accounts for.
NOT_BY_TARGETING = {"TOTAL_IMPRESSION_USER", "TOTAL_IMPRESSION_FREQUENCY"}

# They come with every row and cannot be asked for.
UNASKED = {
    "DATE": {"type": "string", "format": "date", "description": "The day of the figures, in UTC."},
    "TARGETING_TYPE": {"type": "string", "description": "What the figures are broken down by, such as GENDER."},
    "TARGETING_VALUE": {"type": "string", "description": "For whom or where the figures are, such as female."},
}

TEXT = {
    "ADVERTISER_ID": "The same id as AD_ACCOUNT_ID, under its older name.",
    "CAMPAIGN_ENTITY_STATUS": "Known values: ACTIVE, PAUSED, ARCHIVED, DRAFT, DELETED_DRAFT.",
    "AD_GROUP_ENTITY_STATUS": "Known values: ACTIVE, PAUSED, ARCHIVED, DRAFT, DELETED_DRAFT.",
    "CAMPAIGN_OBJECTIVE_TYPE": "The intended result of the campaign.",
    "PIN_PROMOTION_ID": "The same id as AD_ID, under its older name.",
}
TEXT_SUFFIXES = ("_ID", "_NAME")
# Columns that only the client's own reports ask for: all that are no figures.
OTHERS = {
    "AD_GROUP_OPTIMIZATION": ["string"],
    "CAMPAIGN_BUDGET_OPTIMIZATION": ["boolean"],
    "CAMPAIGN_CUSTOM_LABELS": ["array", "string"],
    "DATE_RANGE": ["string"],
    "IS_PREMIERE_CAMPAIGN": ["boolean"],
    "PRODUCT_ITEM_BRAND": ["string"],
    "PRODUCT_ITEM_CURRENCY": ["string"],
    "PRODUCT_ITEM_PRICE": ["string", "number"],
    "PRODUCT_ITEM_SALE_PRICE": ["string", "number"],
}
OTHER_SUFFIXES = ("_CATEGORY", "_DESCRIPTION", "_LABEL", "_STATUS", "_TAG", "_TYPE", "_URL")
CAPS = ("CAMPAIGN_DAILY_SPEND_CAP", "CAMPAIGN_LIFETIME_SPEND_CAP")


@dataclass(frozen=True, slots=True)
class Analytics:
    """A stream of daily figures: its key, the columns to ask for, the kind of request that has them."""

    keys: tuple[str, ...]
    columns: tuple[str, ...]
    source: Literal["sync", "async"]


def analytics(key: str, *identity: str) -> Analytics:
    """Daily figures that are answered at once."""
    return Analytics((key, "DATE"), (*identity, *METRICS), "sync")


def report(key: str, *identity: str) -> Analytics:
    """Daily figures of an asynchronous report."""
    return Analytics((key, "DATE"), (*identity, *METRICS, *REPORT_METRICS), "async")


def targeting_report(key: str, *identity: str) -> Analytics:
    """Daily figures by targeting of an asynchronous report."""
    metrics = (name for name in (*METRICS, *REPORT_METRICS) if name not in NOT_BY_TARGETING)
    return Analytics((key, *UNASKED), (*identity, *metrics), "async")


ANALYTICS = {
    "ad_account_analytics": analytics("AD_ACCOUNT_ID", *ACCOUNT),
    "ad_analytics": analytics("AD_ID", *ACCOUNT, *CAMPAIGN, *AD_GROUP, *AD),
    "ad_group_analytics": analytics("AD_GROUP_ID", *ACCOUNT, *CAMPAIGN, *AD_GROUP),
    "ad_group_report": report("AD_GROUP_ID", *ACCOUNT, *CAMPAIGN, *AD_GROUP),
    "ad_group_targeting_report": targeting_report("AD_GROUP_ID", *ACCOUNT, *CAMPAIGN, *AD_GROUP),
    "advertiser_report": report("ADVERTISER_ID", *ACCOUNT),
    "advertiser_targeting_report": targeting_report("ADVERTISER_ID", *ACCOUNT),
    "campaign_analytics": analytics("CAMPAIGN_ID", *ACCOUNT, *CAMPAIGN),
    "campaign_report": report("CAMPAIGN_ID", *ACCOUNT, *CAMPAIGN),
    "campaign_targeting_report": targeting_report("CAMPAIGN_ID", *ACCOUNT, *CAMPAIGN),
    "pin_promotion_report": report("PIN_PROMOTION_ID", *ACCOUNT, *CAMPAIGN, *AD_GROUP, *AD),
    "pin_promotion_targeting_report": targeting_report("PIN_PROMOTION_ID", *ACCOUNT, *CAMPAIGN, *AD_GROUP, *AD),
}


def column_schema(name: str, *, key: bool) -> dict[str, Any]:
    """The schema of one column.

    The document types no column. A figure is a number, even a count: live accounts answer 3.0 as well as 3.
    """
    if name in UNASKED:
        return dict(UNASKED[name])
    if name in OTHERS:
        return {"type": [*OTHERS[name], "null"]}
    is_figure = name.startswith("TOTAL_")  # TOTAL_VIEW_CATEGORY counts
    if name in TEXT or (name.endswith((*TEXT_SUFFIXES, *OTHER_SUFFIXES)) and not is_figure):
        kind, text = "string", TEXT.get(name, "")
    elif "MICRO_DOLLAR" in name or name in CAPS:
        kind, text = "number", "In millionths of the account's own currency."
    elif "IN_DOLLAR" in name:
        kind, text = "number", "In the account's own currency, whatever the name says."
    else:
        kind, text = "number", ""
    answer: dict[str, Any] = {"type": kind if key else [kind, "null"]}
    return answer | {"description": text} if text else answer
