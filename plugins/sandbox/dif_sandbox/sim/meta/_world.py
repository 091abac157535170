"""What there is in a client's ad accounts, as its own records; numbers are numbers here, whatever the wire has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from dif_sandbox.sim.accounts import MICROS, Market
from dif_sandbox.sim.world import Account, Figures, Things, accounts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dif_sandbox.sim.clock import Clock
    from dif_sandbox.sim.generator import Draw

__all__ = ["ADS", "AD_SETS", "AMOUNTS", "EDGES", "METRICS", "Row", "World", "business_of"]

Row = dict[str, Any]

MARKETS: Final = (
    Market("US", "USD", ZoneInfo("America/Los_Angeles")),
    Market("JP", "JPY", ZoneInfo("Asia/Tokyo")),
    Market("DE", "EUR", ZoneInfo("Europe/Berlin")),
)
CAMPAIGNS: Final = 4
AD_SETS: Final = 2
ADS: Final = 2
METRICS: Final = {"impressions": 5_000, "clicks": 300, "spend": 90 * MICROS, "reach": 4_000, "purchases": 9}
AMOUNTS: Final = frozenset(
    [
        "amount_spent",
        "balance",
        "spend_cap",
        "min_campaign_group_spend_cap",
        "daily_budget",
        "lifetime_budget",
        "budget_remaining",
    ]
)
"""Whole numbers that are written as text."""
STATUSES: Final = (
    "ACTIVE", "ACTIVE", "PAUSED", "ACTIVE", "ARCHIVED", "ACTIVE", "ACTIVE", "DELETED", "ACTIVE", "WITH_ISSUES",
)  # fmt: skip
EVENTS: Final = (
    ("update_campaign_run_status", "Campaign status updated"),
    ("update_ad_creative", "Ad creative updated"),
    ("update_ad_set_budget", "Ad set budget updated"),
)
EPOCH: Final = datetime(2024, 3, 12, 15, 2, 47, tzinfo=UTC)


def business_of(account: Account) -> str:
    """The business that owns a client's first account, and works for the others."""
    return "15" + account.id[1:7] + "00000000"


@dataclass(frozen=True, slots=True)
class World:
    """Everything of all clients; `scale` multiplies campaigns."""

    clock: Clock
    draw: Draw
    figures: Figures
    accounts: dict[str, list[Account]]
    campaigns: int

    @classmethod
    def of(cls, clock: Clock, draw: Draw, clients: Sequence[str], scale: int) -> World:
        """The world of some clients."""
        owned = {client: accounts(draw, client, MARKETS, least=2) for client in clients}
        return cls(clock, draw, Figures(draw, METRICS, withdrawn=0.25), owned, CAMPAIGNS * scale)

    @property
    def ads(self) -> int:
        """How many ads an account has."""
        return self.campaigns * AD_SETS * ADS

    def now(self, account: Account) -> datetime:
        """The moment in an account's zone."""
        return self.clock.now().astimezone(account.market.zone)

    def account(self, account: Account) -> Row:
        """An ad account."""
        zone = account.market.zone
        offset = self.now(account).utcoffset() or timedelta()
        return {
            "id": f"act_{account.id}", "account_id": account.id, "name": f"{account.client} {account.market.country}",
            "account_status": 1, "age": 100.25, "amount_spent": 39_125, "balance": 0, "spend_cap": 0,
            "business": {"id": business_of(account), "name": account.client}, "currency": account.market.currency,
            "created_time": _moment(EPOCH), "timezone_id": 1, "timezone_name": str(zone),
            "timezone_offset_hours_utc": offset.total_seconds() / 3_600, "is_personal": 0, "disable_reason": 0,
            "is_prepay_account": False, "capabilities": ["CAN_USE_REACH_AND_FREQUENCY"], "min_daily_budget": 100,
        }  # fmt: skip

    def status(self, account: Account, kind: str, number: int) -> str:
        """The effective status of one of its things."""
        return STATUSES[(number + self.draw.bits("status", account.id, kind) % 3) % len(STATUSES)]

    def campaign(self, account: Account, number: int) -> Row:
        """A campaign."""
        status = self.status(account, "campaign", number)
        return {
            **self._thing(account, "campaign", number, status),
            "objective": "OUTCOME_SALES", "buying_type": "AUCTION", "daily_budget": 5_000 + number,
            "budget_remaining": 1_000, "budget_rebalance_flag": False, "special_ad_categories": [],
            "special_ad_category": "NONE", "source_campaign_id": "0", "start_time": _moment(EPOCH),
            "pacing_type": ["standard"], "smart_promotion_type": "GUIDED_CREATION",
        }  # fmt: skip

    def ad_set(self, account: Account, number: int) -> Row:
        """An ad set."""
        status = self.status(account, "adset", number)
        return {
            **self._thing(account, "adset", number, status),
            "campaign_id": _id(account, "campaign", number // AD_SETS), "optimization_goal": "OFFSITE_CONVERSIONS",
            "billing_event": "IMPRESSIONS", "lifetime_budget": 0, "daily_budget": 500, "budget_remaining": 500,
            "targeting": {"age_min": 18, "age_max": 65, "geo_locations": {"countries": [account.market.country]}},
            "bid_info": {"REACH": 100}, "bid_amount": 100, "is_dynamic_creative": False, "start_time": _moment(EPOCH),
        }  # fmt: skip

    def ad(self, account: Account, number: int) -> Row:
        """An ad."""
        ad_set = number // ADS
        return {
            **self._thing(account, "ad", number, self.status(account, "ad", number)),
            "campaign_id": _id(account, "campaign", ad_set // AD_SETS), "adset_id": _id(account, "adset", ad_set),
            "creative": {"id": _id(account, "creative", number)}, "bid_type": "ABSOLUTE_OCPM", "source_ad_id": "0",
            "tracking_specs": [{"action.type": ["offsite_conversion"]}], "last_updated_by_app_id": "119211728144504",
        }  # fmt: skip

    def creative(self, account: Account, number: int) -> Row:
        """A creative."""
        return {
            "id": _id(account, "creative", number), "account_id": account.id, "name": f"Creative № {number}",
            "title": f"Nr. {number}\tüber", "body": 'Line one\nline "two"', "status": "ACTIVE", "object_type": "SHARE",
            "object_story_spec": {"page_id": "112704783733939", "link_data": {"link": "https://shop.example/a?b=1&c"}},
        }  # fmt: skip

    def listed(self, account: Account, kind: str) -> Row:
        """One of the small things, by its kind."""
        name, moment = f"{kind} of {account.client}", _moment(EPOCH)
        common = {"id": _id(account, kind, 0), "name": name, "created_time": moment, "updated_time": moment}
        more: dict[str, Row] = {
            "label": {"account": {"account_id": account.id, "id": f"act_{account.id}"}},
            "image": {"account_id": account.id, "hash": "88c2a7", "height": 900, "width": 900, "status": "ACTIVE"},
            "video": {"title": name, "length": 12.34, "published": True, "status": {"video_status": "ready"}},
            "audience": {"account_id": account.id, "subtype": "CUSTOM", "time_created": 1_679_433_479},
            "saved": {"targeting": {"age_min": 18}, "time_created": moment, "time_updated": moment},
            "conversion": {"account_id": account.id, "custom_event_type": "OTHER", "creation_time": moment},
            "pixel": {"creation_time": moment, "is_unavailable": False, "can_proxy": False},
        }
        return {**common, **more[kind]}

    def activities(self, account: Account, first: date, last: date) -> Iterator[Row]:
        """What was changed from `first` to `last` in the account's zone, the latest first."""
        now = self.now(account)
        for number in range((last - first).days, -1, -1):
            day = first + timedelta(days=number)
            for place in range(2, -1, -1):
                hour = 8 * place + self.draw.integer(0, 7, "hour", account.id, day, place)
                moment = datetime.combine(day, time(hour, 30), account.market.zone)
                kind, told = EVENTS[place]
                if moment <= now:
                    yield {
                        "event_time": _moment(moment), "event_type": kind, "translated_event_type": told,
                        "actor_id": "10230353728925538", "actor_name": "Ada", "object_type": "CAMPAIGN_GROUP",
                        "object_id": _id(account, "campaign", place), "object_name": f"Campaign № {place}",
                        "date_time_in_timezone": f"{moment:%m/%d/%Y at %I:%M %p}",
                        "extra_data": f'{{"new_value":{hour}}}',
                    }  # fmt: skip

    def _thing(self, account: Account, kind: str, number: int, status: str) -> Row:
        configured = "ACTIVE" if status == "WITH_ISSUES" else status
        return {
            "id": _id(account, kind, number), "account_id": account.id, "name": f"{kind.title()} № {number}",
            "status": configured, "configured_status": configured, "effective_status": status,
            "created_time": _moment(EPOCH), "updated_time": _moment(EPOCH + timedelta(days=number % 50)),
        }  # fmt: skip


def _id(account: Account, kind: str, number: int) -> str:
    kinds = (
        "campaign", "adset", "ad", "creative", "label", "image", "video", "audience", "saved", "conversion", "pixel",
    )  # fmt: skip
    return f"12{kinds.index(kind):02d}{account.id[-7:]}{number:07d}"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S%z}"


def _many(count: str, make: Callable[[World, Account, int], Row]) -> Callable[[World, Account], Sequence[Row]]:
    numbers = {"campaigns": 1, "ad_sets": AD_SETS, "ads": AD_SETS * ADS}
    return lambda world, account: Things(world.campaigns * numbers[count], lambda number: make(world, account, number))


def _one(kind: str) -> Callable[[World, Account], Sequence[Row]]:
    return lambda world, account: [world.listed(account, kind)]


#: Edge of an ad account -> the tap's name for it, its node, and what is on it.
EDGES: Final[dict[str, tuple[str, str, Callable[[World, Account], Sequence[Row]]]]] = {
    "campaigns": ("campaigns", "Campaign", _many("campaigns", World.campaign)),
    "adsets": ("ad_sets", "AdSet", _many("ad_sets", World.ad_set)),
    "ads": ("ads", "Ad", _many("ads", World.ad)),
    "adcreatives": ("ad_creatives", "AdCreative", _many("ads", World.creative)),
    "adlabels": ("ad_labels", "AdLabel", _one("label")),
    "adimages": ("images", "AdImage", _one("image")),
    "advideos": ("videos", "AdVideo", _one("video")),
    "customaudiences": ("custom_audiences", "CustomAudience", _one("audience")),
    "saved_audiences": ("saved_audiences", "SavedAudience", _one("saved")),
    "customconversions": ("custom_conversions", "CustomConversion", _one("conversion")),
    "adspixels": ("pixels", "AdsPixel", _one("pixel")),
}
