"""The life of an asynchronous report: ordered, in progress for some polls, finished, expired."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dif_sandbox.sim.clock import Clock
    from dif_sandbox.sim.generator import Draw

__all__ = ["Desk", "Link", "Report", "State"]


class State(Enum):
    """Where a report stands."""

    IN_PROGRESS = "in progress"
    FINISHED = "finished"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(slots=True)
class Report:
    """One ordered report with its content as of the order; times are simulated seconds since 1970."""

    token: str
    owner: str
    content: bytes
    content_type: str
    ordered_at: int
    polls_left: int
    state: State = State.IN_PROGRESS


@dataclass(frozen=True, slots=True)
class Link:
    """A download address that needs no credentials, for a short while."""

    key: str
    report: Report
    expires_at: int


class Desk:
    """Takes orders, answers polls, gives links. A state changes one way only: forward."""

    def __init__(self, clock: Clock, draw: Draw, *, longest_polls: int, report_seconds: int, link_seconds: int) -> None:
        self._clock, self._draw = clock, draw
        self._longest_polls, self._report_seconds, self._link_seconds = longest_polls, report_seconds, link_seconds
        self._reports: dict[str, Report] = {}
        self._links: dict[str, Link] = {}
        self._lock = threading.Lock()

    def order(self, owner: str, content: bytes, content_type: str) -> Report:
        """A new report, in progress for some polls."""
        with self._lock:
            number = len(self._reports) + 1
            token = self._draw.token("report", number, length=48)
            polls = self._draw.integer(min(1, self._longest_polls), self._longest_polls, "polls", number)
            report = Report(token, owner, content, content_type, self._clock.timestamp(), polls)
            self._reports[token] = report
            return report

    def poll(self, owner: str, token: str, fate: State | None = None) -> Report | None:
        """The report, one poll further; None if the owner has no such report. `fate` ends it otherwise."""
        with self._lock:
            report = self._reports.get(token)
            if report is None or report.owner != owner:
                return None
            if fate is not None:
                report.state = fate
            elif report.state is State.IN_PROGRESS:
                report.state = State.IN_PROGRESS if report.polls_left else State.FINISHED
                report.polls_left -= 1
            aged = self._clock.timestamp() >= report.ordered_at + self._report_seconds
            if report.state is State.FINISHED and aged:
                report.state, report.content = State.EXPIRED, b""
            return report

    def link(self, report: Report) -> Link:
        """A new download link of a finished report."""
        with self._lock:
            key = self._draw.token("link", len(self._links) + 1, length=32)
            self._links[key] = Link(key, report, self._clock.timestamp() + self._link_seconds)
            return self._links[key]

    def follow(self, key: str) -> Link | None:
        """The link of a key, expired or not; None if there is none."""
        with self._lock:
            return self._links.get(key)

    def is_alive(self, link: Link) -> bool:
        """Whether the link has not expired."""
        return self._clock.timestamp() < link.expires_at
