"""The synchronous analytics: a plain array of rows, one an entity and day.

Up to 90 days, no further back than 90 days (specification 5.23.0). Every column that was asked for is in every row:
counts may be 0, ratios without a base are null. Identifiers are text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.pinterest import _errors
from dif_sandbox.sim.pinterest._call import Call, Span, read_span
from dif_sandbox.sim.pinterest._columns import SYNC_COLUMNS
from dif_sandbox.sim.pinterest._rows import LEVELS, UTC_ZONE, Line, lines, value

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from dif_sandbox.sim.pinterest._asked import Asked

__all__ = ["Analytics", "read_columns", "read_granularity", "reporting_zone", "sync_row"]

SYNC_SPAN: Final = Span(days_back=90, longest=90)
GRANULARITIES: Final = ("TOTAL", "DAY", "HOUR", "WEEK", "MONTH")
SIMULATED_GRANULARITIES: Final = ("TOTAL", "DAY")
IDS: Final = {"CAMPAIGN": "campaign_ids", "AD_GROUP": "ad_group_ids", "PIN_PROMOTION": "ad_ids"}

Rows = list[dict[str, Any]]


class Analytics:
    """Answers the analytics endpoints, and notes which columns were asked for."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked

    def account(self, call: Call) -> Rows:
        """``GET /ad_accounts/{ad_account_id}/analytics``."""
        return self._rows(call, "ADVERTISER", [call.account().id])

    def campaigns(self, call: Call) -> Rows:
        """``GET /ad_accounts/{ad_account_id}/campaigns/analytics``."""
        return self._rows(call, "CAMPAIGN", _ids(call, "CAMPAIGN"))

    def ad_groups(self, call: Call) -> Rows:
        """``GET /ad_accounts/{ad_account_id}/ad_groups/analytics``."""
        return self._rows(call, "AD_GROUP", _ids(call, "AD_GROUP"))

    def ads(self, call: Call) -> Rows:
        """``GET /ad_accounts/{ad_account_id}/ads/analytics``."""
        return self._rows(call, "PIN_PROMOTION", _ids(call, "PIN_PROMOTION"))

    def _rows(self, call: Call, level: str, ids: Sequence[str]) -> Rows:
        account, query = call.account(), call.request.parameter
        span = read_span(query("start_date"), query("end_date"), SYNC_SPAN, call.now)
        granularity = read_granularity(query("granularity"))
        columns = read_columns(call.items("columns"), SYNC_COLUMNS)
        call.check_windows()
        call.refuse_unsimulated(conversion_report_time="TIME_OF_AD_ACTION", aggregate_report_rows="false", pin_ids="")
        zone = reporting_zone(call, query("reporting_timezone"))
        self._asked.note(call.world.client, level, columns)
        daily = granularity == "DAY"
        found = lines(call.world, account, level, ids, span, now=call.now, zone=zone, daily=daily)
        return [sync_row(line, level, columns) for line in found]


def sync_row(line: Line, level: str, columns: Sequence[str]) -> dict[str, Any]:
    """A line as the synchronous endpoints show it."""
    row: dict[str, Any] = {LEVELS[level]: line.entity_id}
    if line.day:
        row["DATE"] = line.day.isoformat()
    return row | {column: value(line, column) for column in columns}


def read_granularity(given: str | None) -> str:
    """The granularity.

    Raises:
        Refusal: it is missing, unknown, or not simulated.
    """
    if given is None:
        message = "'granularity' is a required property"
        raise _errors.invalid(message)
    if given not in GRANULARITIES:
        raise _errors.invalid(f"'{given}' is not one of {', '.join(GRANULARITIES)}")
    if given not in SIMULATED_GRANULARITIES:
        raise _errors.refusal(501, 501, f"The simulator has no figures by {given}.")
    return given


def read_columns(given: Sequence[str] | None, known: Sequence[str]) -> tuple[str, ...]:
    """The columns.

    Raises:
        Refusal: they are missing, or one is not known.
    """
    if not given:
        message = "'columns' is a required property"
        raise _errors.invalid(message)
    for column in given:
        if column not in known:
            raise _errors.invalid(f"'{column}' is not a column of this endpoint, or none that the simulator fills")
    return tuple(given)


def reporting_zone(call: Call, given: str | None) -> ZoneInfo:
    """The zone whose days are reported.

    Raises:
        Refusal: it is none that the API knows.
    """
    if given not in (None, "PINTEREST_TIME_ZONE", "AD_ACCOUNT_TIME_ZONE"):
        raise _errors.invalid(f"'{given}' is not one of PINTEREST_TIME_ZONE, AD_ACCOUNT_TIME_ZONE")
    return call.account().market.zone if given == "AD_ACCOUNT_TIME_ZONE" else UTC_ZONE


def _ids(call: Call, level: str) -> list[str]:
    name = IDS[level]
    ids = call.ids(name)
    if ids is None:
        raise _errors.invalid(f"'{name}' is a required property")
    known = {
        "CAMPAIGN": call.world.campaigns,
        "AD_GROUP": call.world.groups,
        "PIN_PROMOTION": call.world.ads,
    }[level]
    account = call.account()
    own = {thing.id for thing in known if thing.account is account and thing.created <= call.moment}  # type: ignore[attr-defined]
    if foreign := [entity_id for entity_id in ids if entity_id not in own]:
        raise _errors.invalid(f"{name} {', '.join(foreign)} not found in ad account {account.id}", 400)
    return ids
