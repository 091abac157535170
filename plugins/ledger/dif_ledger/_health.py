"""Whether the ledger has its database here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dif_kit.doctor import Finding, Verdict, clock
from dif_kit.errors import ConfigError, DeliveryError

from dif_ledger._facts import URLS, connected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dif_kit.doctor import Project

__all__ = ["checkup"]


def checkup(project: Project) -> Iterator[Finding]:
    """The ledger's database as ``make doctor`` sees it, and its clock."""
    if not any(project.environment.get(name) for name in URLS):
        raise ConfigError(f"{URLS[0]} is not set: runs are not supervised here")
    try:
        with connected() as database:
            runs = database.execute("SELECT count(*) AS runs FROM ledger.runs").fetchall()[0]["runs"]
            yield Finding("ledger", Verdict.GOOD, f"{database.info.host}:{database.info.port}, {runs} runs")
            before = datetime.now(UTC)
            theirs = database.execute("SELECT clock_timestamp() AS now").fetchall()[0]["now"]
            yield clock("ledger", theirs, before, datetime.now(UTC))
    except ConfigError as error:
        yield Finding("ledger", Verdict.BROKEN, str(error), "run: ledger init")
    except DeliveryError as error:
        yield Finding("ledger", Verdict.BROKEN, str(error), f"start PostgreSQL, or correct {URLS[0]}")
