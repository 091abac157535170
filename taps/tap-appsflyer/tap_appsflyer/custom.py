"""Reports that a client defines: one of AppsFlyer's, filtered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from dif_kit.errors import ConfigError
from dif_kit.tap import CustomStream, Meta

from tap_appsflyer.aggregate import AGGREGATE_REPORTS, OF_FACEBOOK, AggregateReport, aggregate
from tap_appsflyer.raw import RAW_REPORTS, RawReport, raw

if TYPE_CHECKING:
    from dif_kit.tap import Stream

__all__ = ["CustomReport"]


class CustomReport(CustomStream, frozen=True):
    """Reports of the client's own: each a name, one of the tap's reports, and what it is to be about."""

    report: Annotated[str, Meta(description="The stream that it is like, as in_app_events or partners_report")]
    media_source: Annotated[str | None, Meta(description="One media source, as AppsFlyer spells it")] = None
    category: Annotated[
        Literal["standard", "facebook", "twitter", "organic"] | None,
        Meta(description="What kind of source it is; facebook has ad sets and ads in aggregate reports too"),
    ] = None
    event_names: Annotated[tuple[str, ...], Meta(description="Events to have, of a raw report; all if left out")] = ()
    geo: Annotated[str | None, Meta(description="One country of a raw report, as two letters")] = None
    attribution_touch_type: Annotated[
        Literal["impression"] | None, Meta(description="Who saw an ad and did not click; of an aggregate report")
    ] = None

    def define(self) -> type[Stream]:
        """The report's stream; raises ConfigError for what does not go together."""
        asked = {
            "media_source": self.media_source,
            "category": self.category,
            "event_name": ",".join(self.event_names) or None,
            "geo": self.geo,
            "attribution_touch_type": self.attribution_touch_type,
        }
        given = {name: value for name, value in asked.items() if value is not None}
        if self.report in RAW_REPORTS:
            self._refuse(given, {"attribution_touch_type"}, {"organic"})
            return self.made_of(RawReport, **raw(self.report, **given))
        if self.report not in AGGREGATE_REPORTS:
            raise ConfigError(f"no report {self.report!r}; there are {', '.join((*AGGREGATE_REPORTS, *RAW_REPORTS))}")
        self._refuse(given, {"event_name", "geo"}, {"twitter"})
        more = OF_FACEBOOK if self.category == "facebook" else ()
        return self.made_of(AggregateReport, **aggregate(self.report, *more, **given))

    def _refuse(self, given: dict[str, str], names: set[str], categories: set[str]) -> None:
        if wrong := sorted(given.keys() & names):
            raise ConfigError(f"{self.report} cannot be filtered by {', '.join(wrong)}")
        if self.category in categories:
            raise ConfigError(f"{self.report} knows no category {self.category}")
        if "event_name" in given and not self.report.endswith(("events", "event_postbacks")):
            raise ConfigError(f"{self.report} holds no events to choose among")
