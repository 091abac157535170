"""``ledger gc``: what no manifest lists, and what is too old, goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from dif_ledger._facts import connected
from dif_ledger._gc import forget_runs, leftovers, remove
from dif_ledger._target import staged_folder
from dif_ledger._target import target_config as config_of
from dif_ledger.cli._check import NOW

__all__ = ["gc"]


@click.group()
def gc() -> None:
    """Remove what nobody can need: staged files that no manifest lists, and old runs."""


@gc.command()
@click.argument("client")
@click.argument("tap")
@click.argument("target")
@click.option(
    "--older-than", default=7, show_default=True, type=click.IntRange(min=1), help="Days since it was written."
)
@click.option("--dry-run", is_flag=True, help="Say what would go.")
@click.option("--target-config", type=click.Path(dir_okay=False), help="JSON file of the target; else Meltano's.")
@NOW
def files(
    client: str,
    tap: str,
    target: str,
    *,
    older_than: int,
    dry_run: bool,
    target_config: str | None,
    now: datetime | None,
) -> None:
    """Remove the staged files of a client and tap that no manifest lists. What a manifest lists is never touched.

    Example: ledger gc files acme tap-pinterest target-redshift --dry-run
    """
    config = config_of(client, tap, target, target_config)
    folder = staged_folder(config)
    endpoint = config.get("endpoint_url")
    found = leftovers(config["bucket"], folder, timedelta(days=older_than), endpoint, now or datetime.now(UTC))
    for each in found:
        click.echo(f"{each.written_at:%Y-%m-%d} {each.bytes:>12,} {each.url}")
    if not dry_run:
        remove(config["bucket"], found, endpoint)
    size = sum(each.bytes for each in found) / 1024 / 1024
    click.echo(f"gc: {len(found):,} files, {size:,.1f} MiB, {'would go' if dry_run else 'are gone'}")


@gc.command()
@click.option("--older-than", default=400, show_default=True, type=click.IntRange(min=1), help="Days since it began.")
@click.option("--dry-run", is_flag=True, help="Say how many would go.")
@NOW
def runs(*, older_than: int, dry_run: bool, now: datetime | None) -> None:
    """Forget old runs. What they delivered stays in the ledger, and so does the last run of each client and tap.

    Example: ledger gc runs --older-than 400
    """
    with connected() as database:
        count = forget_runs(database, (now or datetime.now(UTC)) - timedelta(days=older_than), dry_run=dry_run)
    click.echo(f"gc: {count:,} runs {'would go' if dry_run else 'are gone'}")
