"""The signing user: the profile, and the daily figures of all its pins (specification 5.23.0).

Up to 90 days, no further back than 90 days. A day is PROCESSING while it lasts, an ESTIMATE for the two days that
follow, then READY.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.pinterest import _errors
from dif_sandbox.sim.pinterest._call import Call, Span, read_span
from dif_sandbox.sim.pinterest._change import exists
from dif_sandbox.sim.pinterest._texts import LONG_TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dif_sandbox.sim.pinterest._world import World

__all__ = ["analytics", "daily_metrics", "profile", "user_account"]

Record = dict[str, Any]

SPAN: Final = Span(days_back=90, longest=90)
KNOWN: Final = {0: 0.0, 1: 0.88, 2: 0.97}
"""The share of a day's figures that is known, by its age in days; later all of them are."""
RATES: Final = {"ENGAGEMENT": 0.04, "PIN_CLICK": 0.025, "OUTBOUND_CLICK": 0.008, "SAVE": 0.01}
"""Metrics that have a rate too, with how often an impression leads to one."""
VIDEO: Final = {
    "VIDEO_START": 0.05,
    "VIDEO_MRC_VIEW": 0.04,
    "VIDEO_10S_VIEW": 0.02,
    "QUARTILE_95_PERCENT_VIEW": 0.01,
    "VIDEO_V50_WATCH_TIME": 120.0,
}
METRIC_TYPES: Final = ("IMPRESSION", *RATES, *(f"{name}_RATE" for name in RATES))
"""What may be asked for; not asked, video comes along."""
FRACTIONS: Final = ("IMPRESSION", "ENGAGEMENT", "SAVE")
"""Counts that live accounts write with a fraction."""


def user_account(call: Call) -> Record:
    """``GET /user_account``."""
    _check_account(call)
    return profile(call.world, call.moment)


def analytics(call: Call) -> Record:
    """``GET /user_account/analytics``."""
    _check_account(call)
    query = call.request.parameter
    span = read_span(query("start_date"), query("end_date"), SPAN, call.now)
    asked = call.items("metric_types", METRIC_TYPES)
    call.refuse_unsimulated(
        from_claimed_content="BOTH", pin_format="ALL", app_types="ALL", content_type="ALL", source="ALL",
        split_field="NO_SPLIT",
    )  # fmt: skip
    days = list(daily_metrics(call.world, span, call.now, asked))
    summary: dict[str, float] = {}
    for day in days:
        for name, figure in day["metrics"].items():
            if not name.endswith(("_RATE", "_AVG_WATCH_TIME")):
                summary[name] = summary.get(name, 0) + figure
    return {"all": {"daily_metrics": days, "summary_metrics": summary}}


def profile(world: World, moment: int) -> Record:
    """The user's profile at a moment."""
    draw, day = world.draw, moment // 86_400
    return {
        "id": draw.digits("6667", 18, "user"),
        "account_type": "BUSINESS",
        "username": world.username,
        "business_name": f"{world.client} — home & garden",
        "about": LONG_TEXT,
        "profile_image": f"https://i.pinimg.com/600x600_R/{draw.token('profile', length=32)}.jpg",
        "website_url": "shop.example.com",
        "board_count": sum(exists(board, moment) for board in world.boards),
        "pin_count": sum(exists(pin, moment) for pin in world.pins),
        "follower_count": draw.integer(100, 900, "followers") + day // 3,
        "following_count": draw.integer(0, 60, "following"),
        "monthly_views": draw.integer(4_000, 90_000, "views", day),
    }


def daily_metrics(
    world: World, span: tuple[date, date], now: datetime, asked: list[str] | None = None
) -> Iterator[Record]:
    """The figures of each day up to today, as known at a moment."""
    today = now.astimezone(UTC).date()
    for offset in range((min(span[1], today) - span[0]).days + 1):
        day = span[0] + timedelta(days=offset)
        age = (today - day).days
        metrics = _metrics(world, day, KNOWN.get(age, 1.0)) if age else {}
        yield {
            "data_status": "READY" if age not in KNOWN else "ESTIMATE" if age else "PROCESSING",
            "date": day.isoformat(),
            "metrics": {name: value for name, value in metrics.items() if asked is None or name in asked},
        }


def _metrics(world: World, day: date, known: float) -> Mapping[str, float]:
    draw, key = world.draw, day.toordinal()
    impressions = round((300 + 900 * draw.fraction("organic", key)) * known)
    counts: dict[str, int] = {"IMPRESSION": impressions}
    for name, share in (*RATES.items(), *VIDEO.items()):
        counts[name] = round(impressions * share * (0.5 + draw.fraction("organic", name, key)))
    found: dict[str, float] = {name: float(count) if name in FRACTIONS else count for name, count in counts.items()}
    found |= {f"{name}_RATE": counts[name] / impressions for name in RATES}
    starts = counts["VIDEO_START"]
    return found | {"VIDEO_AVG_WATCH_TIME": counts["VIDEO_V50_WATCH_TIME"] / starts if starts else 0.0}


def _check_account(call: Call) -> None:
    """An ad account in whose owner's name is asked: all of the client's have the same, the signing user."""
    given = call.request.parameter("ad_account_id")
    if given is not None and given not in {account.id for account in call.world.accounts}:
        raise _errors.not_found(2, "AdAccount not found.")
