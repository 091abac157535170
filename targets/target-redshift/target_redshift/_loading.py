"""One stream's units into its table in one transaction, each unit once."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dif_kit.errors import ConfigError, DeliveryError
from dif_kit.target import Noted

from target_redshift._quarantine import note_quarantined
from target_redshift._sql import identifier, literal, moment, statement
from target_redshift._tables import columns_of
from target_redshift._windows import note_windows
from target_redshift._withdrawal import activate_version, withdraw

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dif_kit.target import StagedUnit

    from target_redshift._connection import Warehouse
    from target_redshift._fence import Fence
    from target_redshift._settings import Settings
    from target_redshift._staging import Stage

__all__ = ["check_feeder", "clear", "delivered", "load", "locked", "noted"]


def load(warehouse: Warehouse, settings: Settings, fence: Fence, table: str, stages: Sequence[Stage]) -> int:
    """Bring a stream's staged units into ``table`` (whole name, quoted), note each as delivered, commit.

    The lock of the schema's loads comes first: what another session has done before is then seen, and what it is
    still doing is waited for, even if it is this very unit in a session that was lost. A unit that is noted already is
    left out. The answer is the number of rows that were written.

    Raises:
        ConfigError: another tap or stream feeds the table, or it does not fit the load method.
        DeliveryError: rows are neither in the table nor superseded.
        FencedOffError: a later run has taken over.
        Refused, ConnectionLost: the warehouse did not do it, or it is not known whether it did.
    """
    started = datetime.now(UTC)
    written = 0
    with locked(warehouse, settings, fence):
        for tap, stream in {(stage.unit.manifest.tap, stage.unit.manifest.stream) for stage in stages}:
            check_feeder(warehouse, settings, tap, stream)
        known = delivered(warehouse, settings, [stage.unit for stage in stages])
        missing = [stage for stage in stages if stage.unit.manifest.url not in known]
        if missing and missing[0].method == "overwrite":
            clear(warehouse, table)
        for stage in missing:
            if stage.method == "replace":
                withdraw(warehouse, table, stage)
            rows = _write(warehouse, settings, table, stage)
            activate_version(warehouse, settings, table, stage)
            note_quarantined(warehouse, settings, stage.unit.manifest, stage.number)
            _note(warehouse, settings, stage, rows, started)
            written += rows
    return written


@contextmanager
def locked(warehouse: Warehouse, settings: Settings, fence: Fence) -> Iterator[None]:
    """A transaction of the only session that loads, and of the latest run; raises as `load` does."""
    with warehouse.transaction():
        warehouse.execute(statement("lock_loads", lock=settings.lock))
        fence.check()
        yield


def clear(warehouse: Warehouse, table: str) -> None:
    """Delete all rows, in the transaction that brings the new ones; raises as `Warehouse.execute` does.

    Not TRUNCATE, which commits; and not another table under the same name: views, grants and datashares hold on to
    the table that they were made for.
    """
    warehouse.execute(statement("delete_all", table=table))


def delivered(warehouse: Warehouse, settings: Settings, units: Iterable[StagedUnit]) -> set[str]:
    """The manifests among these units' that are noted as loaded.

    A unit is known by its manifest: the URL holds client, tap, stream, run and unit; what lies there is written once.
    """
    urls = ", ".join(literal(unit.manifest.url) for unit in units)
    found = warehouse.query(statement("find_deliveries", deliveries=settings.deliveries, manifest_urls=urls))
    return {url for (url,) in found}


def noted(warehouse: Warehouse, settings: Settings, units: Sequence[StagedUnit]) -> list[Noted]:
    """What is noted of those of these units that are loaded."""
    by_url = {unit.manifest.url: unit.manifest for unit in units}
    urls = ", ".join(map(literal, by_url))
    found = warehouse.query(statement("find_noted", deliveries=settings.deliveries, manifest_urls=urls))
    return [Noted(by_url[url], loaded, superseded, at) for url, loaded, superseded, at in found]


def check_feeder(warehouse: Warehouse, settings: Settings, tap: str, stream: str) -> None:
    """Let one stream of one tap feed a table, unless the settings let several share it.

    Raises:
        ConfigError: the table was fed by another; two channels' campaigns would overwrite each other.
    """
    if settings.share_tables:
        return
    table = settings.table(stream)
    feeders = statement("find_feeders", deliveries=settings.deliveries, table_name=literal(table))
    for other_tap, other_stream in warehouse.query(feeders):
        if (other_tap, other_stream) != (tap, stream):
            raise ConfigError(
                f"table {table!r} of schema {settings.schema!r} is fed by stream {other_stream!r} of {other_tap!r}, it "
                f"cannot take stream {stream!r} of {tap!r} as well: set table_prefix or another schema; or, if they "
                f"are meant to be one table, share_tables"
            )


def _write(warehouse: Warehouse, settings: Settings, table: str, stage: Stage) -> int:
    """Append a unit's rows, or put them in the place of those with their keys; the answer is their number."""
    columns = [identifier(name) for name in stage.layout.names.values()]
    if not stage.keys:
        warehouse.execute(statement("insert", table=table, columns=", ".join(columns), stage=stage.name))
        return _count(warehouse, stage)
    match = _match(warehouse, table, stage)
    superseded = _delete_superseded(warehouse, table, stage, match)
    rows = _count(warehouse, stage)
    if rows + stage.repeated + superseded != stage.unit.manifest.rows:
        raise DeliveryError(
            f"{stage.unit.manifest.url} has {stage.unit.manifest.rows:,} rows: {rows:,} were about to be written, "
            f"{stage.repeated + superseded:,} have a later one of their key, the rest is lost: nothing was loaded"
        )
    written = {*stage.layout.names.values(), *stage.layout.emptied}
    if columns_of(warehouse, settings, settings.table(stage.unit.manifest.stream)) <= written:
        warehouse.execute(statement("delete_matched", table=table, stage=stage.name, match=match))
        warehouse.execute(statement("insert", table=table, columns=", ".join(columns), stage=stage.name))
    else:
        _merge(warehouse, table, stage, match)
    return rows


def _delete_superseded(warehouse: Warehouse, table: str, stage: Stage, match: str) -> int:
    """Take from the stage what the table has in a later version, and say how much that was.

    Runs come in their order but for a late one, so nearly always the join is spared.
    """
    parts = {"stage": stage.name, "table": table, "sequence": stage.sequence}
    if not warehouse.query(statement("count_older", **parts), rehearsed=[(0,)])[0][0]:
        return 0
    return warehouse.change(statement("delete_superseded", match=match, **parts))


def _merge(warehouse: Warehouse, table: str, stage: Stage, match: str) -> None:
    """Insert and update: columns of the table that the unit does not have keep what they hold."""
    columns = [identifier(name) for name in stage.layout.names.values()]
    # The stage has every column of the table, so what a row no longer says in another kind becomes NULL.
    updated = dict.fromkeys((*columns, *map(identifier, stage.layout.emptied)))
    warehouse.execute(
        statement(
            "merge",
            table=table,
            stage=stage.name,
            match=match,
            updates=", ".join(f"{name} = {stage.name}.{name}" for name in updated if name not in stage.keys),
            columns=", ".join(columns),
            values=", ".join(f"{stage.name}.{name}" for name in columns),
        )
    )


def _match(warehouse: Warehouse, table: str, stage: Stage) -> str:
    """The condition under which a row of the table and one of the stage are the same.

    Only a unit that has a key without a value pays for comparing NULLs: OR keeps the warehouse from a hash join.
    """
    any_null = " OR ".join(f"{key} IS NULL" for key in stage.keys)
    count = statement("count_null_keys", stage=stage.name, any_key_is_null=any_null)
    null_keys = warehouse.query(count, rehearsed=[(0,)])[0][0]
    pairs = [(f"{table}.{key}", f"{stage.name}.{key}") for key in stage.keys]
    if not null_keys:
        return " AND ".join(f"{there} = {here}" for there, here in pairs)
    return " AND ".join(f"({there} = {here} OR ({there} IS NULL AND {here} IS NULL))" for there, here in pairs)


def _count(warehouse: Warehouse, stage: Stage) -> int:
    count = statement("count_stage", stage=stage.name)
    return int(warehouse.query(count, rehearsed=[(stage.unit.manifest.rows,)])[0][0])


def _note(warehouse: Warehouse, settings: Settings, stage: Stage, rows: int, started: datetime) -> None:
    manifest = stage.unit.manifest
    finished = moment(datetime.now(UTC))
    note_windows(warehouse, settings, manifest, finished)
    warehouse.execute(
        statement(
            "record_delivery",
            deliveries=settings.deliveries,
            delivery_id=literal(manifest.delivery_id),
            run_id=literal(manifest.run_id),
            client=literal(manifest.client),
            tap=literal(manifest.tap),
            stream=literal(manifest.stream),
            unit=manifest.unit,
            table_name=literal(settings.table(manifest.stream)),
            manifest_url=literal(manifest.url),
            rows_staged=manifest.rows,
            rows_loaded=rows,
            rows_superseded=manifest.rows - rows,
            rows_quarantined=manifest.quarantined,
            records_received="NULL" if manifest.received is None else manifest.received.records,
            checksum="NULL" if manifest.received is None else literal(manifest.received.checksum),
            load_method=literal(stage.method if stage.keys or stage.method != "upsert" else "append"),
            started_at=moment(started),
            finished_at=finished,
        )
    )
