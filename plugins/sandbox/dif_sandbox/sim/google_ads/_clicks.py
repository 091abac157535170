"""Clicks, one by one: they happen once and never change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.google_ads._figures import time_segments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from dif_sandbox.sim.generator import Draw
    from dif_sandbox.sim.google_ads._builder import Entity

__all__ = ["clicks"]

MOST_A_DAY: Final = 2
PLACE: Final = "geoTargetConstants/2840"


def clicks(draw: Draw, ads: Iterable[Entity], customer: str, day: date) -> Iterator[Mapping[str, Any]]:
    """The clicks on a customer's ads on a day."""
    for ad in ads:
        for cell in ad.cells:
            for number in range(draw.integer(0, MOST_A_DAY, "clicks", cell.thing, day.toordinal())):
                gclid = "Cj0K" + draw.token("gclid", cell.thing, day.toordinal(), number)
                yield {
                    **ad.fields,
                    **time_segments(day),
                    "segments.ad_network_type": cell.network,
                    "segments.device": cell.device,
                    "segments.click_type": "URL_CLICKS",
                    "segments.slot": "SEARCH_TOP" if cell.network == "SEARCH" else "CONTENT",
                    "click_view.resource_name": f"customers/{customer}/clickViews/{day}~{gclid}",
                    "click_view.gclid": gclid,
                    "click_view.ad_group_ad": ad.fields["ad_group_ad.resource_name"],
                    "click_view.page_number": 1 if cell.network == "SEARCH" else None,
                    "click_view.area_of_interest.country": PLACE,
                    "click_view.location_of_presence.country": PLACE if number else None,
                    "metrics.clicks": 1,
                }
