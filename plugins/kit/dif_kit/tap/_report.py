"""A report on its way from submission to rows: submit, poll, download, decode."""

from __future__ import annotations

import hashlib
import random
import re
import time
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec
from typing_extensions import override

from dif_kit.decode import JsonObject, at_path
from dif_kit.errors import Deferred, ExtractionError, NotReadyError
from dif_kit.http import PartitionSkippedError, Request, WindowTooLargeError, led_to
from dif_kit.tap._jobs import Job
from dif_kit.tap._read import Endpoint, fetch_pages, final_chunks
from dif_kit.tap._report_facts import JobState, ReportFacts
from dif_kit.tap._steps import Pause
from dif_kit.tap._stream import Stream
from dif_kit.tap._template import render

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from dif_kit.http import Download
    from dif_kit.tap._steps import Step

__all__ = ["ReportStream"]

_RESUBMISSIONS: Final = 2
_FRESH_LINKS: Final = 3
_LEASE_RETRY_SECONDS: Final = 1.0
_LEASE_SECONDS: Final = 15.0  # what a killed run keeps from others


class ReportStream(ReportFacts, Stream):
    """A stream whose rows come as a file that the provider makes on request: a subclass states `ReportFacts`."""

    @override
    def fetch(self, values: Mapping[str, Any]) -> Iterator[Step]:
        return _ReportJob(self, values).steps()


class _ReportJob:
    """A report that is ordered, or picked up where an earlier run left it; polled; downloaded.

    Between two polls it is a `Pause`, so that no thread sleeps for it.
    """

    def __init__(self, stream: ReportFacts, values: Mapping[str, Any]) -> None:
        self._stream = stream
        self._values = dict(values)
        self._partition = {key: values[key] for key in stream.partition_keys()}
        self._deadline = 0.0
        self._poll = Endpoint(
            path=stream.poll_path or stream.path,
            method=stream.poll_method,
            params=stream.poll_params,
            body=stream.poll_body,
            budgets=stream.budgets if stream.poll_budgets is None else stream.poll_budgets,
            decoder=JsonObject(),
        )

    def steps(self) -> Iterator[Step]:
        """Pauses, then the rows.

        Raises:
            WindowTooLargeError: the provider says that the report is too large.
            ExtractionError: the report failed, never came, or cannot be downloaded.
        """
        stream = self._stream
        self._deadline = time.monotonic() + stream.deadline_seconds
        submission = self._submission()
        with ExitStack() as lease:
            yield from self._take_turn(lease)
            document = yield from self._pick_up(submission)
            if document is None:
                document = yield from self._order(submission)
        if stream.result_path is not None:
            if document is not None and stream.statuses.state(at_path(document, stream.status)) is JobState.DONE:
                results = Endpoint(
                    stream.result_path, "GET", stream.result_params, None, stream.budgets, stream.decoder
                )
                yield from fetch_pages(stream, self._values, results)
            return
        download = self._download(document)
        if download is not None:
            with download:
                self._check_lines(download, document)
                yield from final_chunks(self._stream, download, self._values)

    def _take_turn(self, lease: ExitStack) -> Iterator[Step]:
        """Wait until the fleet has few enough jobs under way."""
        holders = self._stream.jobs_in_flight
        limiter = self._stream.tap.shared_limiter
        if holders is None or limiter is None:
            return
        counted_as = render(self._stream.jobs_name, self._values) or self._stream.name
        name = f"jobs/{self._stream.tap.name}/{counted_as}"
        while True:
            with suppress(Deferred):
                taken = limiter.lease(name, holders=holders, ttl_seconds=_LEASE_SECONDS, patience_seconds=0)
                lease.enter_context(taken)
                return
            self._check_deadline(_LEASE_RETRY_SECONDS)
            yield Pause(_LEASE_RETRY_SECONDS)

    def _pick_up(self, submission: Request) -> Generator[Step, None, Any]:
        """What became of the job that an earlier run submitted; None if there is none that is of use."""
        request, jobs = _digest(submission), self._stream.tap.jobs
        job = jobs.find(self._stream.name, self._partition, request)
        if job is None:
            return None
        if not job.is_older_than(self._stream.jobs_last_seconds):
            self._values["job"] = job.id
            try:
                state, document = yield from self._wait()
                if state in {JobState.DONE, JobState.EMPTY}:
                    self._stream.logger.info("picked up report %s of an earlier run", job.id)
                    return document
            except NotReadyError:
                raise  # still under way: ordered again, it would begin anew
            except ExtractionError:
                pass
        jobs.forget(self._stream.name, self._partition, request)
        return None

    def _order(self, submission: Request) -> Generator[Step, None, Any]:
        """The document that says that the report is done; None if there are no rows."""
        repeats = self._stream.repeats
        for _ in range(_RESUBMISSIONS + 1 + repeats):
            self._submit(submission)
            state, document = yield from self._wait()
            match state:
                case JobState.EMPTY | JobState.DONE:
                    return document
                case JobState.EXPIRED:
                    self._stream.logger.info("report expired, submitting it again")
                    self._forget(submission)
                case _:
                    self._forget(submission)
                    failure = self._failure(state, document)
                    if repeats == 0:
                        raise failure
                    repeats -= 1
                    self._stream.logger.info("%s, submitting it again", failure)
        raise ExtractionError(f"the report expired {_RESUBMISSIONS + 1} times")

    def _failure(self, state: JobState, document: Any) -> ExtractionError:  # noqa: ANN401 - JSON holds anything
        told = f"the report ended as {at_path(document, self._stream.status)!r}"
        reason = None if self._stream.reason is None else at_path(document, self._stream.reason)
        if reason:
            told = f"{told}: {reason}"
        return WindowTooLargeError(told) if state is JobState.TOO_LARGE else ExtractionError(told)

    def _submission(self) -> Request:
        stream = self._stream
        endpoint = Endpoint(stream.path, stream.method, stream.params, stream.body, stream.budgets, JsonObject())
        return endpoint.request(stream, self._values)

    def _submit(self, submission: Request) -> None:
        stream = self._stream
        answer = stream.tap.http.send(submission)
        job = at_path(answer.json(), stream.job)
        if stream.duplicate_job is not None and (job is None or job == ""):
            found = re.search(stream.duplicate_job, answer.content.decode("utf-8", errors="replace"))
            job = None if found is None else found[1]
            self._check_duplicate(submission, job)
        if not isinstance(job, str | int) or job == "":
            raise ExtractionError(f"the answer to the submission of the report holds no {stream.job!r}")
        self._values["job"] = job
        if stream.has_bookmarks():
            start, end = (None if day is None else day.isoformat() for day in map(self._values.get, ("start", "end")))
            order = Job(_digest(submission), job, datetime.now(UTC), start, end)
            stream.tap.jobs.add(stream.name, self._partition, order)

    def _check_duplicate(self, submission: Request, job: str | None) -> None:
        """See that the job that the provider names instead of a new one is what was ordered.

        Raises:
            NotReadyError: it is another one: while that is under way, this one cannot be ordered.
        """
        if job is None or not self._stream.duplicate_holds:
            return
        self._values["job"] = job
        document = self._ask()
        for path in self._stream.duplicate_holds:
            asked, held = at_path(submission.json, path), at_path(document, path)
            if _sorted(asked) != _sorted(held):
                told = f"the provider takes it for a duplicate of report {job}, in which {path!r} is {held!r}"
                raise NotReadyError(told, retry_at=time.time() + self._stream.deadline_seconds)

    def _forget(self, submission: Request) -> None:
        self._stream.tap.jobs.forget(self._stream.name, self._partition, _digest(submission))

    def _wait(self) -> Generator[Step, None, tuple[JobState, Any]]:
        pause, longest = self._stream.poll_seconds
        while True:
            document = self._ask()
            state = self._stream.statuses.state(at_path(document, self._stream.status))
            if state is not JobState.RUNNING:
                return state, document
            self._check_deadline(pause)
            yield Pause(pause * random.uniform(0.8, 1.2))
            pause = min(longest, pause * 1.5)

    def _check_deadline(self, pause: float) -> None:
        if time.monotonic() + pause > self._deadline:
            seconds = self._stream.deadline_seconds
            told = f"the report is not done after {seconds:.0f} s; the next run picks it up"
            raise NotReadyError(told, retry_at=time.time() + seconds)

    def _ask(self) -> Any:  # noqa: ANN401 - JSON holds anything
        return self._stream.tap.http.send(self._poll.request(self._stream, self._values)).json()

    def _download(self, document: Any) -> Download | None:  # noqa: ANN401 - JSON holds anything
        """The file behind the link. Links live for minutes: one that is refused is asked for again."""
        stream = self._stream
        for attempt in range(_FRESH_LINKS):
            if stream.statuses.state(at_path(document, stream.status)) is JobState.EMPTY:
                return None
            link = at_path(document, stream.link or "")
            if not link and stream.no_link_is_empty:
                return None
            if not isinstance(link, str) or not link:
                raise ExtractionError(f"the report is done, but its answer holds no {stream.link!r}")
            try:
                return stream.tap.http.download(self._file_request(link))
            except PartitionSkippedError as error:
                if attempt == _FRESH_LINKS - 1:
                    raise ExtractionError(f"the report's link is refused: {error}") from error
                document = self._ask()
        raise AssertionError("the last attempt returns or raises")

    def _check_lines(self, download: Download, document: Any) -> None:  # noqa: ANN401 - JSON holds anything
        """Refuse a file with fewer or more lines than the provider says it wrote."""
        if self._stream.lines is None:
            return
        told = at_path(document, self._stream.lines)
        with download.open() as stream:
            found = sum(not line.isspace() for line in stream)
        if str(found) != str(told):
            raise ExtractionError(f"the report's file holds {found} lines, the provider says that it has {told}")

    def _file_request(self, link: str) -> Request:
        base = str(self._values["api_url"])
        return Request(url=led_to(link, by=base), origin=base, decoder=self._stream.decoder)


def _sorted(value: Any) -> Any:  # noqa: ANN401 - JSON holds anything
    return sorted(map(repr, value)) if isinstance(value, list) else value


def _digest(request: Request) -> str:
    """What tells one submission from another: the credential is no part of it."""
    asked = (request.method, request.url, sorted((name, str(value)) for name, value in request.params.items()))
    return hashlib.blake2b(msgspec.json.encode((asked, request.json), order="sorted"), digest_size=12).hexdigest()
