"""Commands about the vault itself: its tables, its keys, its audit, its health."""

from __future__ import annotations

import json
import secrets
import sys
from typing import TYPE_CHECKING, Final

import click
from dif_kit.errors import ConfigError, DifError, ExitCode

from dif_vault._audit import Anchor
from dif_vault._envelope import context_of
from dif_vault._keeper import turn_of
from dif_vault._names import SecretName
from dif_vault._settings import key_ring, local_key_file, open_vault, store
from dif_vault._store import statement
from dif_vault.cli._main import console, say
from dif_vault.errors import KeyRefusedError, StoreError, TamperedError
from dif_vault.keys import LocalKeys

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["COMMANDS"]


@click.command()
def init() -> None:
    """Make the tables, or bring them up to date, and the key file that DIF_VAULT_KEY names; harmless if done twice."""
    applied = store().migrate()
    file = local_key_file()
    if file is not None and not file.exists():
        LocalKeys.create(file)
        say(f"vault: made the key file {file}; keep a copy: without it no credential ever opens again")
    say(f"vault: {store().place} is ready" + (f", applied {', '.join(applied)}" if applied else ""))


@click.command()
@click.option("--new-key", is_flag=True, help="First make a new key in the key file (KMS makes its own).")
def rewrap(*, new_key: bool) -> None:
    """Wrap every data key by the current key; secrets stay closed. Former keys stand behind it in DIF_VAULT_KEY."""
    file = local_key_file()
    if new_key:
        if file is None:
            raise ConfigError(
                "--new-key is for a key file; make the new KMS key in AWS and put it first in DIF_VAULT_KEY"
            )
        say(f"vault: {LocalKeys(file).add_key()} is the current key of {file}")
    say(f"vault: {open_vault().rewrap()} data keys wrapped anew")


@click.command()
@click.option("--last", default=20, show_default=True, help="Show so many of the last entries.")
@click.option(
    "--anchor", "anchors", multiple=True, help="An end that was noted elsewhere and must be in the chain; repeatable."
)
@click.option("--without-keys", is_flag=True, help="Check the chain alone, where no key may be used.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def audit(*, last: int, anchors: tuple[str, ...], without_keys: bool, as_json: bool) -> None:
    """Prove the audit and every credential, and show who did what. The exit code is 1 if anything was tampered with."""
    vault = open_vault()
    noted = [Anchor.parse(text) for text in anchors]
    report = vault.verify_chain(noted) if without_keys else vault.verify(noted)
    entries = vault.audit()[-last:] if last else []
    if as_json:
        told = [
            {
                "entry": one.entry, "at": one.at.isoformat(), "actor": one.actor, "run_id": one.run_id,
                "action": one.action, "place": str(one.place), "version": one.version, "detail": one.detail,
            }
            for one in entries
        ]  # fmt: skip
        say(json.dumps({"end": str(report.end), "faults": report.faults, "entries": told}, indent=2))
    else:
        from rich.table import Table  # noqa: PLC0415 - as `console` does

        table = Table("entry", "at (UTC)", "actor", "action", "credential", "version", "detail")
        for one in entries:
            at = one.at.isoformat(sep=" ", timespec="seconds").removesuffix("+00:00")
            table.add_row(str(one.entry), at, one.actor, one.action, str(one.place), str(one.version), one.detail)
        console(table)
        for fault in report.faults:
            say(f"  {fault}")
        verdict = f"{len(report.faults)} faults" if report.faults else "nothing was tampered with"
        say(f"vault: {report.end.entry} entries, {report.marked} proven by the key; {verdict}; anchor {report.end}")
    if report.faults:
        sys.exit(int(ExitCode.FAILED))


@click.command()
def doctor() -> None:
    """Try everything that the vault needs here, and say what to do about what fails. The exit code is 1 then."""
    from rich.table import Table  # noqa: PLC0415 - as `console` does

    table = Table("what", "found")
    failed = 0
    for name, check in _CHECKS.items():
        try:
            table.add_row(name, check())
        except DifError as error:
            failed += 1
            table.add_row(name, f"FAILED: {error}")
    console(table)
    say(f"vault: {failed} of {len(_CHECKS)} failed" if failed else "vault: in good health")
    if failed:
        sys.exit(int(ExitCode.FAILED))


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


_CHECKS: Final[dict[str, Callable[[], str]]] = {
    "database": _check_database,
    "lock": _check_lock,
    "key": _check_key,
}

COMMANDS: Final = (init, rewrap, audit, doctor)
