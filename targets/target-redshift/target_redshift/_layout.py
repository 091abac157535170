"""Where the columns of a stream go in its table, and what the table lacks for it: facts in, decisions out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dif_kit.errors import DeliveryError

from target_redshift._names import column_names, variant_name
from target_redshift._types import KIND_WORDS, ColumnType, declared_type, holds, kind_word, needed_bytes, varchar_bytes

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from dif_kit.target import Column

__all__ = ["DELETED_AT", "Layout", "lay_out"]

DELETED_AT: Final = "_sdc_deleted_at"
MOST_COLUMNS: Final = 1600  # https://docs.aws.amazon.com/redshift/latest/dg/r_CREATE_TABLE_usage.html


@dataclass(frozen=True, slots=True)
class Layout:
    """Where rows go. ``names`` says which column of the table takes each of the stream's.

    ``emptied`` are the columns in which a row that is written has NULL: those that hold other kinds of the same values,
    so that one of the variants speaks at a time, and the moment of its deletion. ``added`` and ``widened`` are what the
    table lacks before it takes the rows.
    """

    names: Mapping[str, str]
    emptied: tuple[str, ...]
    added: Mapping[str, ColumnType]
    widened: Mapping[str, int]

    @property
    def is_ready(self) -> bool:
        """Whether the table can take the rows as it is."""
        return not self.added and not self.widened


def lay_out(stream: str, columns: Sequence[Column], keys: Collection[str], table: Mapping[str, ColumnType]) -> Layout:
    """Find a place for every column of ``stream`` in ``table`` (empty if there is none yet). ``keys`` identify rows.

    A column whose values have become another kind than the table's column holds exactly gets a second column beside
    it, ``<name>__as_<kind>``: nothing is converted, nothing that is there is touched.

    Raises:
        ConfigError: two columns would have one name.
        DeliveryError: a key has changed its kind, the table would have too many columns, or a column that another
            program made is in the way.
    """
    wanted = column_names(stream, (column.name for column in columns))
    names: dict[str, str] = {}
    emptied: list[str] = []
    added: dict[str, ColumnType] = {}
    widened: dict[str, int] = {}
    for column in columns:
        base = wanted[column.name]
        name = _place(stream, column, base, table)
        if name != base and column.name in keys:
            raise DeliveryError(
                f"stream {stream!r}: its key {column.name!r} is now {column.kind.value}, the table holds it as "
                f"{table[base].ddl}: one row would become two; rename the table and let the next run make it anew"
            )
        existing = table.get(name)
        if existing is None:
            added[name] = declared_type(column)
        elif existing.name == "character varying" and existing.max_bytes < needed_bytes(column):
            widened[name] = varchar_bytes(column)
        names[column.name] = name
        emptied += [other for other in _variants(base) if other != name and other in table]
    if len(table) + len(added) > MOST_COLUMNS:
        raise DeliveryError(
            f"stream {stream!r}: the table would have {len(table) + len(added):,} columns, Redshift takes "
            f"{MOST_COLUMNS:,}: deselect some"
        )
    if DELETED_AT in table and DELETED_AT not in names.values():
        emptied.append(DELETED_AT)  # a row that comes again is no longer deleted
    return Layout(names, tuple(emptied), added, widened)


def _place(stream: str, column: Column, base: str, table: Mapping[str, ColumnType]) -> str:
    """The name of the column that takes the values: the first that holds them, or is still free."""
    for name in (base, variant_name(base, kind_word(column))):
        existing = table.get(name)
        if existing is None or holds(existing, column):
            return name
    raise DeliveryError(
        f"stream {stream!r}: neither {base!r} ({table[base].ddl}) nor {name!r} ({table[name].ddl}) can hold "
        f"{column.kind.value} values: rename or drop one of these columns"
    )


def _variants(base: str) -> tuple[str, ...]:
    return (base, *(variant_name(base, word) for word in KIND_WORDS))
