"""Who may work: one job a client and tap, so many in the whole fleet, one planner."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final

from dif_kit.budget import LeaseTaken, connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dif_kit.budget import Limiter

    from dif_deploy._plan import Job
    from dif_deploy._settings import Settings

__all__ = ["NoPlaceError", "at_work", "planning"]

_TTL_SECONDS: Final = 60.0


class NoPlaceError(Exception):
    """Another one is at it (``another``), or the fleet is full (``full``): nothing was done."""


@contextmanager
def at_work(job: Job, settings: Settings) -> Iterator[None]:
    """Hold the leases of a job; raises NoPlaceError if one is taken, BudgetError if nobody can say."""
    with ExitStack() as held:
        limiter = held.enter_context(_limiter(settings))
        for name, holders, word in (
            (f"job/{job.client}/{job.tap}", 1, "another"),
            ("fleet", settings.limits.places, "full"),
        ):
            try:
                lease = limiter.lease(
                    name, holders=holders, ttl_seconds=_TTL_SECONDS, patience_seconds=0, holder=_holder()
                )
            except LeaseTaken as taken:
                raise NoPlaceError(word) from taken
            held.enter_context(lease)
        yield


@contextmanager
def planning(settings: Settings) -> Iterator[bool]:
    """Whether this is the only planner; two that read the ledger at once would start the same jobs."""
    with _limiter(settings) as limiter:
        try:
            lease = limiter.lease("planner", ttl_seconds=_TTL_SECONDS, patience_seconds=0, holder=_holder())
        except LeaseTaken:
            yield False
            return
        with lease:
            yield True


@contextmanager
def _limiter(settings: Settings) -> Iterator[Limiter]:
    limiter = connect(settings.redis_url)
    try:
        yield limiter
    finally:
        limiter.close()


def _holder() -> str:
    return f"{os.environ.get('AWS_LAMBDA_LOG_STREAM_NAME') or socket.gethostname()}:{os.getpid()}"
