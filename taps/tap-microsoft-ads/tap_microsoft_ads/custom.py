"""Reports that a client defines: kind, columns, by day or by hour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

from dif_kit.errors import ConfigError
from dif_kit.tap import CustomStream, Meta

from tap_microsoft_ads._facts import KINDS, REPORTS
from tap_microsoft_ads.reports import DEPENDS_ON, NEVER_WITH, SHARES, Report, figures

if TYPE_CHECKING:
    from dif_kit.tap import Stream

__all__ = ["CustomReport"]

_CHOSEN_FOR_YOU: Final = frozenset({"AccountId", "TimePeriod"})


class CustomReport(CustomStream, frozen=True):
    """Reports of the client's own: each a name, a kind, columns, an aggregation."""

    kind: Annotated[str, Meta(description="Microsoft's name of the report without Report, such as KeywordPerformance")]
    columns: Annotated[
        tuple[str, ...],
        Meta(min_length=1, description="Columns of that report; the account and the day come by themselves"),
    ]
    aggregation: Annotated[Literal["Daily", "Hourly"], Meta(description="A row for each day, or for each hour")] = (
        "Daily"
    )

    def define(self) -> type[Stream]:
        """The report's stream.

        Raises:
            ConfigError: there is no such report, it has no such column, or no figure is asked for.
        """
        have = REPORTS.get(self.kind)
        if have is None or "TimePeriod" not in have:
            by_day = sorted(kind for kind, columns in REPORTS.items() if "TimePeriod" in columns)
            raise ConfigError(f"there is no report {self.kind!r} by day; there are {', '.join(by_day)}")
        if unknown := [column for column in self.columns if column not in have and column not in _CHOSEN_FOR_YOU]:
            raise ConfigError(f"{self.kind} has no column {', '.join(unknown)}; there are {', '.join(have)}")
        chosen = [column for column in dict.fromkeys(self.columns) if column not in _CHOSEN_FOR_YOU]
        attributes = [column for column in chosen if KINDS[column] == "string"]
        if len(attributes) == len(chosen):
            raise ConfigError("columns holds no figure, such as Impressions: Microsoft refuses that")
        if (shares := SHARES & set(chosen)) and (others := NEVER_WITH & set(chosen)):
            raise ConfigError(f"{', '.join(sorted(shares))} cannot be had with {', '.join(sorted(others))}")
        keys = [name for name in attributes if DEPENDS_ON.get(name) not in {"AccountId", *attributes}]
        keys = [*(("AccountId",) if "AccountId" in have else ()), *keys]
        return self.made_of(Report, **figures(self.kind, keys, chosen, self.aggregation))
