"""Errors as Google's APIs send them: a status with a GoogleAdsFailure, which says what is wrong with which code."""

from __future__ import annotations

from dataclasses import dataclass, replace
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.server import Refusal, Response, json_response

if TYPE_CHECKING:
    from dif_sandbox.sim.budgets import Standing

__all__ = ["Code", "QueryError", "in_array", "refusal", "request_id", "response", "throttled", "too_many"]

FAILURE: Final = "type.googleapis.com/google.ads.googleads.v25.errors.GoogleAdsFailure"
STATUSES: Final = {
    400: ("INVALID_ARGUMENT", "Request contains an invalid argument."),
    401: ("UNAUTHENTICATED", "Request had invalid authentication credentials."),
    403: ("PERMISSION_DENIED", "The caller does not have permission"),
    404: ("NOT_FOUND", "Requested entity was not found."),
    405: ("NOT_FOUND", "Requested entity was not found."),
    429: ("RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
    500: ("INTERNAL", "Internal error encountered."),
    501: ("UNIMPLEMENTED", "The simulator has no answer for this."),
    503: ("UNAVAILABLE", "The service is currently unavailable."),
}
HOURS_SECONDS: Final = 3_600


@dataclass(frozen=True, slots=True)
class Code:
    """What a failure says: the kind of error, its code, and the message."""

    kind: str
    name: str
    message: str


USUAL: Final = {
    401: Code("authenticationError", "OAUTH_TOKEN_INVALID", "The OAuth access token in the header is not valid."),
    403: Code(
        "authorizationError",
        "USER_PERMISSION_DENIED",
        "User doesn't have permission to access customer. Note: If you're accessing a client customer, the manager's "
        "customer id must be set in the 'login-customer-id' header.",
    ),
    429: Code("quotaError", "RESOURCE_TEMPORARILY_EXHAUSTED", "Too many requests."),
    500: Code("internalError", "INTERNAL_ERROR", "An internal error has occurred."),
}


class QueryError(Exception):
    """A query that Google would refuse: the code of its QueryError, and why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def request_id() -> str:
    """What support is told."""
    return token_urlsafe(16)


def response(status: int, code: Code | None = None, details: dict[str, Any] | None = None) -> Response:
    """An error; without a code, with the one that usually stands behind the status."""
    word, message = STATUSES.get(status, ("UNKNOWN", "The request failed."))
    error: dict[str, Any] = {"code": status, "message": message, "status": word}
    if told := code or USUAL.get(status):
        failure = {"errorCode": {told.kind: told.name}, "message": told.message}
        if details:
            failure["details"] = details
        error["details"] = [{"@type": FAILURE, "errors": [failure], "requestId": request_id()}]
    return json_response({"error": error}, status)


def refusal(status: int, kind: str, name: str, message: str) -> Refusal:
    """A refusal with a code of its own."""
    return Refusal(response(status, Code(kind, name, message)))


def in_array(answer: Response) -> Response:
    """The same error as a stream of batches has it."""
    return replace(answer, body=b"[" + answer.body + b"]")


def throttled(scope: str, rate: str, seconds: int) -> Response:
    """429: whose limit it is (ACCOUNT, DEVELOPER), what Google calls it, and how long to wait."""
    # What takes hours is a day's operations, not a burst.
    name = "RESOURCE_EXHAUSTED" if seconds >= HOURS_SECONDS else "RESOURCE_TEMPORARILY_EXHAUSTED"
    quota = {"rateScope": scope, "rateName": rate, "retryDelay": f"{seconds}s"}
    code = Code("quotaError", name, f"Too many requests. Retry in {seconds} seconds.")
    return response(429, code, {"quotaErrorDetails": quota})


def too_many(scope: str, rate: str, standing: Standing) -> Response:
    """429 for a budget that is used up."""
    return throttled(scope, rate, standing.reset_seconds)
