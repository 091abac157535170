"""Figures of campaigns, flows, forms and segments as Klaviyo's own pages show them: by the day a message was sent.

https://developers.klaviyo.com/en/reference/reporting_api_overview (read 2026-11)
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, NamedTuple

from dif_kit.decode import Grouped
from dif_kit.paging import NextUrl
from dif_kit.tap import COLUMN_TYPES, Choices, Stream, Window, schema_of

from tap_klaviyo._facts import FIELDS, HEADERS, VERDICTS, report_budget
from tap_klaviyo.lists import Accounts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["REPORTS", "Endpoint", "Report", "report"]

Endpoint = Literal[
    "campaign-values", "flow-values", "flow-series", "form-values", "form-series", "segment-values", "segment-series"
]


class _Kind(NamedTuple):
    """What is reported: what its figures are grouped by at least, and whether a conversion is to be named."""

    groups: tuple[str, ...]
    has_conversions: bool = False
    may_be_grouped: bool = True


_KINDS: Final = {
    "campaign": _Kind(("campaign_id", "campaign_message_id", "send_channel"), has_conversions=True),
    "flow": _Kind(("flow_id", "flow_message_id", "send_channel"), has_conversions=True),
    "form": _Kind(("form_id",)),
    "segment": _Kind(("segment_id",), may_be_grouped=False),
}
# A period is a year at most; of a series by days, 60 days. A conversion counts for a message up to 30 days later,
# as an account may set it (5 by default): so long are figures read again.
# https://help.klaviyo.com/hc/en-us/articles/360045099891 (read 2026-11)
_YEAR, _SERIES_DAYS, _LOOKBACK_DAYS = 365, 60, 30
_CONVERSION: Final = "conversion_metric_id"


class Report(Stream):
    """What every report shares: a question of JSON:API, days of the account's own time zone."""

    method = "POST"
    headers = HEADERS
    verdicts = VERDICTS
    paging = NextUrl("links.next")
    parent_stream_type = Accounts
    context_columns = {"account_id": "account_id"}
    replication_key: str | None = None
    window: ClassVar[Window | None] = None


def report(
    endpoint: Endpoint, statistics: Sequence[str], *, by: Sequence[str] = (), is_daily: bool = True
) -> dict[str, Any]:
    """The facts of a report of these figures, grouped further ``by`` something; without days, of a whole period.

    There is no series of campaigns: for each day, those that were sent on it are asked for by themselves.
    """
    about, _, form = endpoint.partition("-")
    kind = _KINDS[about]
    groups = tuple(dict.fromkeys((*kind.groups, *by)))
    conversion = (_CONVERSION,) if kind.has_conversions else ()
    day = ("date",) if is_daily else ()
    keys = ("account_id", *conversion, *groups, *day)
    known = {
        **dict.fromkeys(("account_id", _CONVERSION, *FIELDS["groups"]), COLUMN_TYPES["string"]),
        "date": COLUMN_TYPES["date"],
        **FIELDS[f"{about}_statistics"],
    }
    attributes = {
        "statistics": list(statistics),
        "timeframe": {"start": "{start}T00:00:00+00:00", "end": "{end}T23:59:59+00:00"},
        **({"interval": "daily"} if form == "series" else {}),
        **({_CONVERSION: f"{{{_CONVERSION}}}"} if conversion else {}),
        **({"group_by": list(groups)} if kind.may_be_grouped else {}),
    }
    return {
        "path": f"/{endpoint}-reports",
        "budgets": report_budget(f"{endpoint}-reports"),
        "primary_keys": keys,
        "schema": schema_of(known, (*keys, *statistics), keys=keys),
        "body": {"data": {"type": f"{endpoint}-report", "attributes": attributes}},
        "records": _SERIES if form == "series" else _VALUES,
        "ids": Choices("conversion_metric_ids", 1, _CONVERSION, joined_by="") if conversion else None,
        "request_columns": _asked(conversion, is_summed=form != "series", is_daily=is_daily),
        "replication_key": "date" if is_daily else None,
        "window": _window(form, is_daily=is_daily),
    }


_VALUES: Final = Grouped("data.attributes.results", by="groupings", figures="statistics")
_SERIES: Final = replace(_VALUES, moments="data.attributes.date_times")


def _asked(conversion: tuple[str, ...], *, is_summed: bool, is_daily: bool) -> Mapping[str, str]:
    """What rows do not say themselves."""
    day = {"date": "{start}"} if is_summed and is_daily else {}
    return {**{name: f"{{{name}}}" for name in conversion}, **day}


def _window(form: str, *, is_daily: bool) -> Window:
    if not is_daily:
        return Window(_YEAR, zone="{timezone}", retention_days=_YEAR - 1, is_summed=True)
    return Window(_SERIES_DAYS if form == "series" else 1, _LOOKBACK_DAYS, zone="{timezone}")


def _stream(name: str, meaning: str, facts: dict[str, Any]) -> type[Report]:
    more = {"name": name, "__module__": __name__, "__doc__": meaning}
    return type(name.title().replace("_", ""), (Report,), {**more, **facts})


def _every(about: str) -> tuple[str, ...]:
    return tuple(FIELDS[f"{about}_statistics"])


#: Campaigns by the day take a request for each, of 2 a minute and 225 a day: whoever wants that has it as a report of
#: their own.
REPORTS: Final = (
    _stream(
        "campaign_values_reports",
        "What became of every message of the campaigns sent since `start_date`, a year at most; read anew by each run.",
        report("campaign-values", _every("campaign"), is_daily=False),
    ),
    _stream(
        "flow_series_reports", "Daily figures of every message of the flows.", report("flow-series", _every("flow"))
    ),
    _stream("form_series_reports", "Daily figures of every form.", report("form-series", _every("form"))),
    _stream(
        "segment_series_reports",
        "Daily figures of every segment: members, those who came and those who went.",
        report("segment-series", _every("segment")),
    ),
)
