"""Daily figures, from reports of version 3 that are ordered first and may take three hours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from dif_kit.decode import Cells, Gzip, JsonRecords
from dif_kit.tap import ReportStatuses, ReportStream, Window, schema_of

from tap_amazon_ads._facts import CALLS, ORDERS
from tap_amazon_ads.columns import known
from tap_amazon_ads.kinds import KINDS, PRODUCTS
from tap_amazon_ads.profiles import OfProfile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_amazon_ads.kinds import Kind

__all__ = ["REPORTS", "Report", "figures", "report"]

_MOST_DAYS: Final = 31


class Report(ReportStream, OfProfile):
    """What every report shares: an order, its status, a gzipped JSON array behind a link that is signed already.

    Clicks that turn out invalid are taken out for three days. A sale counts for the day of its click, for up to 14
    days after, and is looked at again 28 days later, for returns: so far each run reads again. Days are those of the
    profile's zone, and money is in its currency, `currencyCode`.

    An order takes up to three hours. A run waits for half an hour; the next one picks up what is still under way. The
    same order twice is refused with the id of the first report, which is then taken, if it is what was asked for.

    https://advertising.amazon.com/API/docs/en-us/guides/reporting/v3/get-started and .../v3/faq (read 2026-11)
    """

    path = "/reporting/reports"
    headers = {
        **OfProfile.headers,
        "Content-Type": "application/vnd.createasyncreportrequest.v3+json",
    }
    budgets = (CALLS, ORDERS)
    job = "reportId"
    poll_path = "/reporting/reports/{job}"
    poll_budgets = (CALLS,)
    poll_seconds = (10.0, 120.0)
    status = "status"
    statuses = ReportStatuses(
        running=frozenset({"PENDING", "PROCESSING"}), done=frozenset({"COMPLETED"}), failed=frozenset({"FAILED"})
    )
    reason = "failureReason"
    repeats = 1
    link = "url"
    jobs_in_flight = None
    duplicate_job = r"duplicate of\s*:\s*([0-9A-Za-z-]+)"
    duplicate_holds: ClassVar[tuple[str, ...]] = (
        "startDate",
        "endDate",
        "configuration.reportTypeId",
        "configuration.timeUnit",
        "configuration.groupBy",
        "configuration.columns",
    )
    deadline_seconds = 1800.0
    replication_key: str | None = "date"
    context_columns = {"profileId": "profile_id", "currencyCode": "currency"}


def figures(kind: Kind, others: Iterable[str]) -> dict[str, Any]:
    """The facts of a report with these columns besides the day and those of its key."""
    asked = tuple(dict.fromkeys(("date", *kind.keys, *others)))
    keys = ("profileId", *kind.keys, "date")
    product, kept = PRODUCTS[kind.product]
    # Orders of the DSP say their own currency, and a report of the DSP whom it is about.
    is_dsp = kind.product == "dsp"
    named = (*keys, *(() if is_dsp else ("currencyCode",)), *asked)
    filters = {"filters": [{"field": "advertiserId", "values": "{advertiser_ids}"}]} if is_dsp else {}
    return {
        "primary_keys": keys,
        "schema": schema_of(known(named), named, keys=keys),
        "window": Window(
            days=kind.retention_days or _MOST_DAYS,
            lookback_days=42,
            zone="{zone}",
            retention_days=kind.retention_days or kept,
        ),
        # A target is no keyword, and what was searched for is not always told: a key cannot be null.
        "records": Cells(Gzip(JsonRecords()), absent=dict.fromkeys(kind.keys, "")),
        "body": {
            "name": f"{kind.type_id} {{start}} {{end}}",
            "startDate": "{start}",
            "endDate": "{end}",
            "configuration": {
                "adProduct": product,
                "groupBy": list(kind.group_by),
                "columns": list(asked),
                "reportTypeId": kind.type_id,
                "timeUnit": "DAILY",
                "format": "GZIP_JSON",
                **filters,
            },
        },
    }


def report(name: str, kind: Kind, base: type[Report]) -> type[Report]:
    """The stream of a kind of report."""
    told = {"name": name, "__module__": __name__, "__doc__": f"Daily figures of {kind.meaning}."}
    return type(name.title().replace("_", ""), (base,), {**told, **figures(kind, kind.others)})


#: Levels do not all add up: a product that is bought is counted for several ads, and people are counted once.
REPORTS: Final = tuple(report(name, kind, Report) for name, kind in KINDS.items())
