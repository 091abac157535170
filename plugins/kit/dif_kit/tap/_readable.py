"""What reading asks of a stream and of its tap. Whoever reads knows no more: neither STATE nor what is sent when."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, cast

from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL
from typing_extensions import override

from dif_kit.decode import JsonRecords, NumberForms, TextReader
from dif_kit.emit import Layout, PageReader, RowTyper, page_reader
from dif_kit.tap._facts import Facts
from dif_kit.tap._ids import IdBatches, sources_of
from dif_kit.tap._schema import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    import singer_sdk
    from singer_sdk.helpers.types import Context

    from dif_kit._sdk import SdkTap
    from dif_kit.budget import Limiter
    from dif_kit.decode import Decoder, Record
    from dif_kit.http import HttpClient
    from dif_kit.tap._fleet import Fleet
    from dif_kit.tap._ids import KnownIds
    from dif_kit.tap._jobs import OpenJobs
    from dif_kit.tap._piece import Piece
    from dif_kit.tap._run import Run
    from dif_kit.tap._steps import Step
    from dif_kit.tap._window import Days

__all__ = ["ReadableStream", "ReadableTap"]


class ReadableTap(Protocol):
    """What reading asks of a tap."""

    name: str
    known_ids: KnownIds
    jobs: OpenJobs

    @property
    def config(self) -> Mapping[str, Any]:
        """The settings."""

    @property
    def streams(self) -> Mapping[str, singer_sdk.Stream]:
        """All streams by name, read or not."""

    @property
    def http(self) -> HttpClient:
        """The way to the API."""

    @property
    def receipts(self) -> Run:
        """The run that is going on."""

    @property
    def fleet(self) -> Fleet:
        """The run's place among others."""

    @property
    def shared_limiter(self) -> Limiter | None:
        """The limiter, if other processes share it."""

    def day(self, setting: str) -> date | None:
        """A setting that holds a day; None if it is not set."""


class ReadableStream(Facts):
    """What reading asks of a stream. Any thread may use it."""

    tap: ReadableTap

    def __init__(self, tap: ReadableTap) -> None:
        super().__init__(cast("SdkTap", tap), None if self._own_schema() else self.row_schema())
        self.tap = tap
        self.columns = tuple(self.schema["properties"])
        self.number_forms = NumberForms.of(self.schema)

    @classmethod
    def row_schema(cls) -> dict[str, Any]:
        """The JSON Schema of the rows: what the class states, or else the file of its name beside its module."""
        return cls._own_schema() or load_schema(cls.__module__, cls.schema_name or cls.name)

    @classmethod
    def _own_schema(cls) -> dict[str, Any]:
        own = getattr(cls, "schema", None)
        return own if isinstance(own, dict) else {}

    def fetch(self, values: Mapping[str, Any]) -> Iterator[Step]:
        """The rows of one list, for one set of values in the facts' holes; raises DifError.

        Each step may be taken by another thread, one at a time.
        """
        raise NotImplementedError

    def pieces_ahead(self, context: Mapping[str, Any]) -> Iterator[Piece]:
        """The pieces that a partition would be read in, going by its bookmark of now.

        A guess at what will be sent: a wrong one costs requests, and changes no output.
        """
        raise NotImplementedError

    @property
    def days_in_hand(self) -> Days | None:
        """The days of the partition that is being sent, for a window."""
        raise NotImplementedError

    def has_bookmarks(self) -> bool:
        """Whether a run begins where the last one ended: not if the catalog asks for the full table."""
        return self.replication_key is not None and self.replication_method == REPLICATION_INCREMENTAL

    @cached_property
    def decoder(self) -> Decoder:
        """How the stream's answers are read."""
        return JsonRecords(self.records) if isinstance(self.records, str) else self.records

    @cached_property
    def reader(self) -> PageReader | None:
        """What reads whole pages of this stream; None if its format, or what its rows lack, does not allow it."""
        if self.request_columns:
            return None
        return page_reader(self.decoder, Layout(self.columns, self.number_forms))

    @cached_property
    def text_reader(self) -> TextReader:
        """What brings texts to the types of this stream's columns, where its format has nothing but texts."""
        return TextReader(self.schema)

    @cached_property
    def typer(self) -> RowTyper:
        """What makes typed rows of this stream's records, where they do not come in such pages."""
        return RowTyper(Layout(self.columns, self.number_forms))

    @override
    def takes_pages(self) -> bool:
        """Also not where the run looks at each row for another reason than to write it, or was asked not to."""
        return (
            super().takes_pages()
            and self.context_columns.keys() <= set(self.columns)
            and (self.final_until is None or self.reader is None)  # a page that is typed at once keeps its rows only
            and not self._ids_asked_of_us()
            and self.restriction is None
            and not self.is_distinct
            and (self.replication_key is None or self.selection.includes(self.replication_key))
            and os.environ.get("DIF_PLAIN_EMISSION") != "1"
        )

    @cached_property
    def restriction(self) -> frozenset[str] | None:
        """The primary keys that the settings ask for; None for all."""
        listed = self.tap.config.get(self.restricted_by) if self.restricted_by is not None else None
        return frozenset(map(str, listed)) if listed else None

    def is_asked_for(self, row: Record) -> bool:
        """Whether the settings ask for a row."""
        return self.restriction is None or str(row.get(self.primary_keys[0])) in self.restriction

    @cached_property
    def streams_below(self) -> tuple[ReadableStream, ...]:
        """The children that the run reads, where their contexts can be told from a row as it came."""
        maps = self.tap.config.get("stream_maps") or {}
        if "__filter__" in str(maps.get(self.name, "")):
            return ()
        children = (cast("ReadableStream", child) for child in self.child_streams)
        return tuple(child for child in children if child.selected or child.has_selected_descendents)

    def contexts_below(
        self, row: Record, context: Mapping[str, Any]
    ) -> Iterator[tuple[ReadableStream, dict[str, Any]]]:
        """The children of a row with their contexts; none for a row that will not be sent."""
        if not self.is_asked_for(row):
            return
        own = {column: context[key] for column, key in self.context_columns.items()}
        try:
            below = self.get_child_context({**own, **row}, dict(context))
        except KeyError:
            return
        for child in self.streams_below:
            yield child, dict(below or {})

    @override
    def get_child_context(self, record: Record, context: Context | None) -> Context | None:
        """The context of this row's children: our own and what ``context_keys`` takes from the row."""
        return {**(context or {}), **{key: record[field] for key, field in self.context_keys.items()}}

    @cached_property
    def id_keys_in_use(self) -> frozenset[str]:
        """The fields of this stream's rows that selected siblings need as ids, where one reading serves both."""
        # By ``since`` it lists what changed; they need all.
        return frozenset() if self.since else self._ids_asked_of_us()

    def _ids_asked_of_us(self) -> frozenset[str]:
        others = (cast("ReadableStream", other) for other in self.tap.streams.values() if other.selected)
        batches = (batch for other in others for batch in sources_of(other.ids) if isinstance(batch, IdBatches))
        return frozenset(batch.key for batch in batches if batch.stream is type(self))
