"""What each kind of request counts against, how it is told, and how a refusal looks."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Final

from dif_sandbox.sim import announcements as tell
from dif_sandbox.sim.budgets import Bucket, CalendarDay, Concurrent, FixedWindow, SlidingWindow
from dif_sandbox.sim.limits import Limit, Rule
from dif_sandbox.sim.server import Response, json_response, text_response

if TYPE_CHECKING:
    from dif_sandbox.sim.budgets import Standing

__all__ = ["LIMITS", "POINTS", "error"]

POINTS: Final = Bucket("points", 1_000, 50)
FAULT: Final = "<fault><errorcode>30</errorcode><errorstring>{}</errorstring></fault>"


def error(status: int, code: str, message: str, http_status: int | None = None) -> Response:
    """An error as most of the endpoints word it."""
    return json_response({"status": status, "code": code, "message": message}, http_status or status)


def _plain(_standing: Standing) -> Response:
    return error(429, "TOO_MANY", "Resource level throttle limit for calls to this resource is reached.")


def _seconds(standing: Standing) -> Response:
    return _plain(standing).with_headers({"retry-after": tell.in_seconds(standing)})


def _date(standing: Standing) -> Response:
    return _plain(standing).with_headers({"retry-after": tell.as_date(standing)})


def _download(standing: Standing) -> Response:
    if standing.window.name == "downloads":
        return text_response("Your API calls limit has been reached for report type", 400)
    return text_response("Limit reached for figures", 403)


def _throttled_query(standing: Standing) -> Response:
    fields = {"throttleStatus": tell.bucket_fields(standing, POINTS.per_second)}
    throttled = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
    return json_response({"errors": [throttled], "extensions": {"cost": fields}})


LIMITS: Final = {
    "accounts": Limit((Rule(FixedWindow("minute", 600, 60), ("app",)),), _plain, tell.rate_headers()),
    "pages": Limit(
        (Rule(Bucket("pages", 20, 10), ("app",)),), lambda _: error(40100, "", "Requests made too frequently.", 200)
    ),
    "index": Limit(
        (Rule(SlidingWindow("sliding", 60, 60), ("account",)),),
        lambda _: json_response({"Errors": [{"Code": 117, "ErrorCode": "CallRateExceeded"}]}, 400),
    ),
    "offset": Limit((Rule(CalendarDay("day", 10_000, UTC), ("token",)),), _plain),
    "cursor": Limit(
        (Rule(FixedWindow("hour", 1_000, 3_600), ("account",)),),
        lambda _: error(80004, "", "There have been too many calls to this ad-account.", 400),
        tell.usage_headers("x-business-use-case-usage", kind="ads_insights"),
    ),
    "token": Limit((Rule(Bucket("dynamic", 50, 10), ("app", "account")),), _seconds),
    "next": Limit(
        (Rule(FixedWindow("burst", 10, 1), ("account",)), Rule(FixedWindow("steady", 150, 60), ("account",))),
        _seconds,
        tell.ratelimit_headers,
    ),
    "link": Limit((Rule(Bucket("leaky", 40, 2), ("account",)),), _seconds, tell.call_limit("x-mosaic-call-limit")),
    "graphql": Limit((Rule(POINTS, ("app",)),), _throttled_query),
    "chunks": Limit((Rule(FixedWindow("chunks", 250, 60), ("app",)),), _plain, tell.rate_headers(tell.as_epoch)),
    "whole": Limit(
        (Rule(CalendarDay("downloads", 24, UTC), ("account",)), Rule(FixedWindow("download", 60, 60), ("account",))),
        _download,
    ),
    "xml": Limit(
        (Rule(FixedWindow("xml", 100, 60), ("token",)),),
        lambda _: text_response(FAULT.format("Maximum calls per minute reached"), 200, "application/xml"),
    ),
    "figures": Limit(
        (Rule(FixedWindow("tokensPerHour", 40_000, 3_600), ("account",)),),
        lambda _: error(429, "RESOURCE_EXHAUSTED", "Exhausted property tokens per hour."),
    ),
    "reports": Limit((Rule(Concurrent("callers", 4), ("app",)),), _date, tell.rate_headers(tell.as_date)),
}
