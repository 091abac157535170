"""Figures of what was bought: integrated reports, read page by page.

A report may also be ordered as a task that writes a file. Sixty orders a minute and 4,500 a day are granted for that,
against six hundred pages a minute of a thousand rows, and the file's columns are named in the words of a language:
pages are the better way at any size. https://business-api.tiktok.com/portal/docs?id=1740302848100353 (read 2026-11)
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from dif_kit.decode import JsonRecords, Lifted
from dif_kit.tap import Stream, Window, schema_of

from tap_tiktok._facts import APP, FIELDS, VERDICTS, pages
from tap_tiktok.lists import Advertisers

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["IDS", "Integrated", "Level", "Span", "integrated"]

Level = Literal["advertiser", "campaign", "adgroup", "ad"]
Span = Literal["DAY", "HOUR", "TOTAL", "LIFETIME"]

#: Level -> the dimension that tells its things apart.
IDS: Final[dict[Level, str]] = {
    "advertiser": "advertiser_id",
    "campaign": "campaign_id",
    "adgroup": "adgroup_id",
    "ad": "ad_id",
}
# The most days of one request: by the day, by the hour, and without a time.
_DAYS: Final = {"DAY": 30, "HOUR": 1, "TOTAL": 365}
_TIMES: Final[dict[str, tuple[str, ...]]] = {"DAY": ("stat_time_day",), "HOUR": ("stat_time_hour",)}
_COLUMNS: Final = {**FIELDS["metrics"], **FIELDS["dimensions"]}
_FIGURES: Final = frozenset(
    name for name, column in FIELDS["metrics"].items() if {"integer", "number"} & set(column["type"])
)


class Integrated(Stream):
    """What every report shares: dimensions and metrics in two objects, days of the advertiser's own time zone.

    A click counts for a conversion up to 28 days later: so long are figures read again. Every metric is a text, `-`
    where it is not to be had; a row does not say whose it is.
    """

    path = "/report/integrated/get/"
    parent_stream_type = Advertisers
    context_columns = {"advertiser_id": "advertiser_id"}
    budgets = (APP,)
    verdicts = VERDICTS
    paging = pages(1000)
    replication_key: str | None = "stat_time_day"
    window: ClassVar[Window | None] = Window(days=_DAYS["DAY"], lookback_days=28, zone="{display_timezone}")


def integrated(
    level: Level,
    metrics: Sequence[str],
    *,
    by: Sequence[str] = (),
    of: str = "BASIC",
    span: Span = "DAY",
    service: str = "AUCTION",
) -> dict[str, Any]:
    """The facts of a report about the things of a level, by further dimensions; ``of`` is TikTok's type of report."""
    times = _TIMES.get(span, ())
    asked = (IDS[level], *times, *by)
    keys = tuple(dict.fromkeys(("advertiser_id", *asked)))
    columns = dict.fromkeys((*keys, *(("stat_time_day",) if times else ()), *metrics))
    days = {"stat_time_day": times[0]} if times else {}
    figures = _FIGURES & set(metrics)
    return {
        "primary_keys": keys,
        "schema": schema_of(_COLUMNS, tuple(columns), keys=keys),
        "records": Lifted(JsonRecords("data.list"), ("dimensions", "metrics"), blank="-", figures=figures, days=days),
        "params": {
            "advertiser_id": "{advertiser_id}",
            "service_type": service,
            "report_type": of,
            "data_level": f"{service}_{level.upper()}",
            "dimensions": json.dumps(asked),
            "metrics": json.dumps(list(metrics)),
            **_period(span),
            **_deleted_too(level),
        },
        **_window(span),
    }


def _period(span: Span) -> dict[str, str]:
    return {"query_lifetime": "true"} if span == "LIFETIME" else {"start_date": "{start}", "end_date": "{end}"}


def _window(span: Span) -> dict[str, Any]:
    whole = Integrated.window
    if span == "LIFETIME" or whole is None:
        return {"replication_key": None, "window": None}
    if span == "TOTAL":
        days = _DAYS[span]
        summed = replace(whole, days=days, retention_days=days - 1, is_summed=True)
        return {"replication_key": None, "window": summed}
    return {"window": replace(whole, days=_DAYS[span])}


def _deleted_too(level: Level) -> dict[str, str]:
    """Without a filter, what was deleted is left out: the things of a level would not add up to the one above."""
    if level == "advertiser":
        return {}
    every = {"field_name": f"{level}_status", "filter_type": "IN", "filter_value": json.dumps(["STATUS_ALL"])}
    return {"filtering": json.dumps([every])}
