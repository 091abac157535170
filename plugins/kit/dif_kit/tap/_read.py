"""From a piece of a partition to the lists that make it up, each read page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from dif_kit.decode import parse_json
from dif_kit.errors import ConfigError
from dif_kit.http import Answer, Request, WindowTooLargeError
from dif_kit.paging import Walk
from dif_kit.tap._final import final_day
from dif_kit.tap._ids import Choices, IdList, id_list, id_of, sources_of
from dif_kit.tap._piece import Piece
from dif_kit.tap._series import Series
from dif_kit.tap._steps import Chunk, Pause, chunks_of
from dif_kit.tap._template import day_values, render, render_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from dif_kit.budget import Budget
    from dif_kit.decode import Decoder, Record
    from dif_kit.emit import PageReader, Rows
    from dif_kit.http import Download
    from dif_kit.paging import Page
    from dif_kit.tap._readable import ReadableStream
    from dif_kit.tap._steps import Step

__all__ = [
    "Endpoint",
    "IdsNeeded",
    "Values",
    "answer_chunks",
    "fetch_pages",
    "final_chunks",
    "open_ids",
    "open_list",
    "requests_of",
]

#: What stands in the holes of a stream's facts for one list.
Values: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class IdsNeeded:
    """Before the next list can be asked for, these ids of a sibling must be known."""

    source: ReadableStream
    key: str
    name: IdList


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of a stream, as facts with holes."""

    path: str
    method: str
    params: Mapping[str, Any]
    body: Any = None
    budgets: tuple[Budget, ...] = ()
    decoder: Decoder | None = None

    def request(self, stream: ReadableStream, values: Mapping[str, Any], page: Page | None = None) -> Request:
        """The request with its holes filled, for one page if there are pages."""
        base = str(render(stream.url_base, values)).rstrip("/")
        own = page is None or page.url is None
        return Request(
            url=base + render_path(self.path, values) if page is None or page.url is None else page.url,
            origin=base,
            method=self.method,
            params={**render(self.params, values), **(page.params if page is not None else {})} if own else {},
            headers=render(stream.headers, values),
            json=_with_page(render(self.body, values), {} if page is None else page.body),
            decoder=self.decoder,
            budgets=self.budgets,
            scope=values,
            verdicts=stream.verdicts,
            parse=_parser_of(stream, self.decoder),
        )


def requests_of(stream: ReadableStream, piece: Piece) -> Iterator[Values | IdsNeeded]:
    """The lists that make up a piece, in their order; ids that are not known yet are asked for until they are."""
    values = _values_of(stream, piece)
    sources = sources_of(stream.ids)
    holes = {source.hole: None for source in sources if source is not None}
    known = stream.tap.known_ids
    for source in sources:
        if source is None:
            yield _placed(stream, {**values, **holes})
            continue
        if isinstance(source, Choices):
            for words in source.batches(source.words(stream.tap.config)):
                yield _placed(stream, {**values, **holes, source.hole: words})
            continue
        sibling = cast("ReadableStream", stream.tap.streams[source.stream.name])
        needed = IdsNeeded(sibling, source.key, id_list(sibling.name, source.key, piece.partition))
        while (ids := known.find(needed.name)) is None:
            yield needed
        for batch in source.batches(ids):
            yield _placed(stream, {**values, **holes, source.hole: batch})


def open_list(stream: ReadableStream, values: Values, piece: Piece) -> Series:
    """One list, ready to be read. If siblings need the ids in it, they will be known when it is read."""
    keys = stream.id_keys_in_use
    if not keys:
        return _series(stream, stream.fetch(values))
    series = _series(stream, _remembering(stream, keys, values, piece))
    known = stream.tap.known_ids
    for key in keys:
        name = id_list(stream.name, key, piece.partition)
        reading = known.reading(name)
        if known.find(name) is None and (reading is None or reading.is_done):
            known.expect(name, series)
    return series


def open_ids(stream: ReadableStream, needed: IdsNeeded, piece: Piece) -> Series:
    """The reading of ids that are needed; its rows are not kept."""
    source = needed.source
    whole = Piece(piece.context, piece.partition)
    steps = _remembering(source, {needed.key}, _placed(source, _values_of(source, whole)), whole)
    series = _series(source, (Pause(0) if isinstance(step, Chunk) else step for step in steps))
    stream.tap.known_ids.expect(needed.name, series)
    return series


def fetch_pages(stream: ReadableStream, values: Values, endpoint: Endpoint | None = None) -> Iterator[Step]:
    """The rows of all pages of one list; it is the stream's own list if no ``endpoint`` is given.

    Raises:
        WindowTooLargeError: an answer has as many rows as the provider gives at most, or is too large for it.
        DifError: a row may be missing.
    """
    if endpoint is None:
        endpoint = Endpoint(stream.path, stream.method, stream.params, stream.body, stream.budgets, stream.decoder)
    walk = Walk(stream.paging, max_pages=stream.max_pages, is_keyed=bool(stream.primary_keys))
    while walk.page is not None:
        try:
            answer = stream.tap.http.send(endpoint.request(stream, values, walk.page))
        except WindowTooLargeError:
            if not walk.shrink():
                raise
            continue
        yield from _read_answer(stream, answer, walk, values)
        del answer  # or its rows would stay in memory until the next page is read


def final_chunks(stream: ReadableStream, answer: Answer | Download, values: Values) -> Iterator[Chunk]:
    """The rows of one answer in chunks that know until when they are final; one without rows is one empty chunk."""
    final_until = None
    if stream.final_until is not None:
        zone = None if stream.window is None else render(stream.window.zone, values)
        final_until = final_day(stream.final_until, answer, decoder=stream.decoder, zone=zone)
    is_empty = True
    for chunk in answer_chunks(stream, answer, values):
        chunk.final_until = final_until
        is_empty = False
        yield chunk
    if is_empty:
        yield Chunk([], final_until=final_until)


def _read_answer(stream: ReadableStream, answer: Answer, walk: Walk, values: Values) -> Iterator[Chunk]:
    """The rows of one answer; then ``walk`` knows the next page."""
    count = 0
    edges: list[str] = []  # as text: who takes the rows may change them
    for chunk in final_chunks(stream, answer, values):
        count += chunk.count
        if stream.max_rows is not None and count >= stream.max_rows:
            raise WindowTooLargeError(f"the answer holds {count} rows, where the provider cuts off without a word")
        if chunk.count:
            edges = [*edges[:1], *chunk.edges]
        _leave_to_next(stream, chunk, values)
        yield chunk
    walk.passed(answer, count, "".join(edges[:1] + edges[-1:]))


def _leave_to_next(stream: ReadableStream, chunk: Chunk, values: Values) -> None:
    """Take out the rows of the very moment at which a part of a day ends: they come with the next part."""
    moments, end = None if stream.window is None else stream.window.moments, values.get("end")
    if moments is not None and isinstance(end, str):
        chunk.keep(lambda row: not str(row.get(moments.column)).startswith(end))


def answer_chunks(stream: ReadableStream, answer: Answer | Download, values: Values) -> Iterator[Chunk]:
    """The rows of one answer in chunks; the first bears the weight of the whole body if that is in memory."""
    size = 0 if answer.is_large else answer.size
    is_in_pieces = answer.is_large or stream.reader is None  # else whole pages are typed as they are parsed
    typer = stream.typer if is_in_pieces and stream.takes_pages() else None
    for number, chunk in enumerate(chunks_of(_rows_of(stream, answer, values), typer)):
        if number == 0:
            chunk.size = max(chunk.size, size)
        yield chunk


def _rows_of(stream: ReadableStream, answer: Answer | Download, values: Values) -> Iterator[Record] | Rows:
    """The rows of one answer, in the types of the schema; they are `Rows` if the stream takes whole pages."""
    reader = None if answer.is_large else _reader_of(stream, stream.decoder)
    if reader is not None:
        typed = reader.rows(answer.json() if isinstance(answer, Answer) else reader.parse(answer.content))
        if typed is not None:
            if isinstance(answer, Answer):
                answer.content = b""  # what is still asked of the answer is in its document
            return typed
    rows = stream.decoder.records(answer)
    if stream.request_columns:
        asked = render(stream.request_columns, values)
        rows = ({**asked, **row} for row in rows)
    if stream.decoder.is_text:
        return map(stream.text_reader.read, rows)
    return (stream.number_forms.settle(row) for row in rows)


def _reader_of(stream: ReadableStream, decoder: Decoder | None) -> PageReader | None:
    """What reads whole pages, if the stream takes them and these are its records."""
    return stream.reader if decoder == stream.decoder and stream.takes_pages() else None


def _parser_of(stream: ReadableStream, decoder: Decoder | None) -> Callable[[bytes], Any]:
    """What reads a JSON body of the stream."""
    reader = _reader_of(stream, decoder)
    return parse_json if reader is None else reader.parse


def _with_page(body: Any, asked: Mapping[str, str | int]) -> Any:  # noqa: ANN401 - a body holds any JSON
    """A body that also says which page; what it holds already stays."""
    for path, value in asked.items():
        body = _with_value(body, path.split("."), value)
    return body


def _with_value(body: Any, path: list[str], value: str | int) -> dict[str, Any]:  # noqa: ANN401 - as above
    held = {} if body is None else body
    if not isinstance(held, dict):
        raise ConfigError(
            f"{path[0]!r} of the page has no place in a body that is {type(held).__name__}, not an object"
        )
    name, *rest = path
    return {**held, name: _with_value(held.get(name), rest, value) if rest else value}


def _series(stream: ReadableStream, steps: Iterator[Step]) -> Series:
    is_parent = bool(stream.streams_below)
    return Series(
        steps, stream=stream.jobs_name or stream.name, jobs_in_flight=stream.jobs_in_flight, is_parent=is_parent
    )


def _values_of(stream: ReadableStream, piece: Piece) -> Values:
    values: Values = {f"config.{name}": value for name, value in stream.tap.config.items()}
    since = render(stream.first_since, values) if piece.since is None else piece.since
    values |= {"since": since, **piece.context}
    if piece.days is not None:
        values |= day_values(start=piece.days.first, end=piece.days.last)
    if piece.seconds is not None and stream.window is not None and stream.window.moments is not None:
        form = stream.window.moments.form
        values |= dict(zip(("start", "end"), (f"{each:{form}}" for each in piece.seconds.moments), strict=True))
    return values


def _placed(stream: ReadableStream, values: Values) -> Values:
    """The values with the address of the API that they lead to."""
    word = render(stream.service, values)
    return {**values, "api_url": render(stream.tap.config["api_url"], {"service": stream.hosts.get(word, word)})}


def _remembering(stream: ReadableStream, keys: AbstractSet[str], values: Values, piece: Piece) -> Iterator[Step]:
    """Read a list, and let its ids be known when all of it is read."""
    found: dict[str, list[Any]] = {key: [] for key in keys}
    for step in stream.fetch(values):
        if isinstance(step, Chunk):
            for key, ids in found.items():
                ids.extend(id_of(row, key, stream.name) for row in step.rows)
        yield step
    for key, ids in found.items():
        stream.tap.known_ids.put(id_list(stream.name, key, piece.partition), ids)
