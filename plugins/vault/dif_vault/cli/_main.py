"""The group of commands, and how they end."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click
from dif_kit.errors import Deferred, DifError

from dif_vault._names import SecretName
from dif_vault._process import forbid_dumps

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["PLACE", "ago", "console", "main", "say"]

_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = 86_400


_EPILOG: Final = """\b
vault init                                     once: the tables, and a key file where DIF_VAULT_KEY names one
vault put acme/pinterest --kind refresh_token  asks for each value; nothing secret stands on a command line
vault list                                     age, end, last use and status of all
vault audit                                    proves that nothing was changed behind the vault's back

A setting names what it needs: credential_ref: vault://acme/pinterest
"""


class _Command(click.Group):
    """Ends with one line and a code of `dif_kit.errors.ExitCode` where a person can do something about it."""

    def main(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as click has it
        """Run the command."""
        forbid_dumps()
        try:
            return super().main(*arguments, **options)
        except DifError as error:
            until = ""
            if isinstance(error, Deferred):
                moment = datetime.fromtimestamp(error.retry_at, UTC).isoformat(timespec="seconds")
                until = f"deferred, run again at {moment}: "
            click.echo(f"vault: {until}{error}", err=True)
            sys.exit(int(error.exit_code))


class _Place(click.ParamType[SecretName]):
    name = "place"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> SecretName:  # noqa: ANN401, ARG002
        """The place; raises CredentialError."""
        return value if isinstance(value, SecretName) else SecretName.parse(value)


PLACE: Final = _Place()


@click.group(cls=_Command, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Keep the credentials of clients, encrypted, in the database DIF_VAULT_URL under the key DIF_VAULT_KEY."""


def say(text: str) -> None:
    """One line of result."""
    click.echo(text)


def console(table: Table) -> None:
    """Show a table as wide as the terminal, or as it needs to be in a file."""
    from rich.console import Console  # noqa: PLC0415 - 0.1 s that most commands need not wait

    shown = Console(highlight=False, soft_wrap=False)
    if not shown.is_terminal:
        shown.width = 160
    shown.print(table)


def ago(moment: datetime | None) -> str:
    """How long ago, or in how long, in one unit."""
    if moment is None:
        return ""
    seconds = (datetime.now(UTC) - moment).total_seconds()
    size = abs(seconds)
    for unit, length in (("d", _DAY), ("h", _HOUR), ("min", _MINUTE)):
        if size >= length:
            return f"{'in ' if seconds < 0 else ''}{size // length:.0f} {unit}"
    return "now"
