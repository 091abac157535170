"""Misbehaviour on command: which request shall fail, how, and how often."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_sandbox.sim.server import Request

__all__ = ["KINDS", "Fault", "Faults"]

KINDS: Final = {
    "throttle": "the provider's answer to too many requests, with `retry_after` and `headers`",
    "status": "the status of `status`, 500 without one, with `headers`",
    "slow": "the right answer after `seconds`",
    "drip": "the right answer, `size` bytes (1) at a time, `seconds` apart",
    "torn": "the connection ends in the body: after `size` bytes, or half of it",
    "truncated": "the body ends after `size` bytes, or half of it, announced as if it were whole",
    "html": "200 with a page of HTML",
    "wrong_type": "the right answer as text/plain, or with `headers`",
    "wrong_charset": "the right answer in `charset` (utf-16), announced as before",
    "bom": "the right answer behind a byte order mark",
    "columns": "in each row of the right answer that has the field `where`, `columns` are new, or have other values",
    "gzip_bomb": "gzip of `size` bytes (1 GiB), with `headers` such as a content-encoding",
    "zip_bomb": "a zip whose only member has `size` bytes (1 GiB)",
    "xml_bomb": "XML whose entities grow to 3 GB",
    "repeat_cursor": "the cursor of this page again; by number, the first page again",
    "cursor_cycle": "the cursor of the start where the end should be: the same cursors again and again",
    "endless_cursor": "a new cursor where the end should be, and the items from the start",
    "empty_page": "no items, but a cursor; by number, an empty page among others",
    "short_page": "half a page, though more follow",
    "duplicate_rows": "the last row of the page before once more",
    "shrinking_total": "a total that is lower on every further page",
    "expired_link": "a download link that has expired",
    "revoked_token": "the access token is revoked",
    "revoked_grant": "the refresh token is revoked, and the access token too",
    "forbidden": "403",
    "report_failed": "the report has failed",
    "report_expired": "the report has expired",
    "report_stuck": "the report makes no progress with this poll",
    "report_empty": "the report is finished and has no data",
}


@dataclass(slots=True)
class Fault:
    """A fault: paths that match the expression, so many times (None: until it is taken away).

    `query`, `body` and `header` are further expressions, searched in the request's query (``name=value&…``, not
    encoded), in its body, and in its headers (a line ``name: value`` each): where every request has the same path.
    """

    match: str
    kind: str
    times: int | None = 1
    status: int = 500
    retry_after: str | None = None
    seconds: float = 1.0
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    query: str = ""
    header: str = ""
    size: int | None = None
    charset: str = "utf-16"
    where: str = ""
    columns: dict[str, Any] = field(default_factory=dict)

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
        for expression in (fault.match, fault.body, fault.query, fault.header):
            try:
                re.compile(expression)
            except re.error as broken:
                message = f"{expression!r} is no regular expression: {broken}"
                raise ValueError(message) from broken
        try:
            "".encode(fault.charset)
        except LookupError as unknown_charset:
            message = f"there is no charset {fault.charset!r}"
            raise ValueError(message) from unknown_charset
        return fault

    def hits(self, request: Request) -> bool:
        """Whether the fault is for such a request."""
        if self.times == 0 or not re.search(self.match, request.path):
            return False
        if self.query and not re.search(self.query, _query_of(request)):
            return False
        if self.header and not re.search(f"(?m){self.header}", "\n".join(map(": ".join, request.headers.items()))):
            return False
        return not self.body or bool(re.search(self.body, request.body.decode("utf-8", "replace")))


def _query_of(request: Request) -> str:
    return "&".join(f"{name}={value}" for name, values in request.query.items() for value in values)


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
                if fault.kind in kinds and fault.hits(request):
                    if fault.times is not None:
                        fault.times -= 1
                    return fault
        return None

    def left(self) -> list[dict[str, Any]]:
        """The faults with what is left of their times."""
        with self._lock:
            return [{name: getattr(fault, name) for name in Fault.__slots__} for fault in self._faults]
