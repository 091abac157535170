"""``ledger rebuild``: the mirror of deliveries, anew."""

from __future__ import annotations

import click

from dif_ledger._facts import connected
from dif_ledger._rebuild import rebuild as rebuilt
from dif_ledger._target import target_config as settings_of

__all__ = ["rebuild"]


@click.command()
@click.argument("client")
@click.argument("tap")
@click.argument("target")
@click.option("--target-config", type=click.Path(dir_okay=False), help="JSON file of the target; else Meltano's.")
def rebuild(client: str, tap: str, target: str, target_config: str | None) -> None:
    """Make the ledger's mirror of deliveries anew, from the warehouse's delivery rows and the manifests on S3.

    Example: ledger rebuild acme tap-pinterest target-redshift
    """
    click.echo(f"rebuild: reading what {target} has committed of {tap} for {client}", err=True)
    config = settings_of(client, tap, target, target_config)
    with connected() as database:
        units = rebuilt(database, target, config)
    click.echo(f"rebuild: {units:,} deliveries of {tap} for {client} by {target} are mirrored")
