"""Control totals: what is counted of a column, in SQL that DuckDB and Redshift both answer exactly.

No sum is of floating point numbers, so none depends on the order of rows: decimals and integers are added as they are,
doubles in whole millionths (the nearest, by the same IEEE operations on both sides), dates in days, moments in seconds,
texts in bytes of UTF-8.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - msgspec reads the annotation
from decimal import Decimal
from typing import Any, Final, Literal

import msgspec
from dif_kit.target import ColumnKind

__all__ = ["DayTotals", "Dialect", "Measured", "Total", "day_of", "from_row", "measures"]

Dialect = Literal["files", "tables"]
"""DuckDB over files, or the warehouse."""

_MEASURES: Final = 4  # count, sum, lowest, highest
_WITHOUT_SUM: Final = frozenset({ColumnKind.TIME, ColumnKind.NESTED})
_WITHOUT_ORDER: Final = frozenset({ColumnKind.BOOLEAN, ColumnKind.NESTED})
_LARGEST_IN_MILLIONTHS: Final = "9000000000000"  # times a million it is within 64 bits; larger doubles are not summed
# 60 bits of MD5, a number in each dialect: added up they tell any change of any text.
_FINGERPRINT: Final = {
    "files": "SUM(CAST(('0x' || SUBSTRING(MD5({0}), 1, 15)) AS BIGINT))",
    "tables": "SUM(STRTOL(SUBSTRING(MD5({0}), 1, 15), 16))",
}
_BYTES: Final = {"files": "SUM(STRLEN({0}))", "tables": "SUM(CAST(OCTET_LENGTH({0}) AS BIGINT))"}
_SUMS: Final = {
    ColumnKind.INTEGER: "SUM({0})",
    ColumnKind.DECIMAL: "SUM({0})",
    ColumnKind.NUMBER: "SUM(CASE WHEN ABS({0}) < " + _LARGEST_IN_MILLIONTHS + " "
    "THEN CAST(FLOOR({0} * 1000000 + 0.5) AS BIGINT) END)",
    ColumnKind.BOOLEAN: "SUM(CASE WHEN {0} THEN 1 ELSE 0 END)",
    ColumnKind.DATE: "SUM({0} - DATE '1970-01-01')",
    ColumnKind.DATETIME: "SUM(CAST(FLOOR(EXTRACT(EPOCH FROM {0})) AS BIGINT))",
}
_DAYS: Final = {
    ColumnKind.DATE: "CAST({0} AS VARCHAR)",
    ColumnKind.DATETIME: "CAST(CAST({0} AT TIME ZONE 'UTC' AS DATE) AS VARCHAR)",
    ColumnKind.TEXT: "SUBSTRING({0}, 1, 10)",
}


class Measured(msgspec.Struct, frozen=True):
    """A column that is counted: its name in the stream, and what is counted of it.

    ``is_counted_only`` where its values have changed their kind and stand in several columns of the table.
    """

    name: str
    kind: ColumnKind
    scale: int | None = None
    is_counted_only: bool = False


class Total(msgspec.Struct, frozen=True):
    """What was counted of one column; None where there is nothing to tell."""

    count: int
    sum: Decimal | None = None
    lowest: str | None = None
    highest: str | None = None


class DayTotals(msgspec.Struct, frozen=True):
    """The rows of one day, and the total of each column."""

    rows: int
    columns: Mapping[str, Total]


def day_of(kind: ColumnKind, name: str) -> str | None:
    """The calendar day of a row as text, by its column of days; None for a kind that tells none."""
    shape = _DAYS.get(kind)
    return shape.format(name) if shape else None


def measures(column: Measured, name: str, dialect: Dialect, *, variants: tuple[str, ...] = (), texts: bool) -> str:
    """Four expressions that count a column called ``name``; with ``texts`` every byte of a text counts."""
    if column.is_counted_only:
        counts = " + ".join(f"COUNT({each})" for each in (name, *variants))
        return f"{counts}, NULL, NULL, NULL"
    total = "NULL"
    if column.kind is ColumnKind.TEXT:
        total = (_FINGERPRINT if texts else _BYTES)[dialect].format(name)
    elif column.kind not in _WITHOUT_SUM:
        total = _SUMS[column.kind].format(name)
    ends = ["NULL", "NULL"]
    if column.kind not in _WITHOUT_ORDER:
        ends = [f"{least}({name})" for least in ("MIN", "MAX")]
    if column.kind is ColumnKind.DATETIME:
        ends = [f"{end} AT TIME ZONE 'UTC'" for end in ends]
    return ", ".join((f"COUNT({name})", total, *ends))


def from_row(columns: list[Measured], row: tuple[Any, ...]) -> DayTotals:
    """The totals in one row of an answer: the number of rows, then four values a column."""
    rows, *values = row
    totals = {}
    for place, column in enumerate(columns):
        count, total, lowest, highest = values[place * _MEASURES : (place + 1) * _MEASURES]
        totals[column.name] = Total(int(count), _summed(column, total), _shown(lowest), _shown(highest))
    return DayTotals(int(rows), totals)


def _summed(column: Measured, total: Any) -> Decimal | None:  # noqa: ANN401 - a driver's answer
    if total is None:
        return None
    exact = Decimal(total)
    if column.kind is ColumnKind.NUMBER:
        exact = exact.scaleb(-6)
    return exact.normalize() if exact else Decimal(0)


def _shown(value: Any) -> str | None:  # noqa: ANN401 - a driver's answer
    """A value as one text, whatever driver it comes from."""
    if value is None:
        return None
    if isinstance(value, Decimal):
        return format(value.normalize() if value else Decimal(0), "f")
    return repr(value + 0.0) if isinstance(value, float) else str(value)
