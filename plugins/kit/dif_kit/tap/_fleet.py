"""The limiter that a run's settings ask for, with its place among the other runs of the fleet."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from dif_kit.errors import AlreadyRunningError, ConfigError
from dif_kit.tap._metered import MeteredLimiter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dif_kit.budget import Budget, Lease, Limiter

__all__ = ["Fleet"]

# A backfill leaves the room to whoever is live: a tenth of a live client's share when all are hungry.
_WEIGHTS: Final = {"live": 1.0, "backfill": 0.1}
_RUN_SECONDS: Final = 30.0


class Payer(Protocol):
    """A kind of streams, whose requests are paid from budgets."""

    @property
    def budgets(self) -> tuple[Budget, ...]:
        """All of them."""


class Fleet:
    """What a run shares with others: its budgets, and through Redis the right to be the only one of its kind."""

    def __init__(self, name: str, config: Mapping[str, Any], streams: Iterable[Payer]) -> None:
        self._redis_url = config.get("redis_url") or os.environ.get("DIF_REDIS_URL")
        self._client = os.environ.get("MELTANO_ENVIRONMENT")
        self._plugin = os.environ.get("MELTANO_EXTRACTOR_NAME") or name
        self._priority = _priority(config)
        self._budgets = _overruled(config.get("budgets"), streams)

    @property
    def is_backfill(self) -> bool:
        """Whether the run gives way to live ones."""
        return self._priority == "backfill"

    @property
    def policies(self) -> Mapping[str, tuple[str, ...]]:
        """What the settings put in the place of budgets' policies, by the names of the budgets."""
        return self._budgets

    @property
    def is_shared(self) -> bool:
        """Whether other processes share the budgets."""
        return bool(self._redis_url)

    def open(self, *, horizon_seconds: float) -> MeteredLimiter:
        """The limiter.

        Raises:
            BudgetError: Redis is configured, but does not answer.
            ConfigError: the URL is malformed, or a policy is not understood.
        """
        from dif_kit.budget import connect  # noqa: PLC0415 - discovery needs no budgets and no Redis library

        client = self._client or "default"
        limiter = connect(
            self._redis_url,
            horizon_seconds=horizon_seconds,
            client=client if self._priority == "live" else f"{client}/{self._priority}",
            weight=_WEIGHTS[self._priority],
            budgets=self._budgets,
        )
        return MeteredLimiter(limiter, limiter.tokens if self.is_shared else None)

    def claim(self, limiter: Limiter, run_id: str) -> Lease | None:
        """The right to be the only live run of this client, plugin and priority; None if there is nobody to tell.

        Raises:
            AlreadyRunningError: another run has it.
            BudgetError: Redis was lost.
        """
        if not self._redis_url or not self._client:
            return None
        from dif_kit.budget import LeaseTaken  # noqa: PLC0415 - as above

        try:
            return limiter.lease(
                f"run/{self._client}/{self._plugin}/{self._priority}",
                ttl_seconds=_RUN_SECONDS,
                patience_seconds=0,
                holder=f"run {run_id} on {socket.gethostname()}, process {os.getpid()}",
            )
        except LeaseTaken as taken:
            since = datetime.fromtimestamp(taken.since, UTC)
            message = (
                f"already running for {self._client}: {taken.holder}, since {since:%Y-%m-%d %H:%M:%S} UTC; nothing was "
                f"done, wait for its end (after a crash it is forgotten within {_RUN_SECONDS:.0f} s)"
            )
            raise AlreadyRunningError(message) from None


def _priority(config: Mapping[str, Any]) -> str:
    priority = config.get("priority") or os.environ.get("DIF_PRIORITY") or "live"
    if priority not in _WEIGHTS:
        message = f"priority (DIF_PRIORITY) is {priority!r}; it is one of {', '.join(_WEIGHTS)}"
        raise ConfigError(message)
    return str(priority)


def _overruled(setting: Mapping[str, Any] | None, streams: Iterable[Payer]) -> dict[str, tuple[str, ...]]:
    """The setting ``budgets``, checked against what the tap has."""
    if setting is None:
        return {}
    budgets = dict(_by_name(setting))
    if not budgets:
        message = (
            "budgets holds nothing: leave it out, or write its names with slashes in a variable for Meltano, as "
            '{"pinterest/ads_read": ["500/min"]}, for it loses names with dots'
        )
        raise ConfigError(message)
    from dif_kit.budget import check_policies  # noqa: PLC0415 - as above

    known = {
        budget.name
        for stream in streams
        for budget in (*stream.budgets, *(getattr(stream, "poll_budgets", None) or ()))
    }
    for name, texts in budgets.items():
        if name not in known:
            message = f"budgets: {name!r} is none of this tap's: {', '.join(sorted(known)) or 'it has none'}"
            raise ConfigError(message)
        if not texts:
            message = f"budgets: {name!r} has no policies; leave it out to keep the tap's own, or write ['shadow']"
            raise ConfigError(message)
        try:
            check_policies(texts)
        except ConfigError as error:
            message = f"budgets: {name!r}: {error}"
            raise ConfigError(message) from None
    return {name: tuple(texts) for name, texts in budgets.items()}


def _by_name(setting: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Policies by the names of budgets: Meltano takes these apart at their dots, so slashes may stand for them."""
    for written, value in setting.items():
        name = written.replace("/", ".")
        if isinstance(value, Mapping):
            yield from ((f"{name}.{rest}", texts) for rest, texts in _by_name(value))
        else:
            yield name, value
