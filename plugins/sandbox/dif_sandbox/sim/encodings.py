"""Rows as the bytes of a payload, piece by piece: no encoder holds more than a piece, whatever the number of rows."""

from __future__ import annotations

import codecs
import csv
import io
import json
import tempfile
import zlib
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any, Final, TypeVar
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from dif_sandbox.sim.server import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

__all__ = [
    "Payload",
    "batches",
    "delimited",
    "gzipped",
    "json_array",
    "json_document",
    "keyed_lists",
    "ndjson",
    "xlsx",
    "xml_document",
    "zipped",
]

T = TypeVar("T")

_compact: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
PIECE_BYTES: Final = 1 << 16
"""Pieces are about this long: fewer would be slow to send, longer ones would wait for rows."""


@dataclass(frozen=True, slots=True)
class Payload:
    """A body that can be made again for every download; `chunks` makes it from its beginning."""

    content_type: str
    chunks: Callable[[], Iterable[bytes]]
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        """The payload as an answer that is streamed."""
        return Response(200, headers={"content-type": self.content_type, **self.headers}, stream=self.chunks())

    def size(self) -> int:
        """Its length in bytes, found by making it once."""
        return sum(map(len, self.chunks()))

    def kept(self) -> Payload:
        """The same, made now and packed: whoever keeps many holds a hundredth of the rows that they are made of."""
        packing = zlib.compressobj(1)
        packed = [*map(packing.compress, self.chunks()), packing.flush()]
        return Payload(self.content_type, lambda: _unpacked(packed), self.headers)


def _unpacked(packed: Iterable[bytes]) -> Iterator[bytes]:
    unpacking = zlib.decompressobj()
    yield from filter(None, map(unpacking.decompress, packed))


def batches(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of at most `size` rows: what a chunk array or a page of a stream holds."""
    source = iter(rows)
    while batch := list(islice(source, size)):
        yield batch


def json_array(rows: Iterable[object]) -> Iterator[bytes]:
    """A JSON array; chunks of results as elements make the chunk array of a streamed search."""
    return _pieces(_array_parts(rows))


def json_document(rows: Iterable[object], key: str, head: Mapping[str, object] | None = None) -> Iterator[bytes]:
    """A JSON object with the fields of `head`, and the rows as the array `key`."""
    start = "".join(f"{json.dumps(name)}:{_compact(value)}," for name, value in (head or {}).items())

    def parts() -> Iterator[str]:
        yield f"{{{start}{json.dumps(key)}:"
        yield from _array_parts(rows)
        yield "}"

    return _pieces(parts())


def keyed_lists(rows: Iterable[Mapping[str, Any]], key: str) -> Iterator[bytes]:
    """A JSON object of lists: the rows, which come entity by entity, below the id that they lose themselves."""

    def parts() -> Iterator[str]:
        before = "{"
        for entity, of_entity in groupby(rows, lambda row: row[key]):
            yield f"{before}{json.dumps(entity)}:"
            yield from _array_parts({name: cell for name, cell in row.items() if name != key} for row in of_entity)
            before = ","
        yield "}" if before == "," else "{}"

    return _pieces(parts())


def ndjson(rows: Iterable[object]) -> Iterator[bytes]:
    """One JSON value a line."""
    return _pieces(f"{_compact(row)}\n" for row in rows)


def delimited(
    rows: Iterable[Mapping[str, Any]],
    columns: Sequence[str],
    *,
    delimiter: str = ",",
    charset: str = "utf-8",
    preamble: Iterable[Sequence[object]] = (),
    footer: Iterable[Sequence[object]] = (),
    total_of: Collection[str] = (),
    total_label: str = "Total",
    null: str = "",
    quoting: int = csv.QUOTE_MINIMAL,
    line_end: str = "\r\n",
) -> Iterator[bytes]:
    """Delimited text with a header line.

    `preamble` and `footer` are lines around it, as lists of cells (none: a blank line). `total_of` names the columns
    whose sums a last row holds, with the label in its first cell. The charsets ``utf-8-sig`` and ``utf-16`` begin with
    a byte order mark.
    """

    def lines() -> Iterator[Sequence[object]]:
        yield from preamble
        yield columns
        sums = dict.fromkeys(total_of, 0)
        for row in rows:
            for name in sums:
                sums[name] += row.get(name) or 0
            yield [null if (cell := row.get(name)) is None else cell for name in columns]
        if sums:
            yield [total_label, *(sums.get(name, null) for name in columns[1:])]
        yield from footer

    def parts() -> Iterator[str]:
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=line_end)  # type: ignore[arg-type]
        for line in lines():
            writer.writerow(line)
            yield text.getvalue()
            text.seek(0)
            text.truncate()

    return _pieces(parts(), charset)


def xml_document(
    rows: Iterable[Mapping[str, Any]],
    *,
    root: str,
    item: str,
    head: Mapping[str, Any] | None = None,
    charset: str = "utf-8",
) -> Iterator[bytes]:
    """An XML document: the fields of `head` and an `item` for each row, as elements of `root`.

    A mapping becomes nested elements, a list repeated ones, None an empty one.
    """

    def parts() -> Iterator[str]:
        yield f'<?xml version="1.0" encoding="{charset}"?>\n<{root}>'
        for name, value in (head or {}).items():
            yield _element(name, value)
        for row in rows:
            yield _element(item, row)
        yield f"</{root}>\n"

    return _pieces(parts(), charset)


def gzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks as one gzip member."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    for chunk in chunks:
        if packed := packer.compress(chunk):
            yield packed
    yield packer.flush()


def zipped(members: Iterable[tuple[str, Iterable[bytes]]]) -> Iterator[bytes]:
    """A zip archive of (name, chunks), deflated, written without seeking back."""
    sink = _Sink()
    with ZipFile(sink, "w", ZIP_DEFLATED) as archive:
        for name, chunks in members:
            entry = ZipInfo(name)  # of 1980: the same rows give the same bytes
            entry.compress_type = ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as member:
                for chunk in chunks:
                    member.write(chunk)
                    yield from sink.taken()
    yield from sink.taken()


def xlsx(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], sheet: str = "Sheet1") -> Iterator[bytes]:
    """A workbook of one sheet with a header row; dates and numbers are such. It goes through a temporary file."""
    from openpyxl import Workbook  # noqa: PLC0415 - it takes longer to import than the rest together

    book = Workbook(write_only=True)
    page = book.create_sheet(sheet)
    page.append(list(columns))
    for row in rows:
        page.append([row.get(name) for name in columns])
    with tempfile.TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while piece := file.read(PIECE_BYTES):
            yield piece


def _array_parts(rows: Iterable[object]) -> Iterator[str]:
    before = "["
    for row in rows:
        yield before + _compact(row)
        before = ","
    yield "]" if before == "," else "[]"


def _element(name: str, value: object) -> str:
    if isinstance(value, dict):
        return f"<{name}>{''.join(_element(inner, part) for inner, part in value.items())}</{name}>"
    if isinstance(value, (list, tuple)):
        return "".join(_element(name, part) for part in value)
    return f"<{name}/>" if value is None else f"<{name}>{escape(str(value))}</{name}>"


def _pieces(parts: Iterable[str], charset: str = "utf-8") -> Iterator[bytes]:
    encoder = codecs.getincrementalencoder(charset)()  # one for all, or every piece would begin with a mark
    waiting: list[str] = []
    length = 0
    for part in parts:
        waiting.append(part)
        length += len(part)
        if length >= PIECE_BYTES:
            yield encoder.encode("".join(waiting))
            waiting, length = [], 0
    yield encoder.encode("".join(waiting), final=True)


class _Sink(io.RawIOBase):
    """Takes what a zip archive writes, to be handed on; it cannot seek, so sizes go behind the members."""

    def __init__(self) -> None:
        super().__init__()
        self._written: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:  # noqa: ANN401 - the base class's buffer
        self._written.append(bytes(data))
        return len(data)

    def taken(self) -> Iterator[bytes]:
        """What was written since the last time."""
        written, self._written = self._written, []
        if written:
            yield b"".join(written)
