"""``ledger backfill``: days of the past, planned, then loaded once each, whatever interrupts it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click
from dif_kit.errors import ConfigError

from dif_ledger import _backfills
from dif_ledger._facts import connected
from dif_ledger._plan import chunks_of, partitions, plan, reaches, require_selected
from dif_ledger._records import Kind
from dif_ledger._telemetry import Told
from dif_ledger.cli._filling import Pair, code_of, pair_options, show_plan, target_of
from dif_ledger.cli._run import this_command

if TYPE_CHECKING:
    from datetime import date

__all__ = ["backfill"]

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command()
@click.argument("client")
@click.argument("tap")
@click.option("--from", "first", type=_DAY, required=True, help="First day, as 2026-01-31.")
@click.option("--to", "last", type=_DAY, required=True, help="Last day, included.")
@click.option("--stream", "streams", multiple=True, help="Only this stream; may be given again.")
@click.option("--chunk-days", type=click.IntRange(min=1), help="Days of one run; else the longest window.")
@click.option("--again", is_flag=True, help="Load days again that such a backfill has loaded.")
@click.option("--dry-run", is_flag=True, help="Show the plan and do nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pair_options
def backfill(  # noqa: PLR0917 - the command's arguments, then its options
    client: str,
    tap: str,
    first: Any,  # noqa: ANN401 - click's datetime
    last: Any,  # noqa: ANN401
    streams: tuple[str, ...],
    chunk_days: int | None,
    target: str | None,
    tap_config: str | None,
    target_config: str | None,
    catalog: str | None,
    logs: str,
    *,
    direct: bool,
    again: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Load days of the past, beside the live runs: their STATE stays as it is, their budgets come first.

    The same command goes on where an interrupted one stopped. Ends with 0 when every day is there, 3 when some are
    missing, 75 when a budget is used up, 1 when nothing came of it.

    Example: ledger backfill acme tap-pinterest --from 2026-01-01 --to 2026-06-30
    """
    days = _days(first.date(), last.date())
    with connected() as database:
        whose = Told(client, tap, target_of(database, client, tap, target))
        pair = Pair.of(whose, logs, tap_config, target_config, catalog, direct=direct)
        _backfills.claim(database, whose)
        known = pair.catalog()
        reached = reaches(known, streams)
        if not direct:  # Meltano only narrows down what is selected
            require_selected(known, reached)
        chunks = chunks_of(reached, *days, chunk_days)
        found = None if again else _backfills.find(database, whose, Kind.BACKFILL, chunks)
        if found is not None:
            chunks = found[1]
        left = sum(not each.is_done for each in chunks)
        if not left:
            click.echo(f"backfill: {days[0]} to {days[1]} is loaded already; --again loads it once more")
            return
        show_plan(plan(reached, chunks, partitions(database, whose), datetime.now(UTC).date()))
        click.echo(f"plan: {left} of {len(chunks)} chunks are to be loaded, {chunks[0].first} to {chunks[-1].last}")
        if dry_run:
            return
        if not yes:
            click.confirm("Load them?", abort=True)
        command = this_command()
        backfill_id = found[0] if found else _backfills.begin(database, whose, Kind.BACKFILL, chunks, command)
        chunks = pair.fill(database, Kind.BACKFILL, backfill_id, chunks, known, command)
    done = sum(each.is_done for each in chunks)
    rest = "" if done == len(chunks) else ": the same command goes on"
    click.echo(f"backfill: {done} of {len(chunks)} chunks of {client} {tap} are there{rest}")
    sys.exit(int(code_of(chunks)))


def _days(first: date, last: date) -> tuple[date, date]:
    if first > last:
        raise ConfigError(f"--from {first} lies behind --to {last}")
    if last > (today := datetime.now(UTC).date()):
        raise ConfigError(f"--to {last} lies ahead of us: today is {today}")
    return first, last
