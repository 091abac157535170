"""Errors as Amazon words them, and what each kind of request counts against.

https://advertising.amazon.com/API/docs/en-us/reference/concepts/errors and .../rate-limiting (read 2026-11). How many
requests are let in is not published: the numbers here are made up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dif_sandbox.sim.announcements import in_seconds
from dif_sandbox.sim.budgets import SlidingWindow
from dif_sandbox.sim.limits import Limit, Rule
from dif_sandbox.sim.server import Refusal, Response, json_response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_sandbox.sim.budgets import Standing

__all__ = ["LIMITS", "error", "refusal_of", "refused"]

MESSAGES: Final = {
    401: "Not authorized to access this advertiser",
    403: "Not authorized to access scope",
    404: "Resource not found",
    405: "Method not allowed",
    429: "Too Many Requests",
}


def error(status: int, detail: str) -> Response:
    """An error's body."""
    return json_response({"code": str(status), "detail": detail}, status)


def refused(status: int, detail: str) -> Refusal:
    """The refusal that such an error is."""
    return Refusal(error(status, detail))


def refusal_of(status: int) -> Response:
    """The answer that stands for a status: a profile that is closed to the user is 401 too, by another text."""
    return error(401 if status == 403 else status, MESSAGES.get(status, "Internal server error"))  # noqa: PLR2004 - HTTP


def _too_many(standing: Standing) -> Response:
    return refusal_of(429).with_headers({"retry-after": in_seconds(standing)})


LIMITS: Final[Mapping[str, Limit]] = {
    "calls": Limit((Rule(SlidingWindow("calls", 6_000, 60), ("app", "region")),), _too_many),
    "orders": Limit(
        (
            Rule(SlidingWindow("calls", 6_000, 60), ("app", "region")),
            Rule(SlidingWindow("orders", 3_000, 60), ("app", "region")),
        ),
        _too_many,
    ),
}
