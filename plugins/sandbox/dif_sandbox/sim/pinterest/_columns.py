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

__all__ = ["ASYNC_ATTRIBUTES", "ATTRIBUTES", "METRICS", "Value"]

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
    "AD_GROUP_ID",
    "AD_GROUP_NAME",
    "AD_GROUP_ENTITY_STATUS",
    "AD_GROUP_BUDGET_TYPE",
    "AD_ID",
    "AD_NAME",
    "PIN_ID",
    "PIN_PROMOTION_ID",
)
ASYNC_ATTRIBUTES: Final = (
    *ATTRIBUTES,
    "CAMPAIGN_STATUS",
    "AD_GROUP_STATUS",
    "AD_STATUS",
    "PIN_PROMOTION_NAME",
    "PIN_PROMOTION_STATUS",
)


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
    """Conversions by event and path, their values and quantities, and what follows from them."""
    found: dict[str, Metric] = {}
    for ours, suffix in (("", ""), ("_VALUE", "_VALUE_IN_MICRO_DOLLAR"), ("_QUANTITY", "_QUANTITY")):
        for event in EVENTS:
            found |= {f"TOTAL_{path}_{event}{suffix}": count(f"{path}_{event}{ours}") for path in PATHS}
            found[f"TOTAL_{event}{suffix}"] = count(*_paths(event, ours))
        everything = (name for event in EVENTS for name in _paths(event, ours))
        found[f"TOTAL_CONVERSIONS{suffix}"] = count(*everything)
    for event in EVENTS:
        found[f"{event}_ROAS"] = ratio(_paths(event, "_VALUE"), SPEND)
        found[f"{event}_COST_PER_ACTION"] = ratio(SPEND, _paths(event), IN_UNITS)
        found[f"TOTAL_{event}_CONVERSION_RATE"] = ratio(_paths(event), CLICKS)
    for kind in ("CHECKOUT", *(f"{path}_CHECKOUT" for path in PATHS)):
        for suffix in ("", "_VALUE_IN_MICRO_DOLLAR"):
            found[f"TOTAL_WEB_{kind}{suffix}"] = found[f"TOTAL_{kind}{suffix}"]  # every checkout is on the web
    return found


def _paths(event: str, ours: str = "") -> tuple[str, ...]:
    return tuple(f"{path}_{event}{ours}" for path in PATHS)


METRICS: Final[Mapping[str, Metric]] = {
    **_pairs(),
    **_events(),
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
    "TOTAL_IMPRESSION_USER": lambda measured: measured.people,
    "TOTAL_IMPRESSION_FREQUENCY": lambda measured: sum(measured.counts[name] for name in SHOWN) / measured.people,
}
"""What each metric says of the counts."""
