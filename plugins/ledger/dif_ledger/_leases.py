"""Leases: each lasts as long as the session of who holds it, however that one ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import psycopg

__all__ = ["end_abandoned", "hold", "release", "take"]

_SPACE: Final = 0x6469665F  # "dif_": advisory locks of others do not meet ours
_ABANDONED: Final = """
WITH running AS MATERIALIZED (SELECT run_id FROM ledger.runs WHERE status = 'running' AND is_leased),
abandoned AS MATERIALIZED (
    SELECT run_id FROM running WHERE pg_try_advisory_xact_lock(hashtextextended(run_id, %(space)s))
)
UPDATE ledger.runs SET
    status = 'failed', ended_at = now(), cause = 'supervisor_died',
    message = '`ledger run` ended without a word on how it went: see its log; `ledger rebuild` finds what it delivered'
WHERE status = 'running' AND run_id IN (SELECT run_id FROM abandoned)
"""


def hold(database: psycopg.Connection[Any], run_id: str) -> None:
    """Hold the lease of a run until it is released, or the session ends, as it does when the client is killed."""
    database.execute("SELECT pg_advisory_lock(hashtextextended(%s, %s))", (run_id, _SPACE))


def release(database: psycopg.Connection[Any], run_id: str) -> None:
    """Let go of the lease."""
    database.execute("SELECT pg_advisory_unlock(hashtextextended(%s, %s))", (run_id, _SPACE))


def take(database: psycopg.Connection[Any], what: str) -> bool:
    """Hold the lease of something else, by its name, until the session ends; False if another session has it."""
    row = database.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0)) AS is_ours", (what,)).fetchone()
    return row is not None and bool(row["is_ours"])


def end_abandoned(database: psycopg.Connection[Any]) -> None:
    """Note as failed what is running with nobody to hold its lease."""
    database.execute(_ABANDONED, {"space": _SPACE})
