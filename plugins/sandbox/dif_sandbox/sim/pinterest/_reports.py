"""The asynchronous reports: order, poll, download.

Up to 186 days, no further back than 914 days; a link is good for five minutes, a report for an hour (specification
5.23.0). JSON is keyed by entity (or date) and leaves out metrics that are zero; CSV fills them. In JSON, numbers come
as floating point, and four kinds of identifiers as numbers: so live accounts answered.
"""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.encodings import Payload
from dif_sandbox.sim.pinterest import _errors
from dif_sandbox.sim.pinterest._analytics import read_columns, read_granularity, reporting_zone
from dif_sandbox.sim.pinterest._call import WINDOWS, Call, Span, read_span
from dif_sandbox.sim.pinterest._columns import METRICS, REPORT_COLUMNS
from dif_sandbox.sim.pinterest._rows import LEVELS, Line, entities, lines, value
from dif_sandbox.sim.pinterest._targeting import SUFFIX, plain_level, read_types, targeted_lines
from dif_sandbox.sim.reports import Desk, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dif_sandbox.sim.pinterest._asked import Asked
    from dif_sandbox.sim.reports import Link

__all__ = ["Reports", "report_row"]

ASYNC_SPAN: Final = Span(days_back=914, longest=186)
TARGETING: Final = ("TARGETING_TYPE", "TARGETING_VALUE")
NUMBERS: Final = {"ADVERTISER_ID", "CAMPAIGN_ID", "PIN_ID", "PIN_PROMOTION_ID"}
OTHER_LEVELS: Final = {
    "KEYWORD",
    "PRODUCT_GROUP",
    "PRODUCT_GROUP_TARGETING",
    "PRODUCT_ITEM",
    "PRODUCT_ITEM_TARGETING",
}
FIELDS: Final = {
    "attribution_types",
    "click_window_days",
    "columns",
    "combine_targeting_types",
    "conversion_report_time",
    "end_date",
    "engagement_window_days",
    "granularity",
    "level",
    "primary_sort",
    "report_format",
    "reporting_timezone",
    "start_date",
    "targeting_types",
    "view_window_days",
}
CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "report_format": ("JSON", "CSV"),
    "primary_sort": ("BY_ID", "BY_DATE"),
    "conversion_report_time": ("TIME_OF_AD_ACTION",),
}
STATES: Final = {
    State.QUEUED: "IN_PROGRESS",
    State.IN_PROGRESS: "IN_PROGRESS",
    State.FINISHED: "FINISHED",
    State.FAILED: "FAILED",
    State.EXPIRED: "EXPIRED",
}


class Reports:
    """Answers the report endpoints; finished reports are links into the storage."""

    def __init__(self, desk: Desk, asked: Asked, url_of: Callable[[Link], str]) -> None:
        self._desk, self._asked, self._url_of = desk, asked, url_of

    def order(self, call: Call) -> dict[str, Any]:
        """``POST /ad_accounts/{ad_account_id}/reports``."""
        account, body = call.account(), _body(call)
        level = _level(body)
        span = read_span(body.get("start_date"), body.get("end_date"), ASYNC_SPAN, call.now)
        daily = read_granularity(body.get("granularity")) == "DAY"
        columns = read_columns(body.get("columns"), REPORT_COLUMNS)
        zone = reporting_zone(call, body.get("reporting_timezone"))
        types = read_types(body.get("targeting_types"), level, columns)
        self._asked.note(call.world.client, level, columns, types)
        if plain := plain_level(level):
            by_type = targeted_lines(call.world, account, plain, span, types, now=call.now, zone=zone, daily=daily)
            found = list(by_type)
        else:
            ids = sorted(entities(call.world, account, level), key=int)
            found = list(lines(call.world, account, level, ids, span, now=call.now, zone=zone, daily=daily))
        if body.get("report_format", "JSON") == "CSV":
            report = self._desk.order(account.id, Payload("text/csv", lambda: [_csv(found, columns).encode()]))
        else:
            by_date = body.get("primary_sort") == "BY_DATE" and daily
            content = json.dumps(_json(found, columns, by_date=by_date), ensure_ascii=False).encode()
            report = self._desk.order(account.id, Payload("application/json", lambda: [content]))
        return {"report_status": "IN_PROGRESS", "token": report.token, "message": ""}

    def poll(self, call: Call) -> dict[str, Any]:
        """``GET /ad_accounts/{ad_account_id}/reports``."""
        account, token = call.account(), call.request.parameter("token")
        if not token:
            message = "'token' is a required property"
            raise _errors.invalid(message)
        report = self._desk.poll_with_faults(account.id, token, call.stage.faults, call.request)
        if report is None:
            return {"report_status": "DOES_NOT_EXIST", "url": None, "size": None}
        link = self._desk.link(report) if report.state is State.FINISHED else None
        if link is None or report.content is None:
            return {"report_status": STATES[report.state], "url": None, "size": None}
        return {"report_status": "FINISHED", "url": self._url_of(link), "size": report.content.size()}


def report_row(line: Line, columns: Sequence[str]) -> dict[str, Any]:
    """A line as a JSON report shows it: no metric that is zero, numbers in floating point."""
    row: dict[str, Any] = {"DATE": line.day.isoformat()} if line.day else {}
    if line.span:
        row["DATE_RANGE"] = f"{line.span[0]} - {line.span[1]}"  # so live accounts answered (2023-11)
    if line.targeting:
        row |= dict(zip(TARGETING, line.targeting, strict=True))
    for column in columns:
        found = value(line, column)
        if column in METRICS and found:
            row[column] = float(found)
        elif column not in METRICS and found is not None:
            row[column] = int(str(found)) if column in NUMBERS else found
    return row


def _json(found: Iterable[Line], columns: Sequence[str], *, by_date: bool) -> dict[str, list[dict[str, Any]]]:
    report: dict[str, list[dict[str, Any]]] = {}
    for line in found:
        key = line.day.isoformat() if by_date and line.day else line.entity_id
        report.setdefault(key, []).append(report_row(line, columns))
    return report


def _csv(found: Iterable[Line], columns: Sequence[str]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    rows = list(found)
    broken_down = any(line.targeting for line in rows)
    writer.writerow(("DATE", *(TARGETING if broken_down else ()), *columns))
    for line in rows:
        cells = [value(line, column) for column in columns]
        zeros = [0 if cell is None and column in METRICS else cell for column, cell in zip(columns, cells, strict=True)]
        writer.writerow((line.day.isoformat() if line.day else "", *(line.targeting or ()), *zeros))
    return text.getvalue()


def _body(call: Call) -> dict[str, Any]:
    if call.request.query:
        message = "This endpoint does not support URL query parameters."
        raise _errors.invalid(message)
    try:
        body = json.loads(call.request.body)
    except ValueError as wrong:
        message = "The request body is not JSON."
        raise _errors.invalid(message) from wrong
    if not isinstance(body, dict):
        message = "The request body is not a JSON object."
        raise _errors.invalid(message)
    if unknown := body.keys() - FIELDS:
        raise _errors.invalid(f"Additional properties are not allowed or not simulated: {', '.join(sorted(unknown))}")
    for name, options in CHOICES.items():
        if body.get(name, options[0]) not in options:
            raise _errors.invalid(f"'{body[name]}' is not one of {', '.join(options)}")
    if body.get("combine_targeting_types", False) is not False:
        raise _errors.refusal(501, 501, "The simulator does not combine targeting types.")
    for name in ("click_window_days", "engagement_window_days", "view_window_days"):
        if body.get(name, 30) not in WINDOWS:
            raise _errors.invalid(f"'{name}' is {body[name]}, not one of {', '.join(map(str, WINDOWS))}")
    return body


def _level(body: dict[str, Any]) -> str:
    level = str(body.get("level"))
    if level in OTHER_LEVELS:
        raise _errors.refusal(501, 501, f"The simulator has no reports of level {level}.")
    if level not in LEVELS and plain_level(level) is None:
        known = ", ".join(f"{level}, {level}{SUFFIX}" for level in LEVELS)
        raise _errors.invalid(f"'level' is {level!r}, not one of {known}")
    return level
