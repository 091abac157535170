"""The life of an asynchronous report: ordered, queued, in progress for some polls, finished, expired."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dif_sandbox.sim.clock import Clock
    from dif_sandbox.sim.encodings import Payload
    from dif_sandbox.sim.faults import Faults
    from dif_sandbox.sim.generator import Draw
    from dif_sandbox.sim.server import Request

__all__ = ["Desk", "DuplicateError", "Link", "Report", "State"]


class State(Enum):
    """Where a report stands."""

    QUEUED = "queued"
    IN_PROGRESS = "in progress"
    FINISHED = "finished"
    FAILED = "failed"
    EXPIRED = "expired"


UNDONE = (State.QUEUED, State.IN_PROGRESS)


@dataclass(slots=True)
class Report:
    """One ordered report with its content as of the order; times are simulated seconds since 1970.

    Without content it has no data: it finishes, and there is nothing to download. `failure` is why it will fail.
    """

    token: str
    owner: str
    content: Payload | None
    ordered_at: int
    polls_left: int
    state: State
    request: str = ""
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A download address that needs no credentials, for a short while."""

    key: str
    report: Report
    expires_at: int


class DuplicateError(Exception):
    """The same report is ordered already; `report` is the earlier one."""

    def __init__(self, report: Report) -> None:
        super().__init__(report.token)
        self.report = report


class Desk:
    """Takes orders, answers polls, gives links. A state changes one way only: forward.

    A report is queued for `queue_seconds` of simulated time, then in progress for up to `longest_polls` polls;
    finished, it is kept for `report_seconds`, and each of its links works for `link_seconds`. Both are known for as
    long again as what is over, and then forgotten.
    """

    def __init__(
        self,
        clock: Clock,
        draw: Draw,
        *,
        longest_polls: int,
        report_seconds: int,
        link_seconds: int,
        queue_seconds: int = 0,
    ) -> None:
        self._clock, self._draw = clock, draw
        self._longest_polls, self._queue_seconds = longest_polls, queue_seconds
        self._report_seconds, self._link_seconds = report_seconds, link_seconds
        self._reports: dict[str, Report] = {}
        self._links: dict[str, Link] = {}
        self._ordered = self._linked = 0
        self._lock = threading.Lock()

    def order(self, owner: str, content: Payload | None, *, request: str = "", failure: str = "") -> Report:
        """A new report. `request` is what was asked for; given, a second order of the same is refused.

        Raises:
            DuplicateError: the owner has a report of the same request that has neither failed nor expired.
        """
        content = None if content is None else content.kept()
        with self._lock:
            self._forget()
            for known in self._reports.values():
                if request and (known.owner, known.request) == (owner, request) and self._is_good(known):
                    raise DuplicateError(known)
            self._ordered += 1
            token = self._draw.token("report", self._ordered, length=48)
            polls = self._draw.integer(min(1, self._longest_polls), self._longest_polls, "polls", self._ordered)
            state = State.QUEUED if self._queue_seconds else State.IN_PROGRESS
            report = Report(token, owner, content, self._clock.timestamp(), polls, state, request, failure)
            self._reports[token] = report
            return report

    def poll(self, owner: str, token: str, fate: State | None = None) -> Report | None:
        """The report, one poll further; None if the owner has no such report.

        `fate` ends it otherwise; as a state that is no end it means that this poll brings nothing.
        """
        with self._lock:
            report = self._reports.get(token)
            if report is None or report.owner != owner:
                return None
            if fate not in {None, *UNDONE}:
                report.state = fate or report.state
            elif fate is None and report.state in UNDONE:
                self._advance(report)
            if report.state is State.FINISHED and not self._is_good(report):
                report.state, report.content = State.EXPIRED, None
            return report

    def in_flight(self, owner: str) -> int:
        """How many reports of an owner are not done."""
        with self._lock:
            return sum(report.owner == owner and report.state in UNDONE for report in self._reports.values())

    def go_on(self, owner: str) -> None:
        """Let all reports of an owner go on as a poll of each would: what is never polled, or forgotten, ends too."""
        with self._lock:
            for report in self._reports.values():
                if report.owner == owner and report.state in UNDONE:
                    self._advance(report)

    def link(self, report: Report) -> Link | None:
        """A new download link of a finished report; None if it has no data."""
        if report.content is None:
            return None
        with self._lock:
            self._linked += 1
            key = self._draw.token("link", self._linked, length=32)
            self._links[key] = Link(key, report, self._clock.timestamp() + self._link_seconds)
            return self._links[key]

    def follow(self, key: str) -> Link | None:
        """The link of a key, expired or not; None if there is none."""
        with self._lock:
            return self._links.get(key)

    def is_alive(self, link: Link) -> bool:
        """Whether the link has not expired."""
        return self._clock.timestamp() < link.expires_at

    def poll_with_faults(self, owner: str, token: str, faults: Faults, request: Request) -> Report | None:
        """`poll`, with the fate that a fault in force gives to the report."""
        fault = faults.take(request, "report_failed", "report_expired", "report_stuck", "report_empty")
        fates = {
            "report_failed": State.FAILED,
            "report_expired": State.EXPIRED,
            "report_stuck": State.IN_PROGRESS,
            "report_empty": State.FINISHED,
        }
        report = self.poll(owner, token, fates[fault.kind] if fault else None)
        if report and fault and fault.kind == "report_empty":
            report.content = None
        return report

    def _advance(self, report: Report) -> None:
        if self._clock.timestamp() < report.ordered_at + self._queue_seconds:
            return
        if report.polls_left:
            report.state = State.IN_PROGRESS
            report.polls_left -= 1
        else:
            report.state = State.FAILED if report.failure else State.FINISHED

    def _forget(self) -> None:
        """Let go of what is over for long: the oldest stand first."""
        now = self._clock.timestamp()
        while self._reports and now >= self._kept_until(report := next(iter(self._reports.values()))):
            report.content = None
            if now < self._kept_until(report) + self._report_seconds:
                break
            del self._reports[report.token]
        while self._links and now >= (link := next(iter(self._links.values()))).expires_at + self._link_seconds:
            del self._links[link.key]

    def _kept_until(self, report: Report) -> int:
        return report.ordered_at + self._queue_seconds + self._report_seconds

    def _is_good(self, report: Report) -> bool:
        """Whether a report is still to be had."""
        is_kept = self._clock.timestamp() < self._kept_until(report)
        return report.state in UNDONE or (report.state is State.FINISHED and is_kept)
