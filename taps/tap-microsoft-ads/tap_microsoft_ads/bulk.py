"""What is listed for a whole account at once: a file that the Bulk service makes, with the kinds that were asked for.

https://learn.microsoft.com/advertising/bulk-service/bulk-file-schema, format version 6.0 (read 2026-11).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dif_kit.decode import Chosen, CsvRecords, Picked, Zip
from dif_kit.tap import ReportStatuses, ReportStream, schema_of

from tap_microsoft_ads._facts import BULK, CALLS, OF_CUSTOMER, VERSION
from tap_microsoft_ads.lists import OfAccount

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["BULK_LISTS", "BulkList"]

_COMMON: Final = ("Type", "Status", "Id", "Parent Id", "Client Id", "Modified Time")
_PLACE: Final = ("Campaign", "Ad Group")
_URLS: Final = ("Final Url", "Mobile Final Url", "Tracking Template", "Final Url Suffix", "Custom Parameter")
_REVIEW: Final = (
    "Editorial Status",
    "Editorial Location",
    "Editorial Term",
    "Editorial Reason Code",
    "Editorial Appeal Status",
    "Publisher Countries",
)


class BulkList(ReportStream, OfAccount):
    """What the lists of one account share that come in a file of the Bulk service.

    A file is made in minutes, is kept for two days, and its link opens for five minutes.
    """

    service = "bulk"
    path = f"/Bulk/{VERSION}/Campaigns/DownloadByAccountIds"
    budgets = (CALLS, OF_CUSTOMER, BULK)
    job = "DownloadRequestId"
    poll_path = f"/Bulk/{VERSION}/BulkDownloadStatus/Query"
    poll_method = "POST"
    poll_body = {"RequestId": "{job}"}
    poll_budgets = (CALLS, OF_CUSTOMER)
    poll_seconds = (5.0, 60.0)
    status = "RequestStatus"
    statuses = ReportStatuses(running=frozenset({"InProgress"}), done=frozenset({"Completed"}))
    reason = "Errors.*.Message"
    link = "ResultFileUrl"
    context_columns = {"AccountId": "account_id"}


def _list(name: str, meaning: str, entities: Sequence[str], types: Sequence[str], *columns: str) -> type[BulkList]:
    """A stream of these types of records; without a key of one column, a record hangs on its parent."""
    picked = {column.replace(" ", ""): column for column in (*_COMMON, *columns)}
    text = {column: {"type": ["string", "null"]} for column in (*picked, "AccountId")}
    keys = ("AccountId", "Id", "ParentId") if "Label" in types[0] and name != "labels" else ("AccountId", "Id")
    facts: dict[str, Any] = {
        "name": name,
        "__module__": __name__,
        "__doc__": meaning,
        "primary_keys": keys,
        "schema": schema_of(text, text, keys=keys),
        "records": Picked(Chosen(Zip(CsvRecords(), "*.csv"), "Type", frozenset(types)), picked, is_text=True),
        "body": {
            "AccountIds": ["{account_id}"],
            "CompressionType": "Zip",
            "DataScope": "EntityData",
            "DownloadEntities": list(entities),
            "DownloadFileType": "Csv",
            "FormatVersion": "6.0",
        },
    }
    return type(name.title().replace("_", ""), (BulkList,), facts)


#: Kinds of ads as the Bulk service calls them -> their labels' entities.
_LABELLED_ADS: Final = ("App Install Ad", "Dynamic Search Ad", "Expanded Text Ad", "Product Ad", "Responsive Ad")
_AD_LABELS: Final = tuple(f"{kind} Label" for kind in (*_LABELLED_ADS, "Responsive Search Ad", "Text Ad"))

BULK_LISTS: Final = (
    _list(
        "keywords",
        "Keywords of an account.",
        ("Keywords",),
        ("Keyword",),
        *_PLACE,
        "Keyword",
        "Match Type",
        "Bid",
        "Bid Strategy Type",
        "Inherited Bid Strategy Type",
        "Param1",
        "Param2",
        "Param3",
        "Destination Url",
        *_URLS,
        *_REVIEW,
    ),
    _list(
        "negative_keywords",
        "Negative keywords of campaigns and ad groups of an account.",
        ("CampaignNegativeKeywords", "AdGroupNegativeKeywords"),
        ("Campaign Negative Keyword", "Ad Group Negative Keyword"),
        *_PLACE,
        "Keyword",
        "Match Type",
    ),
    _list("labels", "Labels of an account.", ("Labels",), ("Label",), "Label", "Description", "Color"),
    _list("campaign_labels", "Which campaign has which label.", ("CampaignLabels",), ("Campaign Label",), "Campaign"),
    _list("ad_group_labels", "Which ad group has which label.", ("AdGroupLabels",), ("Ad Group Label",), *_PLACE),
    _list(
        "ad_labels",
        "Which ad has which label.",
        tuple(kind.replace(" ", "") + "s" for kind in _AD_LABELS),
        _AD_LABELS,
        *_PLACE,
    ),
    _list("keyword_labels", "Which keyword has which label.", ("KeywordLabels",), ("Keyword Label",), *_PLACE),
    _list(
        "budgets",
        "Budgets that campaigns of an account share.",
        ("Budgets",),
        ("Budget",),
        "Budget Id",
        "Budget Name",
        "Budget",
        "Budget Type",
    ),
    _list(
        "sitelink_ad_extensions",
        "Sitelinks of an account.",
        ("SitelinkAdExtensions",),
        ("Sitelink Ad Extension",),
        "Version",
        "Sitelink Extension Link Text",
        "Sitelink Extension Description1",
        "Sitelink Extension Description2",
        "Start Date",
        "End Date",
        *_URLS,
        *_REVIEW,
    ),
    _list(
        "callout_ad_extensions",
        "Callouts of an account.",
        ("CalloutAdExtensions",),
        ("Callout Ad Extension",),
        "Version",
        "Callout Text",
        *_REVIEW,
    ),
)
