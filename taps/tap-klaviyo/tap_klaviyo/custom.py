"""Reports that a client defines: figures by groups, and sums over events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, get_args

from dif_kit.budget import Budget  # noqa: TC002 - msgspec reads it
from dif_kit.decode import Grouped
from dif_kit.errors import ConfigError
from dif_kit.tap import COLUMN_TYPES, CustomStream, Meta, Window, schema_of

from tap_klaviyo._facts import FIELDS, report_budget, tier
from tap_klaviyo.reports import Endpoint, Report, report

if TYPE_CHECKING:
    from dif_kit.tap import Stream

__all__ = ["CustomReport", "MetricAggregate"]

_KNOWN = {**FIELDS["dimensions"], **FIELDS["measurements"]}


class CustomReport(CustomStream, frozen=True):
    """Reports of the client's own: each a name, an endpoint, statistics, groups."""

    budgets: ClassVar[tuple[Budget, ...]] = tuple(
        budget for endpoint in get_args(Endpoint) for budget in report_budget(f"{endpoint}-reports")
    )

    endpoint: Annotated[Endpoint, Meta(description="What is reported: values over a period, or a series by days")]
    statistics: Annotated[tuple[str, ...], Meta(min_length=1, description="Figures, such as opens and open_rate")]
    group_by: Annotated[
        tuple[str, ...],
        Meta(description="What figures are broken down by, besides the ids and the channel; each is in the key"),
    ] = ()
    granularity: Annotated[
        Literal["DAY", "TOTAL"],
        Meta(
            description="Rows by the day of sending, which takes a request for each where values are asked for; TOTAL: "
            "over all days that are read, at most 365"
        ),
    ] = "DAY"

    def define(self) -> type[Stream]:
        """The report's stream; raises ConfigError for a statistic or a group that Klaviyo has not."""
        if self.endpoint.startswith("segment") and self.group_by:
            raise ConfigError("segments are grouped by nothing else")
        if self.endpoint.endswith("series") and self.granularity == "TOTAL":
            raise ConfigError("a series has a row for each day; ask for values over a period")
        is_daily = self.granularity == "DAY"
        return self.made_of(Report, **report(self.endpoint, self.statistics, by=self.group_by, is_daily=is_daily))


class MetricAggregate(CustomStream, frozen=True):
    """Daily sums over the events of a metric: each a name, a metric, measurements, dimensions."""

    budgets: ClassVar[tuple[Budget, ...]] = tier("metric-aggregates", "S")

    metric_id: Annotated[str, Meta(min_length=1, description="The metric, by its id in the stream metrics")]
    measurements: Annotated[
        tuple[Literal["count", "sum_value", "unique"], ...],
        Meta(min_length=1, description="How many events, what they are worth, how many profiles"),
    ] = ("count",)
    by: Annotated[
        tuple[str, ...],
        Meta(description="Attributes of events that sums are broken down by, such as $message; each is in the key"),
    ] = ()

    def define(self) -> type[Stream]:
        """The stream; raises ConfigError for a dimension that Klaviyo has not.

        Days are those of UTC, and by when an event happened, where reports go by when a message was sent: moments that
        begin a day elsewhere come in UTC, and would not tell their day.
        https://developers.klaviyo.com/en/docs/using_the_query_metric_aggregates_endpoint (read 2026-11)
        """
        keys = ("account_id", "metric_id", *self.by, "date")
        own = dict.fromkeys(("account_id", "metric_id"), COLUMN_TYPES["string"])
        known = {**_KNOWN, **own, "date": COLUMN_TYPES["date"]}
        schema_of(FIELDS["dimensions"], self.by, keys=())
        attributes = {
            "metric_id": self.metric_id,
            "measurements": list(self.measurements),
            "interval": "day",
            "timezone": "UTC",
            "filter": ["greater-or-equal(datetime,{start}T00:00:00)", "less-than(datetime,{end}T23:59:59.999999)"],
            **({"by": list(self.by)} if self.by else {}),
        }
        return self.made_of(
            Report,
            path="/metric-aggregates",
            budgets=self.budgets,
            primary_keys=keys,
            schema=schema_of(known, (*keys, *self.measurements), keys=keys),
            body={"data": {"type": "metric-aggregate", "attributes": attributes}},
            records=Grouped(
                "data.attributes.data",
                by="dimensions",
                figures="measurements",
                names=self.by,
                moments="data.attributes.dates",
            ),
            request_columns={"metric_id": self.metric_id},
            replication_key="date",
            window=Window(90, lookback_days=30),
        )
