"""Whether the Redis that a fleet shares can keep budgets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dif_kit.budget._shared import open_driver
from dif_kit.doctor import Finding, Verdict, clock
from dif_kit.errors import BudgetError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dif_kit.doctor import Project

__all__ = ["checkup"]


def checkup(project: Project) -> Iterator[Finding]:
    """The Redis that a fleet shares: it answers, takes scripts that write, keeps what it is told."""
    url = project.environment.get("DIF_REDIS_URL")
    if not url:
        raise ConfigError("DIF_REDIS_URL is not set: each process keeps its own budgets, right for one machine")
    try:
        driver, place = open_driver(url)
    except BudgetError as error:
        yield Finding("redis", Verdict.BROKEN, str(error), "start Redis or Valkey, or correct DIF_REDIS_URL")
        return
    try:
        before = datetime.now(UTC)
        told: Any = driver.time()
        after = datetime.now(UTC)
        facts: Any = driver.info()
    finally:
        driver.close()
    version = facts.get("valkey_version") or facts.get("redis_version", "of an unknown version")
    found = f"{place}, {version}, {facts.get('used_memory_human', '?')} in use; scripts may write"
    policy = facts.get("maxmemory_policy", "noeviction")
    if policy == "noeviction":
        yield Finding("redis", Verdict.GOOD, found)
    else:
        advice = "set maxmemory-policy noeviction: a budget that is evicted is a limit that is forgotten"
        yield Finding("redis", Verdict.POOR, f"{found}; full memory evicts ({policy})", advice)
    yield clock("redis", datetime.fromtimestamp(told[0] + told[1] / 1_000_000, UTC), before, after)
