"""Batches of text records as PostgreSQL COPY text: row by row, with an error for each bad row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dif_sandbox.redshift.load._errors import EXTRA_COLUMNS, MISSING_NOT_NULL, NO_DELIMITER, OUT_OF_RANGE, RowError
from dif_sandbox.redshift.load._values import NULL, converter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dif_sandbox.redshift.load._columns import Column
    from dif_sandbox.redshift.load._records import Batch
    from dif_sandbox.redshift.sql import Options

__all__ = ["MAX_ROW", "Encoded", "Refused", "RowEncoder"]

MAX_ROW = 4 << 20  # bytes: copy-usage_notes, the largest row from any source


@dataclass(frozen=True, slots=True)
class Refused:
    """A row of a batch that was not loaded, and the column at fault."""

    row: int
    column: int | None
    error: RowError


@dataclass(slots=True)
class Encoded:
    """The rows of a batch for PostgreSQL, and those refused."""

    data: bytes = b""
    loaded: int = 0
    refused: list[Refused] = field(default_factory=list)


class RowEncoder:
    """Every rule of COPY, one value at a time: what the faster encoder must equal."""

    def __init__(self, columns: Sequence[Column], options: Options) -> None:
        self.columns = columns
        self.null = null_marker(options)
        self.converters = [converter(column, options) for column in columns]
        self._fill = "FILLRECORD" in options
        self._skip_blank = "IGNOREBLANKLINES" in options
        self._empty_is_null = "EMPTYASNULL" in options

    def encode(self, batch: Batch) -> Encoded:
        """The batch as COPY text."""
        encoded = Encoded()
        lines: list[str] = []
        for at, row in enumerate(batch.rows):
            if self._skip_blank and (not row or row == [""]):
                continue
            try:
                lines.append(self._row(row))
            except _ColumnError as error:
                encoded.refused.append(Refused(at, error.column, error.error))
        encoded.loaded = len(lines)
        if lines:
            encoded.data = ("\n".join(lines) + "\n").encode()
        return encoded

    def _row(self, row: list[str]) -> str:
        row = self._completed(row or [""])
        values: list[str] = []
        for at, text in enumerate(row):
            try:
                values.append(self.value(at, text))
            except RowError as error:
                raise _ColumnError(error, at) from error
        return "\t".join(values)

    def value(self, at: int, text: str) -> str:
        """One field as COPY text."""
        value = None if text == self.null else self.converters[at](text)
        if value is None and self.columns[at].not_null:
            raise RowError(MISSING_NOT_NULL, "Missing data for not-null field")
        return NULL if value is None else value

    def _completed(self, row: list[str]) -> list[str]:
        if sum(map(len, row)) > MAX_ROW:
            raise _ColumnError(RowError(OUT_OF_RANGE, "Row size exceeds the 4 MB limit"))
        if len(row) > len(self.columns):
            raise _ColumnError(RowError(EXTRA_COLUMNS, "Extra column(s) found"))
        if len(row) == len(self.columns):
            return row
        if not self._fill:
            raise _ColumnError(RowError(NO_DELIMITER, "Delimiter not found"))
        missing = self.columns[len(row) :]
        return row + ["" if c.type == "varchar" and not self._empty_is_null else self.null for c in missing]


class _ColumnError(Exception):
    def __init__(self, error: RowError, column: int | None = None) -> None:
        super().__init__(error.reason)
        self.error = error
        self.column = column


def null_marker(options: Options) -> str:
    r"""The text that means null; '\0' and '\000' mean the NUL character."""
    marker = options.get("NULL", NULL)
    return "\0" if marker in ("\0", r"\0", r"\000") else marker
