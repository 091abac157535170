"""What is asked of a store, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dif_kit.budget._policy import Points, Policy
    from dif_kit.budget._terms import Override

__all__ = [
    "OVERRIDES",
    "Answer",
    "Ask",
    "LeaseAnswer",
    "Origin",
    "Part",
    "Signal",
    "Store",
    "StoreLostError",
    "StoreParkedError",
    "budget_key",
    "nobody",
]

#: What listeners are told when an operator has decided something.
OVERRIDES: Final = "overrides"


def nobody(*_what: object) -> None:
    """Tell nobody: no one listens to the store yet."""


def budget_key(name: str, scope: str) -> str:
    """A budget and its scope value, as they are counted together."""
    return f"{name}:{scope}"


class StoreLostError(Exception):
    """The store does not answer."""


class StoreParkedError(StoreLostError):
    """The store has not answered for so long that work should be put off until it does."""


@dataclass(frozen=True, slots=True)
class Part:
    """One budget of a reservation; ``policies`` are those that are counted at the start, not the concurrent one.

    ``not_before_us`` is until when an operator lets nobody start, by the store's clock.
    """

    key: str
    cost: int
    policies: tuple[Policy, ...]
    not_before_us: int = 0


@dataclass(frozen=True, slots=True)
class Ask:
    """A reservation in every part at once. ``client`` and ``weight`` share a budget out; "" has no share to keep to."""

    parts: tuple[Part, ...]
    token: str
    member: str
    horizon_us: int
    client: str = ""
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Answer:
    """When the caller may start, by the store's clock; ungranted, when it may ask again, and nothing was reserved.

    ``reason`` is what moved the start last: the index of the part, then a policy's index or "pause", "halt",
    "remaining" or "share". ``fleet`` is the number of processes that used one of the budgets lately,
    ``left`` what remains of each calendar day. By this process's monotonic clock
    the start lies between ``due_from`` and ``due_by``: what is between is the way to the store and back.
    """

    granted: bool
    now_us: int
    go_at_us: int
    reason: tuple[int, str]
    fleet: int = 1
    left: tuple[int, ...] = ()
    origin: Origin | None = field(default=None, compare=False)
    due_from: float = field(default=0.0, compare=False)
    due_by: float = field(default=0.0, compare=False)

    @property
    def wait_seconds(self) -> float:
        """How long it is until the start, which is the same by any clock."""
        return (self.go_at_us - self.now_us) / 1e6


@dataclass(frozen=True, slots=True)
class Signal:
    """What one caller learnt from the provider, for all. Microseconds count from now; None says nothing."""

    pause_us: int | None = None
    slow_down: bool = False
    remaining: int | None = None
    reset_us: int = 0
    usage_percent: float | None = None
    points: Points | None = None


@dataclass(frozen=True, slots=True)
class LeaseAnswer:
    """``fence`` is 0 while the caller waits; then ``wait_us`` says when the oldest holder would expire.

    ``holder`` is that one's token, ``since_us`` when the lease was last taken.
    """

    fence: int
    wait_us: int = 0
    holder: str = ""
    since_us: int = 0


class Origin(Protocol):
    """Who granted a reservation and can correct it."""

    def settle(self, part: Part, token: str, go_at_us: int, actual: int) -> None:
        """Correct the cost of a reservation; 0 takes it back."""

    def postpone(self, parts: Sequence[Part], token: str, to_us: int) -> Mapping[str, int]:
        """Count a start when its request was sent, later than reserved; who had its place next moves on, and is told.

        Gives the tokens of those who moved, and to when. To say it twice, or earlier than is known, changes nothing.
        """


class Store(Origin, Protocol):
    """Keeps the counts: one process's memory, or Redis. Each method is atomic."""

    def reserve(self, ask: Ask) -> Answer:
        """Reserve the earliest start that every policy of every part allows, or nothing."""

    def signal(self, key: str, signal: Signal) -> None:
        """Let everyone in the budget know."""

    def take_lease(self, name: str, token: str, *, holders: int, ttl_us: int, patience_us: int) -> LeaseAnswer:
        """Take the lease or a place in its queue; who does not ask again within ``patience_us`` loses the place."""

    def renew_lease(self, name: str, token: str, *, ttl_us: int) -> bool:
        """Whether the lease is still held; then it is for ``ttl_us`` more."""

    def give_lease(self, name: str, token: str) -> None:
        """Give the lease, or the place in its queue, back; the next in the queue is woken."""

    def announce(self, key: str, texts: tuple[str, ...]) -> None:
        """Let operators see a budget and its policies."""

    def overrides(self) -> Mapping[str, Override]:
        """What operators decided, by the names of budgets; `OVERRIDES` is told when it changes."""

    def remember(self, identity: str, sealed: bytes, *, seconds: int) -> None:
        """Keep bytes for the other processes for so long."""

    def recall(self, identity: str) -> tuple[bytes | None, int]:
        """What was kept, and the store's time in microseconds."""

    def listen(self, wake: Callable[[str], None], later: Callable[[str, int], None]) -> None:
        """Call ``wake`` with a budget's key when it is paused, a token when its lease may be free, "" for all.

        Call ``later`` with the token of a start that was postponed, and the time that it has now.
        """

    def close(self) -> None:
        """Let go of connections and threads."""
