"""``ledger verify``: files, warehouse and receipts, compared total by total."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

import click
import msgspec
from dif_kit.errors import ConfigError, ExitCode
from dif_kit.target import find_manifests, open_tables

from dif_ledger._catalog import of_meltano, of_tap
from dif_ledger._facts import URLS, connected
from dif_ledger._rebuild import committed
from dif_ledger._source import AskedDirect, AskedMeltano, compare, totals_of
from dif_ledger._target import staged_folder, target_config
from dif_ledger._verify import Verified, unaccounted, verify_stream, without_tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dif_kit.target import DeliveredTables, Delivery

    from dif_ledger._verify_files import Days

__all__ = ["verify"]

_SHOWN: Final = 100
_DAY: Final = click.DateTime(formats=["%Y-%m-%d"])


@click.command()
@click.argument("client")
@click.argument("tap")
@click.argument("target")
@click.option("--stream", "streams", multiple=True, help="Only this stream; may be given again.")
@click.option("--from", "first", type=_DAY, help="First day, as 2026-01-31.")
@click.option("--to", "last", type=_DAY, help="Last day, included.")
@click.option("--texts", is_flag=True, help="Compare every byte of every text, not only how many there are.")
@click.option("--target-config", type=click.Path(dir_okay=False), help="JSON file of the target; else Meltano's.")
@click.option("--source", is_flag=True, help="Ask the provider for its own totals, too; needs --from and --to.")
@click.option(
    "--tap-config", type=click.Path(dir_okay=False), help="JSON file of the tap, for --source; else Meltano's."
)
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def verify(
    client: str,
    tap: str,
    target: str,
    streams: tuple[str, ...],
    *,
    first: Any,  # noqa: ANN401 - click's datetime
    last: Any,  # noqa: ANN401
    texts: bool,
    target_config: str | None,
    source: bool,
    tap_config: str | None,
    as_json: bool,
) -> None:
    """Prove that what was delivered is what stands in the warehouse, cell by cell in sum.

    Rows, and of every column its values, exact sum, lowest and highest, day by day: of the files that the manifests
    list, of the table, and of the receipts. With --source also what the provider says of these days now, where the tap
    knows a stream of totals. Ends with 3 if anything differs.

    Example: ledger verify acme tap-pinterest target-redshift --from 2026-11-01 --to 2026-11-30
    """
    config = _config(client, tap, target, target_config)
    days = (_day(first), _day(last))
    results: list[Verified] = []
    if source:
        results += _with_source(client, target, config, set(streams), days, tap_config)
    results += [*_verified(target, config, set(streams), days, texts=texts), *_lost(target, config, set(streams))]
    if not results:
        raise ConfigError(f"nothing was delivered of {tap} for {client} by {target}: is the name of each right?")
    if as_json:
        click.echo(msgspec.json.encode(results).decode())
    else:
        _show(results)
    sys.exit(ExitCode.PARTIAL if any(each.differences for each in results) else ExitCode.COMPLETE)


def _config(client: str, tap: str, target: str, file: str | None) -> dict[str, Any]:
    return target_config(client, tap, target, file)


def _day(given: Any) -> str | None:  # noqa: ANN401
    return None if given is None else given.date().isoformat()


def _verified(
    target: str, config: Mapping[str, Any], streams: set[str], days: Days, *, texts: bool
) -> Iterator[Verified]:
    tables = open_tables(target, config)
    if tables is None:
        yield from _files_alone(config, streams, days)
        return
    with closing(tables):
        for stream, deliveries in _by_stream(tables, str(config["tap"])).items():
            if not streams or stream in streams:
                yield verify_stream(tables, deliveries, days, config.get("endpoint_url"), texts=texts)


def _with_source(  # noqa: PLR0917 - all of it says who is asked for what
    client: str, target: str, config: Mapping[str, Any], streams: set[str], days: Days, tap_config: str | None
) -> list[Verified]:
    """What the provider says, against the tables."""
    first, last = days
    if first is None or last is None:
        raise ConfigError("--source needs --from and --to: the provider is asked for these days anew")
    tables = open_tables(target, config)
    if tables is None:
        raise ConfigError(f"--source compares tables, and {target} has none")
    tap = str(config["tap"])
    with closing(tables):
        delivered = _by_stream(tables, tap)
        catalog = of_meltano(client, tap) if tap_config is None else of_tap(tap, tap_config, None)
        totals = totals_of(catalog, [stream for stream in delivered if not streams or stream in streams])
        asked = AskedMeltano(client, tap) if tap_config is None else AskedDirect(tap, tap_config, catalog)
        return compare(tables, delivered, totals, asked, days=(first, last), endpoint_url=config.get("endpoint_url"))


def _lost(target: str, config: Mapping[str, Any], streams: set[str]) -> Iterator[Verified]:
    """Units that the ledger knows and the destination no longer does; nothing, where there is no ledger to ask."""
    if not any(os.environ.get(name) for name in URLS):
        return
    try:
        with connected() as database:
            found = {unit.manifest for unit in committed(target, config)}
            lost = list(unaccounted(database, target, config, found))
    except ConfigError:
        return  # a vault alone
    yield from (each for each in lost if not streams or each.stream in streams)


def _by_stream(tables: DeliveredTables, tap: str) -> dict[str, list[Delivery]]:
    found: dict[str, list[Delivery]] = {}
    for delivery in tables.deliveries(tap):
        found.setdefault(delivery.stream, []).append(delivery)
    return found


def _files_alone(config: Mapping[str, Any], streams: set[str], days: Days) -> Iterator[Verified]:
    """Where there is no warehouse behind the files: that each is what its manifest states."""
    endpoint_url = config.get("endpoint_url")
    by_stream: dict[str, list[Any]] = {}
    for manifest in find_manifests(config["bucket"], staged_folder(config), endpoint_url):
        by_stream.setdefault(manifest.stream, []).append(manifest)
    for stream, manifests in by_stream.items():
        if not streams or stream in streams:
            yield without_tables(manifests, days, endpoint_url)[0]


def _show(results: list[Verified]) -> None:
    from rich.console import Console  # noqa: PLC0415 - 0.1 s that a program which reads JSON need not wait
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = 160
    table = Table("stream", "units", "rows", "days", "columns", "differences", box=None, header_style="dim")
    for each in results:
        wrong = Text(f"{len(each.differences):,}", "red") if each.differences else Text("none", "green")
        table.add_row(each.stream, f"{each.units:,}", f"{each.rows:,}", f"{each.days:,}", f"{each.columns:,}", wrong)
    console.print(table)
    found = [difference for each in results for difference in each.differences]
    if found:
        differing = Table(
            "stream", "day", "column", "what", "files", "elsewhere", "where", box=None, header_style="dim"
        )
        for one in found[:_SHOWN]:
            differing.add_row(one.stream, one.day, one.column, one.what, one.files, one.other, one.place)
        console.print()
        console.print(differing)
        if len(found) > _SHOWN:
            console.print(f"and {len(found) - _SHOWN:,} more: --json has them all")
    for each in results:
        if each.counted_only:
            console.print(
                f"{each.stream}: values have changed their kind, only counted: {', '.join(each.counted_only)}"
            )
    rows = sum(each.rows for each in results)
    columns = len({(one.stream, one.column) for one in found})
    if found:
        totals = f"{len(found):,} totals differ" if len(found) > 1 else "1 total differs"
        console.print(f"verify: {totals}, in {columns:,} column{'s' * (columns > 1)}")
    else:
        console.print(f"verify: {rows:,} rows of {len(results):,} streams are what was delivered")
