"""Rows that are no longer part of a stream leave its table: of covered days, or of an older version."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from dif_kit.errors import ConfigError
from dif_kit.target import ColumnKind

from target_redshift._layout import DELETED_AT
from target_redshift._sql import identifier, literal, moment, statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from target_redshift._connection import Warehouse
    from target_redshift._settings import Settings
    from target_redshift._staging import Stage

__all__ = ["VERSION", "activate_version", "withdraw"]

VERSION: Final = "_sdc_table_version"
_MOST_PARTITIONS: Final = 500  # a statement: the planner takes no end of ORs


def withdraw(warehouse: Warehouse, table: str, stage: Stage) -> None:
    """Delete what the days that a unit covers held before the run: the provider has it no longer, or sent it again.

    Raises:
        ConfigError: the table does not tell days or partitions as the tap does.
        Refused, ConnectionLost: as `Warehouse.execute` does.
    """
    for windows in _conditions(stage):
        warehouse.execute(
            statement(
                "delete_withdrawn",
                table=table,
                sequence=stage.sequence,
                first_sequence=stage.unit.manifest.first_sequence,
                windows=windows,
            )
        )


def activate_version(warehouse: Warehouse, settings: Settings, table: str, stage: Stage) -> None:
    """Delete rows of older versions than a unit activates, or mark them; raises as `Warehouse.execute` does."""
    active = stage.unit.manifest.activates_version
    if active is None:
        return
    version = identifier(VERSION)
    if settings.hard_delete:
        warehouse.execute(statement("delete_versions", table=table, version=version, active=active))
        return
    now = moment(datetime.now(UTC))
    parts = {"deleted_at": identifier(DELETED_AT), "version": version, "active": active, "moment": now}
    warehouse.execute(statement("mark_versions", table=table, **parts))


def _conditions(stage: Stage) -> Iterator[str]:
    """The rows of the covered windows, some windows a condition: those of the same days share one comparison."""
    by_days: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for window in stage.unit.manifest.windows:
        by_days[window.from_, window.to].append(_partition(stage, window.partition))
    if not by_days:
        return
    day = identifier(_day(stage))
    for (first, last), partitions in by_days.items():
        after = date.fromisoformat(last) + timedelta(days=1)
        days = f"{day} >= {literal(first)} AND {day} < {literal(after.isoformat())}"
        for start in range(0, len(partitions), _MOST_PARTITIONS):
            yield f"{days} AND ({' OR '.join(partitions[start : start + _MOST_PARTITIONS])})"


def _day(stage: Stage) -> str:
    """The column that holds a row's day: the stream's bookmark, a calendar day as the account counts it."""
    stream, bookmarks = stage.unit.manifest.stream, stage.unit.schema.bookmark_properties
    kinds = {column.name: column.kind for column in stage.unit.manifest.columns}
    if len(bookmarks) != 1 or kinds.get(bookmarks[0]) not in (ColumnKind.DATE, ColumnKind.TEXT):
        raise ConfigError(
            f"stream {stream!r}: load_method replace needs one bookmark property that is a date, to know the rows of a "
            f"day; the SCHEMA names {list(bookmarks)}: set its load method to upsert in load_methods"
        )
    return stage.layout.names[bookmarks[0]]


def _partition(stage: Stage, partition: Mapping[str, Any]) -> str:
    """The condition for rows of one partition; the keys of a partition are columns of its rows."""
    conditions = []
    for key, value in partition.items():
        if key not in stage.layout.names:
            raise ConfigError(
                f"stream {stage.unit.manifest.stream!r}: load_method replace needs the partition's {key!r} as a column "
                f"of its rows: select it, or set the stream's load method to upsert in load_methods"
            )
        column = identifier(stage.layout.names[key])
        conditions.append(f"{column} IS NULL" if value is None else f"{column} = {literal(_text(value))}")
    return f"({' AND '.join(conditions) or 'TRUE'})"


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
