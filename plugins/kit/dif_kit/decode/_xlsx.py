"""Spreadsheets of Excel into records."""

from __future__ import annotations

import warnings
import zipfile
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import chain, islice, repeat
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

from dif_kit.decode._limits import Limits
from dif_kit.decode._packed import seekable
from dif_kit.decode._ports import Body, Record, UndecodableError
from dif_kit.decode._table import LONGEST_PREAMBLE, column_names, expect_end
from dif_kit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

__all__ = ["XlsxRecords"]


@dataclass(frozen=True, slots=True)
class XlsxRecords:
    """One sheet of a workbook (the first, or the one called ``sheet``), a row at a time.

    The first row that is not blank is the header; with ``header_has``, the first that holds this column. Every value
    comes as text: numbers as the shortest text of the double that Excel keeps, dates and times in ISO 8601.
    ``columns``, ``footer`` and ``nulls`` are as in `CsvRecords`. Needs the extra ``dif-kit[xlsx]``; the workbook's
    table of texts is held in memory.
    """

    sheet: str | None = None
    header_has: str | None = None
    columns: tuple[str, ...] | None = None
    footer: str | None = None
    nulls: frozenset[str] = frozenset({""})
    limits: Limits = field(default_factory=lambda: Limits(unpacked_bytes=1 << 30))
    is_text: bool = True

    def check(self, body: Body) -> None:
        """Refuse what is no workbook, or has no such header."""
        next(self.records(body), None)

    def records(self, body: Body) -> Iterator[Record]:
        """One record a row.

        Raises:
            UndecodableError: no workbook, no header, a value beyond the header's columns, no footer.
            ConfigError: the extra is not installed.
        """
        with seekable(body.open()) as stream:
            rows = self._rows(stream)
            names = column_names(self._header(rows), self.columns)
            width = len(names)
            for texts in rows:
                if self.footer is not None and texts[0].startswith(self.footer):
                    expect_end((_trimmed(row) for row in rows), width)
                    return
                if any(texts[width:]):
                    raise UndecodableError(f"a row has a value beyond the header's {width} columns: {texts[:3]}")
                whole = islice(chain(texts, repeat("")), width)
                yield {name: None if text in self.nulls else text for name, text in zip(names, whole, strict=True)}
        if self.footer is not None:
            raise UndecodableError(f"the sheet ends without its footer {self.footer!r}")

    def _header(self, rows: Iterator[list[str]]) -> list[str]:
        for texts in islice(rows, LONGEST_PREAMBLE):
            if self.header_has is None or self.header_has in texts:
                return _trimmed(texts)
        raise UndecodableError(f"the sheet has no header{f' with {self.header_has!r}' if self.header_has else ''}")

    def _rows(self, stream: BinaryIO) -> Iterator[list[str]]:
        """The rows as texts; blank ones are none."""
        try:
            from openpyxl import load_workbook  # noqa: PLC0415 - an extra that few taps need
        except ImportError as error:
            raise ConfigError("reading Excel files needs the extra: install dif-kit[xlsx]") from error
        try:
            self._weigh(stream)
            with warnings.catch_warnings():
                # It warns of styles and validations that it will not keep; nothing is written here.
                warnings.simplefilter("ignore", UserWarning)
                workbook = load_workbook(stream, read_only=True, data_only=True, keep_links=False)
            sheet = workbook[self.sheet] if self.sheet is not None else workbook.worksheets[0]
            for row in sheet.iter_rows():
                texts = [_text(cell) for cell in row]
                if any(texts):
                    yield texts
        except (zipfile.BadZipFile, KeyError, IndexError, ParseError, ValueError, EOFError, OSError) as error:
            raise UndecodableError(f"the body is not a whole Excel workbook ({error})") from error

    def _weigh(self, stream: BinaryIO) -> None:
        with zipfile.ZipFile(stream) as archive:
            members = archive.infolist()
        unpacked = sum(member.file_size for member in members)
        self.limits.check(packed=sum(member.compress_size for member in members), unpacked=unpacked)
        stream.seek(0)


def _text(cell: Any) -> str:  # noqa: ANN401 - openpyxl has no types
    value = cell.value
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return repr(value).removesuffix(".0")
        case datetime():
            # A day without a time is a moment to Excel too; only the format tells.
            return value.isoformat() if "h" in cell.number_format.lower() else value.date().isoformat()
        case date() | time():
            return value.isoformat()
        case _:
            return str(value)


def _trimmed(texts: list[str]) -> list[str]:
    while texts and not texts[-1]:
        texts = texts[:-1]
    return texts
