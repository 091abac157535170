"""Cells that say the same in another form."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from dif_kit.decode._around import Around
from dif_kit.decode._ports import UndecodableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from dif_kit.decode._ports import Body, Record

__all__ = ["Cells", "Parts", "Words"]

_DRESSED: Final = re.compile(r"(-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)%?")


class Parts(NamedTuple):
    """A column that holds two: the first keeps its name, what follows ``mark`` goes into ``into``."""

    mark: str
    into: str


class Words(NamedTuple):
    """A column that is told in other words too, in ``into``; a word that ``known`` has not stays itself."""

    column: str
    known: Mapping[str, str]
    into: str


@dataclass(frozen=True, slots=True)
class Cells(Around):
    """The records of ``inner`` with cells in the form that the schema wants, where a provider writes another.

    ``numbers`` are columns whose numbers may be dressed: ``5.00%`` is 5.00, ``1,234.5`` is 1234.5. ``dates`` are
    columns with days as `datetime.strptime` reads them; they become ISO 8601. ``parts`` cuts columns in two
    (``2026-03-15|7``), ``words`` adds columns that say another in other words. ``absent`` is what stands for no value
    in a part of the key, which cannot be null.

    A text that is in none of these forms stays as it is, and is then judged by the schema; a day that is none is an
    error.
    """

    numbers: AbstractSet[str] = frozenset()
    dates: Mapping[str, str] = field(default_factory=dict, hash=False)
    parts: Mapping[str, Parts] = field(default_factory=dict, hash=False)
    words: tuple[Words, ...] = field(default=(), hash=False)
    absent: Mapping[str, str] = field(default_factory=dict, hash=False)

    def records(self, body: Body) -> Iterator[Record]:
        """The records, changed in place."""
        for record in self.inner.records(body):
            for column, (mark, into) in self.parts.items():
                _cut(record, column, mark, into)
            for column in self.numbers:
                value = record.get(column)
                if value is not None and ("%" in value or "," in value):
                    record[column] = _plain(value)
            for column, form in self.dates.items():
                if record.get(column) is not None:
                    record[column] = _day(column, record[column], form)
            for column, known, into in self.words:
                record[into] = known.get(record.get(column) or "", record.get(column))
            for column, word in self.absent.items():
                if record.get(column) is None:
                    record[column] = word
            yield record


def _cut(record: Record, column: str, mark: str, into: str) -> None:
    first, found, rest = (record.get(column) or "").partition(mark)
    if not found:
        raise UndecodableError(f"column {column!r} holds {record.get(column)!r}, without the {mark!r} that parts it")
    record[column], record[into] = first, rest


def _plain(value: str) -> str:
    number = _DRESSED.fullmatch(value)
    return value if number is None else number[1].replace(",", "")


def _day(column: str, value: str, form: str) -> str:
    try:
        return datetime.strptime(value, form).date().isoformat()  # noqa: DTZ007 - a day of the account's calendar
    except ValueError as error:
        raise UndecodableError(f"column {column!r} holds {value!r}, which is no day as {form!r} has it") from error
