"""The columns of analytics and reports: what each says of measured counts and of the entity's own attributes.

Names are those of the API's enumerations (specification 5.23.0). Whatever an amount's name says of dollars, it is in
the ad account's currency.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from dif_sandbox.sim.accounts import MICROS
from dif_sandbox.sim.pinterest._counts import EVENTS, PATHS, VIDEO_STEPS

if TYPE_CHECKING:
    from dif_sandbox.sim.pinterest._counts import Measured

__all__ = ["METRICS", "REPORT_COLUMNS", "SYNC_COLUMNS", "Value"]

Value = int | float | str | bool | None

ATTRIBUTES: Final = (
    "ADVERTISER_ID",
    "AD_ACCOUNT_ID",
    "CAMPAIGN_ID",
    "CAMPAIGN_NAME",
    "CAMPAIGN_ENTITY_STATUS",
    "CAMPAIGN_OBJECTIVE_TYPE",
    "CAMPAIGN_DAILY_SPEND_CAP",
    "CAMPAIGN_LIFETIME_SPEND_CAP",
    "CAMPAIGN_BUDGET_OPTIMIZATION",
    "CAMPAIGN_BRAND_LABEL",
    "IS_PREMIERE_CAMPAIGN",
    "ORDER_LINE_ID",
    "ORDER_LINE_NAME",
    "AD_GROUP_ID",
    "AD_GROUP_NAME",
    "AD_GROUP_ENTITY_STATUS",
    "AD_GROUP_BUDGET_TYPE",
    "AD_GROUP_BUDGET_IN_LOCAL_CURRENCY",
    "AD_GROUP_BID_MULTIPLIER",
    "AD_GROUP_OPTIMIZATION",
    "AD_ID",
    "AD_NAME",
    "PIN_ID",
    "PIN_PROMOTION_ID",
    "PROMO_ID",
    "PROMO_NAME",
    "PRODUCT_GROUP_AD_IMAGE_TAG",
    "PRODUCT_GROUP_AD_VIDEO_TAG",
    "VIDEO_LENGTH",
)
REPORT_ATTRIBUTES: Final = (
    "CAMPAIGN_STATUS",
    "AD_GROUP_STATUS",
    "AD_STATUS",
    "PIN_PROMOTION_NAME",
    "PIN_PROMOTION_STATUS",
)
ALWAYS_ZERO: Final = (
    "TOTAL_OFFLINE_CHECKOUT",
    "IDEA_PIN_PRODUCT_TAG_VISIT_1",
    "IDEA_PIN_PRODUCT_TAG_VISIT_2",
    "TOTAL_IDEA_PIN_PRODUCT_TAG_VISIT",
    "QUIZ_COMPLETED",
    "QUIZ_COMPLETION_RATE",
    "QUIZ_PIN_RESULT_OPEN",
    "SHOWCASE_PIN_CLICKTHROUGH",
    "SHOWCASE_SUBPAGE_CLICKTHROUGH",
    "SHOWCASE_SUBPIN_CLICKTHROUGH",
    "SHOWCASE_SUBPAGE_IMPRESSION",
    "SHOWCASE_SUBPIN_IMPRESSION",
    "SHOWCASE_SUBPAGE_SWIPE_LEFT",
    "SHOWCASE_SUBPAGE_SWIPE_RIGHT",
    "SHOWCASE_SUBPIN_SWIPE_LEFT",
    "SHOWCASE_SUBPIN_SWIPE_RIGHT",
    "SHOWCASE_SUBPAGE_REPIN",
    "SHOWCASE_SUBPIN_REPIN",
    "SHOWCASE_SUBPAGE_CLOSEUP",
    "SHOWCASE_CARD_THUMBNAIL_SWIPE_FORWARD",
    "SHOWCASE_CARD_THUMBNAIL_SWIPE_BACKWARD",
    "SHOWCASE_AVERAGE_SUBPAGE_CLOSEUP_PER_SESSION",
)
"""Metrics of formats that no simulated ad has."""

TOTALS_ONLY: Final = ("ADD_TO_WISHLIST", "SUBSCRIBE")
"""Events of which the API tells the number only, not by path, value or rate."""

Metric = Callable[["Measured"], "int | float | None"]


def count(*names: str) -> Metric:
    """The sum of counts."""
    return lambda measured: sum(measured.counts[name] for name in names)


def ratio(upper: tuple[str, ...], lower: tuple[str, ...], factor: float = 1) -> Metric:
    """Counts by counts, times a factor; None where the lower ones are zero."""

    def divide(measured: Measured) -> float | None:
        base = sum(measured.counts[name] for name in lower)
        return sum(measured.counts[name] for name in upper) * factor / base if base else None

    return divide


def _both(name: str) -> tuple[str, str]:
    return f"{name}_1", f"{name}_2"


SPEND: Final = ("SPEND",)
PAID: Final = ("IMPRESSION_1",)
SHOWN: Final = _both("IMPRESSION")
CLICKS: Final = _both("CLICKTHROUGH")
ENGAGEMENTS: Final = _both("ENGAGEMENT")
IN_UNITS: Final = 1 / MICROS


def _pairs() -> dict[str, Metric]:
    """Paid (1), earned (2), and their total where the API has one."""
    totals = ("IMPRESSION", "CLICKTHROUGH", "ENGAGEMENT", "WEB_SESSIONS", *VIDEO_STEPS)
    found = {f"TOTAL_{name}": count(*_both(name)) for name in totals}
    for name in (*totals, "OUTBOUND_CLICK", "REPIN"):
        found |= {number: count(number) for number in _both(name)}
    return found


def _events() -> dict[str, Metric]:
    """Conversions by event and path, and their values."""
    found: dict[str, Metric] = {}
    for ours, suffix in (("", ""), ("_VALUE", "_VALUE_IN_MICRO_DOLLAR")):
        for event in EVENTS:
            found |= {f"TOTAL_{path}_{event}{suffix}": count(f"{path}_{event}{ours}") for path in PATHS}
            found[f"TOTAL_{event}{suffix}"] = count(*_paths(event, ours))
        everything = (name for event in EVENTS for name in _paths(event, ours))
        found[f"TOTAL_CONVERSIONS{suffix}"] = count(*everything)
        for kind in ("CHECKOUT", *(f"{path}_CHECKOUT" for path in PATHS)):
            found[f"TOTAL_WEB_{kind}{suffix}"] = found[f"TOTAL_{kind}{suffix}"]  # every checkout is on the web
    return found


def _efficiency() -> dict[str, Metric]:
    """What conversions cost and return."""
    found: dict[str, Metric] = {
        f"TOTAL_{event}_CONVERSION_RATE": ratio(_paths(event), CLICKS) for event in EVENTS if event not in TOTALS_ONLY
    }
    for event in ("PAGE_VISIT", "CHECKOUT", "CUSTOM"):
        found[f"{event}_ROAS"] = ratio(_paths(event, "_VALUE"), SPEND)
    for name, event in (("PAGE_VISIT", "PAGE_VISIT"), ("WEB_CHECKOUT", "CHECKOUT")):
        found[f"{name}_COST_PER_ACTION"] = ratio(SPEND, _paths(event), IN_UNITS)
    found["WEB_CHECKOUT_ROAS"] = found["CHECKOUT_ROAS"]
    found["INAPP_CHECKOUT_COST_PER_ACTION"] = ratio(SPEND, (), IN_UNITS)  # no checkout is in an app
    found["TOTAL_INAPP_APP_INSTALL_CONVERSION_RATE"] = found["TOTAL_APP_INSTALL_CONVERSION_RATE"]
    return found


def _paths(event: str, ours: str = "") -> tuple[str, ...]:
    return tuple(f"{path}_{event}{ours}" for path in PATHS)


METRICS: Final[Mapping[str, Metric]] = {
    **_pairs(),
    **_events(),
    **_efficiency(),
    **dict.fromkeys(ALWAYS_ZERO, count()),
    "SPEND_IN_MICRO_DOLLAR": count("SPEND"),
    "SPEND_IN_DOLLAR": lambda measured: measured.counts["SPEND"] / MICROS,
    "PAID_IMPRESSION": count(*PAID),
    "IMPRESSION_1_GROSS": count(*PAID),
    "CLICKTHROUGH_1_GROSS": count("CLICKTHROUGH_1"),
    "CPC_IN_MICRO_DOLLAR": ratio(SPEND, ("CLICKTHROUGH_1",)),
    "ECPC_IN_MICRO_DOLLAR": ratio(SPEND, CLICKS),
    "ECPC_IN_DOLLAR": ratio(SPEND, CLICKS, IN_UNITS),
    "CPM_IN_MICRO_DOLLAR": ratio(SPEND, PAID, 1000),
    "CPM_IN_DOLLAR": ratio(SPEND, PAID, 1000 * IN_UNITS),
    "ECPM_IN_MICRO_DOLLAR": ratio(SPEND, SHOWN, 1000),
    "ECPE_IN_DOLLAR": ratio(SPEND, ENGAGEMENTS, IN_UNITS),
    "COST_PER_OUTBOUND_CLICK_IN_DOLLAR": ratio(SPEND, ("OUTBOUND_CLICK_1",), IN_UNITS),
    "COST_PER_OUTBOUND_CLICK_IN_DOLLAR_1": ratio(SPEND, ("OUTBOUND_CLICK_1",), IN_UNITS),
    "COST_PER_LEAD": ratio(SPEND, _paths("LEAD"), IN_UNITS),
    "LEADS": count(*_paths("LEAD")),
    "CTR": ratio(("CLICKTHROUGH_1",), PAID),
    "CTR_2": ratio(("CLICKTHROUGH_2",), ("IMPRESSION_2",)),
    "ECTR": ratio(CLICKS, SHOWN),
    "OUTBOUND_CTR_1": ratio(("OUTBOUND_CLICK_1",), PAID),
    "ENGAGEMENT_RATE": ratio(("ENGAGEMENT_1",), PAID),
    "EENGAGEMENT_RATE": ratio(ENGAGEMENTS, SHOWN),
    "REPIN_RATE": ratio(("REPIN_1",), PAID),
    "TOTAL_REPIN_RATE": ratio(_both("REPIN"), SHOWN),
    "PAID_VIDEO_VIEWABLE_RATE": ratio(("VIDEO_MRC_VIEWS_1",), PAID),
    "VIDEO_SPEND_IN_DOLLAR": lambda measured: measured.counts["VIDEO_SPEND"] / MICROS,
    "ECPV_IN_DOLLAR": ratio(("VIDEO_SPEND",), _both("VIDEO_MRC_VIEWS"), IN_UNITS),
    "ECPCV_IN_DOLLAR": ratio(("VIDEO_SPEND",), _both("VIDEO_P100_COMPLETE"), IN_UNITS),
    "ECPCV_P95_IN_DOLLAR": ratio(("VIDEO_SPEND",), _both("VIDEO_P95_COMBINED"), IN_UNITS),
    "TOTAL_VIDEO_AVG_WATCHTIME_IN_SECOND": ratio(_both("VIDEO_P50_COMBINED"), _both("VIDEO_P0_COMBINED"), 15),
    "TOTAL_IMPRESSION_USER": lambda measured: measured.people,
    "TOTAL_IMPRESSION_FREQUENCY": lambda measured: sum(measured.counts[name] for name in SHOWN) / measured.people,
}
"""What each metric says of the counts."""

_SYNC_CONVERSIONS: Final = {
    *(f"TOTAL_{event}" for event in ("PAGE_VISIT", "SIGNUP", "CHECKOUT", "CUSTOM", "LEAD", "ADD_TO_WISHLIST")),
    *(f"TOTAL_{path}_{event}" for path in PATHS for event in ("SIGNUP", "CHECKOUT", "LEAD")),
    *(f"TOTAL_{path}_{event}_VALUE_IN_MICRO_DOLLAR" for path in PATHS for event in ("SIGNUP", "CHECKOUT")),
    *(f"TOTAL_{event}_VALUE_IN_MICRO_DOLLAR" for event in ("SIGNUP", "CHECKOUT", "CUSTOM")),
    *(name for name in METRICS if name.startswith("TOTAL_WEB_")),
    "TOTAL_CLICK_ADD_TO_CART",
    "TOTAL_VIEW_ADD_TO_CART",
    "TOTAL_CONVERSIONS",
    "TOTAL_SUBSCRIBE",
}
_NOT_IN_SYNC: Final = {*_events()} - _SYNC_CONVERSIONS | {
    name for name in METRICS if name.startswith("VIDEO_P") and name.endswith("_1")
}
_NOT_IN_REPORTS: Final = {
    *(f"TOTAL_{path}_{event}" for path in PATHS for event in TOTALS_ONLY),
    *(name for name in METRICS if name.endswith("_MICRO_DOLLAR") and any(event in name for event in TOTALS_ONLY)),
    "TOTAL_UNKNOWN",
    "TOTAL_UNKNOWN_VALUE_IN_MICRO_DOLLAR",
    "TOTAL_PAGE_VISIT_VALUE_IN_MICRO_DOLLAR",
    "QUIZ_PIN_RESULT_OPEN",
}

SYNC_COLUMNS: Final = (*ATTRIBUTES, *(name for name in METRICS if name not in _NOT_IN_SYNC))
"""What the synchronous analytics know."""
REPORT_COLUMNS: Final = (*ATTRIBUTES, *REPORT_ATTRIBUTES, *(name for name in METRICS if name not in _NOT_IN_REPORTS))
"""What the asynchronous reports know, as far as it is simulated."""
