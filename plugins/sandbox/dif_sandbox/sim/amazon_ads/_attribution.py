"""Amazon Attribution: what shoppers did after a click elsewhere, in reports that are answered page by page.

https://advertising.amazon.com/API/docs/en-us/amazon-attribution-prod-3p (read 2026-11). That figures of tags with fewer
than ten clicks are zero is not simulated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from dif_sandbox.sim.accounts import WITHOUT_CENTS
from dif_sandbox.sim.amazon_ads._errors import refused
from dif_sandbox.sim.world import Figures

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dif_sandbox.sim.amazon_ads._world import Row, World
    from dif_sandbox.sim.world import Account

__all__ = ["LEVELS", "Asked", "Attribution", "read_report"]

MEMBERS: Final = frozenset(
    {"reportType", "groupBy", "metrics", "startDate", "endDate", "count", "cursorId", "advertiserIds", "host"}
)
COUNTS: Final = {
    "PERFORMANCE": (
        "Click-throughs", "attributedDetailPageViewsClicks14d", "attributedAddToCartClicks14d",
        "attributedPurchases14d", "unitsSold14d", "attributedTotalDetailPageViewsClicks14d",
        "attributedTotalAddToCartClicks14d", "attributedTotalPurchases14d", "totalUnitsSold14d",
        "kindleEditionNormalizedPagesRead14d",
    ),
    "PRODUCTS": (
        "attributedDetailPageViewsClicks14d", "attributedAddToCartClicks14d", "attributedPurchases14d", "unitsSold14d",
        "brandHaloDetailPageViewsClicks14d", "brandHaloAttributedAddToCartClicks14d",
        "brandHaloAttributedPurchases14d", "brandHaloUnitsSold14d", "attributedNewToBrandPurchases14d",
        "attributedNewToBrandUnitsSold14d", "brandHaloNewToBrandPurchases14d", "brandHaloNewToBrandUnitsSold14d",
        "kindleEditionNormalizedPagesRead14d",
    ),
}  # fmt: skip
MONEY: Final = {
    "PERFORMANCE": ("attributedSales14d", "totalAttributedSales14d", "kindleEditionNormalizedPagesRoyalties14d"),
    "PRODUCTS": (
        "attributedSales14d", "brandHaloAttributedSales14d", "attributedNewToBrandSales14d",
        "brandHaloNewToBrandSales14d", "kindleEditionNormalizedPagesRoyalties14d",
    ),
}  # fmt: skip
BONUS: Final = "brb_bonus_amount"
KEPT_DAYS: Final = {"PERFORMANCE": 395, "PRODUCTS": 90}
#: What a report is grouped by -> what its rows name.
LEVELS: Final = {
    "CAMPAIGN": ("campaignId",),
    "ADGROUP": ("campaignId", "adGroupId", "publisher"),
    "CREATIVE": ("campaignId", "adGroupId", "publisher", "creativeId"),
    "PRODUCTS": ("campaignId", "adGroupId", "publisher", "marketplace", "productAsin", "productConversionType"),
}
GROUPS: Final = 2
CREATIVES: Final = 2
_DAY: Final = re.compile(r"\d{8}")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is to hold; a level is what its rows are grouped by, or PRODUCTS."""

    level: str
    metrics: tuple[str, ...]
    first: date
    last: date


def read_report(given: Mapping[str, object], today: date) -> Asked:
    """The report in a body; raises Refusal for whatever is wrong with it. ``today`` is the profile's."""
    if unknown := given.keys() - MEMBERS:
        raise refused(400, f"Invalid request: {', '.join(sorted(unknown))}")
    kind = str(given.get("reportType", "PERFORMANCE"))
    if kind not in COUNTS or (kind == "PRODUCTS" and "groupBy" in given):
        raise refused(400, "reportType must be PERFORMANCE or PRODUCTS, and PRODUCTS takes no groupBy")
    level = str(given.get("groupBy", "CREATIVE")) if kind == "PERFORMANCE" else kind
    if level not in LEVELS:
        raise refused(400, "groupBy must be CAMPAIGN, ADGROUP or CREATIVE")
    known = (*COUNTS[kind], *MONEY[kind], *((BONUS,) if level in {"CAMPAIGN", "ADGROUP"} else ()))
    metrics = tuple(filter(None, str(given.get("metrics") or "").split(","))) or known[: -1 if BONUS in known else None]
    if unknown := set(metrics) - set(known):
        raise refused(400, f"Invalid metrics: {', '.join(sorted(unknown))}")
    first, last = _day(given.get("startDate")), _day(given.get("endDate"))
    if last < first or first < today - timedelta(days=KEPT_DAYS[kind]):
        raise refused(400, f"startDate must be within the last {KEPT_DAYS[kind]} days, and not after endDate")
    return Asked(level, metrics, first, last)


def _day(text: object) -> date:
    if not isinstance(text, str) or not _DAY.fullmatch(text):
        raise refused(400, "startDate and endDate must be of the form YYYYMMDD")
    return date.fromisoformat(text)


class Attribution:
    """The figures of all profiles: days are those on which shoppers did something, final after 28 more."""

    def __init__(self, world: World) -> None:
        metrics = {"clicks": 90, "views": 60, "carts": 20, "purchases": 9, "cents": 40_000}
        self._figures = Figures(world.draw, metrics, settle_days=28, withdrawn=0.1)
        self._campaigns = world.campaigns

    def rows(self, account: Account, asked: Asked, now: datetime) -> Sequence[Row]:
        """The rows of a report as they are known at `now` (in the profile's zone), every figure a text."""
        groups: dict[tuple[str, ...], list[int]] = {}
        names = LEVELS[asked.level]
        for thing, words in self._things(account):
            for number in range((asked.last - asked.first).days + 1):
                day = asked.first + timedelta(days=number)
                found = self._figures.row(thing, day, now)
                if found is not None:
                    sums = groups.setdefault((f"{day:%Y%m%d}", *(words[name] for name in names)), [0] * len(found))
                    for place, figure in enumerate(found.values()):
                        sums[place] += figure
        return [self._row(account, asked, key, sums) for key, sums in sorted(groups.items())]

    def _things(self, account: Account) -> Iterator[tuple[str, Mapping[str, str]]]:
        for number in range(self._campaigns * GROUPS * CREATIVES):
            group = number // CREATIVES
            for kind in ("Promoted", "Brand Halo"):
                yield (
                    f"attribution/{account.id}/{number}/{kind}",
                    {
                        "campaignId": f"spring, {group // GROUPS} ü", "adGroupId": f"{group}",
                        "publisher": ("Google Ads", "Facebook")[group % 2], "marketplace": "AMAZON.COM",
                        "creativeId": "" if number == 0 else f"ad-{number}", "productAsin": f"B2{group:08d}",
                        "productConversionType": kind,
                    },
                )  # fmt: skip

    def _row(self, account: Account, asked: Asked, key: tuple[str, ...], sums: Sequence[int]) -> Row:
        named: Row = dict(zip(("date", *LEVELS[asked.level]), key, strict=True))
        if not named.get("creativeId", "x"):
            named["creativeId"] = None  # a tag that names no creative
        product = {"brandName": "Brand", "productName": "Shoe", "productCategory": "Shoes", "productGroup": "Shoe"}
        more = {**product, "productSubcategory": "Running"} if asked.level == "PRODUCTS" else {}
        enrolled = account.number % 2 == 0
        metrics = [name for name in asked.metrics if name != BONUS or enrolled]
        return {
            **named,
            **more,
            "advertiserName": f"{account.client} ü",
            **{name: _figure(account, name, sums) for name in metrics},
        }


def _figure(account: Account, name: str, sums: Sequence[int]) -> str:
    clicks, views, carts, purchases, cents = sums
    if name == BONUS or "Sales" in name:
        money = cents // 10 if name == BONUS else cents
        return str(money // 100) if account.market.currency in WITHOUT_CENTS else f"{money / 100:.2f}"
    if "kindle" in name:
        return "0"
    counted = {"Click-throughs": clicks}
    counted |= {name: views} if "DetailPageViews" in name else {name: carts} if "AddToCart" in name else {}
    return str(counted.get(name, purchases))
