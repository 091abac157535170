"""Column types: which type a kind of value gets, and which existing type holds a kind exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dif_kit.errors import DeliveryError
from dif_kit.target import ColumnKind

if TYPE_CHECKING:
    from dif_kit.target import Column

__all__ = [
    "KIND_WORDS",
    "LONGEST_VARCHAR_BYTES",
    "ColumnType",
    "declared_type",
    "holds",
    "kind_word",
    "needed_bytes",
    "varchar_bytes",
]

LONGEST_VARCHAR_BYTES: Final = 65535
_VARCHAR_STEPS: Final = (256, 1024, 4096, 16384, LONGEST_VARCHAR_BYTES)
_DECIMAL_DIGITS: Final = 38
_BIGINT_DIGITS: Final = 19
_LONGEST_SCALAR_BYTES: Final = 64  # the text of a number, a date or a moment

_TYPES: Final = {
    ColumnKind.INTEGER: "bigint",
    ColumnKind.NUMBER: "double precision",
    ColumnKind.BOOLEAN: "boolean",
    ColumnKind.DATE: "date",
    ColumnKind.DATETIME: "timestamp with time zone",
    ColumnKind.TIME: "time without time zone",
    ColumnKind.NESTED: "super",
}

_WORDS: Final = {kind: kind.value for kind in ColumnKind} | {ColumnKind.DATETIME: "datetime"}

KIND_WORDS: Final = (
    *(word for kind, word in _WORDS.items() if kind is not ColumnKind.DECIMAL),
    *(f"decimal_{scale}" for scale in range(_DECIMAL_DIGITS + 1)),
)
"""Every answer of `kind_word`."""


@dataclass(frozen=True, slots=True)
class ColumnType:
    """A type as ``svv_columns`` names it. ``max_bytes`` is a VARCHAR's length, ``digits`` and ``scale`` a DECIMAL's."""

    name: str
    max_bytes: int = 0
    digits: int = 0
    scale: int = 0

    @property
    def ddl(self) -> str:
        """The type as it stands in CREATE TABLE.

        VARCHAR is given its encoding: of those that Redshift would choose from, some do not let a column be widened.
        """
        match self.name:
            case "character varying":
                return f"VARCHAR({self.max_bytes}) ENCODE ZSTD"
            case "numeric":
                return f"DECIMAL({self.digits}, {self.scale})"
            case "timestamp with time zone":
                return "TIMESTAMPTZ"
            case "time without time zone":
                return "TIME"
            case name:
                return name.upper()


def declared_type(column: Column) -> ColumnType:
    """The type of a column that is made for these values."""
    match column.kind:
        case ColumnKind.TEXT:
            return ColumnType("character varying", max_bytes=varchar_bytes(column))
        case ColumnKind.DECIMAL:
            return ColumnType("numeric", digits=_DECIMAL_DIGITS, scale=column.scale or 0)
        case kind:
            return ColumnType(_TYPES[kind])


def holds(existing: ColumnType, column: Column) -> bool:
    """Whether a column of an existing type keeps every value of these exactly, once a VARCHAR is wide enough."""
    match existing.name:
        case "character varying":
            return column.kind is not ColumnKind.NESTED
        case "numeric" if column.kind is ColumnKind.INTEGER:
            return existing.digits - existing.scale >= _BIGINT_DIGITS
        case "numeric":
            fits = existing.digits == _DECIMAL_DIGITS and existing.scale >= (column.scale or 0)
            return column.kind is ColumnKind.DECIMAL and fits
        case name:
            return _TYPES.get(column.kind) == name


def varchar_bytes(column: Column) -> int:
    """The VARCHAR length for a column's longest value: the next step, so that widening is rare.

    Raises:
        DeliveryError: no VARCHAR takes the value.
    """
    for step in _VARCHAR_STEPS:
        if column.max_bytes <= step:
            return step
    raise DeliveryError(
        f"column {column.name!r} has a value of {column.max_bytes:,} bytes, a VARCHAR takes {LONGEST_VARCHAR_BYTES:,}"
    )


def needed_bytes(column: Column) -> int:
    """The length that a VARCHAR needs at least for the values of a column, which need not be texts."""
    return column.max_bytes if column.kind is ColumnKind.TEXT else max(column.max_bytes, _LONGEST_SCALAR_BYTES)


def kind_word(column: Column) -> str:
    """The kind in the name of a variant column."""
    word = _WORDS[column.kind]
    return f"{word}_{column.scale or 0}" if column.kind is ColumnKind.DECIMAL else word
