"""What there is in a client's accounts, and what its ads did."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from dif_sandbox.sim.accounts import Market
from dif_sandbox.sim.world import Account, Figures, Things, accounts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from dif_sandbox.sim.clock import Clock
    from dif_sandbox.sim.generator import Draw

__all__ = ["ADS", "AD_GROUPS", "TYPES", "Row", "Slot", "World", "id_of", "number_of"]

Row = dict[str, Any]

#: An account's market, and Microsoft's word for its zone.
MARKETS: Final = (
    Market("US", "USD", ZoneInfo("America/Phoenix")),
    Market("JP", "JPY", ZoneInfo("Asia/Tokyo")),
    Market("GR", "EUR", ZoneInfo("Europe/Athens")),
)
WORDS: Final = {
    "America/Phoenix": "Arizona",
    "Asia/Tokyo": "OsakaSapporoTokyo",
    "Europe/Athens": "AthensBuckarestIstanbul",
}
TYPES: Final = ("Search", "Search", "Shopping", "Audience", "PerformanceMax")
CAMPAIGNS: Final = 5
AD_GROUPS: Final = 2
ADS: Final = 2
SLOTS: Final = 2
METRICS: Final = {"impressions": 900, "clicks": 60, "cents": 9_000, "conversions": 5, "revenue": 40_000}
_PREFIX: Final = {"campaign": "40", "ad_group": "13", "ad": "84", "keyword": "85", "label": "10", "budget": "11"}


def id_of(account: Account, kind: str, number: int) -> str:
    """The id of one of an account's things."""
    return f"{_PREFIX[kind]}{account.id[-7:]}{number:06d}"


def number_of(account: Account, kind: str, name: object) -> int | None:
    """The number of the thing with this id; None if the account has none such."""
    text, known = str(name), f"{_PREFIX[kind]}{account.id[-7:]}"
    return int(text[len(known) :]) if text.startswith(known) and text[len(known) :].isdigit() else None


@dataclass(frozen=True, slots=True)
class Slot:
    """What is counted together: an ad, seen on one kind of device, in one place, after one search."""

    name: str
    attributes: Mapping[str, str]


@dataclass(frozen=True)
class World:
    """Everything of all clients; `scale` multiplies campaigns."""

    clock: Clock
    draw: Draw
    figures: Figures
    accounts: dict[str, list[Account]]
    campaigns: int
    slots: Callable[[Account], Sequence[Slot]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "slots", lru_cache(16)(self._slots))

    @classmethod
    def of(cls, clock: Clock, draw: Draw, clients: Sequence[str], scale: int) -> World:
        """The world of some clients."""
        owned = {client: accounts(draw, client, MARKETS, least=2) for client in clients}
        return cls(clock, draw, Figures(draw, METRICS, withdrawn=0.2), owned, CAMPAIGNS * scale)

    def now(self, account: Account) -> datetime:
        """The moment in an account's zone."""
        return self.clock.now().astimezone(account.market.zone)

    def user(self, client: str) -> Row:
        """The user of a client."""
        return {
            "Id": self.draw.digits("13", 9, "user", client), "UserName": f"{client}@example.com", "JobTitle": None,
            "CustomerId": self.customer(client), "Lcid": "EnglishUS", "UserLifeCycleStatus": "Active",
            "LastModifiedTime": "2026-01-15T10:00:00.123", "Name": {"FirstName": "Ada", "LastName": "Byron"},
        }  # fmt: skip

    def customer(self, client: str) -> str:
        """The customer that owns a client's accounts."""
        return self.draw.digits("25", 9, "customer", client)

    def account(self, account: Account) -> Row:
        """An advertiser account."""
        return {
            "Id": account.id, "Name": f"{account.client} {account.market.country}", "Number": f"F{account.id[-7:]}",
            "ParentCustomerId": self.customer(account.client), "CurrencyCode": account.market.currency,
            "TimeZone": WORDS[str(account.market.zone)], "AccountLifeCycleStatus": "Active", "Language": "English",
            "AccountFinancialStatus": "ClearFinancialStatus", "LastModifiedTime": "2026-02-11T03:26:10.277",
            "BusinessAddress": {"City": "Αθήνα", "CountryCode": account.market.country}, "LinkedAgencies": [],
            "AutoTagType": "Inactive", "PauseReason": None, "AccountMode": "Expert", "TimeStamp": "AAAAAH1yyMo=",
        }  # fmt: skip

    def campaign(self, account: Account, number: int) -> Row:
        """A campaign."""
        return {
            "Id": id_of(account, "campaign", number), "Name": f'Campaign "{number}", ü', "Status": "Active",
            "CampaignType": TYPES[number % len(TYPES)], "BudgetType": "DailyBudgetStandard", "DailyBudget": 12.5,
            "BiddingScheme": {"Type": "EnhancedCpc"}, "Languages": ["All"], "TimeZone": WORDS[str(account.market.zone)],
            "Settings": [{"Type": "TargetSetting", "Details": []}], "AudienceAdsBidAdjustment": 0, "BudgetId": None,
        }  # fmt: skip

    def ad_group(self, account: Account, number: int) -> Row:
        """An ad group."""
        return {
            "Id": id_of(account, "ad_group", number), "Name": f"Group {number}", "Status": "Active",
            "AdGroupType": "SearchStandard", "CpcBid": {"Amount": 0.05}, "Language": None, "Network": "Inherit",
            "StartDate": {"Day": 4, "Month": 12, "Year": 2025}, "EndDate": None, "AudienceAdsBidAdjustment": 10,
        }  # fmt: skip

    def ad(self, account: Account, number: int) -> Row:
        """An ad."""
        return {
            "Id": id_of(account, "ad", number), "Type": "ResponsiveSearch", "Status": "Active", "Domain": "a.example",
            "EditorialStatus": "Active", "FinalUrls": [f"https://shop.example/{number}?a=1&b"], "DevicePreference": "0",
            "Headlines": [{"Asset": {"Id": "1", "Text": "Buy"}, "PinnedField": None}], "Descriptions": [],
        }  # fmt: skip

    def listed(self, account: Account, kind: str) -> Sequence[Row]:
        """All of an account's campaigns, ad groups or ads."""
        makers: dict[str, tuple[int, Callable[[Account, int], Row]]] = {
            "campaign": (1, self.campaign),
            "ad_group": (AD_GROUPS, self.ad_group),
            "ad": (AD_GROUPS * ADS, self.ad),
        }
        times, make = makers[kind]
        return Things(self.campaigns * times, lambda number: make(account, number))

    def _slots(self, account: Account) -> Sequence[Slot]:
        number = self.campaigns * AD_GROUPS * ADS
        return [self._slot(account, ad, part) for ad in range(number) for part in range(SLOTS)]

    def _slot(self, account: Account, ad: int, part: int) -> Slot:
        group = ad // ADS
        campaign = group // AD_GROUPS
        name = id_of(account, "ad", ad)

        def choose(words: Sequence[str], what: str) -> str:
            return self.draw.choice(words, name, part, what)

        phone = bool(part)
        attributes = {
            "AccountId": account.id, "AccountName": f"{account.client} {account.market.country}",
            "AccountNumber": f"F{account.id[-7:]}", "AccountStatus": "Active", "CurrencyCode": account.market.currency,
            "CampaignId": id_of(account, "campaign", campaign), "CampaignName": f'Campaign "{campaign}", ü',
            "CampaignStatus": "Active", "CampaignType": TYPES[campaign % len(TYPES)],
            "BaseCampaignId": id_of(account, "campaign", campaign), "AdGroupId": id_of(account, "ad_group", group),
            "AdGroupName": f"Group {group}", "AdGroupStatus": "Active", "AdGroupType": "Standard", "Status": "Active",
            "AdId": name, "AdStatus": "Active", "AdType": "Responsive search ad", "AdTitle": f"Ad {ad}",
            "KeywordId": id_of(account, "keyword", group), "Keyword": f"red, {group} shoes", "KeywordStatus": "Active",
            "BidStrategyType": "Enhanced CPC", "DeviceType": "Smartphone" if phone else "Computer",
            "DeviceOS": choose(("iOS", "Android") if phone else ("Windows", "Unknown"), "os"),
            "AdDistribution": "Search", "Network": choose(("Microsoft sites and select traffic", "Audience"), "net"),
            "TopVsOther": choose(("Microsoft sites and select traffic - top", "Audience network"), "top"),
            "BidMatchType": "Broad", "DeliveredMatchType": choose(("Exact", "Phrase", ""), "match"),
            "Language": choose(("English", "Greek", "日本語"), "language"), "LocationId": "190",
            "Country": choose(("Greece", "Japan"), "country"), "City": choose(("Αθήνα", ""), "city"),
            "LocationType": "Physical location", "AgeGroup": choose(("25-34", "Unknown"), "age"),
            "Gender": choose(("Female", "Unknown"), "gender"), "SearchQuery": choose(("shoes 50%", "@shoes"), "query"),
            "GoalId": "7", "Goal": "Purchase", "GoalType": "Event", "AssetGroupId": f"66{campaign:04d}",
            "AssetGroupName": f"Assets {campaign}", "AssetGroupStatus": "Active", "AudienceId": "8",
            "AudienceName": "Buyers", "MerchantProductId": choose(("sku-1", "sku-2"), "product"), "Title": "Shoe",
            "FinalUrl": f"https://shop.example/{ad}", "PublisherUrl": choose(("bing.com", "msn.com"), "publisher"),
        }  # fmt: skip
        return Slot(f"{name}/{part}", attributes)
