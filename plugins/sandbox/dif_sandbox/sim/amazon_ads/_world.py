"""What there is in a client's profiles: one in each of two or three markets, whose hosts differ."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from dif_sandbox.sim.accounts import Market
from dif_sandbox.sim.world import Account, Figures, accounts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from dif_sandbox.sim.clock import Clock
    from dif_sandbox.sim.generator import Draw

__all__ = ["ADS", "AD_GROUPS", "AGENCY", "HOSTS", "PRODUCTS", "REGIONS", "STATES", "Row", "Slot", "World", "id_of"]

Row = dict[str, Any]

MARKETS: Final = (
    Market("US", "USD", ZoneInfo("America/Los_Angeles")),
    Market("JP", "JPY", ZoneInfo("Asia/Tokyo")),
    Market("DE", "EUR", ZoneInfo("Europe/Paris")),
)
REGIONS: Final = {"US": "NA", "JP": "FE", "DE": "EU"}
HOSTS: Final = {"advertising-api": "NA", "advertising-api-eu": "EU", "advertising-api-fe": "FE"}
"""What an address goes on with, as there is one host here for all regions."""
STATES: Final = ("ENABLED", "PAUSED", "ENABLED", "ARCHIVED", "ENABLED")
CAMPAIGNS: Final = 3
AD_GROUPS: Final = 2
ADS: Final = 2
SLOTS: Final = 2
AGENCY: Final = "agency"
ADVERTISERS: Final = 2
METRICS: Final = {"impressions": 900, "clicks": 60, "cents": 9_000, "conversions": 8, "revenue": 40_000}
PRODUCTS: Final = ("sp", "sb", "sd", "st", "dsp")
_CODES: Final = {"campaign": 1, "ad_group": 2, "ad": 3, "keyword": 4, "target": 5, "theme": 6, "creative": 7, "few": 8}


def id_of(account: Account, product: str, kind: str, number: int) -> int:
    """The id of one of a profile's things: a number that fits a float no more."""
    return int(f"{PRODUCTS.index(product) + 1}{_CODES[kind]}{account.id[-9:]}{number:06d}")


def advertiser_of(account: Account, number: int) -> str:
    """The id of one of the advertisers that an entity of the DSP buys for."""
    return f"58{account.id[-9:]}{number:02d}"


@dataclass(frozen=True, slots=True)
class Slot:
    """What is counted together: an ad, in one place, after one search."""

    name: str
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class World:
    """Everything of all clients; `scale` multiplies campaigns."""

    clock: Clock
    draw: Draw
    figures: Figures
    accounts: dict[str, list[Account]]
    agencies: dict[str, Account]
    campaigns: int
    slots: Callable[[Account, str], Sequence[Slot]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "slots", lru_cache(32)(self._slots))

    @classmethod
    def of(cls, clock: Clock, draw: Draw, clients: Sequence[str], scale: int) -> World:
        """The world of some clients. Ids are larger than a float can count."""
        owned = {
            client: [
                replace(account, id=f"3{account.id[1:]}{number:06d}")
                for number, account in enumerate(accounts(draw, client, MARKETS, least=2), 1)
            ]
            for client in clients
        }
        # One entity of the DSP for each client, where its first account is.
        agencies = {client: replace(own[0], id=f"4{own[0].id[1:]}") for client, own in owned.items()}
        figures = Figures(draw, METRICS, settle_days=42, withdrawn=0.2)
        return cls(clock, draw, figures, owned, agencies, CAMPAIGNS * scale)

    def now(self, account: Account) -> datetime:
        """The moment in an account's zone."""
        return self.clock.now().astimezone(account.market.zone)

    def region(self, account: Account) -> str:
        """The region of a profile."""
        return REGIONS[account.market.country]

    def profile(self, account: Account) -> Row:
        """A profile as the API has it."""
        market = account.market
        info = {"marketplaceStringId": f"A1{market.country}", "id": f"ENTITY{account.id[-6:]}", "type": "seller"}
        return {
            "profileId": int(account.id), "countryCode": market.country, "currencyCode": market.currency,
            "dailyBudget": 999999999.5, "timezone": str(market.zone),
            "accountInfo": {**info, "name": f"{account.client} ü", "validPaymentMethod": True},
        }  # fmt: skip

    def agency(self, account: Account) -> Row:
        """A profile of the DSP as the API has it."""
        info = {"id": f"ENTITY{account.id[:6]}", "type": AGENCY, "name": f"{account.client} ü: DSP"}
        row = self.profile(account)
        return {**row, "accountInfo": {"marketplaceStringId": row["accountInfo"]["marketplaceStringId"], **info}}

    def advertisers(self, account: Account) -> list[Row]:
        """The advertisers of an entity of the DSP."""
        market = account.market
        common = {"currency": market.currency, "country": market.country, "timezone": str(market.zone)}
        return [
            {
                "advertiserId": advertiser_of(account, number),
                "name": f'Brand "{number}", ü',
                "url": "example.com",
                **common,
            }
            for number in range(ADVERTISERS)
        ]

    def portfolio(self, account: Account) -> Row:
        """The portfolio of a profile, with its extended data."""
        extended = {"servingStatus": "PORTFOLIO_STATUS_ENABLED", "creationDateTime": "2026-01-15T10:00:00.123Z"}
        return {
            "portfolioId": f"25{account.id[-9:]}", "name": "Ü", "state": "ENABLED", "inBudget": True,
            "extendedData": extended,
        }  # fmt: skip

    def _slots(self, account: Account, product: str) -> Sequence[Slot]:
        number = self.campaigns * AD_GROUPS * ADS
        return [self._slot(account, product, ad, part) for ad in range(number) for part in range(SLOTS)]

    def _slot(self, account: Account, product: str, ad: int, part: int) -> Slot:
        group = ad // ADS
        campaign = group // AD_GROUPS
        name = f"{id_of(account, product, 'ad', ad)}"

        def choose(words: Sequence[str], what: str) -> str:
            return self.draw.choice(words, name, part, what)

        is_target = part == 1  # a target of Sponsored Brands has no keyword, and the other way round
        keyword = None if is_target and product == "sb" else id_of(account, product, "keyword", group)
        asin, bought = f"B0{ad:08d}", f"B1{(ad * SLOTS + part) % 5:08d}"
        attributes: Row = {
            "campaignId": id_of(account, product, "campaign", campaign), "campaignName": f"Campaign {campaign}, ü",
            "campaignStatus": STATES[campaign % len(STATES)], "campaignBudgetType": "DAILY_BUDGET",
            "campaignBudgetCurrencyCode": account.market.currency, "campaignBiddingStrategy": "LEGACY",
            "campaignApplicableBudgetRuleId": None, "campaignApplicableBudgetRuleName": None, "costType": "CPC",
            "adGroupId": id_of(account, product, "ad_group", group), "adGroupName": f'Group "{group}"',
            "adStatus": "ENABLED", "adId": int(name), "portfolioId": 7, "bidOptimization": "clicks",
            "keywordId": keyword, "keyword": f"red, {group} shoes", "keywordText": f"red, {group} shoes",
            "keywordType": "BROAD", "matchType": "BROAD", "adKeywordStatus": "ENABLED", "targeting": f"shoes {group}",
            "targetingId": id_of(account, product, "target", group) if is_target or product == "sd" else None,
            "targetingExpression": f'asin="B0{group:08d}"', "targetingText": "shoes", "targetingType": "MANUAL",
            "searchTerm": choose(("shoes 50%", "*", "靴"), "search"), "advertisedAsin": asin,
            "advertisedSku": f"sku-{ad}", "promotedAsin": asin, "promotedSku": f"sku-{ad}",
            "purchasedAsin": bought, "asinBrandHalo": bought, "productName": f"Shoe {bought}",
            "productCategory": "Shoes", "attributionType": choose(("Promoted", "Brand Halo"), "attribution"),
            "placementClassification": choose(("Top of Search on-Amazon", "Detail Page on-Amazon"), "place"),
        }  # fmt: skip
        if product == "dsp":
            attributes |= bought_for(account, attributes, campaign, part, choose)
        return Slot(f"{product}/{name}/{part}", attributes)


def bought_for(
    account: Account, ad: Mapping[str, Any], campaign: int, part: int, choose: Callable[[Sequence[str], str], str]
) -> Row:
    """What the DSP says of an ad in its own words: orders, line items, creatives, where and by whom they were seen."""
    advertiser = campaign % ADVERTISERS
    return {
        "advertiserId": advertiser_of(account, advertiser), "advertiserName": f'Brand "{advertiser}", ü',
        "entityId": f"ENTITY{account.id[:6]}", "orderId": ad["campaignId"], "orderName": ad["campaignName"],
        "orderCurrency": account.market.currency, "lineItemId": ad["adGroupId"], "lineItemName": ad["adGroupName"],
        "lineItemType": "STANDARD_DISPLAY", "lineItemStatus": "ENABLED", "creativeId": ad["adId"],
        "creativeName": "Shoe, ü", "creativeType": "IMAGE", "creativeSize": "300x250", "creativeAdId": ad["adId"],
        "supplySource": choose(("AMAZON", "Twitch", "3P: Exchange, ü"), "supply"),
        "site": choose(("amazon.com", "靴.example", ""), "site"), "segmentId": part or None,
        "segmentName": "IM - Shoes" if part else None, "segmentType": "BEHAVIOR", "segmentSource": "AMAZON",
        "segmentClassCode": "IM", "segmentMarketplaceId": 1, "targetingMethod": choose(("INCLUDE", "EXCLUDE"), "how"),
        "country": account.market.country, "region": choose(("Washington", "Île-de-France"), "region"),
        "city": choose(("Seattle", "Neuilly, s. Seine", "東京"), "city"),
        "operatingSystemName": choose(("iOS", "Windows"), "os"), "browserName": choose(("Chrome", "Safari"), "browser"),
        "deviceName": "Desktop", "environmentName": "WEB", "marketplace": "amazon.com",
        "asin": ad["purchasedAsin"], "parentAsin": ad["purchasedAsin"], "featuredAsin": "Y", "brandName": "Brand",
        "conversionType": choose(("Promoted", "Brand halo"), "conversion"), "productGroup": "Shoes",
        "productSubCategory": "Running",
    }  # fmt: skip
