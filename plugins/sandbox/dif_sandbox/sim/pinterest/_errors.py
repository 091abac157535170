"""The API's error bodies: ``{"code", "message"}``, with the codes that its specification gives as examples."""

from __future__ import annotations

from typing import Final

from dif_sandbox.sim.server import Refusal, Response, json_response

__all__ = ["BODIES", "invalid", "not_found", "pattern_mismatch", "refusal", "response"]

BODIES: Final = {
    400: (1, "Invalid parameters."),
    401: (2, "Authentication failed."),
    403: (29, "You are not permitted to access that resource."),
    404: (404, "Not found."),
    405: (5, "Method not allowed"),
    429: (8, "You have exceeded your rate limit. Try again later."),
    500: (500, "Something went wrong on our end. Sorry about that."),
    503: (4197, "The endpoint has been ramped down and is currently not accepting any traffic."),
}
"""Code and message of each status, if nothing more special is known."""


def response(status: int, code: int | None = None, message: str | None = None) -> Response:
    """The answer of an error."""
    usual_code, usual_message = BODIES.get(status, (status, "Unexpected error"))
    return json_response({"code": usual_code if code is None else code, "message": message or usual_message}, status)


def refusal(status: int, code: int | None = None, message: str | None = None) -> Refusal:
    """The error, to be raised."""
    return Refusal(response(status, code, message))


def invalid(message: str, code: int = 1) -> Refusal:
    """400: a parameter is wrong."""
    return refusal(400, code, message)


def pattern_mismatch(name: str, value: str) -> Refusal:
    """400: an identifier is not made of digits."""
    return invalid(f"'{name}' value '{value}' must match the pattern: ^\\d+$")


def not_found(code: int, message: str) -> Refusal:
    """404."""
    return refusal(404, code, message)
