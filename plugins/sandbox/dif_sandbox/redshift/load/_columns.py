"""The columns of a table that COPY fills."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dif_sandbox.redshift._errors import UNDEFINED_COLUMN, RedshiftError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Column", "chosen", "columns_query", "parse_columns"]

TYPE_HEADER = 4  # bytes that atttypmod counts beside the length
REDSHIFT_TYPES = {"bpchar": "char", "jsonb": "super", "bytea": "varbyte"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column, with PostgreSQL's name of its type (pg_type.typname)."""

    name: str
    type: str
    max_bytes: int | None = None
    precision: int = 0
    scale: int = 0
    not_null: bool = False
    identity: bool = False
    default: bool = False

    @property
    def redshift_type(self) -> str:
        """The name in stl_load_errors."""
        return REDSHIFT_TYPES.get(self.type, self.type)


def columns_query(table: str) -> str:
    """SQL whose rows `parse_columns` takes; `table` is a quoted SQL literal."""
    return (
        "SELECT a.attname, t.typname, a.atttypmod, a.attnotnull, a.attidentity <> '', a.atthasdef, a.attrelid"
        " FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid"
        f" WHERE a.attrelid = {table}::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
    )


def parse_columns(rows: Sequence[Sequence[str | None]]) -> tuple[list[Column], int]:
    """The columns of a table, and its oid."""
    columns: list[Column] = []
    for name, kind, modifier, not_null, identity, default, _ in rows:
        size = int(modifier or -1) - TYPE_HEADER
        numeric = kind == "numeric" and size >= 0
        columns.append(
            Column(
                name=name or "",
                type=kind or "",
                max_bytes=size if kind in ("varchar", "bpchar") and size > 0 else None,
                precision=size >> 16 & 0xFFFF if numeric else 0,
                scale=size & 0xFFFF if numeric else 0,
                not_null=not_null == "t",
                identity=identity == "t",
                default=default == "t",
            )
        )
    return columns, int(rows[0][6] or 0)


def chosen(columns: Sequence[Column], names: Sequence[str], table: str, *, explicit_ids: bool) -> list[Column]:
    """The columns of a COPY: those of its list, else all but IDENTITY ones (EXPLICIT_IDS takes them too).

    Raises:
        RedshiftError: The list names a column that the table does not have.
    """
    if not names:
        return [column for column in columns if explicit_ids or not column.identity]
    known = {column.name: column for column in columns}
    for name in names:
        if name not in known:
            raise RedshiftError(f'column "{name}" of relation {table} does not exist', UNDEFINED_COLUMN)
    return [known[name] for name in names]
