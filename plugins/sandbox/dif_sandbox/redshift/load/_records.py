"""Text files as batches of records: CSV, delimited, fixed width.

Source: developer guide, copy-parameters-data-format, copy-parameters-data-conversion (ESCAPE, REMOVEQUOTES, NUL).
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from itertools import islice
from typing import IO, TYPE_CHECKING

from dif_sandbox.redshift._errors import INVALID_PARAMETER, RedshiftError
from dif_sandbox.redshift.load._errors import BAD_LINE, RowError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dif_sandbox.redshift.sql import Options

__all__ = ["Batch", "delimiter", "read_batches"]

csv.field_size_limit(64 << 20)
ENCODINGS = {"UTF8": "utf-8", "UTF16": "utf-16", "UTF16LE": "utf-16-le", "UTF16BE": "utf-16-be"}
LINE_END = re.compile(r"\r\n|\n|\r")
FEW_ROWS, MANY_ROWS = 64, 8192
SMALL_BATCH, LARGE_BATCH = 1 << 19, 1 << 21  # characters


@dataclass(slots=True)
class Batch:
    """Consecutive records of one file; `bad` are the lines that are no records."""

    rows: list[list[str]]
    first_line: int
    lines: list[int] | None = None  # where each row starts, if not one line a row
    bad: list[tuple[int, RowError]] = field(default_factory=list)  # line, error

    def line(self, at: int) -> int:
        """The line of the file on which a row starts."""
        if self.lines is None:
            self.lines = _count_lines(self.rows, self.first_line)
        return self.lines[at]

    def drop_lines(self, header: int) -> None:
        """Leave out what starts on the first `header` lines of the file (IGNOREHEADER)."""
        if self.first_line > header:
            return
        lines = [self.line(at) for at in range(len(self.rows))]
        kept = [at for at, line in enumerate(lines) if line > header]
        self.rows = [self.rows[at] for at in kept]
        self.lines = [lines[at] for at in kept]
        self.bad = [(line, error) for line, error in self.bad if line > header]


def read_batches(stream: IO[bytes], options: Options) -> Iterator[Batch]:
    """The records of a file, a few hundred to a few thousand at a time, so that memory stays flat."""
    encoding = ENCODINGS.get(options.get("ENCODING", "UTF8").upper())
    if encoding is None:
        raise RedshiftError(f"Invalid ENCODING: {options['ENCODING']}", INVALID_PARAMETER)
    text = io.TextIOWrapper(stream, encoding=encoding, errors="surrogateescape", newline="")
    if "CSV" in options:
        return _csv_batches(text, options)
    return _line_batches(text, options)


def delimiter(text: str) -> str:
    r"""A delimiter as COPY spells it: a character, \\t, or \\ and three octal digits."""
    octal = re.fullmatch(r"\\(\d{3})", text)
    if octal:
        return chr(int(octal.group(1), 8))
    return "\t" if text == "\\t" else text


def _csv_batches(text: io.TextIOWrapper, options: Options) -> Iterator[Batch]:
    reader = csv.reader(
        text,
        delimiter=delimiter(options.get("DELIMITER", ",")),
        quotechar=options.get("QUOTE", '"'),
        doublequote=True,
        strict=True,
    )
    size = FEW_ROWS
    while True:
        batch = Batch([], reader.line_num + 1)
        try:
            batch.rows.extend(islice(reader, size))
        except csv.Error:
            start = _count_lines([*batch.rows, []], batch.first_line)[-1]
            batch.bad.append((start, RowError(BAD_LINE, "Invalid quote formatting for CSV")))
        if not batch.rows and not batch.bad:
            return
        yield batch
        size = _next_size(size, batch.rows)


def _next_size(size: int, rows: list[list[str]]) -> int:
    """Fewer rows at a time when they are long."""
    sample = rows[:: max(1, len(rows) // 16)]
    characters = sum(sum(map(len, row)) for row in sample) * max(1, len(rows) // max(1, len(sample)))
    if characters > LARGE_BATCH:
        return max(1, size // 4)
    return min(MANY_ROWS, size * 2) if characters < SMALL_BATCH else size


def _count_lines(rows: list[list[str]], first: int) -> list[int]:
    lines, line = [], first
    for row in rows:
        lines.append(line)
        line += 1 + sum(len(LINE_END.findall(value)) for value in row if "\n" in value or "\r" in value)
    return lines


def _line_batches(text: io.TextIOWrapper, options: Options) -> Iterator[Batch]:
    split = _splitter(options)
    nul_ends = options.get("NULL") not in ("\0", r"\0", r"\000")
    batch, characters = Batch([], 1, []), 0
    for number, line in _logical_lines(text, escaped="ESCAPE" in options):
        record = line.split("\0", 1)[0] if nul_ends and "\0" in line else line
        try:
            batch.rows.append(split(record))
            assert batch.lines is not None  # noqa: S101 - made above
            batch.lines.append(number)
        except RowError as error:
            batch.bad.append((number, error))
        characters += len(line)
        if characters > SMALL_BATCH or len(batch.rows) >= MANY_ROWS:
            yield batch
            batch, characters = Batch([], number + 1, []), 0
    if batch.rows or batch.bad:
        yield batch


def _logical_lines(text: io.TextIOWrapper, *, escaped: bool) -> Iterator[tuple[int, str]]:
    """Records with the number of their first line; with ESCAPE a backslash at the end carries a record on."""
    pending, start = "", 0
    for number, line in enumerate(text, 1):
        body = line.rstrip("\r\n")
        start = start or number
        if escaped and (len(body) - len(body.rstrip("\\"))) % 2:
            pending += body + line[len(body) :]
            continue
        yield start, pending + body
        pending, start = "", 0
    if pending:
        yield start, pending


def _splitter(options: Options) -> Callable[[str], list[str]]:
    if "FIXEDWIDTH" in options:
        return _fixed_width(options["FIXEDWIDTH"])
    separator = delimiter(options.get("DELIMITER", "|"))
    escaped, quoted = "ESCAPE" in options, "REMOVEQUOTES" in options
    if not escaped and not quoted:
        return lambda line: line.split(separator)
    return lambda line: _split_marked(line, separator, escaped=escaped, quoted=quoted)


def _fixed_width(specification: str) -> Callable[[str], list[str]]:
    try:
        widths = [int(part.split(":")[1]) for part in specification.split(",")]
    except (IndexError, ValueError) as error:
        raise RedshiftError(f"Invalid FIXEDWIDTH specification: {specification}", INVALID_PARAMETER) from error
    ends = [sum(widths[: at + 1]) for at in range(len(widths))]
    return lambda line: [line[end - width : end] for end, width in zip(ends, widths, strict=True)]


def _split_marked(line: str, separator: str, *, escaped: bool, quoted: bool) -> list[str]:
    r"""Fields with ESCAPE (the character after a backslash is taken as it is: \\n is n) and REMOVEQUOTES."""
    fields: list[str] = []
    field_text: list[str] = []
    quote, fresh, at = "", True, 0
    while at < len(line):
        character = line[at]
        if escaped and character == "\\" and at + 1 < len(line):
            following = line[at + 1]
            field_text.append(r"\N" if following == "N" and fresh else following)
            at, fresh = at + 2, False
            continue
        at += 1
        if quote and character == quote:
            quote = ""
        elif quoted and fresh and character in "'\"":
            quote = character
        elif character == separator and not quote:
            fields.append("".join(field_text))
            field_text, fresh = [], True
            continue
        else:
            field_text.append(character)
        fresh = False
    if quote:
        raise RowError(BAD_LINE, "Delimited value missing end quote")
    fields.append("".join(field_text))
    return fields
