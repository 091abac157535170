"""Open the limiter that a tap's settings ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dif_kit.budget._book import Book
from dif_kit.budget._limiter import StoreLimiter
from dif_kit.budget._terms import Terms
from dif_kit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dif_kit.budget._ask import Store

__all__ = ["HORIZON_SECONDS", "connect"]

# The longest that a process should sleep in a container that is paid for by the second.
HORIZON_SECONDS: Final = 300.0

LEAST_WEIGHT: Final = 0.001
MOST_WEIGHT: Final = 1_000_000


def connect(
    redis_url: str | None,
    *,
    horizon_seconds: float = HORIZON_SECONDS,
    client: str | None = None,
    weight: float = 1.0,
    budgets: Mapping[str, Sequence[str]] | None = None,
) -> StoreLimiter:
    """Open a limiter: shared through Redis or Valkey with a URL, of this process alone without.

    ``client`` shares each budget fairly with the other clients that use it, by ``weight``; without one, first come is
    first served. A wait beyond ``horizon_seconds`` is not slept but `Deferred`. ``budgets`` holds policies
    that stand in for those of the budgets so named; "shadow" among them counts and tells, but lets everyone go.

    Raises:
        BudgetError: Redis cannot be reached, refuses the URL's credentials, or cannot keep budgets.
        ConfigError: the URL is malformed, or the weight is not positive.
    """
    if not LEAST_WEIGHT <= weight <= MOST_WEIGHT:
        message = f"a client's weight is {weight}; it must be between {LEAST_WEIGHT} and {MOST_WEIGHT}"
        raise ConfigError(message)
    store: Store
    if redis_url:
        from dif_kit.budget._shared import open_store  # noqa: PLC0415 - its library is 7 MiB for nothing without Redis

        store, place = open_store(redis_url)
    else:
        store, place = Book(), "this process"
    return StoreLimiter(
        store,
        place=place,
        horizon_seconds=horizon_seconds,
        terms=Terms(budgets),
        client=client or "",
        weight=weight,
    )
