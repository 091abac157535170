"""``ledger status``: how everything stands, or how one run went."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from dif_kit.errors import ConfigError

from dif_ledger._facts import connected
from dif_ledger._grid import cells, story
from dif_ledger._levels import State
from dif_ledger.cli._check import NOW

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from dif_ledger._grid import Cell, Run, Story

__all__ = ["status"]

_MARKS: Final = {
    State.FRESH: ("green", "●"),
    State.PROVISIONAL: ("cyan", "◐"),
    State.LATE: ("yellow", "▲"),
    State.BROKEN: ("red", "✕"),
}
_RUN_COLOURS: Final = {"done": "green", "partial": "yellow", "deferred": "cyan", "failed": "red"}
_MINUTE: Final = 60
_HOUR: Final = 3600
_TWO_DAYS_HOURS: Final = 48


@click.command()
@click.argument("client", required=False)
@click.argument("tap", required=False)
@click.option("--run", "run_id", help="The run to tell of; the last one, if none is named.")
@click.option("--levels", default="clients", type=click.Path(file_okay=False), help="Folder of <client>.levels.yml.")
@NOW
def status(client: str | None, tap: str | None, run_id: str | None, levels: str, *, now: datetime | None) -> None:
    """Show every client's channels; with CLIENT and TAP, the story of one run.

    Example: ledger status acme tap-pinterest
    """
    with connected() as database:
        if client and tap:
            found = story(database, client, tap, run_id)
            if found is None:
                raise ConfigError(f"the ledger knows no run {run_id or ''} of {tap} for {client}".replace("  ", " "))
            standing = cells(database, Path(levels), now or datetime.now(UTC), client) if run_id is None else []
            _tell(_console(), client, tap, found)
            _stand(_console(), [cell for cell in standing if cell.tap == tap], found.run.message)
            return
        shown = cells(database, Path(levels), now or datetime.now(UTC), client)
    if not shown:
        click.echo("status: no run is known yet: `ledger run <client> <tap> <target>` makes the first")
        return
    _show(_console(), shown)


def _show(console: Console, shown: list[Cell]) -> None:
    """The grid; below it, what is wrong, in words."""
    from rich.text import Text  # noqa: PLC0415 - slow to import, and a program that asks for help need not wait

    taps = sorted({cell.tap for cell in shown})
    by_client: dict[str, dict[str, Cell]] = {}
    for cell in shown:
        by_client.setdefault(cell.client, {})[cell.tap] = cell
    table = _table("client", *(tap.removeprefix("tap-") for tap in taps))
    for client, row in by_client.items():
        table.add_row(client, *(_cell(row[tap]) if tap in row else Text("·", "dim") for tap in taps))
    console.print(table)
    console.print()
    for cell in shown:
        if cell.worst.state is not State.FRESH:
            colour, mark = _MARKS[cell.worst.state]
            cause = cell.worst.cause.replace("_", " ")
            console.print(
                Text.assemble((f"{mark} ", colour), f"{cell.client} {cell.tap}: {cause}: {cell.worst.message}"),
                soft_wrap=True,
            )
    well = sum(cell.worst.state in (State.FRESH, State.PROVISIONAL) for cell in shown)
    console.print(f"status: {well:,} of {len(shown):,} channels are as promised")


def _cell(cell: Cell) -> Text:
    from rich.text import Text  # noqa: PLC0415

    colour, mark = _MARKS[cell.worst.state]
    rows = cell.runs[-1].rows if cell.runs else 0
    band = ""
    if cell.worst.usual_rows:
        band = f" of {_short(cell.worst.usual_rows[0])}–{_short(cell.worst.usual_rows[1])}"  # noqa: RUF001
    day = (cell.fresh_day or "")[5:]
    return Text.assemble((mark, colour), f" {day} ", (f"{_age(cell.age_hours)} {_short(rows)}{band}", "dim"))


def _tell(console: Console, client: str, tap: str, told: Story) -> None:
    """One run from its start to what is to be done."""
    from rich.text import Text  # noqa: PLC0415

    run = told.run
    colour = _RUN_COLOURS.get(run.status, "blue")
    console.print(Text.assemble((f"{client} {tap} ", "bold"), (run.status, colour), f"  {run.run_id}"))
    console.print(Text(f"started {run.started_at:%Y-%m-%d %H:%M} UTC, {_lasted(run)}", "dim"))
    if run.cause or run.message:
        console.print(Text(f"{run.cause.replace('_', ' ')}: {run.message}".strip(": ")), soft_wrap=True)
    console.print()
    if told.streams:
        table = _table("stream", "days", "extracted", "staged", "loaded", "rejected", "")
        for each in told.streams:
            counts = [f"{each[name] or 0:,}" for name in ("extracted", "staged", "loaded", "rejected")]
            table.add_row(each["stream"], _days(each["windows"]), *counts, _wholeness(each))
        console.print(table)
    for failure in told.failures:
        where = " ".join(f"{name} {value}" for name, value in (failure["partition"] or {}).items())
        console.print(Text(f"missing: {failure['stream']} {where}: {failure['reason']}", "yellow"))
    if run.request:
        console.print(Text("the request that failed", "bold"))
        console.print(Text("  " + json.dumps(run.request, indent=2).replace("\n", "\n  ")))
    if run.log_path:
        console.print(Text(f"log        {run.log_path}"))
    if run.command:
        console.print(Text(f"again      {run.command}"))


def _wholeness(stream: dict[str, Any]) -> Text:
    from rich.text import Text  # noqa: PLC0415

    if not stream["complete"]:
        return Text("not all", "yellow")
    return Text("put aside", "yellow") if stream["rejected"] else Text("all there", "green")


def _stand(console: Console, shown: list[Cell], told: str) -> None:
    """How the channel stands against its levels, whatever the run did; what was told of the run is not told again."""
    from rich.text import Text  # noqa: PLC0415

    streams: dict[tuple[State, str], list[str]] = {}
    for cell in shown:
        for each in cell.verdicts:
            if each.state is not State.FRESH:
                message = each.message.removesuffix(told).rstrip(" :;")
                streams.setdefault((each.state, message), []).append(each.stream)
    for (state, message), names in sorted(streams.items(), key=lambda one: -one[0][0].rank):
        colour, mark = _MARKS[state]
        line = ": ".join(filter(None, (f" {', '.join(names)}", message)))
        console.print(Text.assemble((f"{mark} {state.value}:", colour), line), soft_wrap=True)


def _lasted(run: Run) -> str:
    if run.seconds is None:
        return "still under way"
    waiting = f", of which {_span(run.waited_seconds)} waiting for budgets" if run.waited_seconds else ""
    return f"took {_span(run.seconds)}{waiting}, {run.retries} retries"


def _days(windows: list[dict[str, str]] | None) -> str:
    if not windows:
        return ""
    first, last = min(each["from"] for each in windows), max(each["to"] for each in windows)
    partitions = len({json.dumps(each.get("partition"), sort_keys=True) for each in windows})
    return f"{first} … {last}, {partitions} partition{'s' * (partitions != 1)}"


def _span(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / _MINUTE:.0f} min" if seconds < _HOUR else f"{seconds / _HOUR:.1f} h"


def _age(hours: float | None) -> str:
    if hours is None:
        return "–"  # noqa: RUF001
    return f"{hours:.0f}h" if hours < _TWO_DAYS_HOURS else f"{hours / 24:.0f}d"


def _short(count: int) -> str:
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            return f"{count / size:.3g}{letter}"
    return str(count)


def _console() -> Console:
    from rich.console import Console  # noqa: PLC0415

    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = 200
    return console


def _table(*headings: str) -> Table:
    from rich.table import Table  # noqa: PLC0415

    return Table(*headings, box=None, header_style="dim", pad_edge=False)
