"""Commands that bring credentials in from elsewhere, and out again."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from dif_kit.errors import ConfigError

from dif_vault._foreign import Found, read_foreign
from dif_vault._kinds import end_of
from dif_vault._settings import open_vault
from dif_vault.cli._main import PLACE, say

if TYPE_CHECKING:
    from dif_vault._names import SecretName
    from dif_vault._vault import Vault

__all__ = ["COMMANDS"]

_PRIVATE: Final = 0o600


@click.command("import")
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@click.option("--client", help="Whose they are; a folder's subfolders say so themselves.")
@click.option("--connector", help="What they are for, where the source does not say.")
@click.option("--dry-run", is_flag=True, help="Say what would be put, and put nothing.")
def import_(*, source: Path, client: str | None, connector: str | None, dry_run: bool) -> None:
    """Take credentials from a .env file (Meltano's, too), an Airbyte-style JSON, or a folder <client>/<connector>.

    Values that stand in the vault already are left as they are. Afterwards remove the source: it is in the clear.
    """
    found = read_foreign(source, client=client, connector=connector)
    vault = None if dry_run else open_vault()
    for one in found.credentials:
        what = f"would be put ({', '.join(sorted(one.values))})" if vault is None else _put(vault, one)
        say(f"{one.place}: {what}")
    if found.ignored:
        say(f"no credentials, left alone: {', '.join(sorted(found.ignored))}")
    if not found.credentials:
        raise ConfigError(f"{source} holds no credential")


@click.command()
@click.argument("places", type=PLACE, nargs=-1, required=True)
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), required=True, help="Where the files go.")
def export(*, places: tuple[SecretName, ...], folder: Path) -> None:
    """Write credentials in the clear, as <folder>/<client>/<connector>, for file://; they are yours alone."""
    vault = open_vault()
    for place in places:
        values = vault.open(place, detail="exported").values
        file = folder / place.client / "-".join((place.connector, *([] if place.name == "default" else [place.name])))
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, _PRIVATE)
        except FileExistsError:
            raise ConfigError(f"{file} is there already: remove it first") from None
        with os.fdopen(descriptor, "w") as out:
            json.dump(dict(values), out, indent=2)
        say(f"{place}: in the clear in {file}")


def _put(vault: Vault, one: Found) -> str:
    """What became of a credential."""
    if vault.version_of(one.place) and vault.open(one.place, detail="to compare").values == one.values:
        return "stands there already"
    record = vault.put(one.place, one.values, expires_at=end_of(one.values), detail="imported").record
    return f"version {record.version} is in force ({record.kind}: {', '.join(record.fields)})"


COMMANDS: Final = (import_, export)
