"""Leases as their holders see them: waited for in order, renewed in the background, lost by the clock."""

from __future__ import annotations

import logging
import math
import secrets
import threading
import time
import warnings
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from dif_kit.budget._ask import LeaseAnswer, Store, StoreLostError
from dif_kit.errors import BudgetError, Deferred

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from dif_kit.budget._wakes import Wakes

__all__ = ["HeldLease", "LeaseDesk", "LeaseLostError", "LeaseTaken"]

_LOGGER = logging.getLogger(__name__)

# Who waits asks again at least this often, which keeps the place in the queue; a dead one loses it after PATIENCE.
ASK_AGAIN_SECONDS: Final = 1.0
PATIENCE_US: Final = 5_000_000
RENEWALS_A_TTL: Final = 3


class LeaseTaken(Deferred):
    """Others hold the lease: ``holder`` as it named itself, ``since`` when (epoch seconds of the store's clock)."""

    def __init__(self, message: str, *, retry_at: float, holder: str, since: float) -> None:
        super().__init__(message, retry_at=retry_at)
        self.holder = holder
        self.since = since


class LeaseLostError(BudgetError):
    """A lease ran out while it was held, and another may hold it: write nothing more."""


class HeldLease:
    """A lease that was taken; see `dif_kit.budget.Lease`."""

    def __init__(self, desk: LeaseDesk, name: str, token: str, *, fence: int, ttl_seconds: float, since: float) -> None:
        self.name = name
        self.token = token
        self.ttl_seconds = ttl_seconds
        self._desk = desk
        self._fence = fence
        self._valid_until = since + ttl_seconds
        self._released = False

    @property
    def fence(self) -> int:
        """Greater than the fence of every holder before."""
        return self._fence

    @property
    def is_held(self) -> bool:
        """Whether nobody else can hold it, by this process's own count of the time since the last renewal."""
        return not self._released and time.monotonic() < self._valid_until

    @property
    def renew_at(self) -> float:
        """When it is to be renewed, in monotonic seconds."""
        return self._valid_until - self.ttl_seconds * (1 - 1 / RENEWALS_A_TTL)

    def check(self) -> None:
        """See `Lease.check`."""
        if not self.is_held:
            message = f"the lease {self.name!r} was lost: another may hold it now; stop writing and run again"
            raise LeaseLostError(message)

    def extend(self, since: float) -> None:
        """It was renewed by a call that began at ``since``."""
        self._valid_until = since + self.ttl_seconds

    def lose(self) -> None:
        """Another may hold it from now on."""
        self._valid_until = -math.inf

    def release(self) -> None:
        """See `Lease.release`."""
        if not self._released:
            self._released = True
            self._desk.give(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def __del__(self) -> None:
        if not self._released:
            warnings.warn(f"the lease {self.name!r} was dropped without release()", ResourceWarning, stacklevel=2)


class LeaseDesk:
    """Where one limiter takes, renews and gives back its leases."""

    def __init__(self, store: Store, wakes: Wakes) -> None:
        self._store = store
        self._wakes = wakes
        self._held: weakref.WeakSet[HeldLease] = weakref.WeakSet()
        self._condition = threading.Condition()
        self._keeper: threading.Thread | None = None
        self._closed = False

    def take(
        self, name: str, *, holders: int, ttl_seconds: float, patience_seconds: float, holder: str = ""
    ) -> HeldLease:
        """Wait for the lease in order of arrival.

        Raises:
            LeaseTaken: it was not free in time.
            StoreLostError: the store does not answer.
        """
        token = f"{holder}#{secrets.token_hex(8)}"
        try:
            fence, since = self._wait(name, token, holders, ttl_seconds, time.monotonic() + patience_seconds)
        except BaseException:
            with suppress(StoreLostError):
                self._store.give_lease(name, token)
            raise
        lease = HeldLease(self, name, token, fence=fence, ttl_seconds=ttl_seconds, since=since)
        self._keep(lease)
        return lease

    def _wait(self, name: str, token: str, holders: int, ttl_seconds: float, deadline: float) -> tuple[int, float]:
        """The fence, and when the call that took the lease began."""
        ttl_us = _microseconds(ttl_seconds)
        with self._wakes.watch(token) as watch:
            while True:
                watch.rearm()
                since = time.monotonic()
                answer = self._store.take_lease(name, token, holders=holders, ttl_us=ttl_us, patience_us=PATIENCE_US)
                if answer.fence:
                    return answer.fence, since
                left = deadline - time.monotonic()
                if left <= 0:
                    raise _taken(name, answer)
                watch.sleep(min(left, ASK_AGAIN_SECONDS, answer.wait_us / 1e6 + 0.001))

    def give(self, lease: HeldLease) -> None:
        """Let the next one in. A store that does not answer lets it in when the time is up."""
        with self._condition:
            self._held.discard(lease)
        with suppress(StoreLostError):
            self._store.give_lease(lease.name, lease.token)

    def close(self) -> None:
        """Renew no more."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()
        if self._keeper is not None:
            self._keeper.join()

    def _keep(self, lease: HeldLease) -> None:
        with self._condition:
            self._held.add(lease)
            if self._keeper is None:
                self._keeper = threading.Thread(target=self._run, name="dif-leases", daemon=True)
                self._keeper.start()
            self._condition.notify_all()

    def _run(self) -> None:
        while True:
            with self._condition:
                if self._closed:
                    return
                now = time.monotonic()
                held = list(self._held)
                due = [lease for lease in held if lease.renew_at <= now]
                if not due:
                    next_at = min((lease.renew_at for lease in held), default=None)
                    del held
                    self._condition.wait(None if next_at is None else next_at - now)
                    continue
            for lease in due:
                self._renew(lease)
            del held, due, lease  # a name here would keep a dropped lease alive

    def _renew(self, lease: HeldLease) -> None:
        since = time.monotonic()
        try:
            if self._store.renew_lease(lease.name, lease.token, ttl_us=_microseconds(lease.ttl_seconds)):
                lease.extend(since)
                return
        except StoreLostError:
            if lease.is_held:
                with self._condition:
                    self._condition.wait(lease.ttl_seconds / RENEWALS_A_TTL / RENEWALS_A_TTL)
                return
        lease.lose()
        with self._condition:
            was_held = lease in self._held
            self._held.discard(lease)
        if was_held:
            _LOGGER.error("the lease %r was lost: another may hold it now", lease.name)


def _taken(name: str, answer: LeaseAnswer) -> LeaseTaken:
    holder = answer.holder.rpartition("#")[0]
    message = f"the lease {name!r} was not free in time: {holder or 'another run'} holds it; run again later"
    retry_at = time.time() + answer.wait_us / 1e6
    return LeaseTaken(message, retry_at=retry_at, holder=holder, since=answer.since_us / 1e6)


def _microseconds(seconds: float) -> int:
    return math.ceil(seconds * 1_000_000)
