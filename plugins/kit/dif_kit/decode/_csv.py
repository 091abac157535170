"""Delimited text into records."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dif_kit.decode._ports import Body, Record, UndecodableError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CsvRecords"]


@dataclass(frozen=True, slots=True)
class CsvRecords:
    """CSV with one header line. ``nulls`` are the texts that stand for no value."""

    delimiter: str = ","
    encoding: str = "utf-8-sig"
    nulls: frozenset[str] = frozenset({""})
    is_text: bool = True

    def check(self, body: Body) -> None:
        """Refuse a page of HTML, an empty body, bytes of another encoding."""
        text = self._text(body)
        if not text.strip() or text.lstrip()[:1] == "<":
            raise UndecodableError("expected CSV with a header line, found " + ("HTML" if text.strip() else "nothing"))

    def records(self, body: Body) -> Iterator[Record]:
        """One record a line, every value as text or None.

        Raises:
            UndecodableError: a line with more or fewer fields than the header, or a quote left open.
        """
        lines = csv.reader(io.StringIO(self._text(body), newline=""), delimiter=self.delimiter, strict=True)
        try:
            header = next(lines, [])
            if len(set(header)) != len(header):
                raise UndecodableError(f"the header names a column twice: {header}")
            for fields in lines:
                if not fields:
                    continue
                if len(fields) != len(header):
                    raise UndecodableError(
                        f"line {lines.line_num} has {len(fields)} fields, the header has {len(header)}"
                    )
                yield {name: None if value in self.nulls else value for name, value in zip(header, fields, strict=True)}
        except csv.Error as error:
            raise UndecodableError(f"line {lines.line_num} is not CSV ({error})") from error

    def _text(self, body: Body) -> str:
        try:
            return body.content.decode(self.encoding)
        except UnicodeDecodeError as error:
            raise UndecodableError(f"the body is not {self.encoding} ({error.reason} at byte {error.start})") from error
