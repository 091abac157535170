"""Columns that each account has others of, gathered into one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from dif_kit.decode._around import Around

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dif_kit.decode._ports import Body, Record

__all__ = ["Gathered"]


@dataclass(frozen=True, slots=True)
class Gathered(Around):
    r"""The records of ``inner`` with the columns that match ``pattern`` in one column ``into``, an array of objects.

    Where a table has columns for each event of an account, ``signup (Users)`` and ``signup (Sales)``, the expression
    ``(?P<name>.+) \((?P<kind>Users|Sales)\)`` makes of them ``[{"event": "signup", "users": 3, "sales": 1.5}]``, with
    ``name`` "event". Kinds are in small letters, with ``_`` for blanks. What is a number is one, with all its digits;
    what is null, or ``blank``, is left out, and so is an object without any value.
    """

    pattern: str
    name: str
    into: str
    blank: str | None = None

    def records(self, body: Body) -> Iterator[Record]:
        """The records, those columns in place of which there is one."""
        found = re.compile(self.pattern)
        layout: dict[str, tuple[str, str] | None] = {}
        for record in self.inner.records(body):
            if layout.keys() != record.keys():
                layout = {column: _parts(found, column) for column in record}
            kept: Record = {}
            gathered: dict[str, Record] = {}
            for column, value in record.items():
                parts = layout[column]
                if parts is None:
                    kept[column] = value
                elif value is not None and value != self.blank:
                    name, kind = parts
                    gathered.setdefault(name, {self.name: name})[kind] = _number(value)
            kept[self.into] = list(gathered.values())
            yield kept


def _parts(pattern: re.Pattern[str], column: str) -> tuple[str, str] | None:
    match = pattern.fullmatch(column)
    return None if match is None else (match["name"], "_".join(match["kind"].lower().split()))


def _number(value: Any) -> Any:  # noqa: ANN401 - a text, or what a format has beside texts
    if not isinstance(value, str) or not value.isascii() or "_" in value:
        return value
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    if not number.is_finite():
        return value
    return int(value) if value.lstrip("-").isdigit() else number
