"""Misbehaviour on command: which request shall fail, how, and how often."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.server import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["KINDS", "Fault", "Faults", "broken_answer", "early_answer"]

KINDS: Final = {
    "throttle": "429, with the header Retry-After if `retry_after` is given (any text), and with `headers`",
    "status": "the status of `status`, 500 without one, with `headers`",
    "slow": "the right answer after `seconds`",
    "torn": "the connection ends in the middle of the body",
    "truncated": "the first half of the body, announced as if it were whole",
    "html": "200 with a page of HTML",
    "repeat_cursor": "the cursor of this page again",
    "cursor_cycle": "the cursor of the start where the end should be: the same cursors again and again",
    "endless_cursor": "a new cursor where the end should be, and the items from the start",
    "empty_page": "no items, but a cursor",
    "expired_link": "a download link that has expired",
    "revoked_token": "the access token is revoked",
    "revoked_grant": "the refresh token is revoked, and the access token too",
    "forbidden": "403",
    "report_failed": "the report has failed",
    "report_expired": "the report has expired",
}


@dataclass(slots=True)
class Fault:
    """A fault: paths that match the expression, so many times (None: until it is taken away)."""

    match: str
    kind: str
    times: int | None = 1
    status: int = 500
    retry_after: str | None = None
    seconds: float = 1.0
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Fault:
        """From the control interface's JSON.

        Raises:
            ValueError: an unknown kind or field, or an expression that does not compile.
        """
        if given.get("kind") not in KINDS:
            message = f"unknown fault kind {given.get('kind')!r}; known: {', '.join(sorted(KINDS))}"
            raise ValueError(message)
        if unknown := given.keys() - set(cls.__slots__):
            message = f"a fault has no field {', '.join(sorted(unknown))}; it has {', '.join(cls.__slots__)}"
            raise ValueError(message)
        fault = cls(**{"match": "", **given})
        try:
            re.compile(fault.match)
        except re.error as broken:
            message = f"match {fault.match!r} is no regular expression: {broken}"
            raise ValueError(message) from broken
        return fault


class Faults:
    """The faults in force; each is used up by the requests that it hits."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def set(self, faults: list[Fault]) -> None:
        """Replace all faults."""
        with self._lock:
            self._faults = faults

    def take(self, request: Request, *kinds: str) -> Fault | None:
        """The first fault of these kinds for the request, counted as used once; None if there is none."""
        with self._lock:
            for fault in self._faults:
                if fault.kind in kinds and fault.times != 0 and re.search(fault.match, request.path):
                    if fault.times is not None:
                        fault.times -= 1
                    return fault
        return None

    def left(self) -> list[dict[str, Any]]:
        """The faults with what is left of their times."""
        with self._lock:
            return [{name: getattr(fault, name) for name in Fault.__slots__} for fault in self._faults]


def early_answer(fault: Fault, refuse: Callable[[int], Response]) -> Response:
    """The answer of a fault that comes instead of the request's own; `refuse` gives the provider's error body."""
    if fault.kind == "html":
        page = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking.</body></html>"
        return Response(200, page, {"content-type": "text/html; charset=utf-8"})
    if fault.kind == "throttle":
        waiting = {} if fault.retry_after is None else {"retry-after": fault.retry_after}
        return refuse(429).with_headers({**waiting, **fault.headers})
    return refuse(403 if fault.kind == "forbidden" else fault.status).with_headers(fault.headers)


def broken_answer(fault: Fault, answer: Response) -> Response:
    """The request's own answer, torn or truncated."""
    half = len(answer.body) // 2
    if fault.kind == "torn":
        return Response(answer.status, answer.body, answer.headers, sent_bytes=half)
    return Response(answer.status, answer.body[:half], answer.headers)
