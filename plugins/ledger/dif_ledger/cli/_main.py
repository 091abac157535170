"""The group of commands, and how they end."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any

import click
from dif_kit.errors import Deferred, DifError

__all__ = ["main"]


class _Command(click.Group):
    """Ends with one line and a code of `dif_kit.errors.ExitCode` where a person can do something about it."""

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
