"""Figures by day and by hour, from reports that are ordered first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from dif_kit.decode import Cells, CsvRecords, Parts, Zip
from dif_kit.tap import FinalMark, ReportStatuses, ReportStream, Window, schema_of

from tap_microsoft_ads._facts import ASKED, CALLS, COLUMNS, KINDS, OF_CUSTOMER, REPORTS, VERSION
from tap_microsoft_ads.lists import OfAccount

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["DEPENDS_ON", "NEVER_WITH", "SHARES", "Report", "asked", "figures"]

#: Attribute -> the id that alone says what it is, so that it is no part of a key beside that.
DEPENDS_ON: Final = {
    **dict.fromkeys(("AccountName", "AccountNumber", "AccountStatus", "CurrencyCode", "Currency"), "AccountId"),
    **dict.fromkeys(("CustomerId", "CustomerName"), "AccountId"),
    **dict.fromkeys(("CampaignName", "CampaignStatus", "CampaignType", "CampaignLabels"), "CampaignId"),
    **dict.fromkeys(("BaseCampaignId", "MarketingObjective"), "CampaignId"),
    **dict.fromkeys(("AdGroupName", "AdGroupStatus", "AdGroupType", "AdGroupLabels", "Status"), "AdGroupId"),
    **dict.fromkeys(("AdStatus", "AdType", "AdTitle", "AdLabels", "AdStrength"), "AdId"),
    **dict.fromkeys(("AdDescription", "AdDescription2", "TitlePart1", "TitlePart2", "TitlePart3"), "AdId"),
    **dict.fromkeys(("KeywordStatus", "KeywordLabels", "BidStrategyType"), "KeywordId"),
    **dict.fromkeys(("AssetGroupName", "AssetGroupStatus"), "AssetGroupId"),
    "AudienceName": "AudienceId",
    "GoalType": "GoalId",
}

#: Shares of impressions, and attributes that no order may have beside them.
#: https://learn.microsoft.com/advertising/guides/reports#columnrestrictions (read 2026-11)
SHARES: Final = frozenset(
    {
        "AbsoluteTopImpressionRatePercent",
        "AbsoluteTopImpressionShareLostToBudgetPercent",
        "AbsoluteTopImpressionShareLostToRankPercent",
        "AbsoluteTopImpressionSharePercent",
        "ClickSharePercent",
        "ExactMatchImpressionSharePercent",
        "ImpressionLostToBudgetPercent",
        "ImpressionLostToRankAggPercent",
        "ImpressionSharePercent",
        "TopImpressionRatePercent",
        "TopImpressionShareLostToBudgetPercent",
        "TopImpressionShareLostToRankPercent",
        "TopImpressionSharePercent",
    }
)
NEVER_WITH: Final = frozenset({"BidMatchType", "DeviceOS", "Goal", "GoalType", "TopVsOther"})
# How often an ad stood at the top is a share of its own impressions: live accounts have it by the day in these reports,
# beside attributes that the shares of what could be had never stand with.
_RATES: Final = frozenset({"AbsoluteTopImpressionRatePercent", "TopImpressionRatePercent"})
_WITH_RATES: Final = frozenset(
    {
        "AdPerformance",
        "AgeGenderAudience",
        "GeographicPerformance",
        "KeywordPerformance",
        "SearchQueryPerformance",
        "UserLocationPerformance",
    }
)
#: They are known by the day only (error 2054).
_DAILY_ONLY: Final = frozenset(column for column in KINDS if column.startswith("Historical"))

_FILE: Final = CsvRecords(
    header_has="TimePeriod", nulls=frozenset({"", "--"}), stated_rows="Rows", dropped="\0"
)  # NULs: singer-io/tap-bing-ads met them


class Report(ReportStream, OfAccount):
    """What every report shares: an order, its status, a ZIP with a CSV; days of the account's own time zone.

    Invalid clicks are taken out for a week and more, and a conversion counts for the day of its click, which goals look
    for up to 30 days after by default: so far each run reads again. The file says until when it is complete, by the
    clock of UTC whatever it writes behind it, and how many rows it has. A report that fails is ordered once more, then
    by fewer days: it tells no reason.

    https://learn.microsoft.com/advertising/guides/reports and .../request-download-report (read 2026-11)
    """

    service = "reporting"
    path = f"/Reporting/{VERSION}/GenerateReport/Submit"
    job = "ReportRequestId"
    poll_path = f"/Reporting/{VERSION}/GenerateReport/Poll"
    poll_method = "POST"
    poll_body = {"ReportRequestId": "{job}"}
    poll_budgets = (CALLS, OF_CUSTOMER)
    poll_seconds = (5.0, 60.0)
    status = "ReportRequestStatus.Status"
    statuses = ReportStatuses(
        running=frozenset({"Pending"}), done=frozenset({"Success"}), too_large=frozenset({"Error"})
    )
    repeats = 1
    link = "ReportRequestStatus.ReportDownloadUrl"
    no_link_is_empty = True
    replication_key: str | None = "TimePeriod"
    window = Window(days=31, lookback_days=30, zone="{zone}")
    context_columns = {"AccountId": "account_id"}
    final_until = FinalMark("Last Completed Available Day", "%m/%d/%Y %I:%M:%S %p (GMT)", "UTC")


def figures(
    kind: str, keys: Sequence[str], others: Iterable[str], aggregation: str = "Daily", day: str = "TimePeriod"
) -> dict[str, Any]:
    """The facts of a report: its kind, the attributes that tell rows apart, further attributes and figures.

    The account, the day, and by the hour the hour, come by themselves.
    """
    is_hourly = aggregation == "Hourly"
    columns = tuple(
        column
        for column in dict.fromkeys((day, *keys, *others))
        if column in REPORTS[kind] and not (is_hourly and column in _DAILY_ONLY)
    )
    primary = ("AccountId", *(key for key in keys if key != "AccountId"), day, *(("Hour",) if is_hourly else ()))
    known = {**COLUMNS, day: COLUMNS["TimePeriod"], "Hour": {"type": "integer"}}
    numbers = frozenset(column for column in columns if KINDS[column] == "number")
    absent = {key: "" for key in primary if key not in {day, "Hour"}}
    return {
        "primary_keys": primary,
        "replication_key": day,
        "schema": schema_of(known, (*primary, *columns), keys=primary),
        "window": replace(Report.window, days=7) if is_hourly else Report.window,
        "records": Cells(
            Zip(replace(_FILE, header_has=day), "*.csv"),
            numbers=numbers,
            dates={} if day == "TimePeriod" else {day: "%m/%d/%Y"},
            parts={day: Parts("|", "Hour")} if is_hourly else {},
            absent={key: "" for key in absent if key in columns},
        ),
        "body": {"ReportRequest": _order(kind, columns, None if day == "Date" else aggregation)},
    }


def asked(kind: str, aggregation: str, *, shares: bool) -> tuple[str, ...]:
    """The figures of a kind of report, with or without the shares of impressions."""
    has_rates = aggregation == "Daily" and kind in _WITH_RATES
    left_out = frozenset() if shares else SHARES - (_RATES if has_rates else frozenset())
    return tuple(column for column in REPORTS[kind] if column in ASKED and column not in left_out)


def _order(kind: str, columns: Sequence[str], aggregation: str | None) -> dict[str, Any]:
    date = {
        name: {part.title(): f"{{{name}.{part}}}" for part in ("day", "month", "year")} for name in ("start", "end")
    }
    order = {
        "Type": f"{kind}ReportRequest",
        "ReportName": kind,
        "Format": "Csv",
        "FormatVersion": "2.0",
        "ExcludeColumnHeaders": False,
        "ExcludeReportHeader": False,
        "ExcludeReportFooter": True,  # it says no more than that the file ends, which the number of rows says better
        "ReturnOnlyCompleteData": False,
        "Columns": list(columns),
        "Scope": {"AccountIds": ["{account_id}"]},
        "Time": {
            "CustomDateRangeStart": date["start"],
            "CustomDateRangeEnd": date["end"],
            "ReportTimeZone": "{report_zone}",
        },
    }
    return order if aggregation is None else {**order, "Aggregation": aggregation}
