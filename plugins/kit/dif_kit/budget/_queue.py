"""Holders of a lease and who waits for it: the twin of ``lua/lease.lua`` in memory."""

from __future__ import annotations

from dif_kit.budget._ask import LeaseAnswer

__all__ = ["LeaseQueue"]


class LeaseQueue:
    """One lease: a number of holders, each until its time is up, and a queue in order of arrival."""

    def __init__(self) -> None:
        self._holders: dict[str, int] = {}
        self._waiting: dict[str, int] = {}
        self._fence = 0

    def take(self, token: str, now: int, *, holders: int, ttl_us: int, patience_us: int) -> LeaseAnswer:
        """A fence greater than every one before, or 0 and a place in the queue."""
        self._expire(now)
        self._waiting[token] = now + patience_us
        free = holders - len(self._holders)
        if list(self._waiting).index(token) < free:
            del self._waiting[token]
            self._holders[token] = now + ttl_us
            # By the clock: a store that lost its memory still gives greater fences than before.
            self._fence = max(self._fence + 1, now)
            return LeaseAnswer(self._fence)
        oldest = min(self._holders, key=lambda each: (self._holders[each], each), default="")
        return LeaseAnswer(0, self._holders.get(oldest, now + patience_us) - now, oldest, self._fence)

    def following(self, holders: int) -> str | None:
        """Who is to be woken because there is room for one more."""
        return next(iter(self._waiting), None) if len(self._holders) < holders else None

    def renew(self, token: str, now: int, *, ttl_us: int) -> bool:
        """Whether it was still held."""
        self._expire(now)
        if token not in self._holders:
            return False
        self._holders[token] = now + ttl_us
        return True

    def give(self, token: str, now: int) -> str | None:
        """Leave; the first in the queue, who is to be woken."""
        self._expire(now)
        self._holders.pop(token, None)
        self._waiting.pop(token, None)
        return next(iter(self._waiting), None)

    def _expire(self, now: int) -> None:
        self._holders = {token: until for token, until in self._holders.items() if until > now}
        self._waiting = {token: until for token, until in self._waiting.items() if until > now}
