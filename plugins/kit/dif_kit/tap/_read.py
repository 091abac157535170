"""From a piece of a partition to its rows: ids in batches, pages one after another, ranges halved where refused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from dif_kit.decode import Decoder, JsonRecords, parse_json, read_text_values
from dif_kit.emit import Rows
from dif_kit.http import Request, WindowTooLargeError
from dif_kit.paging import walk
from dif_kit.tap._ids import id_of, sources_of
from dif_kit.tap._template import render, render_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dif_kit.budget import Budget
    from dif_kit.decode import Record
    from dif_kit.emit import PageReader
    from dif_kit.http import Answer
    from dif_kit.paging import Page
    from dif_kit.tap._ids import IdBatches
    from dif_kit.tap._stream import Stream
    from dif_kit.tap._window import Days

__all__ = ["Endpoint", "Piece", "decoder_of", "fetch_pages", "items_of", "parser_of", "read_piece", "rows_of"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a partition that is read in one go: some days of it, or all. Holds all that reading needs."""

    context: Mapping[str, Any]
    partition: Mapping[str, Any]
    days: Days | None = None
    since: Any = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of a stream, as facts with holes."""

    path: str
    method: str
    params: Mapping[str, Any]
    body: Any = None
    budgets: tuple[Budget, ...] = ()
    decoder: Decoder | None = None

    def request(self, stream: Stream, values: Mapping[str, Any], page: Page | None = None) -> Request:
        """The request with its holes filled, for one page if there are pages."""
        base = str(render(stream.url_base, values)).rstrip("/")
        own = page is None or page.url is None
        return Request(
            url=base + render_path(self.path, values) if page is None or page.url is None else page.url,
            origin=base,
            method=self.method,
            params={**render(self.params, values), **(page.params if page is not None else {})} if own else {},
            headers=render(stream.headers, values),
            json=render(self.body, values),
            decoder=self.decoder,
            budgets=self.budgets,
            scope=values,
            verdicts=stream.verdicts,
            parse=parser_of(stream, self.decoder),
        )


def read_piece(stream: Stream, piece: Piece) -> Iterator[Record]:
    """The rows of a piece.

    Where the provider refuses the days as too many, each half is read in their place; rows that came before the
    refusal come again.

    Raises:
        DifError: a row may be missing.
    """
    try:
        for values in _each_request(stream, piece):
            yield from stream.fetch(values)
    except WindowTooLargeError:
        halves = piece.days.halves() if piece.days is not None else None
        if halves is None:
            raise
        for half in halves:
            yield from read_piece(stream, replace(piece, days=half))


def fetch_pages(stream: Stream, values: Mapping[str, Any]) -> Iterator[Record]:
    """The rows of all pages of one list; raises DifError."""
    decoder = decoder_of(stream)
    endpoint = Endpoint(stream.path, stream.method, stream.params, stream.body, stream.budgets, decoder)

    def fetch(page: Page) -> tuple[Answer, list[Record]]:
        answer = stream.tap.http.send(endpoint.request(stream, values, page))
        return answer, cast("list[Record]", rows_of(stream, decoder, answer))

    for rows in walk(stream.paging, fetch, max_pages=stream.max_pages):
        yield from items_of(rows)


def rows_of(stream: Stream, decoder: Decoder, answer: Answer) -> list[Record] | Rows:
    """The rows of one answer, in the types of the schema; they are `Rows` if the stream takes whole pages."""
    reader = reader_of(stream, decoder)
    typed = None if reader is None else reader.rows(answer.json())
    if typed is not None:
        return typed
    rows = decoder.records(answer)
    if decoder.is_text:
        return [read_text_values(row, stream.schema) for row in rows]
    return [stream.number_forms.settle(row) for row in rows]


def items_of(rows: list[Record] | Rows) -> Iterator[Record]:
    """The rows one by one, or typed ones as a whole: nobody on their way to the output looks into those."""
    return iter(cast("list[Record]", [rows] if rows else [])) if isinstance(rows, Rows) else iter(rows)


def reader_of(stream: Stream, decoder: Decoder | None) -> PageReader | None:
    """What reads whole pages, if the stream takes them and these are its records."""
    return stream.reader if decoder == decoder_of(stream) and stream.takes_pages() else None


def parser_of(stream: Stream, decoder: Decoder | None) -> Callable[[bytes], Any]:
    """What reads a JSON body of the stream."""
    reader = reader_of(stream, decoder)
    return parse_json if reader is None else reader.parse


def decoder_of(stream: Stream) -> Decoder:
    """How the stream's answers are read."""
    return JsonRecords(stream.records) if isinstance(stream.records, str) else stream.records


def _each_request(stream: Stream, piece: Piece) -> Iterator[dict[str, Any]]:
    """What stands in the holes of each list that makes up a piece."""
    values: dict[str, Any] = {f"config.{name}": value for name, value in stream.tap.config.items()}
    values |= {"api_url": stream.tap.config["api_url"], "since": piece.since, **piece.context}
    if piece.days is not None:
        values |= {"start": piece.days.first, "end": piece.days.last}
    sources = sources_of(stream.ids)
    holes = {source.hole: None for source in sources if source is not None}
    for source in sources:
        if source is None:
            yield {**values, **holes}
            continue
        for batch in source.batches(_ids(stream, source, piece)):
            yield {**values, **holes, source.hole: batch}


def _ids(stream: Stream, batches: IdBatches, piece: Piece) -> tuple[Any, ...]:
    """The ids that the stream's requests must name, read from its sibling if nobody has read them in this run."""
    source = cast("Stream", stream.tap.streams[batches.stream.name])
    whole = Piece(piece.context, piece.partition)

    def read() -> Iterator[Any]:
        return (id_of(row, batches.key, source.name) for row in source.read(whole))

    return stream.tap.known_ids.get(source.name, batches.key, piece.partition, read)
