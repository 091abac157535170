"""How Klaviyo words an error, and what requests count against.

https://developers.klaviyo.com/en/docs/rate_limits_and_error_handling (read 2026-08)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.announcements import in_seconds, rate_headers
from dif_sandbox.sim.budgets import FixedWindow
from dif_sandbox.sim.limits import Limit, Rule
from dif_sandbox.sim.server import Refusal, Response, json_response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_sandbox.sim.budgets import Standing

__all__ = ["LIMITS", "document", "error", "invalid"]

_TYPE: Final = {"content-type": "application/vnd.api+json"}
_TITLES: Final = {
    400: ("invalid", "Invalid input."),
    401: ("not_authenticated", "Authentication credentials were not provided."),
    403: ("permission_denied", "You do not have permission to perform this action."),
    404: ("not_found", "Not found."),
    405: ("method_not_allowed", "Method not allowed."),
    410: ("gone", "The revision of the API is retired."),
    415: ("unsupported_media_type", "Unsupported media type."),
    429: ("throttled", "Request was throttled."),
    500: ("error", "A server error occurred."),
}
_WINDOWS: Final = {
    "XS": (1, 15), "S": (3, 60), "M": (10, 150), "L": (75, 700), "XL": (350, 3_500),
}  # fmt: skip
_DAY_SECONDS: Final = 86_400


def document(found: Mapping[str, Any]) -> Response:
    """An answer of JSON:API."""
    return json_response(found).with_headers(_TYPE)


def error(status: int, detail: str = "", source: Mapping[str, str] | None = None) -> Response:
    """An error of a status."""
    code, title = _TITLES.get(status, _TITLES[500])
    told = {"id": "2c76424d-b1ff-4afd-a2a1-728d85dac775", "status": status, "code": code, "title": title}
    found = {"errors": [{**told, "detail": detail or title, "source": source or {}, "meta": {}}]}
    return json_response(found, status).with_headers(_TYPE)


def invalid(parameter: str, detail: str) -> Refusal:
    """The refusal of a parameter."""
    return Refusal(error(400, detail, {"parameter": parameter}))


def _too_many(standing: Standing) -> Response:
    wait = in_seconds(standing)
    told = error(429, f"Request was throttled. Expected available in {wait} seconds.")
    return told.with_headers({"retry-after": wait})


def _limit(tier: str, *more: FixedWindow) -> Limit:
    burst, steady = _WINDOWS.get(tier, (1, 2))
    windows = (FixedWindow("burst", burst, 1), FixedWindow("steady", steady, 60), *more)
    return Limit(
        tuple(Rule(window, ("app", "endpoint")) for window in windows), _too_many, rate_headers(prefix="ratelimit-")
    )


#: Tier -> its windows, which each endpoint has for itself. A refusal has Retry-After in place of RateLimit-*.
LIMITS: Final[Mapping[str, Limit]] = {
    **{tier: _limit(tier) for tier in _WINDOWS},
    "report": _limit("report", FixedWindow("daily", 225, _DAY_SECONDS)),
}
