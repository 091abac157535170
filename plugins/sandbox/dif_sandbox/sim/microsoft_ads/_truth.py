"""What a perfect tap holds as of the clock, by its stream's names; of reports, the columns that were ordered last."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.microsoft_ads._bulk import ENTITIES
from dif_sandbox.sim.microsoft_ads._reports import KINDS, SHARES, Order, rows
from dif_sandbox.sim.microsoft_ads._world import AD_GROUPS, ADS, id_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dif_sandbox.sim.microsoft_ads._world import Row, World

__all__ = ["MicrosoftAdsTruth"]

USER: Final = ("Id", "UserName", "CustomerId", "JobTitle", "Lcid", "UserLifeCycleStatus", "LastModifiedTime")
REPORT_WORDS: Final = {"AthensBuckarestIstanbul": "AthensIslandanbulMinsk"}
BULK: Final = {
    "keywords": ("Keywords",),
    "negative_keywords": ("CampaignNegativeKeywords", "AdGroupNegativeKeywords"),
    "labels": ("Labels",),
    "campaign_labels": ("CampaignLabels",),
    "ad_group_labels": ("AdGroupLabels",),
    "ad_labels": ("ResponsiveSearchAdLabels",),
    "keyword_labels": ("KeywordLabels",),
    "budgets": ("Budgets",),
    "sitelink_ad_extensions": ("SitelinkAdExtensions",),
    "callout_ad_extensions": ("CalloutAdExtensions",),
}
WITH_SHARES: Final = ("AccountPerformance", "CampaignPerformance", "AdGroupPerformance")


def _stream(order: Order) -> str:
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", order.kind).lower()
    if order.kind in WITH_SHARES and SHARES & set(order.columns):
        name = name.removesuffix("_performance") + "_impression_performance"
    return f"{name}_report{'_hourly' if order.is_hourly else ''}"


class MicrosoftAdsTruth:
    """Every stream of every client."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ordered: dict[tuple[str, str], Order] = {}

    def ordered(self, client: str, order: Order) -> None:
        """A report was ordered."""
        self._ordered[client, _stream(order)] = order

    def streams(self, client: str) -> Sequence[str]:
        """The names of a client's streams.

        Raises:
            LookupError: an unknown client.
        """
        if client not in self._world.accounts:
            raise LookupError(client)
        asked = [stream for owner, stream in self._ordered if owner == client]
        known = (f"{re.sub(r'(?<!^)(?=[A-Z])', '_', kind).lower()}_report" for kind in KINDS)
        return tuple(dict.fromkeys(("users", "accounts", "campaigns", "ad_groups", "ads", *BULK, *known, *asked)))

    def rows(self, client: str, stream: str, query: Mapping[str, str]) -> Iterator[Row]:
        """The rows of a stream; reports take ``start_date`` and ``end_date``.

        Raises:
            LookupError: an unknown client or stream.
            ValueError: a report without days, or one that was never ordered.
        """
        if stream not in self.streams(client):
            raise LookupError(stream)
        lists = {"users": self._users, "accounts": self._accounts}
        if stream in lists:
            return lists[stream](client)
        if stream in {"campaigns", "ad_groups", "ads"}:
            return self._things(client, stream)
        return self._bulk(client, stream) if stream in BULK else self._figures(client, stream, query)

    def _users(self, client: str) -> Iterator[Row]:
        user = self._world.user(client)
        yield {name: user[name] for name in USER}

    def _accounts(self, client: str) -> Iterator[Row]:
        for account in self._world.accounts[client]:
            row = self._world.account(account)
            word = row["TimeZone"]
            yield {**row, "IanaTimeZone": str(account.market.zone), "ReportTimeZone": REPORT_WORDS.get(word, word)}

    def _things(self, client: str, stream: str) -> Iterator[Row]:
        kind = stream.removesuffix("s")
        for account in self._world.accounts[client]:
            for number, row in enumerate(self._world.listed(account, kind)):
                owner = {"AccountId": account.id, "CustomerId": self._world.customer(client)}
                group = number // ADS if kind == "ad" else number
                if kind != "campaign":
                    owner["CampaignId"] = id_of(account, "campaign", group // AD_GROUPS)
                if kind == "ad":
                    owner["AdGroupId"] = id_of(account, "ad_group", group)
                yield {**row, **owner}

    def _bulk(self, client: str, stream: str) -> Iterator[Row]:
        for account in self._world.accounts[client]:
            for entity in BULK[stream]:
                for record in ENTITIES[entity](self._world, account):
                    yield {"AccountId": account.id, **{name.replace(" ", ""): value for name, value in record.items()}}

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
            here = replace(order, first=first, last=last, zone=str(account.market.zone), account=account.id)
            for row in rows(self._world, account, here, self._world.now(account)):
                yield {"AccountId": account.id, **_told(row)}


def _told(row: Row) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, date) else value for name, value in row.items()}
