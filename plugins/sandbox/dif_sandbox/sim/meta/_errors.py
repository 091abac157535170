"""Errors as Graph words them, and what each kind of request counts against.

https://developers.facebook.com/docs/graph-api/guides/error-handling and .../overview/rate-limiting (read 2026-08)
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from dif_sandbox.sim.budgets import FixedWindow
from dif_sandbox.sim.limits import Limit, Rule
from dif_sandbox.sim.server import Refusal, Response, json_response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dif_sandbox.sim.budgets import Standing

__all__ = ["LIMITS", "error", "invalid", "no_object", "refusal_of"]

HOUR: Final = 3_600
_SUBCODES: Final = {4: 1504022}
THROTTLED: Final = {
    "app": (4, "Application request limit reached"),
    "ads_insights": (80000, "There have been too many calls from this ad-account. Wait a bit and try again."),
    "ads_management": (80004, "There have been too many calls to this ad-account. Wait a bit and try again."),
}


def error(status: int, code: int, message: str, subcode: int | None = None, *, is_transient: bool = False) -> Response:
    """An error's body; its status says little, its code all."""
    told = {"message": message, "type": "OAuthException", "is_transient": is_transient, "code": code}
    if subcode is not None:
        told["error_subcode"] = subcode
    return json_response({"error": {**told, "fbtrace_id": "AbCdEfGhIjKlMnOpQrStUvW"}}, status)


def invalid(message: str, code: int = 100) -> Refusal:
    """The refusal of a parameter."""
    return Refusal(error(400, code, f"(#{code}) {message}"))


def no_object(name: str) -> Refusal:
    """The refusal of an object that is not there for this user."""
    told = (
        f"Unsupported get request. Object with ID '{name}' does not exist, cannot be loaded due to missing permissions,"
        " or does not support this operation"
    )
    return Refusal(error(400, 100, told, 33))


def refusal_of(status: int) -> Response:
    """The answer that stands for a status."""
    answers = {
        401: (401, 190, "Error validating access token: Session has expired", 463),
        403: (403, 200, "(#200) Ad account owner has NOT grant ads_management or ads_read permission", None),
        404: (404, 2500, "Unknown path components", None),
        429: (400, *THROTTLED["ads_insights"], 2446079),
    }
    if status in answers:
        return error(*answers[status])
    return error(status, 2, "Service temporarily unavailable", is_transient=True)


def _usage(standing: Standing) -> int:
    return min(100, 100 * standing.used // max(1, standing.window.limit))


def _headers(standings: Sequence[Standing]) -> dict[str, str]:
    """What each budget tells, in percent: the app's own header, one by account and business use case, and two more."""
    told: dict[str, str] = {}
    by_name = {standing.window.name: standing for standing in standings}
    for name, standing in by_name.items():
        used = _usage(standing)
        counts = {"call_count": used, "total_cputime": used // 2, "total_time": used // 2}
        if name == "app":
            told["x-app-usage"] = json.dumps(counts)
            continue
        regain = -(-standing.reset_seconds // 60) if standing.exceeded else 0
        more = {"estimated_time_to_regain_access": regain, "ads_api_access_tier": "standard_access"}
        told["x-business-use-case-usage"] = json.dumps({"act": [{"type": name, **counts, **more}]})
        account = {"acc_id_util_pct": used, "reset_time_duration": standing.reset_seconds if standing.exceeded else 0}
        told["x-ad-account-usage"] = json.dumps({**account, "ads_api_access_tier": "standard_access"})
        if name == "ads_insights":
            app = _usage(by_name.get("app", standing))
            throttle = {"app_id_util_pct": app, "acc_id_util_pct": used, "ads_api_access_tier": "standard_access"}
            told["x-fb-ads-insights-throttle"] = json.dumps(throttle)
    return told


def _too_many(standing: Standing) -> Response:
    code, message = THROTTLED[standing.window.name]
    return error(400, code, f"(#{code}) {message}", _SUBCODES.get(code, 2446079)).with_headers(_headers([standing]))


def _limit(*rules: Rule, refuse: Callable[[Standing], Response] = _too_many) -> Limit:
    return Limit(rules, refuse, _headers)


_APP: Final = Rule(FixedWindow("app", 200_000, HOUR), ("app",))

LIMITS: Final[Mapping[str, Limit]] = {
    "app": _limit(_APP),
    "management": _limit(_APP, Rule(FixedWindow("ads_management", 100_000, HOUR), ("app", "account"))),
    "insights": _limit(_APP, Rule(FixedWindow("ads_insights", 190_000, HOUR), ("app", "account"))),
}
