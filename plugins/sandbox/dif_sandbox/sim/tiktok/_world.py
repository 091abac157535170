"""What there is in a client's ad accounts, as its own records; numbers are numbers here, whatever the wire has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from dif_sandbox.sim.accounts import MICROS, Market
from dif_sandbox.sim.world import Account, Figures, Things, accounts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dif_sandbox.sim.clock import Clock
    from dif_sandbox.sim.generator import Draw

__all__ = ["ADS", "AD_GROUPS", "COUNTS", "LISTS", "STATUSES", "ListOf", "Row", "World"]

Row = dict[str, Any]

MARKETS: Final = (
    Market("US", "USD", ZoneInfo("America/Los_Angeles")),
    Market("JP", "JPY", ZoneInfo("Asia/Tokyo")),
    Market("DE", "EUR", ZoneInfo("Europe/Berlin")),
)
CAMPAIGNS: Final = 4
AD_GROUPS: Final = 2
ADS: Final = 2
COUNTS: Final = {
    "impressions": 6_000,
    "clicks": 250,
    "spend": 80 * MICROS,
    "reach": 4_500,
    "plays": 5_500,
    "conversion": 12,
}
STATUSES: Final = ("ENABLE", "ENABLE", "DISABLE", "ENABLE", "DELETE", "ENABLE", "ENABLE")
"""What is left of a status behind ``CAMPAIGN_STATUS_``."""
EPOCH: Final = datetime(2025, 3, 12, 15, 2, 47, tzinfo=UTC)


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
        """The world of some clients. Ids are larger than a float can count."""
        owned = {
            client: [
                replace(account, id=f"7002{account.id}{number:05d}")
                for number, account in enumerate(accounts(draw, client, MARKETS, least=2), 1)
            ]
            for client in clients
        }
        return cls(clock, draw, Figures(draw, COUNTS, withdrawn=0.2), owned, CAMPAIGNS * scale)

    @property
    def ads(self) -> int:
        """How many ads an account has."""
        return self.campaigns * AD_GROUPS * ADS

    def now(self, account: Account) -> datetime:
        """The moment in an account's zone."""
        return self.clock.now().astimezone(account.market.zone)

    def advertiser(self, account: Account) -> Row:
        """Who an advertiser is. `timezone` knows no summer time, `display_timezone` does."""
        hours = round((self.now(account).utcoffset() or timedelta()) / timedelta(hours=1))
        return {
            "advertiser_id": account.id, "name": f"{account.client} {account.market.country}",
            "company": account.client, "status": "STATUS_ENABLE", "role": "ROLE_ADVERTISER",
            "advertiser_account_type": "AUCTION", "balance": 120.5, "currency": account.market.currency,
            "country": account.market.country, "timezone": f"Etc/GMT{-hours:+d}",
            "display_timezone": str(account.market.zone), "create_time": int(EPOCH.timestamp()), "language": "en",
            "email": "a***@e***.example", "brand": None, "license_no": "", "description": "https://shop.example",
        }  # fmt: skip

    def status(self, account: Account, kind: str, number: int) -> str:
        """What is left of the secondary status of one of its things."""
        return STATUSES[(number + self.draw.bits("status", account.id, kind) % 3) % len(STATUSES)]

    def campaign(self, account: Account, number: int) -> Row:
        """A campaign."""
        return {
            "campaign_id": _id(account, "campaign", number), "campaign_name": f"Campaign № {number}",
            **self._thing(account, "campaign", number), "campaign_type": "REGULAR_CAMPAIGN", "budget": 50.5,
            "objective_type": "WEB_CONVERSIONS", "objective": "LANDING_PAGE", "budget_mode": "BUDGET_MODE_DAY",
            "roas_bid": 0, "is_new_structure": True, "is_search_campaign": False, "deep_bid_type": None,
            "is_smart_performance_campaign": number % 3 == 0,
        }  # fmt: skip

    def ad_group(self, account: Account, number: int) -> Row:
        """An ad group."""
        campaign = number // AD_GROUPS
        return {
            "adgroup_id": _id(account, "adgroup", number), "adgroup_name": f"Ad group № {number}",
            "campaign_id": _id(account, "campaign", campaign), "campaign_name": f"Campaign № {campaign}",
            **self._thing(account, "adgroup", number), "placement_type": "PLACEMENT_TYPE_NORMAL",
            "placements": ["PLACEMENT_TIKTOK"], "location_ids": ["6252001"], "age_groups": None, "bid_price": 0,
            "budget": 20, "actions": [{"action_scene": "VIDEO_RELATED", "action_period": 15}], "is_hfss": False,
            "schedule_start_time": _moment(EPOCH), "schedule_end_time": "2035-03-10 15:02:47", "frequency": None,
        }  # fmt: skip

    def ad(self, account: Account, number: int) -> Row:
        """An ad; one of a Smart+ campaign does not say when it was changed."""
        group = number // ADS
        thing = self._thing(account, "ad", number)
        if number % 5 == 0:
            del thing["modify_time"]
        return {
            "ad_id": _id(account, "ad", number), "ad_name": f"Ad № {number}", **thing,
            "adgroup_id": _id(account, "adgroup", group), "adgroup_name": f"Ad group № {group}",
            "campaign_id": _id(account, "campaign", group // AD_GROUPS), "ad_format": "SINGLE_VIDEO",
            "ad_text": 'Line one\nline "two"\tüber', "video_id": f"v100{number}", "image_ids": [f"tos/{number}"],
            "landing_page_url": "https://shop.example/a?b=1&c", "landing_page_urls": None, "is_aco": False,
        }  # fmt: skip

    def listed(self, account: Account, kind: str, number: int) -> Row:
        """One of the small things, by its kind."""
        moment, name = f"{EPOCH:%Y-%m-%dT%H:%M:%SZ}", f"{kind} {number} of {account.client}"
        more: dict[str, Row] = {
            "image": {"image_id": f"i{account.id}{number}", "file_name": name, "height": 1280, "size": 33_342,
                      "create_time": moment, "modify_time": moment, "displayable": False, "format": "jpeg"},
            "video": {"video_id": f"v{account.id}{number}", "file_name": name, "duration": 30.013, "bit_rate": 815,
                      "create_time": moment, "modify_time": moment, "allowed_placements": ["PLACEMENT_TIKTOK"]},
            "music": {"music_id": f"{account.id}{number}", "name": name, "duration": 12.5, "liked": False,
                      "sources": ["ALL"], "create_time": moment},
            "portfolio": {"creative_portfolio_id": f"{account.id}{number}", "creative_portfolio_type": "CTA"},
            "audience": {"audience_id": f"{account.id}{number}", "name": name, "cover_num": 1_000 + number,
                         "is_valid": True, "shared": False, "create_time": _moment(EPOCH)},
            "saved": {"saved_audience_id": f"{account.id}{number}", "saved_audience_name": name, "languages": ["en"]},
            "pixel": {"pixel_id": f"{account.id}{number}", "pixel_name": name, "pixel_code": f"C{number}",
                      "events": [{"event_id": "1", "event_type": "SHOPPING"}], "create_time": _moment(EPOCH)},
            "app": {"app_id": f"{account.id}{number}", "app_name": name, "platform": "ANDROID"},
        }  # fmt: skip
        return more[kind]

    def _thing(self, account: Account, kind: str, number: int) -> Row:
        status = self.status(account, kind, number)
        return {
            "advertiser_id": account.id, "secondary_status": f"{kind.upper()}_STATUS_{status}",
            "operation_status": status, "create_time": _moment(EPOCH),
            "modify_time": _moment(EPOCH + timedelta(days=number % 50)),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of one account: the tap's name for it, where its rows are, the most of a page, and what is in it.

    `kind` is the word of its statuses; None where what was deleted is not there at all.
    """

    name: str
    place: str
    most: int | None
    things: Callable[[World, Account], Sequence[Row]]
    kind: str | None = None


def _id(account: Account, kind: str, number: int) -> str:
    return f"17{('campaign', 'adgroup', 'ad').index(kind)}{account.id[-9:-5]}{account.id[-2:]}{number:07d}"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _many(times: int, make: Callable[[World, Account, int], Row]) -> Callable[[World, Account], Sequence[Row]]:
    return lambda world, account: Things(world.campaigns * times, lambda number: make(world, account, number))


def _some(kind: str, number: int) -> Callable[[World, Account], Sequence[Row]]:
    return lambda world, account: [world.listed(account, kind, place) for place in range(number)]


#: Path -> the list that is there. The sizes of pages are those of the documents of each.
LISTS: Final[dict[str, ListOf]] = {
    "/campaign/get/": ListOf("campaigns", "list", 1_000, _many(1, World.campaign), "CAMPAIGN"),
    "/adgroup/get/": ListOf("ad_groups", "list", 1_000, _many(AD_GROUPS, World.ad_group), "ADGROUP"),
    "/ad/get/": ListOf("ads", "list", 1_000, _many(AD_GROUPS * ADS, World.ad), "AD"),
    "/file/image/ad/search/": ListOf("images", "list", 100, _some("image", 120)),
    "/file/video/ad/search/": ListOf("videos", "list", 100, _some("video", 3)),
    "/file/music/get/": ListOf("music", "musics", 100, _some("music", 2)),
    "/creative/portfolio/list/": ListOf("portfolios", "creative_portfolios", 100, _some("portfolio", 2)),
    "/dmp/custom_audience/list/": ListOf("custom_audiences", "list", 100, _some("audience", 3)),
    "/dmp/saved_audience/list/": ListOf("saved_audiences", "saved_audiences", 100, _some("saved", 1)),
    "/pixel/list/": ListOf("pixels", "pixels", 20, _some("pixel", 23)),
    "/app/list/": ListOf("apps", "apps", None, _some("app", 1)),
}
