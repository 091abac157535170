"""How AppsFlyer refuses, and what reports count against.

https://dev.appsflyer.com/hc/reference (answers of the Pull API) and
https://support.appsflyer.com/hc/en-us/articles/207034366 (quotas), read 2026-11
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Final

from dif_sandbox.sim.budgets import CalendarDay, FixedWindow
from dif_sandbox.sim.limits import Limit, Rule
from dif_sandbox.sim.server import Refusal, Response, json_response, text_response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_sandbox.sim.budgets import Standing

__all__ = ["LIMITS", "invalid", "raw_quota", "refusal_of"]

_MESSAGES: Final = {
    401: "Supplied API token is invalid",
    402: "The report is not part of your package",
    403: "App traffic blocked due to Zero package limit",
    429: "Too many requests",
}
_PACE: Final = "calls"
_MISSING: Final = "<!DOCTYPE html><html><body><h1>404</h1>Oops, the page you are looking for is not here</body></html>"


def invalid(message: str, status: int = 400) -> Refusal:
    """The refusal of a request that says why."""
    return Refusal(json_response({"message": message}, status))


def refusal_of(status: int) -> Response:
    """The answer that stands for a status."""
    if status in {404, 405}:
        return text_response(_MISSING, 404, "text/html; charset=utf-8")
    return json_response({"message": _MESSAGES.get(status, "Internal server error")}, status)


def raw_quota(_standing: Standing | None = None) -> Response:
    """A quota of raw data is used up, until midnight: the status is that of a bad request."""
    told = "Your API calls limit has been reached for report type"
    return replace(text_response(told, 400), means=429)


def _of_raw(standing: Standing) -> Response:
    return refusal_of(429) if standing.window.name == _PACE else raw_quota(standing)


def _of_aggregate(standing: Standing) -> Response:
    """The minute, or a day: the words are the same."""
    if standing.window.name == _PACE:
        return refusal_of(429)
    return replace(text_response("Limit reached for this report", 403), means=429)


def _too_fast(_standing: Standing) -> Response:
    return refusal_of(429)


_APP, _ACCOUNT = ("account", "app", "report"), ("account", "report")
_CALLS: Final = Rule(FixedWindow(_PACE, 50, 1), ("account",))
LIMITS: Final[Mapping[str, Limit]] = {
    "apps": Limit((_CALLS,), _too_fast),
    "raw": Limit((_CALLS, Rule(CalendarDay("raw", 24, UTC), _APP)), _of_raw),
    "aggregate": Limit(
        (
            _CALLS,
            Rule(FixedWindow("minute", 1, 60), _APP),
            Rule(CalendarDay("app_day", 24, UTC), _APP),
            Rule(CalendarDay("account_day", 120, UTC), _ACCOUNT),
        ),
        _of_aggregate,
    ),
}
"""Requests a second and raw reports a day are not published: these are made up. No header tells what is left."""
