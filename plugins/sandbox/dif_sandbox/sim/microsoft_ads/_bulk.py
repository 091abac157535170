"""Records of bulk files: https://learn.microsoft.com/advertising/bulk-service/bulk-file-schema (read 2026-11)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.microsoft_ads._errors import refused
from dif_sandbox.sim.microsoft_ads._world import AD_GROUPS, ADS, id_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dif_sandbox.sim.microsoft_ads._world import Row, World
    from dif_sandbox.sim.world import Account

__all__ = ["ENTITIES", "records"]

MEMBERS: Final = {
    "AccountIds", "CompressionType", "DataScope", "DownloadEntities", "DownloadFileType", "FormatVersion",
    "LastSyncTimeInUTC",
}  # fmt: skip
MODIFIED: Final = "04/27/2026 18:00:14.970"


def _keywords(world: World, account: Account) -> Iterator[Row]:
    for number in range(world.campaigns * AD_GROUPS):
        yield {
            **_record("Keyword", id_of(account, "keyword", number), id_of(account, "ad_group", number)),
            "Campaign": f'Campaign "{number // AD_GROUPS}", ü', "Ad Group": f"Group {number}",
            "Keyword": f"red, {number} shoes", "Match Type": "Broad", "Bid": "0.15", "Final Url": "https://shop.example",
            "Editorial Status": "Active", "Bid Strategy Type": "InheritFromParent",
        }  # fmt: skip


def _campaign_negatives(world: World, account: Account) -> Iterator[Row]:
    for number in range(world.campaigns):
        name = id_of(account, "label", 500_000 + number)
        yield {
            **_record("Campaign Negative Keyword", name, id_of(account, "campaign", number)),
            "Campaign": f'Campaign "{number}", ü', "Keyword": "free", "Match Type": "Phrase",
        }  # fmt: skip


def _labels(_world: World, account: Account) -> Iterator[Row]:
    for number in range(3):
        more = {"Label": f"label\n{number}", "Description": None, "Color": "#D8558B"}
        yield {**_record("Label", id_of(account, "label", number), account.id), **more}


def _labelled(type_: str, kind: str, times: int) -> Callable[[World, Account], Iterator[Row]]:
    def found(world: World, account: Account) -> Iterator[Row]:
        for number in range(world.campaigns * times):
            yield _record(type_, id_of(account, "label", number % 3), id_of(account, kind, number))

    return found


def _budgets(_world: World, account: Account) -> Iterator[Row]:
    more = {"Budget Name": "shared", "Budget": "2.00", "Budget Type": "DailyBudgetStandard"}
    yield {**_record("Budget", id_of(account, "budget", 0), account.id), **more}


def _sitelinks(_world: World, account: Account) -> Iterator[Row]:
    more = {"Version": "2", "Sitelink Extension Link Text": "Shoes", "Final Url": "https://shop.example/shoes"}
    yield {**_record("Sitelink Ad Extension", id_of(account, "label", 700_000), account.id), **more}


def _callouts(_world: World, account: Account) -> Iterator[Row]:
    more = {"Version": "1", "Callout Text": "Free, always"}
    yield {**_record("Callout Ad Extension", id_of(account, "label", 800_000), account.id), **more}


def _none(_world: World, _account: Account) -> Iterator[Row]:
    return iter(())


def _record(type_: str, name: str, parent: str) -> Row:
    return {
        "Type": type_, "Status": "Active", "Id": name, "Parent Id": parent, "Client Id": None,
        "Modified Time": MODIFIED,
    }  # fmt: skip


#: Entity of a download -> its records. Of ads' labels there are those of responsive search ads.
ENTITIES: Final[dict[str, Callable[[World, Account], Iterator[Row]]]] = {
    "Keywords": _keywords,
    "CampaignNegativeKeywords": _campaign_negatives,
    "AdGroupNegativeKeywords": _none,
    "Labels": _labels,
    "CampaignLabels": _labelled("Campaign Label", "campaign", 1),
    "AdGroupLabels": _labelled("Ad Group Label", "ad_group", AD_GROUPS),
    "KeywordLabels": _labelled("Keyword Label", "keyword", AD_GROUPS),
    "ResponsiveSearchAdLabels": _labelled("Responsive Search Ad Label", "ad", AD_GROUPS * ADS),
    **dict.fromkeys(("AppInstallAdLabels", "DynamicSearchAdLabels", "ExpandedTextAdLabels"), _none),
    **dict.fromkeys(("ProductAdLabels", "ResponsiveAdLabels", "TextAdLabels"), _none),
    "Budgets": _budgets,
    "SitelinkAdExtensions": _sitelinks,
    "CalloutAdExtensions": _callouts,
}


def records(world: World, account: Account, given: dict[str, Any]) -> Sequence[Row]:
    """What a download asks for; raises Refusal with the service's code for whatever is wrong with it."""
    if unknown := given.keys() - MEMBERS:
        raise refused(201, f"There is no element {', '.join(sorted(unknown))}.")
    if given.get("FormatVersion") != "6.0":
        raise refused(3219, "The format version is required.")
    if given.get("LastSyncTimeInUTC") or given.get("CompressionType", "Zip") != "Zip":
        raise refused(204, "Only whole downloads as Zip are simulated.")
    asked = given.get("DownloadEntities") or []
    if not asked or (wrong := [name for name in asked if name not in ENTITIES]):
        raise refused(3211, f"One or more entities are not supported: {', '.join(wrong if asked else ['none'])}.")
    return [record for name in asked for record in ENTITIES[name](world, account)]
