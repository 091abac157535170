"""Facts about reports that a provider makes in its own time."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from dif_kit.tap._readable import ReadableStream

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from dif_kit.budget import Budget

__all__ = ["JobState", "ReportFacts", "ReportStatuses"]


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
        if not isinstance(status, str):
            return JobState.FAILED
        return next((state for statuses, state in table if status in statuses), JobState.FAILED)


class ReportFacts(ReadableStream):
    """What a stream states whose rows come as a file, or as pages, that the provider makes on request.

    ``path``, ``method``, ``params`` and ``body`` describe the request that submits a job; ``records`` reads what came
    of it: the file behind ``link``, or the pages (``paging``) at ``result_path``.
    """

    method: ClassVar[str] = "POST"
    #: Dotted path of the job's id in the answer to the submission; ``{job}`` in the facts of the poll.
    job: ClassVar[str]
    #: Where to ask how the job does; ``path`` if not given.
    poll_path: ClassVar[str | None] = None
    poll_method: ClassVar[str] = "GET"
    poll_params: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    #: JSON body of a poll by POST.
    poll_body: ClassVar[Any] = None
    #: Budgets of the poll; ``budgets`` if not given.
    poll_budgets: ClassVar[tuple[Budget, ...] | None] = None
    #: Dotted path of the status in the answer to the poll.
    status: ClassVar[str]
    statuses: ClassVar[ReportStatuses]
    #: Dotted path of the provider's words about a failure in the answer to the poll.
    reason: ClassVar[str | None] = None
    #: How often a job is submitted again that failed, or was too large, before that is believed.
    repeats: ClassVar[int] = 0
    #: Dotted path of the file's address in the answer to the poll; without a file, where the pages of rows are.
    link: ClassVar[str | None] = None
    result_path: ClassVar[str | None] = None
    result_params: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    #: Dotted path of how many lines the file has, in the answer to the poll: a file with another number is not whole.
    lines: ClassVar[str | None] = None
    #: True if the provider says "done, no rows" by leaving the address out.
    no_link_is_empty: ClassVar[bool] = False
    #: Seconds between polls: the first, and the longest that they grow to.
    poll_seconds: ClassVar[tuple[float, float]] = (2.0, 30.0)
    #: How many jobs may be under way at once, over all processes that share budgets.
    jobs_in_flight: ClassVar[int | None] = 4
    #: Pattern with one group: the id of the job that is under way already, in the answer to a submission that is
    #: refused as a duplicate; the verdicts must call that answer ok.
    duplicate_job: ClassVar[str | None] = None
    #: Dotted paths that hold the same in the order and in the answer to the poll, lists in any order: a provider may
    #: take a job for a duplicate that is none, and its rows are not those that were asked for.
    duplicate_holds: ClassVar[tuple[str, ...]] = ()
    #: Seconds after which a job of an earlier run is not picked up any more.
    jobs_last_seconds: ClassVar[float] = 86_400.0
    #: Seconds that one job may take; then the run leaves it to a later one, which picks it up.
    deadline_seconds: ClassVar[float] = 3600.0

    @classmethod
    @override
    def templates(cls) -> tuple[Any, ...]:
        of_poll = (cls.poll_path or "", cls.poll_params, cls.poll_body)
        return (*super().templates(), *of_poll, cls.result_path or "", cls.result_params)

    @classmethod
    @override
    def template_names(cls) -> frozenset[str]:
        return super().template_names() | {"job"}
