"""Reports that a client defines: level, columns, granularity."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Final, Literal

from dif_kit.decode import KeyedLists
from dif_kit.tap import CustomStream, Meta, schema_of

from tap_pinterest.reports import BREAKDOWN, BY_TARGETING, ORDER, PinterestReport, TargetingReport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_kit.tap import Stream

__all__ = ["CustomReport"]

_COLUMNS: Final[Mapping[str, Mapping[str, object]]] = json.loads(
    files("tap_pinterest").joinpath("report_columns.json").read_bytes()
)["properties"]
_TARGETING: Final = "_TARGETING"
_ACCOUNT: Final = ("ADVERTISER_ID", "AD_ACCOUNT_ID")


class CustomReport(CustomStream, frozen=True):
    """Asynchronous reports of the client's own: each a name, a level, columns, a granularity."""

    level: Annotated[
        Literal[
            "ADVERTISER",
            "ADVERTISER_TARGETING",
            "CAMPAIGN",
            "CAMPAIGN_TARGETING",
            "AD_GROUP",
            "AD_GROUP_TARGETING",
            "PIN_PROMOTION",
            "PIN_PROMOTION_TARGETING",
        ],
        Meta(description="What a row is about; by targeting, the setting targeting_types says by which"),
    ]
    columns: Annotated[
        tuple[str, ...],
        Meta(
            min_length=1, description="Columns of Pinterest's reports; the row's key and the account come by themselves"
        ),
    ]
    granularity: Annotated[
        Literal["DAY", "TOTAL"],
        Meta(description="A row for each day, or one for all days from start_date to end_date, read anew by each run"),
    ] = "DAY"

    def define(self) -> type[Stream]:
        """The report's stream; raises ConfigError for a column that Pinterest has not."""
        is_targeted = self.level.endswith(_TARGETING)
        entity = self.level.removesuffix(_TARGETING) + "_ID"
        is_daily = self.granularity == "DAY"
        base = TargetingReport if is_targeted else PinterestReport
        day = "DATE" if is_daily else "DATE_RANGE"
        keys = (entity, day, *(BY_TARGETING[1:] if is_targeted else ()))
        asked = tuple(dict.fromkeys((entity, *_ACCOUNT, *self.columns)))
        return self.made_of(
            base,
            schema=schema_of(_COLUMNS, asked, keys=keys),
            primary_keys=keys,
            replication_key="DATE" if is_daily else None,
            window=replace(base.window, is_summed=not is_daily),
            records=KeyedLists(entity),
            body={
                **(BREAKDOWN if is_targeted else ORDER),
                "level": self.level,
                "granularity": self.granularity,
                "columns": [name for name in asked if name not in keys[1:]],
            },
        )
