"""The rows of the ledger's tables, as those who write them fill them in."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["FailureRow", "Kind", "RunEnd", "RunStart", "Status", "StreamRow"]


class Kind(StrEnum):
    """Why a run was started."""

    LIVE = "live"
    BACKFILL = "backfill"
    CATCH_UP = "catch_up"

    @property
    def command(self) -> str:
        """What it is called on the command line."""
        return self.replace("_", "-")


class Status(StrEnum):
    """How a run ended; a run that is alive, or that nobody could note the end of, is ``running``."""

    RUNNING = "running"
    DONE = "done"
    PARTIAL = "partial"
    DEFERRED = "deferred"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RunStart:
    """What is known of a run when it starts; ``command`` reproduces it."""

    run_id: str
    client: str
    tap: str
    target: str
    started_at: datetime
    command: str
    kind: Kind = Kind.LIVE
    log_path: str | None = None


@dataclass(frozen=True, slots=True)
class StreamRow:
    """Rows of one stream as the tap sent them and the target took them; None where nobody has told.

    What is staged is loaded, or ``superseded`` by a later row of its key.
    """

    stream: str
    extracted: int | None = None
    staged: int | None = None
    loaded: int | None = None
    rejected: int | None = None
    checksum_sent: str | None = None
    checksum_received: str | None = None
    windows: list[dict[str, Any]] = field(default_factory=list)
    complete: bool = False
    superseded: int | None = None


@dataclass(frozen=True, slots=True)
class FailureRow:
    """A partition that could not be read."""

    stream: str
    partition: dict[str, Any]
    reason: str


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended. ``message`` and ``request`` are redacted by whoever fills them in."""

    run_id: str
    ended_at: datetime
    status: Status
    cause: str | None = None
    message: str | None = None
    retry_at: datetime | None = None
    tap_exit: int | None = None
    target_exit: int | None = None
    waited_seconds: float = 0.0
    retries: int = 0
    request: dict[str, Any] | None = None
    streams: tuple[StreamRow, ...] = ()
    failures: tuple[FailureRow, ...] = ()
