"""Reports that a client defines: one of the kinds that there are, with columns of the client's choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from dif_kit.errors import ConfigError
from dif_kit.tap import CustomStream, Meta, schema_of

from tap_amazon_ads.columns import known
from tap_amazon_ads.dsp import DspReport
from tap_amazon_ads.dsp_kinds import DSP_KINDS
from tap_amazon_ads.kinds import KINDS
from tap_amazon_ads.reports import Report, figures

if TYPE_CHECKING:
    from dif_kit.tap import Stream

__all__ = ["CustomReport"]


class CustomReport(CustomStream, frozen=True):
    """Daily reports of the client's own: each a name, a kind of report, columns."""

    report: Annotated[str, Meta(description="The stream whose kind of report it is, such as sp_search_term_report")]
    columns: Annotated[
        tuple[str, ...],
        Meta(min_length=1, description="Columns of that report; day and ids come by themselves"),
    ]

    def define(self) -> type[Stream]:
        """The report's stream; raises ConfigError for a report or a column that there is not."""
        kinds = {**KINDS, **DSP_KINDS}
        kind = kinds.get(self.report)
        if kind is None:
            raise ConfigError(f"there is no report {self.report!r}; there are {', '.join(kinds)}")
        schema_of(known(kind.columns), self.columns, keys=())
        base = DspReport if self.report in DSP_KINDS else Report
        return self.made_of(base, **figures(kind, self.columns))
