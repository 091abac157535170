"""Daily rows of accounts, campaigns, ad groups and ads: the figures of their ads, summed, with their own attributes.

Days are UTC, as the API's dates are, unless the ad account's time zone is asked for. Nothing is shown of a day on
which an entity was not delivered. Ad groups and above are sums of their ads but for the people reached.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from dif_sandbox.sim.accounts import MICROS
from dif_sandbox.sim.pinterest import _ad_records as records
from dif_sandbox.sim.pinterest._change import status
from dif_sandbox.sim.pinterest._columns import METRICS
from dif_sandbox.sim.pinterest._counts import Day, Measured, measure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dif_sandbox.sim.pinterest._columns import Value
    from dif_sandbox.sim.pinterest._world import Account, Ad, AdGroup, Campaign, World

__all__ = ["LEVELS", "UTC_ZONE", "Line", "attributes_of", "entities", "lines", "value"]

UTC_ZONE: Final = ZoneInfo("UTC")


LEVELS: Final = {
    "ADVERTISER": "AD_ACCOUNT_ID",
    "CAMPAIGN": "CAMPAIGN_ID",
    "AD_GROUP": "AD_GROUP_ID",
    "PIN_PROMOTION": "AD_ID",
}
"""The levels of figures, each with the column that names its entity in the synchronous answers."""


@dataclass(frozen=True, slots=True)
class Line:
    """One entity's figures on one day; on no day for the sum of a range. If broken down: the type and the value."""

    entity_id: str
    day: date | None
    measured: Measured
    attributes: dict[str, Value]
    targeting: tuple[str, str | int] | None = None


def entities(world: World, account: Account, level: str) -> dict[str, list[Ad]]:
    """The entities of an account at a level that deliver, by id, each with its ads."""
    found: dict[str, list[Ad]] = {}
    for ad in world.ads:
        if ad.account.id == account.id:
            found.setdefault(_entity_id(ad, level), []).append(ad)
    return found


def lines(
    world: World,
    account: Account,
    level: str,
    ids: Sequence[str],
    span: tuple[date, date],
    *,
    now: datetime,
    zone: ZoneInfo = UTC_ZONE,
    daily: bool = True,
) -> Iterator[Line]:
    """The lines of the entities `ids`, entity by entity, day by day; or one line an entity for the whole range."""
    known = entities(world, account, level)
    for entity_id in ids:
        ads = known.get(entity_id, [])
        found = []
        for offset in range((span[1] - span[0]).days + 1):
            when = span[0] + timedelta(days=offset)
            day = Day.seen(when, now, zone)
            parts = [part for ad in ads if (part := measure(world, ad, day))]
            if parts:
                found.append(Measured.total(parts))
                if daily:
                    attributes = attributes_of(world, ads[0], level, day.attributes_at)
                    yield Line(entity_id, when, found[-1], attributes)
        if found and not daily:
            attributes = attributes_of(world, ads[0], level, int(now.astimezone(UTC).timestamp()))
            yield Line(entity_id, None, Measured.total(found), attributes)


def value(line: Line, column: str) -> Value:
    """A column of a line; None where it does not apply."""
    if column in METRICS:
        return METRICS[column](line.measured)
    return line.attributes.get(column)


def _entity_id(ad: Ad, level: str) -> str:
    match level:
        case "ADVERTISER":
            return ad.account.id
        case "CAMPAIGN":
            return ad.group.campaign.id
        case "AD_GROUP":
            return ad.group.id
    return ad.id


def attributes_of(world: World, ad: Ad, level: str, moment: int) -> dict[str, Value]:
    """Names, states and budgets from the account down to the level."""
    found: dict[str, Value] = {"ADVERTISER_ID": ad.account.id, "AD_ACCOUNT_ID": ad.account.id}
    if level == "ADVERTISER":
        return found
    found |= _campaign_attributes(world, ad.group.campaign, moment)
    if level == "CAMPAIGN":
        return found
    found |= _group_attributes(world, ad.group, moment)
    if level == "AD_GROUP":
        return found
    name = records.name_of(world.draw, ad, moment) or None
    ad_status = records.APPROVED[status(world.draw, ad, moment)]
    return found | {
        "AD_ID": ad.id,
        "AD_NAME": name,
        "AD_STATUS": ad_status,
        "PIN_ID": ad.pin_id,
        "PIN_PROMOTION_ID": ad.id,
        "PIN_PROMOTION_NAME": name,
        "PIN_PROMOTION_STATUS": ad_status,
    }


@lru_cache(maxsize=1 << 13)
def _campaign_attributes(world: World, campaign: Campaign, moment: int) -> Mapping[str, Value]:
    record = records.campaign(world, campaign, moment)
    return {
        "CAMPAIGN_ID": record["id"],
        "CAMPAIGN_NAME": record["name"],
        "CAMPAIGN_ENTITY_STATUS": record["status"],
        "CAMPAIGN_STATUS": record["summary_status"],
        "CAMPAIGN_OBJECTIVE_TYPE": record["objective_type"],
        "CAMPAIGN_DAILY_SPEND_CAP": record["daily_spend_cap"],
        "CAMPAIGN_LIFETIME_SPEND_CAP": record["lifetime_spend_cap"],
        "CAMPAIGN_BUDGET_OPTIMIZATION": record["is_campaign_budget_optimization"],
        "ORDER_LINE_ID": record["order_line_id"],
    }


@lru_cache(maxsize=1 << 13)
def _group_attributes(world: World, group: AdGroup, moment: int) -> Mapping[str, Value]:
    record = records.ad_group(world, group, moment)
    budget = record["budget_in_micro_currency"]
    return {
        "AD_GROUP_ID": record["id"],
        "AD_GROUP_NAME": record["name"],
        "AD_GROUP_ENTITY_STATUS": record["status"],
        "AD_GROUP_STATUS": record["summary_status"],
        "AD_GROUP_BUDGET_TYPE": record["budget_type"],
        "AD_GROUP_BUDGET_IN_LOCAL_CURRENCY": None if budget is None else budget / MICROS,
        "AD_GROUP_BID_MULTIPLIER": record["bid_multiplier"],
    }
