"""Rows of one stream brought to one form, so that source, files and warehouse can be compared value by value."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["Difference", "Table", "differences"]

Row = dict[str, Any]
Key = tuple[str, ...]

METADATA = ("_sdc_", "_dif_")


@dataclass(frozen=True, slots=True)
class Difference:
    """One value, or one whole row, that a place holds otherwise than the source."""

    stream: str
    key: Key
    column: str
    source: object
    found: object

    def __str__(self) -> str:
        return f"{self.stream} {'/'.join(self.key)}: {self.column} is {self.found!r}, the source has {self.source!r}"


class Table:
    """The rows of one stream by primary key; a later row of the same key takes the place of an earlier one."""

    def __init__(self, stream: str, keys: Sequence[str]) -> None:
        self.stream = stream
        self.keys = tuple(key.lower() for key in keys)
        self.rows: dict[Key, Row] = {}
        self.repeated = 0

    def add(self, rows: Iterable[Mapping[str, Any]]) -> Table:
        """Take rows as they come; names are folded to lower case, as Redshift folds them."""
        columns: dict[str, str | None] = {}  # a name is one text, however many rows have it
        for raw in rows:
            for name in raw.keys() - columns.keys():
                columns[name] = None if name.lower().startswith(METADATA) else sys.intern(name.lower())
            row = {column: value for name, value in raw.items() if (column := columns[name]) is not None}
            key = tuple(str(row[name]) for name in self.keys)
            self.repeated += key in self.rows
            self.rows[key] = row
        return self


def differences(source: Table, found: Table) -> list[Difference]:
    """Everything in which `found` is not what `source` says, missing and surplus rows included."""
    missing = [Difference(source.stream, key, "row", "present", "absent") for key in source.rows.keys() - found.rows]
    surplus = [Difference(source.stream, key, "row", "absent", "present") for key in found.rows.keys() - source.rows]
    wrong = [
        Difference(source.stream, key, column, row.get(column), other.get(column))
        for key, row in source.rows.items()
        if (other := found.rows.get(key)) is not None
        for column in row.keys() | other.keys()
        if not same(row.get(column), other.get(column))
    ]
    return sorted(missing + surplus + wrong, key=lambda difference: (difference.key, difference.column))


def same(source: object, found: object) -> bool:
    """Whether `found`, as a driver or a CSV cell gives it, is the value `source` of the API's JSON."""
    if type(source) is type(found) and source == found:
        return True  # most values, soon
    if source is None or found is None:
        return source is found
    if isinstance(source, bool):
        return found in (source, str(source).lower())
    if isinstance(source, int | float | Decimal):
        return Decimal(str(source)) == Decimal(str(found))
    if isinstance(source, dict | list):
        nested = json.loads(found, parse_float=Decimal) if isinstance(found, str) else found
        return _exact(source) == _exact(nested)
    return str(source) == found or (isinstance(found, date | time) and _same_moment(str(source), found))


def _exact(value: object) -> object:
    """Nested JSON with numbers as decimals, so that 1, 1.0 and 1.00 are one number and 0.1 is not rounded."""
    if isinstance(value, dict):
        return {name: _exact(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_exact(item) for item in value]
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return Decimal(str(value))
    return value


def _same_moment(source: str, found: date | time) -> bool:
    """A date, time or timestamp of the warehouse against the API's text; no zone means UTC."""
    if not isinstance(found, datetime):
        return source == found.isoformat()
    moment = datetime.fromisoformat(source)
    return _utc(moment) == _utc(found)


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
