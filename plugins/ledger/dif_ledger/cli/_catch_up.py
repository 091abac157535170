"""``ledger catch-up``: the days that ``ledger check`` misses, oldest first."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from dif_kit.errors import ConfigError, ExitCode

from dif_ledger import _backfills, _check
from dif_ledger._catch_up import Missing, chunks_of_missing, missing_by_pair
from dif_ledger._facts import connected
from dif_ledger._plan import partitions, plan, reaches
from dif_ledger._records import Kind
from dif_ledger._telemetry import Told
from dif_ledger.cli._check import NOW
from dif_ledger.cli._filling import Pair, code_of, pair_options, show_plan, target_of
from dif_ledger.cli._run import this_command

if TYPE_CHECKING:
    from dif_ledger._facts import Database

__all__ = ["catch_up"]


@click.command("catch-up")
@click.argument("client", required=False)
@click.argument("tap", required=False)
@click.option("--levels", default="clients", type=click.Path(file_okay=False), help="Folder of <client>.levels.yml.")
@click.option("--dry-run", is_flag=True, help="Show what is missing and what it takes, and do nothing.")
@pair_options
@NOW
def catch_up(  # noqa: PLR0917 - the command's arguments, then its options
    client: str | None,
    tap: str | None,
    levels: str,
    target: str | None,
    tap_config: str | None,
    target_config: str | None,
    catalog: str | None,
    logs: str,
    now: datetime | None,
    *,
    direct: bool,
    dry_run: bool,
) -> None:
    """Load the days that `ledger check` finds missing, oldest first, beside the live runs.

    Ends with 0 when nothing is missing any more, with 3 when something still is.

    Example: ledger catch-up acme --dry-run
    """
    if direct and not (client and tap):
        raise ConfigError("--direct is for one client and one tap: name both")
    moment = now or datetime.now(UTC)
    codes = []
    with connected() as database:
        found = missing_by_pair(_check.missing_days(_check.check(database, Path(levels), moment, client)), tap)
        for missing in found:
            whose = Told(missing.client, missing.tap, target_of(database, missing.client, missing.tap, target))
            pair = Pair.of(whose, logs, tap_config, target_config, catalog, direct=direct)
            _backfills.claim(database, whose)
            codes.append(_one(database, pair, missing, moment, is_rehearsal=dry_run))
    if not found:
        click.echo("catch-up: nothing is missing")
    sys.exit(int(max(codes, default=ExitCode.COMPLETE)))


def _one(database: Database, pair: Pair, missing: Missing, moment: datetime, *, is_rehearsal: bool) -> ExitCode:
    whose = pair.whose
    known = pair.catalog()
    by_days = [each for each in reaches(known) if each.stream in missing.days]
    for stream in sorted(set(missing.days) - {each.stream for each in by_days}):
        click.echo(f"catch-up: {whose.client} {whose.tap} {stream} is not read by days: the next live run reads it")
    chunks = chunks_of_missing(by_days, missing)
    if not chunks:
        return ExitCode.PARTIAL
    click.echo(f"catch-up: {whose.client} {whose.tap}: {chunks[0].first} to {chunks[-1].last}, {len(chunks)} chunks")
    show_plan(plan(by_days, chunks, partitions(database, whose), moment.date()))
    for chunk in chunks:
        click.echo(f"  {chunk.first} to {chunk.last}  {', '.join(chunk.streams)}")
    if is_rehearsal:
        return ExitCode.PARTIAL
    command = this_command()
    backfill_id = _backfills.begin(database, whose, Kind.CATCH_UP, chunks, command)
    chunks = pair.fill(database, Kind.CATCH_UP, backfill_id, chunks, known, command)
    done = sum(each.is_done for each in chunks)
    click.echo(f"catch-up: {done} of {len(chunks)} chunks of {whose.client} {whose.tap} are there")
    return code_of(chunks)
