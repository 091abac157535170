"""Reports that a client defines: level, dimensions, metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from dif_kit.errors import ConfigError
from dif_kit.tap import CustomStream, Meta, schema_of

from tap_tiktok._facts import FIELDS
from tap_tiktok.integrated import IDS, Integrated, Level, Span, integrated

if TYPE_CHECKING:
    from dif_kit.tap import Stream

__all__ = ["CustomReport"]

_BY_THEMSELVES = {*IDS.values(), "stat_time_day", "stat_time_hour"}


class CustomReport(CustomStream, frozen=True):
    """Integrated reports of the client's own: each a name, a level, metrics, dimensions."""

    level: Annotated[Level, Meta(description="What a row is about")]
    metrics: Annotated[tuple[str, ...], Meta(min_length=1, description="Figures, and names such as campaign_name")]
    dimensions: Annotated[
        tuple[str, ...],
        Meta(description="What figures are broken down by, besides the level's id and the time; each is in the key"),
    ] = ()
    report_type: Annotated[
        Literal["BASIC", "AUDIENCE"], Meta(description="AUDIENCE for age, gender, platform and the like")
    ] = "BASIC"
    granularity: Annotated[
        Span,
        Meta(description="Rows by day or hour; TOTAL: for all days that are read, at most 365; LIFETIME: without days"),
    ] = "DAY"
    service_type: Annotated[
        Literal["AUCTION", "RESERVATION"], Meta(description="How what the report is about was bought")
    ] = "AUCTION"

    def define(self) -> type[Stream]:
        """The report's stream; raises ConfigError for a metric or dimension that the tap does not know."""
        schema_of(FIELDS["metrics"], self.metrics, keys=())
        schema_of(FIELDS["dimensions"], self.dimensions, keys=())
        if needless := _BY_THEMSELVES & set(self.dimensions):
            raise ConfigError(f"{', '.join(sorted(needless))} comes by itself, with level and granularity")
        facts = integrated(
            self.level,
            self.metrics,
            by=self.dimensions,
            of=self.report_type,
            span=self.granularity,
            service=self.service_type,
        )
        return self.made_of(Integrated, **facts)
