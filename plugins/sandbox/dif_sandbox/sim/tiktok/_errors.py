"""The envelope of every answer, its return codes, and what requests count against.

https://business-api.tiktok.com/portal/docs?id=1737172488964097 and .../docs/rate-limits/v1.3 (read 2026-08)
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.budgets import CalendarDay, FixedWindow
from dif_sandbox.sim.limits import Limit, Rule
from dif_sandbox.sim.server import Refusal, Response, json_response, text_response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_sandbox.sim.budgets import Standing

__all__ = ["LIMITS", "error", "good", "invalid", "refusal_of"]

_REQUEST: Final = "20261101233000010245162013AB0C1D2E"


def good(data: Mapping[str, Any]) -> Response:
    """An answer with data."""
    return json_response({"code": 0, "message": "OK", "request_id": _REQUEST, "data": data})


def error(code: int, message: str, status: int = 200) -> Response:
    """An error, which has the status of a success too."""
    return json_response({"code": code, "message": message, "request_id": _REQUEST, "data": {}}, status)


def invalid(message: str) -> Refusal:
    """The refusal of a parameter."""
    return Refusal(error(40002, message))


def _too_many(_standing: Standing | None = None) -> Response:
    refused = error(40100, "Due to too many requests, requests from App are temporarily restricted.")
    return replace(refused, means=429)


def refusal_of(status: int) -> Response:
    """The answer that stands for a status."""
    if status in {404, 405}:  # what is no path of the API never reaches it
        return text_response("404 page not found", status)
    if status == 401:  # noqa: PLR2004 - HTTP's own
        return error(40105, "Access token is incorrect or has been revoked.")
    if status == 403:  # noqa: PLR2004 - HTTP's own
        return error(40001, "No permission to operate the advertiser.")
    if status == 429:  # noqa: PLR2004 - HTTP's own
        return _too_many()
    return error(50000, "System error", status)


_APP: Final = ("app",)
LIMITS: Final[Mapping[str, Limit]] = {
    "app": Limit(
        (
            Rule(FixedWindow("second", 10, 1), _APP),
            Rule(FixedWindow("minute", 600, 60), _APP),
            Rule(CalendarDay("day", 864_000, UTC), _APP),
        ),
        _too_many,
    )
}
"""The level Basic. No header tells what is left, and a refusal does not say which limit was met."""
