"""``ledger page``: how everything stands, as one file for a browser."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from dif_ledger import _page
from dif_ledger._facts import connected
from dif_ledger._grid import cells
from dif_ledger.cli._check import NOW

__all__ = ["page"]


@click.command()
@click.argument("client", required=False)
@click.option("--output", default="ledger.html", type=click.Path(dir_okay=False), help="The file to write.")
@click.option("--title", default="Deliveries", help="What stands above it.")
@click.option("--levels", default="clients", type=click.Path(file_okay=False), help="Folder of <client>.levels.yml.")
@NOW
def page(client: str | None, output: str, title: str, levels: str, *, now: datetime | None) -> None:
    """Write one HTML file that shows every client's channels, or those of CLIENT alone.

    It holds everything it needs: send it, or put it on S3.

    Example: ledger page acme --output acme.html --title "Acme: deliveries"
    """
    moment = now or datetime.now(UTC)
    with connected() as database:
        shown = cells(database, Path(levels), moment, client)
    content = _page.page(shown, moment, title)
    Path(output).write_text(content, encoding="utf-8")
    click.echo(f"page: {len(shown):,} channels in {output}, {len(content) / 1024:,.0f} KiB")
