"""Whether the vault has all it needs here: its tables, its locks, its keys."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from dif_kit.doctor import Finding, Verdict, clock
from dif_kit.errors import ConfigError, DifError

from dif_vault._envelope import context_of
from dif_vault._keeper import turn_of
from dif_vault._names import SecretName
from dif_vault._settings import URL, key_ring, store
from dif_vault._store import statement
from dif_vault.errors import KeyRefusedError, StoreError, TamperedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dif_kit.doctor import Project

__all__ = ["CHECKS", "checkup"]


def _check_database() -> str:
    with store().session() as connection:
        row = connection.execute(statement("head")).fetchone()
        server = connection.info.parameter_status("server_version")
    if row is None:
        raise StoreError("the audit has lost its end: run `vault audit`")
    return f"{store().place}, PostgreSQL {server}, {row[0]} entries in the audit"


def _check_lock() -> str:
    place = SecretName("doctor", secrets.token_hex(4))
    with turn_of(store(), place) as (key, holder), store().session() as other:
        pid = holder.execute("SELECT pg_backend_pid()").fetchall()[0][0]
        held = other.execute(statement("lock_holder"), {"key": key}).fetchall()
    if held != [(pid,)]:
        raise StoreError("a lock does not stay with its session: DIF_VAULT_URL leads to a pooler in transaction mode")
    return "a refresh can be held by one process at a time"


def _check_key() -> str:
    ring = key_ring()
    context = context_of(SecretName("doctor", "key"), 1, purpose="doctor")
    data_key, wrapped = ring.generate(context)
    if ring.unwrap(wrapped.key_id, wrapped.blob, context) != data_key:
        raise KeyRefusedError("the key provider gives back another data key than it made")
    try:
        ring.unwrap(wrapped.key_id, wrapped.blob, {**context, "client": "another"})
    except TamperedError:
        return f"{wrapped.key_id} wraps and unwraps, bound to its context"
    raise KeyRefusedError("the key provider ignores the encryption context: clients are not kept apart")


CHECKS: Final[Mapping[str, Callable[[], str]]] = {
    "database": _check_database,
    "lock": _check_lock,
    "key": _check_key,
}
_ADVICE: Final = {
    "database": "start PostgreSQL, or correct DIF_VAULT_URL; a new database needs: vault init",
    "lock": "lead DIF_VAULT_URL to the database itself, or to a pooler in session mode",
    "key": "correct DIF_VAULT_KEY; allow kms:GenerateDataKey and kms:Decrypt on the key",
}


def checkup(project: Project) -> Iterator[Finding]:
    """The vault as ``make doctor`` sees it, and its database's clock."""
    if not project.environment.get(URL):
        raise ConfigError(f"{URL} is not set: there is no vault here; references like env:// and file:// do without")
    for name, check in CHECKS.items():
        try:
            yield Finding(f"vault, {name}", Verdict.GOOD, check())
        except DifError as error:
            yield Finding(f"vault, {name}", Verdict.BROKEN, str(error), _ADVICE[name])
            if name == "database":
                return  # what follows would say the same in other words
    with store().session() as connection:
        before = datetime.now(UTC)
        theirs = connection.execute("SELECT clock_timestamp()").fetchall()[0][0]
        yield clock("vault", theirs, before, datetime.now(UTC))
