"""What a perfect tap holds as of the clock, by its stream's names; of reports, the columns that were ordered last."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.amazon_ads._lists import LISTS, rows_of
from dif_sandbox.sim.amazon_ads._reports import Order, rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dif_sandbox.sim.amazon_ads._attribution import Asked, Attribution
    from dif_sandbox.sim.amazon_ads._world import Row, World
    from dif_sandbox.sim.world import Account

__all__ = ["AmazonAdsTruth"]

_OF_CLIENT: Final = ("profiles", "portfolios", "dsp_profiles", "dsp_advertisers")

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
    ("stCampaigns", "campaign"): "st_campaign_report",
    ("stCampaigns", "adGroup"): "st_ad_group_report",
    ("stTargeting", "targeting"): "st_target_report",
    ("dspCampaign", "campaign"): "dsp_order_report",
    ("dspCampaign", "ad"): "dsp_line_item_report",
    ("dspCampaign", "creative"): "dsp_creative_report",
    ("dspInventory", "supplySource"): "dsp_supply_report",
    ("dspInventory", "site"): "dsp_site_report",
    ("dspAudience", "lineItem"): "dsp_audience_report",
    ("dspGeo", "city"): "dsp_geo_report",
    ("dspTech", "environmentType"): "dsp_tech_report",
    ("dspProduct", "lineItem"): "dsp_product_report",
}
#: What Amazon Attribution groups a report by -> the tap's stream.
ATTRIBUTED: Final = {
    "CAMPAIGN": "attribution_campaign_report",
    "ADGROUP": "attribution_ad_group_report",
    "CREATIVE": "attribution_creative_report",
    "PRODUCTS": "attribution_product_report",
}
IDS: Final = (
    *("campaignId", "adGroupId", "adId", "keywordId", "targetId", "targetingId", "themeId", "creativeId"),
    *("orderId", "lineItemId", "creativeAdId", "segmentId", "segmentMarketplaceId"),
)
_KEYS: Final = frozenset({"keywordId", "targetingId", "segmentId"})


class AmazonAdsTruth:
    """Every stream of every client."""

    def __init__(self, world: World, attribution: Attribution) -> None:
        self._world = world
        self._attribution = attribution
        self._ordered: dict[tuple[str, str], Order] = {}
        self._attributed: dict[tuple[str, str], Asked] = {}

    def attributed(self, client: str, asked: Asked) -> None:
        """A report of Amazon Attribution was asked for."""
        self._attributed[client, ATTRIBUTED[asked.level]] = asked

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
        return (*_OF_CLIENT, *LISTS, *STREAMS.values(), *ATTRIBUTED.values())

    def rows(self, client: str, stream: str, query: Mapping[str, str]) -> Iterator[Row]:
        """The rows of a stream; reports take ``start_date`` and ``end_date``.

        Raises:
            LookupError: an unknown client or stream.
            ValueError: a report without days, or one that was never ordered.
        """
        if stream not in self.streams(client):
            raise LookupError(stream)
        if stream in _OF_CLIENT:
            return self._profiles(client, stream)
        return self._listed(client, stream) if stream in LISTS else self._figures(client, stream, query)

    def _profiles(self, client: str, stream: str) -> Iterator[Row]:
        if stream.startswith("dsp_"):
            yield from self._agencies(client, stream)
            return
        for account in self._world.accounts[client]:
            if stream == "portfolios":
                yield {"profileId": account.id, **self._world.portfolio(account)}
                continue
            row = self._world.profile(account)
            yield {**row, "profileId": account.id, "region": self._world.region(account)}

    def _agencies(self, client: str, stream: str) -> Iterator[Row]:
        account = self._world.agencies[client]
        if stream == "dsp_advertisers":
            yield from ({**row, "profileId": account.id} for row in self._world.advertisers(account))
            return
        row = self._world.agency(account)
        info = row.pop("accountInfo")
        own = {
            "entityId": info["id"],
            "name": info["name"],
            "marketplaceId": info["marketplaceStringId"],
            "subType": "",
        }
        del row["dailyBudget"]
        yield {**row, **own, "profileId": account.id, "region": self._world.region(account)}

    def _listed(self, client: str, stream: str) -> Iterator[Row]:
        for account in self._world.accounts[client]:
            for row in rows_of(self._world, account, stream):
                day = row.get("startDate", "")
                iso = {"startDate": str(date.fromisoformat(day))} if day and "T" not in day else {}
                yield {**_told(row), **iso, "profileId": account.id}

    def _figures(self, client: str, stream: str, query: Mapping[str, str]) -> Iterator[Row]:
        asked = self._attributed.get((client, stream)) or self._ordered.get((client, stream))
        if asked is None:
            message = f"{stream} was never ordered: no columns are known"
            raise ValueError(message)
        try:
            first, last = (date.fromisoformat(query[name]) for name in ("start_date", "end_date"))
        except KeyError as missing:
            message = f"{stream} needs {missing.args[0]}"
            raise ValueError(message) from missing
        here = replace(asked, first=first, last=last)
        is_dsp = stream.startswith("dsp_")
        for account in (self._world.agencies[client],) if is_dsp else self._world.accounts[client]:
            currency = {} if is_dsp else {"currencyCode": account.market.currency}
            for row in self._rows(account, here):
                yield {**row, "profileId": account.id, **currency}

    def _rows(self, account: Account, asked: Order | Asked) -> Iterator[Row]:
        now = self._world.now(account)
        if isinstance(asked, Order):
            yield from map(_told, rows(self._world, account, asked, now))
            return
        for row in self._attribution.rows(account, asked, now):
            row["date"] = str(date.fromisoformat(row["date"]))
            if "creativeId" in row:
                row["creativeId"] = row["creativeId"] or ""
            clicks = {"clickThroughs": row.pop("Click-throughs")} if "Click-throughs" in row else {}
            yield {
                **{name: _number(name, value) for name, value in row.items()},
                **{k: int(v) for k, v in clicks.items()},
            }


def _number(name: str, value: Any) -> Any:  # noqa: ANN401 - a text or a figure
    if not name.endswith("14d") and name != "brb_bonus_amount":
        return value
    return float(value) if any(word in name for word in ("Sales", "Royalties", "brb")) else int(value)


def _told(row: Row) -> Row:
    """Ids as text; where a part of a key is not told, an empty one."""
    ids: Row = {name: "" if row[name] is None and name in _KEYS else str(row[name]) for name in IDS if name in row}
    portfolio = {"portfolioId": str(row["portfolioId"])} if "portfolioId" in row else {}
    return {**row, **ids, **portfolio}
