"""Delimited text into records."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dif_kit.decode._ports import Body, Record, UndecodableError
from dif_kit.decode._table import LONGEST_PREAMBLE, column_names, expect_end

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dif_kit.decode._names import ColumnNames

__all__ = ["CsvRecords"]

# Longer fields and lines are an open quote or no CSV at all; they would be gathered in memory to the file's end.
_LONGEST: Final = 16 << 20
_NUL: Final = "\0"


@dataclass(frozen=True, slots=True)
class CsvRecords:
    """CSV with one header line. ``nulls`` are the texts that stand for no value.

    ``quote`` None means that a quote is a character as any other. Before the header stand ``skip_lines`` lines, or,
    with ``header_has``, any lines until the one that holds this column. ``columns`` are names by position, in place of
    a header that repeats itself or leaves names out; with ``header_lines`` 0 the file has none of its own, with more
    than one the last one counts.

    ``footer`` is what the first field of the first line after the rows begins with ("Grand Total", "©"): a file that
    ends without it is torn. ``stated_rows`` is the name of the line above the header, ``Name: value``, that says how
    many rows there are ("Rows"): a file with another number of them is torn. ``dropped`` are characters that are no
    data, such as the NULs in Microsoft's files. ``names`` says what columns are called in place of their header.
    """

    delimiter: str = ","
    encoding: str = "utf-8-sig"
    nulls: frozenset[str] = frozenset({""})
    is_text: bool = True
    quote: str | None = '"'
    escape: str | None = None
    skip_lines: int = 0
    header_has: str | None = None
    header_lines: int = 1
    columns: tuple[str, ...] | None = None
    footer: str | None = None
    stated_rows: str | None = None
    dropped: str = ""
    names: ColumnNames | None = None

    def check(self, body: Body) -> None:
        """Refuse a page of HTML, an empty body, a body without the header, bytes of another encoding."""
        next(self.records(body), None)

    def preamble(self, body: Body) -> dict[str, str]:
        """What the lines above the header say, by their names: those that are ``Name: value``.

        Raises:
            UndecodableError: there is no header.
        """
        with body.open() as stream, io.TextIOWrapper(stream, encoding=self.encoding, newline="") as text:
            lines = _Lines(text, dropped=self.dropped)
            self._header(lines)
            return lines.named()

    def records(self, body: Body) -> Iterator[Record]:
        """One record a line, every value as text or None.

        Raises:
            UndecodableError: a line with more or fewer fields than the header, a quote left open, a NUL, no footer.
        """
        with body.open() as stream, io.TextIOWrapper(stream, encoding=self.encoding, newline="") as text:
            lines = _Lines(text, dropped=self.dropped)
            try:
                yield from self._rows(lines)
            except csv.Error as error:
                raise UndecodableError(f"line {lines.number} is not CSV ({error})") from error
            except UnicodeError as error:
                raise UndecodableError(
                    f"after line {lines.number} the body is not {self.encoding} ({error})"
                ) from error

    def _rows(self, lines: _Lines) -> Iterator[Record]:
        header = self._header(lines)
        width, footer, count = len(header), self.footer, 0
        # A look-up in C for each value: None if it is a null, else the value itself.
        settle = dict.fromkeys(self.nulls).get
        reader = self._reader(lines)
        for fields in reader:
            if not fields:
                continue
            if footer is not None and fields[0].startswith(footer):
                expect_end(reader, width)
                self._expect_rows(count, lines)
                return
            if len(fields) != width:
                raise UndecodableError(f"line {lines.number} has {len(fields)} fields, the header has {width}")
            count += 1
            yield dict(zip(header, map(settle, fields, fields), strict=True))
        if footer is not None:
            raise UndecodableError(f"the file ends at line {lines.number} without its footer {footer!r}")
        self._expect_rows(count, lines)

    def _expect_rows(self, count: int, lines: _Lines) -> None:
        if self.stated_rows is None:
            return
        stated = lines.named().get(self.stated_rows)
        if stated != str(count):
            raise UndecodableError(f"the file says {self.stated_rows}: {stated}, and holds {count}")

    def _header(self, lines: _Lines) -> list[str]:
        """The names of the columns; everything up to the header, and the header itself, is taken."""
        _refuse_markup(lines)
        for _ in range(self.skip_lines):
            next(iter(lines), None)
        own: list[str] = []
        for number in range(self.header_lines):
            own = next(self._reader(lines), []) if number or self.header_has is None else self._found_header(lines)
            if not own:
                raise UndecodableError(f"expected a header in line {lines.number or 1}, found nothing")
        return column_names(own if self.names is None else [self.names.of(name) for name in own], self.columns)

    def _found_header(self, lines: _Lines) -> list[str]:
        # Line by line: what stands above the header need not be CSV.
        for line in lines:
            fields = next(csv.reader([line], delimiter=self.delimiter, quotechar=self.quote or '"'), [])
            if self.header_has in fields:
                return fields
            lines.above += fields
            if lines.number == LONGEST_PREAMBLE:
                break
        raise UndecodableError(f"no header with the column {self.header_has!r} within {lines.number} lines")

    def _reader(self, lines: _Lines) -> Iterator[list[str]]:
        # The limit belongs to the process; its default of 128 KiB would refuse JSON in a field.
        csv.field_size_limit(_LONGEST)
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            escapechar=self.escape,
            strict=True,
        )


class _Lines:
    """The lines of a text, their ends included, without what is no data."""

    def __init__(self, text: io.TextIOWrapper, *, dropped: str) -> None:
        self._text = text
        self._dropped = str.maketrans("", "", dropped) if dropped else None
        self._pending = ""
        self.number = 0
        #: What the cells of the lines above the header hold.
        self.above: list[str] = []

    def named(self) -> dict[str, str]:
        """What is above the header in the form ``Name: value``."""
        parts = (cell.partition(":") for cell in self.above)
        return {name.strip(): value.strip() for name, mark, value in parts if mark}

    def __iter__(self) -> Iterator[str]:
        """From where the last reader stopped."""
        readline, dropped = self._text.readline, self._dropped
        while line := self.peek() if self._pending else readline(_LONGEST):
            self._pending = ""
            self.number += 1
            if len(line) >= _LONGEST:
                raise UndecodableError(f"line {self.number} is longer than {_LONGEST >> 20} Mi characters")
            if dropped is not None:
                line = line.translate(dropped)
            if _NUL in line:
                raise UndecodableError(f"line {self.number} holds a NUL; if that is no data, state it in `dropped`")
            yield line

    def peek(self) -> str:
        """The next line, which stays there."""
        self._pending = self._pending or self._text.readline(_LONGEST)
        return self._pending


def _refuse_markup(lines: _Lines) -> None:
    start = lines.peek().lstrip()
    if start[:1] == "<":
        raise UndecodableError("expected CSV with a header line, found HTML or XML")
