"""What exists in one client's Pinterest: accounts and what hangs below them, with what never changes about each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from dif_sandbox.sim.accounts import Market
from dif_sandbox.sim.generator import Draw

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Account", "Ad", "AdGroup", "Asset", "Board", "Campaign", "Keyword", "Pin", "Section", "World", "build"]

DAY: Final = 86_400
FIRST_CAMPAIGN: Final = int(datetime(2025, 1, 6, tzinfo=UTC).timestamp())
LATELY_ARCHIVED: Final = int(datetime(2026, 10, 12, tzinfo=UTC).timestamp())
"""From about here one campaign of every account is archived: its figures stay, a default list no longer shows it."""
FIRST_ACCOUNT: Final = int(datetime(2021, 3, 1, tzinfo=UTC).timestamp())

MARKETS: Final = (
    Market("US", "USD", ZoneInfo("America/New_York")),
    Market("DE", "EUR", ZoneInfo("Europe/Berlin")),
    Market("GB", "GBP", ZoneInfo("Europe/London")),
    Market("JP", "JPY", ZoneInfo("Asia/Tokyo")),
    Market("AU", "AUD", ZoneInfo("Australia/Sydney")),
    Market("BR", "BRL", ZoneInfo("America/Sao_Paulo")),
)
KNOWN_CLIENTS: Final = {"demo": MARKETS[:2], "acme": MARKETS[2:5], "globex": MARKETS[5:]}
PINS_OF_THE_LARGEST_BOARD: Final = 290


@dataclass(frozen=True, slots=True)
class Account:
    """An ad account."""

    id: str
    created: int
    market: Market
    number: int


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign; `archived` is the moment from which it is, None for never."""

    id: str
    created: int
    archived: int | None
    account: Account
    number: int


@dataclass(frozen=True, slots=True)
class AdGroup:
    """An ad group."""

    id: str
    created: int
    archived: int | None
    campaign: Campaign
    number: int

    @property
    def account(self) -> Account:
        """The ad account it is in."""
        return self.campaign.account


@dataclass(frozen=True, slots=True)
class Ad:
    """An ad, which promotes a pin."""

    id: str
    created: int
    archived: int | None
    group: AdGroup
    pin_id: str
    number: int

    @property
    def account(self) -> Account:
        """The ad account it is in."""
        return self.group.campaign.account


@dataclass(frozen=True, slots=True)
class Keyword:
    """A keyword of an ad group, a campaign or an ad account; the latter two have such as exclude only."""

    id: str
    created: int
    account: Account
    parent: AdGroup | Campaign | Account


@dataclass(frozen=True, slots=True)
class Asset:
    """What an account owns beside its campaigns: an audience, a conversion tag, a customer list."""

    id: str
    created: int
    account: Account
    number: int


@dataclass(frozen=True, slots=True)
class Board:
    """A board of the client's user."""

    id: str
    created: int
    number: int


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a board."""

    id: str
    created: int
    board: Board
    number: int


@dataclass(frozen=True, slots=True)
class Pin:
    """A pin on a board, perhaps in one of its sections."""

    id: str
    created: int
    board: Board
    section: Section | None
    number: int


@dataclass(slots=True, eq=False)
class World:
    """Everything of one client; each list is in the order of the numeric ids."""

    client: str
    draw: Draw
    username: str
    accounts: list[Account] = field(default_factory=list)
    campaigns: list[Campaign] = field(default_factory=list)
    groups: list[AdGroup] = field(default_factory=list)
    ads: list[Ad] = field(default_factory=list)
    keywords: list[Keyword] = field(default_factory=list)
    audiences: list[Asset] = field(default_factory=list)
    tags: list[Asset] = field(default_factory=list)
    customer_lists: list[Asset] = field(default_factory=list)
    boards: list[Board] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    pins: list[Pin] = field(default_factory=list)


def build(client: str, seed: int, scale: int) -> World:
    """The world of a client; `scale` multiplies campaigns, keywords and pins, not accounts."""
    draw = Draw("pinterest", seed, client)
    world = World(client, draw, f"{client}_home")
    markets = KNOWN_CLIENTS.get(client) or tuple(
        draw.choice(MARKETS, "market", number) for number in range(draw.integer(1, 3, "accounts"))
    )
    for number, market in enumerate(markets):
        created = FIRST_ACCOUNT + draw.integer(0, 300 * DAY, "account", number)
        account = Account(draw.digits("5497", 12, "account", number), created, market, number)
        world.accounts.append(account)
        _add_keywords(world, account, account, most=3)
        _fill_account(world, account, scale)
    _fill_boards(world, scale)
    for things in (world.accounts, world.campaigns, world.groups, world.ads, world.keywords, world.audiences,
                   world.tags, world.customer_lists, world.boards, world.sections, world.pins):  # fmt: skip
        things.sort(key=lambda thing: int(thing.id))
    return world


def _fill_account(world: World, account: Account, scale: int) -> None:
    draw = world.draw
    for number in range(scale * (3 + account.number % 2)):
        key = ("campaign", account.id, number)
        created = FIRST_CAMPAIGN + draw.integer(0, 600 * DAY, *key)
        ended = LATELY_ARCHIVED + draw.integer(0, 10 * DAY, "ended", *key) if number == 1 else None
        archived = ended or _archived(draw, created, *key)
        campaign = Campaign(draw.digits("626", 12, *key), created, archived, account, len(world.campaigns))
        world.campaigns.append(campaign)
        _add_keywords(world, account, campaign, most=2)
        for part in range(draw.integer(1, 3, "groups", campaign.id)):
            _fill_group(world, campaign, part)
    for things, prefix, length, low, high in (
        (world.audiences, "2542", 13, 3, 6),
        (world.tags, "2617", 13, 1, 2),
        (world.customer_lists, "64", 9, 1, 3),
    ):
        for number in range(draw.integer(low, high, prefix, account.id)):
            created = account.created + draw.integer(DAY, 900 * DAY, prefix, account.id, number)
            things.append(Asset(draw.digits(prefix, length, account.id, number), created, account, number))


def _fill_group(world: World, campaign: Campaign, number: int) -> None:
    draw, key = world.draw, ("group", campaign.id, number)
    created = campaign.created + draw.integer(60, 20 * DAY, *key)
    group = AdGroup(draw.digits("268", 13, *key), created, _archived(draw, created, *key), campaign, len(world.groups))
    world.groups.append(group)
    for part in range(draw.integer(1, 4, "ads", group.id)):
        ad_key = ("ad", group.id, part)
        born = created + draw.integer(60, 150 * DAY, *ad_key)
        pin_id = draw.digits("6667", 18, "promoted", *ad_key)
        ad_id = draw.digits("687", 12, *ad_key)
        world.ads.append(Ad(ad_id, born, _archived(draw, born, *ad_key), group, pin_id, len(world.ads)))
    _add_keywords(world, campaign.account, group, most=6)


def _add_keywords(world: World, account: Account, parent: AdGroup | Campaign | Account, most: int) -> None:
    draw = world.draw
    for part in range(draw.integer(0, most, "keywords", parent.id)):
        key = ("keyword", parent.id, part)
        born = parent.created + draw.integer(60, 40 * DAY, *key)
        world.keywords.append(Keyword(draw.digits("2886", 13, *key), born, account, parent))


def _archived(draw: Draw, created: int, *key: object) -> int | None:
    if not draw.chance(0.15, "archived", *key):
        return None
    return created + draw.integer(90 * DAY, 500 * DAY, "archived when", *key)


def _fill_boards(world: World, scale: int) -> None:
    draw = world.draw
    for number in range(4 + scale):
        created = FIRST_ACCOUNT + draw.integer(0, 1200 * DAY, "board", number)
        board = Board(draw.digits("6667", 18, "board", number), created, number)
        world.boards.append(board)
        sections: list[Section] = []
        for part in range(draw.integer(0, 4, "sections", number)):
            section_id = draw.digits("51950", 19, "section", number, part)
            sections.append(Section(section_id, created + part * DAY, board, part))
        world.sections.extend(sections)
        pins = PINS_OF_THE_LARGEST_BOARD * scale if number == 0 else draw.integer(0, 25, "pins", number)
        world.pins.extend(_pin(draw, board, sections, part) for part in range(pins))


def _pin(draw: Draw, board: Board, sections: Sequence[Section], number: int) -> Pin:
    key = ("pin", board.id, number)
    created = board.created + draw.integer(0, 700 * DAY, *key)
    in_section = bool(sections) and draw.chance(0.3, "sectioned", *key)
    section = draw.choice(sections, "section", *key) if in_section else None
    return Pin(draw.digits("6667", 18, *key), created, board, section, number)
