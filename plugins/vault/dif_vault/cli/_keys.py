"""Commands about the vault itself: its tables, its keys, its audit, its health."""

from __future__ import annotations

import json
import sys
from typing import Final

import click
from dif_kit.errors import ConfigError, DifError, ExitCode

from dif_vault._audit import Anchor
from dif_vault._health import CHECKS
from dif_vault._settings import local_key_file, open_vault, store
from dif_vault.cli._main import console, say
from dif_vault.keys import LocalKeys

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
    for name, check in CHECKS.items():
        try:
            table.add_row(name, check())
        except DifError as error:
            failed += 1
            table.add_row(name, f"FAILED: {error}")
    console(table)
    say(f"vault: {failed} of {len(CHECKS)} failed" if failed else "vault: in good health")
    if failed:
        sys.exit(int(ExitCode.FAILED))


COMMANDS: Final = (init, rewrap, audit, doctor)
