"""What a perfect tap holds as of the clock, by its stream's names; of reports, the columns that were ordered last."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Final

from dif_sandbox.sim.amazon_ads._lists import LISTS, rows_of
from dif_sandbox.sim.amazon_ads._reports import Order, rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dif_sandbox.sim.amazon_ads._world import Row, World

__all__ = ["AmazonAdsTruth"]

#: Type of report, and what it is grouped by last -> the tap's stream.
STREAMS: Final = {
    ("spCampaigns", "campaign"): "sp_campaign_report",
    ("spCampaigns", "campaignPlacement"): "sp_placement_report",
    ("spCampaigns", "adGroup"): "sp_ad_group_report",
    ("spTargeting", "targeting"): "sp_target_report",
    ("spSearchTerm", "searchTerm"): "sp_search_term_report",
    ("spAdvertisedProduct", "advertiser"): "sp_advertised_product_report",
    ("spPurchasedProduct", "asin"): "sp_purchased_product_report",
    ("spGrossAndInvalids", "campaign"): "sp_gross_traffic_report",
    ("sbCampaigns", "campaign"): "sb_campaign_report",
    ("sbCampaignPlacement", "campaignPlacement"): "sb_placement_report",
    ("sbAdGroup", "adGroup"): "sb_ad_group_report",
    ("sbAds", "ads"): "sb_ad_report",
    ("sbTargeting", "targeting"): "sb_target_report",
    ("sbSearchTerm", "searchTerm"): "sb_search_term_report",
    ("sbPurchasedProduct", "purchasedAsin"): "sb_purchased_product_report",
    ("sbGrossAndInvalids", "campaign"): "sb_gross_traffic_report",
    ("sdCampaigns", "campaign"): "sd_campaign_report",
    ("sdAdGroup", "adGroup"): "sd_ad_group_report",
    ("sdAdvertisedProduct", "advertiser"): "sd_advertised_product_report",
    ("sdTargeting", "targeting"): "sd_target_report",
    ("sdPurchasedProduct", "asin"): "sd_purchased_product_report",
    ("sdGrossAndInvalids", "campaign"): "sd_gross_traffic_report",
}
IDS: Final = ("campaignId", "adGroupId", "adId", "keywordId", "targetId", "targetingId", "themeId", "creativeId")
_KEYS: Final = frozenset({"keywordId", "targetingId"})


class AmazonAdsTruth:
    """Every stream of every client."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ordered: dict[tuple[str, str], Order] = {}

    def ordered(self, client: str, order: Order) -> None:
        """A report was ordered."""
        self._ordered[client, STREAMS[order.type_id, order.group_by[-1]]] = order

    def streams(self, client: str) -> Sequence[str]:
        """The names of a client's streams.

        Raises:
            LookupError: an unknown client.
        """
        if client not in self._world.accounts:
            raise LookupError(client)
        return ("profiles", "portfolios", *LISTS, *STREAMS.values())

    def rows(self, client: str, stream: str, query: Mapping[str, str]) -> Iterator[Row]:
        """The rows of a stream; reports take ``start_date`` and ``end_date``.

        Raises:
            LookupError: an unknown client or stream.
            ValueError: a report without days, or one that was never ordered.
        """
        if stream not in self.streams(client):
            raise LookupError(stream)
        if stream in {"profiles", "portfolios"}:
            return self._profiles(client, stream)
        return self._listed(client, stream) if stream in LISTS else self._figures(client, stream, query)

    def _profiles(self, client: str, stream: str) -> Iterator[Row]:
        for account in self._world.accounts[client]:
            if stream == "portfolios":
                yield {"profileId": account.id, **self._world.portfolio(account)}
                continue
            row = self._world.profile(account)
            yield {**row, "profileId": account.id, "region": self._world.region(account)}

    def _listed(self, client: str, stream: str) -> Iterator[Row]:
        for account in self._world.accounts[client]:
            for row in rows_of(self._world, account, stream):
                day = row.get("startDate", "")
                iso = {"startDate": str(date.fromisoformat(day))} if day else {}
                yield {**_told(row), **iso, "profileId": account.id}

    def _figures(self, client: str, stream: str, query: Mapping[str, str]) -> Iterator[Row]:
        order = self._ordered.get((client, stream))
        if order is None:
            message = f"{stream} was never ordered: no columns are known"
            raise ValueError(message)
        try:
            first, last = (date.fromisoformat(query[name]) for name in ("start_date", "end_date"))
        except KeyError as missing:
            message = f"{stream} needs {missing.args[0]}"
            raise ValueError(message) from missing
        for account in self._world.accounts[client]:
            here = replace(order, first=first, last=last)
            for row in rows(self._world, account, here, self._world.now(account)):
                of_profile = {"profileId": account.id, "currencyCode": account.market.currency}
                yield {**_told(row), **of_profile}


def _told(row: Row) -> Row:
    """Ids as text; where a part of a key is not told, an empty one."""
    ids: Row = {name: "" if row[name] is None and name in _KEYS else str(row[name]) for name in IDS if name in row}
    portfolio = {"portfolioId": str(row["portfolioId"])} if "portfolioId" in row else {}
    return {**row, **ids, **portfolio}
