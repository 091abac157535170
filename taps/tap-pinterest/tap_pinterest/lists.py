"""What there is in an ad account and on the boards of a user: lists, read whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from dif_kit.decode import JsonObject
from dif_kit.paging import SinglePage
from dif_kit.tap import IdBatches, Stream

from tap_pinterest._facts import ADS_READ, ALL_STATUSES, BOOKMARK, EVERYTHING, ORG_READ, VERDICTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dif_kit.decode import Decoder
    from dif_kit.paging import Paging

__all__ = [
    "AdAccountStream",
    "AdAccounts",
    "AdGroups",
    "Ads",
    "Audiences",
    "BoardPins",
    "BoardSectionPins",
    "BoardSections",
    "Boards",
    "Campaigns",
    "ConversionTags",
    "CustomerLists",
    "Keywords",
    "PinterestStream",
    "UserAccount",
]


class PinterestStream(Stream):
    """What every list shares: objects below `items`, a bookmark that leads to the next page."""

    records: ClassVar[str | Decoder] = "items"
    paging: ClassVar[Paging] = BOOKMARK
    budgets = (EVERYTHING, ADS_READ)
    verdicts = VERDICTS
    primary_keys: Sequence[str] = ("id",)


class AdAccounts(PinterestStream):
    """Ad accounts that the signing user owns or was given access to."""

    name = "ad_accounts"
    path = "/ad_accounts"
    context_keys = {"ad_account_id": "id"}
    restricted_by = "ad_account_ids"


class AdAccountStream(PinterestStream):
    """What the lists of one ad account share.

    They are read whole in every run: the API filters by no time, and review and summary statuses change without
    touching `updated_time`.
    """

    parent_stream_type = AdAccounts
    context_columns = {"ad_account_id": "ad_account_id"}


class Campaigns(AdAccountStream):
    """Campaigns of an ad account, archived ones and drafts included."""

    name = "campaigns"
    path = "/ad_accounts/{ad_account_id}/campaigns"
    params = {"entity_statuses": ALL_STATUSES}


class AdGroups(AdAccountStream):
    """Ad groups of an ad account, archived ones and drafts included."""

    name = "ad_groups"
    path = "/ad_accounts/{ad_account_id}/ad_groups"
    params = {"entity_statuses": ALL_STATUSES}


class Ads(AdAccountStream):
    """Ads of an ad account, archived ones and drafts included."""

    name = "ads"
    path = "/ad_accounts/{ad_account_id}/ads"
    params = {"entity_statuses": ALL_STATUSES}


class Keywords(AdAccountStream):
    """Keywords of an ad account, its campaigns and its ad groups; a request without a filter has only the first."""

    name = "keywords"
    path = "/ad_accounts/{ad_account_id}/keywords"
    ids = (
        None,
        IdBatches(stream=Campaigns, key="id", size=1, hole="campaign_id"),
        IdBatches(stream=AdGroups, key="id", size=1, hole="ad_group_id"),
    )
    params = {"campaign_id": "{campaign_id}", "ad_group_id": "{ad_group_id}"}


class Audiences(AdAccountStream):
    """Audiences that the ad account owns. Those that were shared with it are listed by their owner."""

    name = "audiences"
    path = "/ad_accounts/{ad_account_id}/audiences"


class ConversionTags(AdAccountStream):
    """Conversion tags of an ad account, in one page."""

    name = "conversion_tags"
    path = "/ad_accounts/{ad_account_id}/conversion_tags"
    paging = SinglePage()


class CustomerLists(AdAccountStream):
    """Customer lists of an ad account."""

    name = "customer_lists"
    path = "/ad_accounts/{ad_account_id}/customer_lists"


class UserAccount(PinterestStream):
    """The profile of the signing user: one row."""

    name = "user_account"
    path = "/user_account"
    records = JsonObject()
    paging = SinglePage()
    budgets = (EVERYTHING, ORG_READ)
    context_keys = {"user_account_id": "id"}


class Boards(PinterestStream):
    """Boards of the signing user, secret ones and those it collaborates on included."""

    name = "boards"
    path = "/boards"
    budgets = (EVERYTHING, ORG_READ)
    context_keys = {"board_id": "id"}


class BoardPins(PinterestStream):
    """Pins of a board, those in its sections included."""

    name = "board_pins"
    path = "/boards/{board_id}/pins"
    budgets = (EVERYTHING, ORG_READ)
    parent_stream_type = Boards
    context_columns = {"board_id": "board_id"}


class BoardSections(PinterestStream):
    """Sections of a board."""

    name = "board_sections"
    path = "/boards/{board_id}/sections"
    budgets = (EVERYTHING, ORG_READ)
    parent_stream_type = Boards
    context_keys = {"section_id": "id"}
    context_columns = {"board_id": "board_id"}


class BoardSectionPins(PinterestStream):
    """Pins of a section of a board."""

    name = "board_section_pins"
    path = "/boards/{board_id}/sections/{section_id}/pins"
    budgets = (EVERYTHING, ORG_READ)
    parent_stream_type = BoardSections
    context_columns = {"board_id": "board_id", "section_id": "section_id"}
