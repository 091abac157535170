"""Commands about one credential, or the list of all."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from dif_kit.errors import ConfigError

from dif_vault._kinds import KINDS, end_of
from dif_vault._records import Status
from dif_vault._settings import open_vault
from dif_vault.cli._input import read_values
from dif_vault.cli._main import PLACE, ago, console, say

if TYPE_CHECKING:
    from dif_vault._names import SecretName
    from dif_vault._records import Record

__all__ = ["COMMANDS"]

_MASK: Final = "***"
_FILE: Final = click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True)


@click.command()
@click.argument("place", type=PLACE)
@click.option(
    "--file", type=_FILE, help="A JSON object of texts; - is standard input. Without: asked for, or piped in."
)
@click.option("--kind", type=click.Choice([kind.name for kind in KINDS]), help="Ask for the values of this kind.")
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), help="The day it ends, where it does not say so itself.")
@click.option("--new", is_flag=True, help="Refuse if there is one already.")
def put(*, place: SecretName, file: Path | None, kind: str | None, expires: datetime | None, new: bool) -> None:
    """Write a credential, or the next version of it. Example: vault put acme/pinterest --kind basic."""
    values = read_values(file, kind)
    if kind and (missing := next(set(one.needs) - set(values) for one in KINDS if one.name == kind)):
        raise ConfigError(f"{place}: a credential of the kind {kind} needs {', '.join(sorted(missing))} as well")
    record = open_vault().put(place, values, expect=0 if new else None, expires_at=_end(expires, values)).record
    say(f"{place}: version {record.version} is in force ({record.kind}: {', '.join(record.fields)})")


@click.command()
@click.argument("place", type=PLACE)
@click.option("--file", type=_FILE, help="A JSON object with the new values; - is standard input.")
@click.option("--field", "fields", multiple=True, help="Ask for this value; repeatable. Without: for all of them.")
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), help="The day the new one ends.")
def rotate(*, place: SecretName, file: Path | None, fields: tuple[str, ...], expires: datetime | None) -> None:
    """Replace values of a credential and keep the others; runs that use it go on with the new ones."""
    vault = open_vault()
    former = vault.open(place, detail="to rotate")
    given = read_values(file, None, fields or former.record.fields)
    if unknown := sorted(set(given) - set(former.values)):
        raise ConfigError(f"{place} has no {', '.join(unknown)}: it has {', '.join(former.record.fields)}")
    values = {**former.values, **given}
    record = vault.put(
        place, values, expect=former.record.version, expires_at=_end(expires, values),
        detail=f"rotated {', '.join(sorted(given))}",
    ).record  # fmt: skip
    say(f"{place}: version {record.version} is in force, {', '.join(sorted(given))} replaced")


@click.command()
@click.argument("place", type=PLACE)
@click.argument("field", required=False)
@click.option("--reveal", is_flag=True, help="Show the secrets.")
@click.option("--version", type=click.IntRange(min=1), help="An earlier version.")
def get(*, place: SecretName, field: str | None, reveal: bool, version: int | None) -> None:
    """Open a credential and show it masked, as JSON; with FIELD and --reveal: that value alone."""
    values = open_vault().open(place, version, detail="revealed" if reveal else "looked at").values
    if field is not None and field not in values:
        raise ConfigError(f"{place} has no {field}: it has {', '.join(sorted(values))}")
    shown = values if reveal else dict.fromkeys(values, _MASK)
    say(json.dumps(shown, indent=2) if field is None else shown[field])


@click.command("list")
@click.option("--client", help="Only this client's.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_all(*, client: str | None, as_json: bool) -> None:
    """Show age, end, last use and status of every credential; no key is needed and nothing is opened."""
    vault = open_vault()
    used = vault.last_used()
    records = [record for record in vault.records() if client in {None, record.client}]
    if as_json:
        say(json.dumps([_facts(record, used.get(record.place)) for record in records], indent=2))
        return
    from rich.table import Table  # noqa: PLC0415 - as `console` does

    table = Table("credential", "kind", "status", "version", "written", "by", "ends", "last used")
    for record in records:
        table.add_row(
            str(record.place), record.kind, str(record.status_at()), str(record.version), ago(record.written_at),
            record.written_by, ago(record.expires_at), ago(used.get(record.place)) or "never",
        )  # fmt: skip
    console(table)
    poor = [record for record in records if record.status_at() is not Status.ACTIVE]
    say(f"{len(records)} credentials" + (f", {len(poor)} to look after" if poor else ""))


@click.command()
@click.argument("place", type=PLACE)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def history(*, place: SecretName, as_json: bool) -> None:
    """Show every version of a credential."""
    records = open_vault().versions(place)
    if as_json:
        say(json.dumps([_facts(record, None) for record in records], indent=2))
        return
    from rich.table import Table  # noqa: PLC0415 - as `console` does

    table = Table("version", "kind", "status", "written", "by", "ends", "key")
    for record in records:
        table.add_row(
            str(record.version), record.kind, str(record.status_at()), ago(record.written_at), record.written_by,
            ago(record.expires_at), record.key_id,
        )  # fmt: skip
    console(table)


@click.command()
@click.argument("place", type=PLACE)
@click.option("--to", "version", type=click.IntRange(min=1), required=True, help="The version whose values come back.")
def rollback(*, place: SecretName, version: int) -> None:
    """Write what an earlier version held as the next one."""
    record = open_vault().roll_back(place, version).record
    say(f"{place}: version {record.version} is in force, with the values of version {version}")


@click.command()
@click.argument("place", type=PLACE)
@click.option("--reason", default="by hand", show_default=True, help="For the audit.")
def revoke(*, place: SecretName, reason: str) -> None:
    """Let a credential not open any more. Revoke it at its provider, too."""
    vault = open_vault()
    record = vault.mark(vault.open(place, detail="to revoke"), Status.REVOKED, reason=reason).record
    say(f"{place}: version {record.version} is revoked")


def _end(given: datetime | None, values: dict[str, str]) -> datetime | None:
    return given.replace(tzinfo=UTC) if given is not None else end_of(values)


def _facts(record: Record, used: datetime | None) -> dict[str, Any]:
    return {
        "place": str(record.place),
        "kind": record.kind,
        "status": record.status_at(),
        "version": record.version,
        "fields": record.fields,
        "written_at": record.written_at.isoformat(),
        "written_by": record.written_by,
        "expires_at": record.expires_at and record.expires_at.isoformat(),
        "last_used_at": used and used.isoformat(),
        "key_id": record.key_id,
    }


COMMANDS: Final = (put, get, list_all, rotate, history, rollback, revoke)
