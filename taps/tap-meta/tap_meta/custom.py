"""Reports that a client defines: level, fields, breakdowns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from dif_kit.errors import ConfigError
from dif_kit.tap import CustomStream, Meta, schema_of

from tap_meta._facts import FIELDS
from tap_meta.insights import RETENTION_DAYS, WINDOWS, Insights, actions, figures

if TYPE_CHECKING:
    from dif_kit.tap import Stream

__all__ = ["CustomReport"]


class CustomReport(CustomStream, frozen=True):
    """Insights of the client's own: each a name, a level, fields, breakdowns."""

    level: Annotated[Literal["account", "campaign", "adset", "ad"], Meta(description="What a row is about")]
    fields: Annotated[
        tuple[str, ...],
        Meta(min_length=1, description="Fields of insights; ids, names, account and days come by themselves"),
    ]
    breakdowns: Annotated[tuple[str, ...], Meta(description="What figures are broken down by; each is in the key")] = ()
    action_breakdowns: Annotated[tuple[str, ...], Meta(description="What lists of actions are broken down by")] = (
        "action_type",
    )
    attribution_windows: Annotated[
        tuple[str, ...], Meta(description="Windows that actions are counted in besides the attribution setting")
    ] = WINDOWS
    rows: Annotated[
        Literal["figures", "actions"],
        Meta(description="A row for each thing and day, or one for each value in the lists of actions in `fields`"),
    ] = "figures"
    granularity: Annotated[
        Literal["DAY", "TOTAL"],
        Meta(description="Rows for each day, or for all days from start_date to end_date, read anew by each run"),
    ] = "DAY"

    def define(self) -> type[Stream]:
        """The report's stream; raises ConfigError for a field or breakdown that Meta has not."""
        schema_of(FIELDS["insights"], self.fields, keys=())
        schema_of(FIELDS["breakdowns"], self.breakdowns, keys=())
        schema_of(FIELDS["action_breakdowns"], self.action_breakdowns, keys=())
        is_daily = self.granularity == "DAY"
        order = {"windows": self.attribution_windows, "increment": 1 if is_daily else "all_days"}
        if self.rows == "actions":
            for field in self.fields:
                if FIELDS["insights"][field]["type"][0] != "array":
                    raise ConfigError(f"{field} is no list of actions")
            facts = actions(self.level, self.fields, self.breakdowns, self.action_breakdowns, **order)
        else:
            facts = figures(self.level, self.fields, self.breakdowns, self.action_breakdowns, **order)
        if not is_daily:
            whole = replace(Insights.window, days=RETENTION_DAYS, is_summed=True)
            facts |= {"replication_key": None, "window": whole}
        return self.made_of(Insights, **facts)
