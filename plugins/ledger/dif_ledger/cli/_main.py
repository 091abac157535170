"""The group of commands, and how they end."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, Final

import click
from dif_kit.errors import Deferred, DifError

__all__ = ["main"]


_COMMANDS: Final = ("backfill", "catch-up", "check", "gc", "init", "page", "rebuild", "run", "status", "verify")


class _Command(click.Group):
    """Ends with one line and a code of `dif_kit.errors.ExitCode` where a person can do something about it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One of them, imported when it is asked for: some need the libraries of S3, or a database to compute in."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(import_module(f"dif_ledger.cli._{name}"), name)
        return command

    def main(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as click has it
        """Run the command."""
        try:
            return super().main(*arguments, **options)
        except DifError as error:
            until = ""
            if isinstance(error, Deferred):
                moment = datetime.fromtimestamp(error.retry_at, UTC).isoformat(timespec="seconds")
                until = f"deferred, run again at {moment}: "
            click.echo(f"ledger: {until}{error}", err=True)
            sys.exit(int(error.exit_code))


@click.group(cls=_Command, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Know what was delivered, what is missing, and prove it."""
