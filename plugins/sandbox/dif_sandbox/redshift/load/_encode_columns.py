"""Batches of text records as PostgreSQL COPY text: a column at a time where nothing in it needs care.

A column of a batch is checked as one long text by one expression, so that the work per value is done in C. Whatever
the check does not know to be right goes through the column's plain converter, and a batch with a row that has to be
refused goes through the plain encoder: both encoders give the same bytes and the same errors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from dif_sandbox.redshift.load._encode import MAX_ROW, Encoded, RowEncoder
from dif_sandbox.redshift.load._errors import RowError
from dif_sandbox.redshift.load._json_text import MAX_DEPTH, is_plain_json
from dif_sandbox.redshift.load._time_formats import DATE_LENGTH, ISO_TIME, is_date
from dif_sandbox.redshift.load._values import FALSE, NULL, TRUE, decimal_form

if TYPE_CHECKING:
    from dif_sandbox.redshift.load._columns import Column
    from dif_sandbox.redshift.load._records import Batch
    from dif_sandbox.redshift.sql import Options

__all__ = ["ColumnEncoder"]

Check: TypeAlias = Callable[[Sequence[str]], "Sequence[str] | None"]
"""Texts, none of them null, as the plain converter would write them; None if it must be asked."""

TEXT_OPTIONS = frozenset({"BLANKSASNULL", "EMPTYASNULL", "TRIMBLANKS"})
SPECIAL = ("\\", "\t", "\n", "\r")
SURROGATE = re.compile("[\ud800-\udfff]")
SAFE_DIGITS = {"int2": 4, "int4": 9, "int8": 18}
BOOLEANS = dict.fromkeys(TRUE, "t") | dict.fromkeys(FALSE, "f")
UTF8_BYTES = 4  # the most that one character takes


class ColumnEncoder(RowEncoder):
    """`RowEncoder`, faster."""

    def __init__(self, columns: Sequence[Column], options: Options) -> None:
        super().__init__(columns, options)
        self._checks = [_check(column, options) for column in columns]

    def encode(self, batch: Batch) -> Encoded:
        """The batch as COPY text."""
        rows = batch.rows
        if not rows or set(map(len, rows)) != {len(self.columns)} or rows[0] == [""]:
            return super().encode(batch)
        try:
            columns = [self._column(at, values) for at, values in enumerate(zip(*rows, strict=True))]
        except RowError:
            return super().encode(batch)
        data = ("\n".join(map("\t".join, zip(*columns, strict=True))) + "\n").encode()
        if len(data) > MAX_ROW:
            return super().encode(batch)
        return Encoded(data, len(rows))

    def _column(self, at: int, values: Sequence[str]) -> Sequence[str]:
        column, null, check = self.columns[at], self.null, self._checks[at]
        empty_is_null = column.type not in ("varchar", "bpchar")
        if null not in values and not (empty_is_null and "" in values):
            checked = check(values)
        elif column.not_null:
            raise RowError(0, "")  # the plain encoder finds which row
        else:
            present = [value for value in values if value != null and (value or not empty_is_null)]
            checked = check(present)
            if checked is not None:
                filled = iter(checked)
                checked = [next(filled) if value != null and (value or not empty_is_null) else NULL for value in values]
        return checked if checked is not None else [self.value(at, value) for value in values]


def _check(column: Column, options: Options) -> Check:
    check: Check = _no_check
    match column.type:
        case "varchar" if not TEXT_OPTIONS & set(options):
            check = _text(column.max_bytes)
        case "int2" | "int4" | "int8":
            check = _lines(rf"-?[0-9]{{1,{SAFE_DIGITS[column.type]}}}")
        case "numeric" if column.precision > column.scale:
            check = _lines(decimal_form(column.precision, column.scale))
        case "float8":
            check = _lines(r"-?[0-9]{1,15}(?:\.[0-9]{1,17})?")
        case "bool":
            check = _booleans
        case "jsonb":
            check = _json
        case "date" if options.get("DATEFORMAT", "auto") in ("auto", "YYYY-MM-DD"):
            check = _dates(_lines(r"\d{4}-\d\d-\d\d"))
        case "timestamp" | "timestamptz" if options.get("TIMEFORMAT") == "auto":
            check = _dates(_lines(ISO_TIME))
    return check


def _no_check(values: Sequence[str]) -> Sequence[str] | None:
    return None if values else values


def _text(limit: int | None) -> Check:
    def check(values: Sequence[str]) -> Sequence[str] | None:
        joined = "".join(values)
        ascii_only = joined.isascii()
        if "\0" in joined or not (ascii_only or SURROGATE.search(joined) is None):
            return None
        if limit is not None and values:
            longest = max(map(len, values))
            if (longest if ascii_only else longest * UTF8_BYTES) > limit:
                return None
        return _escaped(values) if any(mark in joined for mark in SPECIAL) else values

    return check


def _escaped(values: Sequence[str]) -> Sequence[str]:
    """What `escape` makes of each; none holds a NUL."""
    text = "\0".join(values).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return text.split("\0")


def _json(values: Sequence[str]) -> Sequence[str] | None:
    """Short values that are JSON from their first to their last character: too short for any limit of SUPER."""
    if not values or max(map(len, values)) > MAX_DEPTH:
        return None
    joined = "".join(values)
    if any(mark in joined for mark in ("\0", "\t", "\n", "\r", "\\u")) or not (
        joined.isascii() or SURROGATE.search(joined) is None
    ):
        return None
    if not all(map(is_plain_json, set(values))):
        return None
    return _escaped(values) if "\\" in joined else values


def _lines(expression: str) -> Check:
    whole = re.compile(rf"(?:{expression}\n)*+", re.ASCII)

    def check(values: Sequence[str]) -> Sequence[str] | None:
        if not values:
            return values
        joined = "\n".join(values)
        alone = joined.count("\n") == len(values) - 1  # no value has a line end of its own
        return values if alone and whole.fullmatch(joined + "\n") else None

    return check


def _dates(form: Check) -> Check:
    def check(values: Sequence[str]) -> Sequence[str] | None:
        if form(values) is None:
            return None
        return values if all(map(is_date, {value[:DATE_LENGTH] for value in values})) else None

    return check


def _booleans(values: Sequence[str]) -> Sequence[str] | None:
    try:
        return [BOOLEANS[value] for value in values]
    except KeyError:
        return None
