"""Reports that were submitted and are not delivered, kept in STATE for the next run to pick up."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from dif_kit.tap._bookmarks import Bookmarks, partition_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_kit.tap._window import Days

__all__ = ["Job", "OpenJobs"]

_STATE_KEY: Final = "jobs"
_Place: TypeAlias = tuple[str, bytes]


class Job(msgspec.Struct, frozen=True):
    """One report under way: what was asked for (a digest of the request), and under which id it is known."""

    request: str
    id: str | int
    submitted_at: datetime
    start: str | None = None
    end: str | None = None

    def is_older_than(self, seconds: float) -> bool:
        """Whether it was submitted longer ago."""
        return datetime.now(UTC) - self.submitted_at > timedelta(seconds=seconds)


class OpenJobs:
    """The jobs of one run. Any thread may add, find and forget them; STATE sees them at the end of the run.

    In STATE they stand in the entry of their partition, beside its bookmark. While the run goes on STATE holds the jobs
    that it began with: which others are under way depends on time, and the output must not.
    """

    def __init__(self, state: Mapping[str, Any] | None = None) -> None:
        self._lock = threading.Lock()
        self._jobs: dict[_Place, tuple[Mapping[str, Any], dict[str, Job]]] = {}
        for stream, entry in ({} if state is None else state).get("bookmarks", {}).items():
            self._load(stream, {}, entry)
            for part in entry.get("partitions", []):
                self._load(stream, part.get("context", {}), part)

    def find(self, stream: str, partition: Mapping[str, Any], request: str) -> Job | None:
        """The job that was submitted with such a request."""
        with self._lock:
            _, jobs = self._jobs.get((stream, partition_key(partition)), ({}, {}))
            return jobs.get(request)

    def add(self, stream: str, partition: Mapping[str, Any], job: Job) -> None:
        """A job was submitted."""
        with self._lock:
            _, jobs = self._jobs.setdefault((stream, partition_key(partition)), (dict(partition), {}))
            jobs[job.request] = job

    def forget(self, stream: str, partition: Mapping[str, Any], request: str) -> None:
        """A job is of no use any more."""
        with self._lock:
            _, jobs = self._jobs.get((stream, partition_key(partition)), ({}, {}))
            jobs.pop(request, None)

    def delivered(self, stream: str, partition: Mapping[str, Any], days: Days | None) -> None:
        """All rows of these days are written."""
        span = (None, None) if days is None else (days.first.isoformat(), days.last.isoformat())
        with self._lock:
            _, jobs = self._jobs.get((stream, partition_key(partition)), ({}, {}))
            for job in [job for job in jobs.values() if (job.start, job.end) == span]:
                del jobs[job.request]

    def write(self, state: dict[str, Any], *, keep: bool) -> None:
        """Put the jobs that are left into STATE in place of those that it began with; none if not ``keep``."""
        with self._lock:
            bookmarks = {stream: Bookmarks(state, stream, "") for stream, _ in self._jobs}
            for (stream, _), (partition, jobs) in self._jobs.items():
                left = [msgspec.to_builtins(job) for job in jobs.values()] if keep else []
                bookmarks[stream].annotate(partition, _STATE_KEY, left)

    def _load(self, stream: str, partition: Mapping[str, Any], entry: Mapping[str, Any]) -> None:
        held = entry.get(_STATE_KEY)
        if held is None:
            return
        try:
            jobs = msgspec.convert(held, list[Job])
        except msgspec.ValidationError:
            jobs = []  # of another version: ordered again
        self._jobs[stream, partition_key(partition)] = (dict(partition), {job.request: job for job in jobs})
