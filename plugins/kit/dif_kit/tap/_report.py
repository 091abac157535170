"""Reports that a provider makes in its own time: submit, poll, download, decode."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from enum import Enum, auto
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final

from typing_extensions import override

from dif_kit.decode import JsonObject, at_path
from dif_kit.errors import ExtractionError
from dif_kit.http import PartitionSkippedError, Request, WindowTooLargeError
from dif_kit.tap._read import Endpoint, decoder_of, items_of, parser_of, rows_of
from dif_kit.tap._stream import Stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from dif_kit.budget import Budget
    from dif_kit.decode import Record
    from dif_kit.http import Answer

__all__ = ["ReportStatuses", "ReportStream"]

_RESUBMISSIONS: Final = 2
_FRESH_LINKS: Final = 3


class JobState(Enum):
    """What the kit understands of a provider's status."""

    RUNNING = auto()
    DONE = auto()
    EMPTY = auto()
    EXPIRED = auto()
    TOO_LARGE = auto()
    FAILED = auto()


@dataclass(frozen=True, slots=True)
class ReportStatuses:
    """A provider's words for the life of a report.

    ``expired`` jobs are submitted again; ``too_large`` ones in two halves; ``empty`` is success without data. A status
    that no set holds is a failure.
    """

    running: AbstractSet[str]
    done: AbstractSet[str]
    failed: AbstractSet[str] = field(default_factory=frozenset)
    expired: AbstractSet[str] = field(default_factory=frozenset)
    empty: AbstractSet[str] = field(default_factory=frozenset)
    too_large: AbstractSet[str] = field(default_factory=frozenset)

    def state(self, status: object) -> JobState:
        """What a status means."""
        table = (
            (self.running, JobState.RUNNING),
            (self.done, JobState.DONE),
            (self.empty, JobState.EMPTY),
            (self.expired, JobState.EXPIRED),
            (self.too_large, JobState.TOO_LARGE),
        )
        return next((state for statuses, state in table if status in statuses), JobState.FAILED)


class ReportStream(Stream):
    """A stream whose rows come as a file that the provider makes on request.

    ``path``, ``method``, ``params`` and ``body`` describe the request that submits a job; ``records`` reads the file.
    """

    method: ClassVar[str] = "POST"
    #: Dotted path of the job's id in the answer to the submission; ``{job}`` in the facts of the poll.
    job: ClassVar[str]
    #: Where to ask how the job does; ``path`` if not given.
    poll_path: ClassVar[str | None] = None
    poll_method: ClassVar[str] = "GET"
    poll_params: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    #: Budgets of the poll; ``budgets`` if not given.
    poll_budgets: ClassVar[tuple[Budget, ...] | None] = None
    #: Dotted path of the status in the answer to the poll.
    status: ClassVar[str]
    statuses: ClassVar[ReportStatuses]
    #: Dotted path of the file's address in the answer to the poll.
    link: ClassVar[str]
    #: True if the provider says "done, no rows" by leaving the address out.
    no_link_is_empty: ClassVar[bool] = False
    #: Seconds between polls: the first, and the longest that they grow to.
    poll_seconds: ClassVar[tuple[float, float]] = (2.0, 30.0)
    #: Seconds that one job may take.
    deadline_seconds: ClassVar[float] = 3600.0

    @classmethod
    @override
    def templates(cls) -> tuple[Any, ...]:
        return (*super().templates(), cls.poll_path or "", cls.poll_params)

    @classmethod
    @override
    def template_names(cls) -> frozenset[str]:
        return super().template_names() | {"job"}

    @override
    def fetch(self, values: Mapping[str, Any]) -> Iterator[Record]:
        """The rows of one report; raises DifError."""
        answer = _Job(self, values).result()
        return iter(()) if answer is None else items_of(rows_of(self, decoder_of(self), answer))


class _Job:
    """One report on its way from submission to file."""

    def __init__(self, stream: ReportStream, values: Mapping[str, Any]) -> None:
        self._stream = stream
        self._values = dict(values)
        self._deadline = time.monotonic() + stream.deadline_seconds
        self._poll = Endpoint(
            path=stream.poll_path or stream.path,
            method=stream.poll_method,
            params=stream.poll_params,
            budgets=stream.budgets if stream.poll_budgets is None else stream.poll_budgets,
            decoder=JsonObject(),
        )

    def result(self) -> Answer | None:
        """The file; None if there are no rows.

        Raises:
            WindowTooLargeError: the provider says that the report is too large.
            ExtractionError: the report failed, never came, or cannot be downloaded.
        """
        for _ in range(_RESUBMISSIONS + 1):
            self._submit()
            state, document = self._wait()
            match state:
                case JobState.EMPTY:
                    return None
                case JobState.DONE:
                    return self._download(document)
                case JobState.TOO_LARGE:
                    raise WindowTooLargeError(self._tell(document))
                case JobState.FAILED:
                    raise ExtractionError(self._tell(document))
                case _:
                    self._stream.logger.info("report expired, submitting it again")
        raise ExtractionError(f"the report expired {_RESUBMISSIONS + 1} times")

    def _submit(self) -> None:
        stream = self._stream
        endpoint = Endpoint(stream.path, stream.method, stream.params, stream.body, stream.budgets, JsonObject())
        document = stream.tap.http.send(endpoint.request(stream, self._values)).json()
        job = at_path(document, stream.job)
        if not isinstance(job, str | int) or job == "":
            raise ExtractionError(f"the answer to the submission of the report holds no {stream.job!r}")
        self._values["job"] = job

    def _wait(self) -> tuple[JobState, Any]:
        pause, longest = self._stream.poll_seconds
        while True:
            document = self._ask()
            state = self._stream.statuses.state(at_path(document, self._stream.status))
            if state is not JobState.RUNNING:
                return state, document
            if time.monotonic() + pause > self._deadline:
                raise ExtractionError(f"the report is not done after {self._stream.deadline_seconds:.0f} s")
            with self._stream.tap.stop.waiting():
                time.sleep(pause * random.uniform(0.8, 1.2))
            pause = min(longest, pause * 1.5)

    def _ask(self) -> Any:  # noqa: ANN401 - JSON holds anything
        return self._stream.tap.http.send(self._poll.request(self._stream, self._values)).json()

    def _download(self, document: Any) -> Answer | None:  # noqa: ANN401 - JSON holds anything
        """The file behind the link. Links live for minutes: one that is refused is asked for again."""
        for attempt in range(_FRESH_LINKS):
            link = at_path(document, self._stream.link)
            if not link and self._stream.no_link_is_empty:
                return None
            if not isinstance(link, str) or not link:
                raise ExtractionError(f"the report is done, but its answer holds no {self._stream.link!r}")
            try:
                return self._stream.tap.http.send(self._file_request(link))
            except PartitionSkippedError as error:
                if attempt == _FRESH_LINKS - 1:
                    raise ExtractionError(f"the report's link is refused: {error}") from error
                document = self._ask()
        raise AssertionError("the last attempt returns or raises")

    def _file_request(self, link: str) -> Request:
        base = str(self._values["api_url"])
        decoder = decoder_of(self._stream)
        return Request(url=link, origin=base, decoder=decoder, parse=parser_of(self._stream, decoder))

    def _tell(self, document: Any) -> str:  # noqa: ANN401 - JSON holds anything
        return f"the report ended as {at_path(document, self._stream.status)!r}"
