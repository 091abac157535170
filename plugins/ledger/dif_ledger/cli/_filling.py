"""What ``ledger backfill`` and ``ledger catch-up`` share: how the pair is run, the plan, the end."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from dif_kit.errors import ConfigError, ExitCode

from dif_ledger import _catalog
from dif_ledger._days import DaysDirect, DaysMeltano
from dif_ledger._fill import Filling, fill_in, held_by_nobody_else
from dif_ledger._records import Status
from dif_ledger._target import target_config as settings_of
from dif_ledger.cli._run import launcher, require_who_knows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dif_ledger._backfills import Chunk
    from dif_ledger._facts import Database
    from dif_ledger._fill import DaysPipe
    from dif_ledger._plan import Row
    from dif_ledger._records import Kind
    from dif_ledger._telemetry import Told

__all__ = ["Pair", "code_of", "pair_options", "show_plan", "target_of"]

_FILE = click.Path(dir_okay=False)
# A backfill has a tenth of a live client's weight: so many times longer when every live client is hungry.
_AT_WORST: Final = 10
_CODES: Final = {
    Status.DONE: ExitCode.COMPLETE,
    Status.DEFERRED: ExitCode.DEFERRED,
    Status.FAILED: ExitCode.FAILED,
}


def pair_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say how a tap and a target are run."""
    for option in (
        click.option("--logs", default="logs", type=click.Path(file_okay=False), help="Folder of <client>/<run>.log."),
        click.option("--catalog", type=_FILE, help="Catalog of the tap with its selection, for --direct."),
        click.option("--target-config", type=_FILE, help="JSON file of the target; else Meltano's."),
        click.option("--tap-config", type=_FILE, help="JSON file of the tap, for --direct."),
        click.option("--direct", is_flag=True, help="Join the two without Meltano; needs both configs."),
        click.option("--target", help="Where to; else where the last run went."),
    ):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Pair:
    """A client's tap and target, joined by Meltano unless ``tap_config`` is given."""

    whose: Told
    logs: Path
    tap_config: str | None
    target_config: str | None
    catalog_file: str | None

    @classmethod
    def of(
        cls,
        whose: Told,
        logs: str,
        tap_config: str | None,
        target_config: str | None,
        catalog: str | None,
        *,
        direct: bool,
    ) -> Pair:
        """The pair that the options describe; raises ConfigError if they do not go together."""
        require_who_knows(tap_config, target_config, catalog, direct=direct)
        return cls(whose, Path(logs), tap_config, target_config, catalog)

    def catalog(self) -> dict[str, Any]:
        """What the tap has, and what of it is selected; raises ConfigError if it does not say."""
        if self.tap_config is None:
            return _catalog.of_meltano(self.whose.client, self.whose.tap)
        return _catalog.of_tap(self.whose.tap, self.tap_config, self.catalog_file)

    def fill(  # noqa: PLR0917 - all of it belongs to one run
        self,
        database: Database,
        kind: Kind,
        backfill_id: str,
        chunks: Sequence[Chunk],
        catalog: dict[str, Any],
        command: str,
    ) -> list[Chunk]:
        """Load what is not done; raises as `fill_in` does."""
        config = settings_of(self.whose.client, self.whose.tap, self.whose.target, self.target_config)
        with self._pipes(catalog) as pipe:
            filling = Filling(backfill_id, self.whose, kind, config, command, self.logs, pipe, click.echo)
            return fill_in(database, filling, chunks)

    @contextmanager
    def _pipes(self, catalog: dict[str, Any]) -> Iterator[Callable[[Chunk], DaysPipe]]:
        client, tap, target = self.whose.client, self.whose.tap, self.whose.target
        folder = self.logs / client / "backfill" / tap
        with held_by_nobody_else(folder / "lock", click.echo) as lock:

            def pipe(chunk: Chunk) -> DaysPipe:
                days = (chunk.first, chunk.last)
                if self.tap_config is None:
                    return DaysMeltano(client, tap, target, days, chunk.streams, chunk.name, lock)
                return DaysDirect(
                    tap, target, self.tap_config, str(self.target_config), catalog, days, chunk.streams, folder,
                    f"{target}.{chunk.name}", lock, launcher(),
                )  # fmt: skip

            yield pipe


def target_of(database: Database, client: str, tap: str, target: str | None) -> str:
    """The target that was named, else that of the last run; raises ConfigError if there is neither."""
    if target is not None:
        return target
    asked = "SELECT target FROM ledger.runs WHERE client = %s AND tap = %s ORDER BY started_at DESC LIMIT 1"
    row = database.execute(asked, [client, tap]).fetchone()
    if row is None:
        raise ConfigError(f"{tap} was never run for {client}: say where to by --target")
    return str(row["target"])


def show_plan(rows: Sequence[Row]) -> None:
    """The plan as a table, and what is to be known about it."""
    from rich.console import Console  # noqa: PLC0415 - 0.1 s that whoever errs before need not wait
    from rich.table import Table  # noqa: PLC0415

    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = 160
    table = Table("stream", box=None, header_style="dim", pad_edge=False)
    for heading in ("days", "a window", "partitions", "windows", "calls", "hours"):
        table.add_column(heading, justify="right")
    for row in rows:
        partitions = "?" if row.partitions is None else f"{row.partitions:,}"
        hours = f"{row.hours:,.1f} to {row.hours * _AT_WORST:,.1f}"
        table.add_row(
            row.stream, f"{row.days:,}", f"{row.window_days} d", partitions, f"{row.windows:,}", f"{row.calls:,}", hours
        )
    console.print(table)
    if any(row.partitions is None for row in rows):
        console.print("?: no run has covered it yet; counted as one partition")
    for row in rows:
        if row.gone is not None:
            console.print(f"{row.stream}: the provider no longer has the days until {row.gone}")
    calls = sum(row.calls for row in rows)
    console.print(
        f"plan: at least {calls:,} calls; hours with the whole of the budgets, to those while live runs want theirs"
    )


def code_of(chunks: Sequence[Chunk]) -> ExitCode:
    """How a command ends whose chunks are these."""
    if all(each.is_done for each in chunks):
        return ExitCode.COMPLETE
    ended = [Status(each.status) for each in chunks if each.status != "waiting"]
    worst = next((status for status in reversed(ended) if status is not Status.DONE), None)
    if worst is Status.FAILED and any(each.is_done for each in chunks):
        return ExitCode.PARTIAL
    return ExitCode.PARTIAL if worst is None else _CODES.get(worst, ExitCode.PARTIAL)
