"""A stream: facts about one list of one API, read in the SDK's order."""

from __future__ import annotations

import os
import threading
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, cast

from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL
from typing_extensions import override

from dif_kit._sdk import SdkStream
from dif_kit.decode import NumberForms
from dif_kit.emit import Layout, PageReader, Rows, RowTyper, page_reader
from dif_kit.errors import DifError, ExtractionError
from dif_kit.http import Verdicts, WindowTooLargeError
from dif_kit.paging import Paging, SinglePage
from dif_kit.tap._bookmarks import Bookmarks
from dif_kit.tap._facts import check_facts
from dif_kit.tap._ids import IdBatches, sources_of
from dif_kit.tap._partition import PartitionProgress, is_asked_for
from dif_kit.tap._read import decoder_of, fetch_pages
from dif_kit.tap._schema import load_schema
from dif_kit.tap._stop import EndOfRun

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from singer_sdk.helpers.types import Context

    from dif_kit.budget import Budget
    from dif_kit.decode import Decoder, Record
    from dif_kit.tap._ids import Source
    from dif_kit.tap._read import Piece
    from dif_kit.tap._replication import ReplicationFormat
    from dif_kit.tap._steps import Step
    from dif_kit.tap._tap import Tap
    from dif_kit.tap._window import Days, Window

__all__ = ["Stream"]


class Stream(SdkStream):
    """The base of every stream. A subclass states facts.

    ``path``, ``params``, ``body`` and ``headers`` may hold ``{key}`` of the context, ``{start}`` and ``{end}`` of the
    window, ``{ids}``, ``{since}``, ``{api_url}`` and ``{config.setting}``.
    """

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # decoded JSON is JSON; conforming would make NaN and drift NULL

    name: str
    #: Address before the path.
    url_base: ClassVar[str] = "{api_url}"
    path: ClassVar[str]
    method: ClassVar[str] = "GET"
    params: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    #: JSON body of a POST.
    body: ClassVar[Any] = None
    headers: ClassVar[Mapping[str, str]] = MappingProxyType({})
    #: Where the records are: the dotted path of an array in JSON (empty: the body is the array), or a decoder.
    records: ClassVar[str | Decoder] = ""
    paging: ClassVar[Paging] = SinglePage()
    #: A list with more pages than this is not believed.
    max_pages: ClassVar[int] = 100_000
    #: A list is cut off without a word at so many rows: an answer with that many is asked for again, by fewer days.
    max_rows: ClassVar[int | None] = None
    #: Dotted path, through arrays too, of the moment until which an answer's figures are final. The bookmark stays
    #: behind it.
    final_until: ClassVar[str | None] = None
    #: How many lists may be under way at the provider at once; None: as many as there are workers.
    jobs_in_flight: ClassVar[int | None] = None
    budgets: ClassVar[tuple[Budget, ...]] = ()
    verdicts: ClassVar[Verdicts] = Verdicts()
    primary_keys: Sequence[str] = ()
    replication_key: str | None = None
    replication_format: ClassVar[ReplicationFormat] = "date-time"
    #: True if the API itself filters by ``{since}``, the bookmark; else everything is listed and old rows are not sent.
    since: ClassVar[bool] = False
    #: True if the API sorts by the replication key, upwards: the bookmark then moves with each row.
    is_sorted: bool = False
    #: For children: key of their context -> field of this stream's row. Keys whose field is a primary key name the
    #: partition; the others are carried along.
    context_keys: ClassVar[Mapping[str, str]] = MappingProxyType({})
    #: Column -> key of the context, for rows that do not say themselves where they belong.
    context_columns: ClassVar[Mapping[str, str]] = MappingProxyType({})
    #: The setting that lists the primary keys to read; all if the setting is empty.
    restricted_by: ClassVar[str | None] = None
    #: Which days, for figures by day; ``replication_key`` is the column of the day.
    window: ClassVar[Window | None] = None
    #: Ids of a sibling stream, or words of a setting, that each request must name. Several: one after another, None
    #: among them without any; the holes of the others are then None, which leaves their parameters out.
    ids: ClassVar[Source | tuple[Source | None, ...] | None] = None
    #: Name of the schema's file, if it is not the stream's.
    schema_name: ClassVar[str | None] = None

    def __init__(self, tap: Tap) -> None:
        own = getattr(type(self), "schema", None)
        super().__init__(tap, None if isinstance(own, dict) else self._load_schema())
        self.tap = tap
        self._lock = threading.Lock()
        self._bookmarks: Bookmarks | None = None
        self._columns = tuple(self.schema["properties"])
        self._known_columns = set(self._columns)
        self.number_forms = NumberForms.of(self.schema)
        self._current: PartitionProgress | None = None

    @classmethod
    def _load_schema(cls) -> dict[str, Any]:
        return load_schema(cls.__module__, cls.schema_name or cls.name)

    @classmethod
    def partition_keys(cls) -> tuple[str, ...]:
        """The keys of the context that name a partition of this stream."""
        parent = cast("type[Stream] | None", cls.parent_stream_type)
        if parent is None:
            return ()
        own = tuple(key for key, field in parent.context_keys.items() if field in parent.primary_keys)
        return parent.partition_keys() + own

    @classmethod
    def check_facts(cls, siblings: tuple[type[Stream], ...], settings: frozenset[str]) -> None:
        """Refuse facts that contradict each other, those of the tap's other streams, or its settings.

        Raises:
            ConfigError: what is wrong, and where.
        """
        check_facts(cls, siblings, settings)

    @classmethod
    def context_names(cls) -> frozenset[str]:
        """The keys of the context in which this stream is read."""
        parent = cast("type[Stream] | None", cls.parent_stream_type)
        return frozenset() if parent is None else parent.context_names() | frozenset(parent.context_keys)

    @classmethod
    def templates(cls) -> tuple[Any, ...]:
        """The facts that may have holes."""
        zone = "" if cls.window is None else cls.window.zone
        return (cls.url_base, cls.path, cls.params, cls.body, cls.headers, zone)

    @classmethod
    def template_names(cls) -> frozenset[str]:
        """The names that the holes of this stream's facts may have, besides settings."""
        of_window = {"start", "end"} if cls.window is not None else set()
        of_ids = {source.hole for source in sources_of(cls.ids) if source is not None}
        return cls.context_names() | of_window | of_ids | {"api_url", "since"}

    # Reading: no STATE, nothing of the SDK. Any thread may do it.

    def fetch(self, values: Mapping[str, Any]) -> Iterator[Step]:
        """The rows of one list, for one set of values in the facts' holes; raises DifError.

        Each step may be taken by another thread, one at a time.
        """
        return fetch_pages(self, dict(values))

    # Looking ahead: a guess at what will be sent. A wrong one costs requests, and changes no output.

    @cached_property
    def streams_below(self) -> tuple[Stream, ...]:
        """The children that the run reads, where their contexts can be told from a row as it came."""
        maps = self.tap.config.get("stream_maps") or {}
        if "__filter__" in str(maps.get(self.name, "")):
            return ()
        children = (cast("Stream", child) for child in self.child_streams)
        return tuple(child for child in children if child.selected or child.has_selected_descendents)

    def contexts_below(self, row: Record, context: Mapping[str, Any]) -> Iterator[tuple[Stream, dict[str, Any]]]:
        """The children of a row with their contexts; none for a row that will not be sent."""
        if not is_asked_for(self, row):
            return
        own = {column: context[key] for column, key in self.context_columns.items()}
        try:
            below = self.get_child_context({**own, **row}, dict(context))
        except KeyError:
            return
        for child in self.streams_below:
            yield child, dict(below or {})

    def pieces_ahead(self, context: Mapping[str, Any]) -> Iterator[Piece]:
        """The pieces that a partition would be read in, going by its bookmark of now."""
        partition = {key: context[key] for key in self.partition_keys()}
        try:
            return PartitionProgress(self, context, partition, self.open_bookmarks()).pieces()
        except DifError:
            return iter(())  # whoever sends the partition meets it, and says so

    # Emission: in the SDK's order, in its thread.

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        """The rows of one partition. A failure that concerns no other partition goes into the receipt."""
        self.tap.stop.check()
        known = dict(context or {})
        partition = {key: known[key] for key in self.partition_keys()}
        try:
            progress = self._current = PartitionProgress(self, known, partition, self.open_bookmarks())
            yield from self._rows(progress, known)
            progress.finish()
        except ExtractionError as error:
            self.tap.receipts.failed(self.name, partition, str(error))
            self.logger.warning("partition %s failed: %s", partition, error)
        except DifError as error:
            raise EndOfRun(error) from error
        else:
            self.tap.receipts.finished()

    def _rows(self, progress: PartitionProgress, context: Mapping[str, Any]) -> Iterator[Record]:
        ahead = self.tap.ahead
        with ahead.reading(self, context, progress.pieces(tell=True)) as plan:
            for piece in ahead.pieces(plan):
                try:
                    for chunk in ahead.chunks(piece):
                        progress.take(chunk)
                        for row in progress.wanted(ahead.rows(piece, chunk)):
                            self.tap.stop.check()
                            yield self._completed(row, context)
                except WindowTooLargeError:
                    # Rows that came before the refusal come again, with the halves.
                    halves = piece.piece.halves()
                    if not halves:
                        raise
                    ahead.split(plan, halves)
                else:
                    progress.cover(piece.piece)

    @override
    def should_announce(self) -> bool:
        return self.tap.receipts.is_first_schema(self.name)

    @override
    def should_write(self, record: Record) -> bool:
        return self._current is None or self._current.is_news(record)

    @override
    def looks_at_rows(self) -> bool:
        return self.window is None and self.has_bookmarks()

    @cached_property
    def reader(self) -> PageReader | None:
        """What reads whole pages of this stream; None if its format does not allow it."""
        return page_reader(decoder_of(self), Layout(self._columns, self.number_forms))

    @cached_property
    def typer(self) -> RowTyper:
        """What makes typed rows of this stream's records, where they do not come in such pages."""
        return RowTyper(Layout(self._columns, self.number_forms))

    @override
    def takes_pages(self) -> bool:
        """Also not where the run looks at each row for another reason than to write it, or was asked not to."""
        return (
            super().takes_pages()
            and self.context_columns.keys() <= set(self._columns)
            and self.final_until is None
            and not self._ids_asked_of_us()
            and not (self.restricted_by is not None and self.tap.config.get(self.restricted_by))
            and (self.replication_key is None or self.selection.includes(self.replication_key))
            and os.environ.get("DIF_PLAIN_EMISSION") != "1"
        )

    @override
    def wrote(self, stream: str, count: int = 1) -> None:
        self.tap.receipts.sent(stream, count)

    @override
    def passed(self, record: Record) -> None:
        if self._current is not None:
            self._current.passed(record)

    @override
    def get_child_context(self, record: Record, context: Context | None) -> Context | None:
        """The context of this row's children: our own and what ``context_keys`` takes from the row."""
        return {**(context or {}), **{key: record[field] for key, field in self.context_keys.items()}}

    @property
    def days_in_hand(self) -> Days | None:
        """The days of the partition that is being sent, for a window."""
        return None if self._current is None else self._current.days

    def has_bookmarks(self) -> bool:
        """Whether a run begins where the last one ended: not if the catalog asks for the full table."""
        return self.replication_key is not None and self.replication_method == REPLICATION_INCREMENTAL

    def open_bookmarks(self) -> Bookmarks | None:
        """The bookmarks of this stream in the tap's STATE; None if it has none."""
        with self._lock:
            if self._bookmarks is None and self.has_bookmarks():
                state = cast("dict[str, Any]", self.tap.state)
                self._bookmarks = Bookmarks(state, self.name, self.replication_key or "")
            return self._bookmarks

    @cached_property
    def id_keys_in_use(self) -> frozenset[str]:
        """The fields of this stream's rows that selected siblings need as ids, where one reading serves both."""
        # By ``since`` it lists what changed; they need all.
        return frozenset() if self.since else self._ids_asked_of_us()

    def _ids_asked_of_us(self) -> frozenset[str]:
        others = (cast("Stream", other) for other in self.tap.streams.values() if other.selected)
        batches = (batch for other in others for batch in sources_of(other.ids) if isinstance(batch, IdBatches))
        return frozenset(batch.key for batch in batches if batch.stream is type(self))

    def _completed(self, row: Record | Rows, context: Mapping[str, Any]) -> Record:
        """The row with the columns that say where it belongs; what the schema does not know is sent, and told once."""
        if isinstance(row, Rows):
            row.complete({column: context[key] for column, key in self.context_columns.items()})
            self._tell_unknown({name for name in row.layout.extra - self._known_columns if row.holds(name)})
            return cast("Record", row)
        for column, key in self.context_columns.items():
            row.setdefault(column, context[key])
        for field in self.context_keys.values() if self.child_streams else ():
            if field not in row:
                raise ExtractionError(f"a row has no {field!r}, which the context of its children needs")
        self._tell_unknown(row.keys() - self._known_columns)
        # The order in which pages are written whole: the schema's, then what it does not know.
        return {name: row[name] for name in (*self._columns, *sorted(row.keys() - self._columns)) if name in row}

    def _tell_unknown(self, unknown: set[str]) -> None:
        if unknown:
            self._known_columns |= unknown
            self.logger.warning("columns that the schema does not know are sent as they are: %s", sorted(unknown))
