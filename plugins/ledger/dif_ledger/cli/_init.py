"""``ledger init``: the tables."""

from __future__ import annotations

import click

from dif_ledger._facts import connected
from dif_ledger._store import migrate

__all__ = ["init"]


@click.command()
def init() -> None:
    """Make the ledger's tables, or bring them up to date. Once after each upgrade; it does no harm to repeat it.

    Example: ledger init
    """
    with connected() as database:
        applied = migrate(database)
    click.echo(f"init: {', '.join(applied)} applied" if applied else "init: the tables are up to date")
