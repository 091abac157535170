"""Facts: what a stream states about one list of one API."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, cast

from singer_sdk.helpers.conform import TypeConformanceLevel

from dif_kit._sdk import SdkStream
from dif_kit.http import Verdicts
from dif_kit.paging import Paging, SinglePage
from dif_kit.tap._ids import sources_of
from dif_kit.tap._template import DAY_PARTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dif_kit.budget import Budget
    from dif_kit.decode import Decoder
    from dif_kit.delivery import SourceTotals
    from dif_kit.tap._final import FinalMark
    from dif_kit.tap._ids import Source
    from dif_kit.tap._replication import ReplicationFormat
    from dif_kit.tap._window import Window

__all__ = ["Facts"]


class Facts(SdkStream):
    """What a subclass states, and what follows from that alone.

    ``path``, ``params``, ``body`` and ``headers`` may hold ``{key}`` of the context, ``{start}`` and ``{end}`` of the
    window (and their numbers, as ``{start.year}``), ``{ids}``, ``{since}``, ``{api_url}`` and ``{config.setting}``.
    """

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # decoded JSON is JSON; conforming would make NaN and drift NULL

    name: str
    #: Address before the path.
    url_base: ClassVar[str] = "{api_url}"
    #: What ``{service}`` in the tap's ``api_url`` stands for, where a provider has a host for each of its services, or
    #: of its regions: then with a hole of the context or of ``ids``.
    service: ClassVar[str] = ""
    #: A word that ``service`` may be -> what stands for it in the address; a word that is not here stands for itself.
    hosts: ClassVar[Mapping[str, str]] = MappingProxyType({})
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
    #: A list is cut off without a word at so many rows: an answer with that many is asked for again, by fewer days; a
    #: day alone in parts, if the window has ``moments``.
    max_rows: ClassVar[int | None] = None
    #: Where an answer says until when its figures are final: a dotted path, through arrays too, or a `FinalMark`. The
    #: bookmark stays behind it.
    final_until: ClassVar[str | FinalMark | None] = None
    #: How many lists may be under way at the provider at once; None: as many as there are workers.
    jobs_in_flight: ClassVar[int | None] = None
    #: What is counted for that, where a provider counts the lists of several streams together: the same word in each
    #: of them, with holes for whom it counts (``bulk/{shop_id}``). Empty: each stream's lists by themselves.
    jobs_name: ClassVar[str] = ""
    budgets: ClassVar[tuple[Budget, ...]] = ()
    verdicts: ClassVar[Verdicts] = Verdicts()
    primary_keys: Sequence[str] = ()
    replication_key: str | None = None
    #: How rows write that moment. The day of a window is a date.
    replication_format: ClassVar[ReplicationFormat] = "date-time"
    #: True if the API itself filters by ``{since}``, the bookmark; else everything is listed and old rows are not sent.
    since: ClassVar[bool] = False
    #: What ``{since}`` is without a bookmark; None leaves out the parameters that need it.
    first_since: ClassVar[str | None] = None
    #: True if the API sorts by the replication key, upwards: the bookmark then moves with each row.
    is_sorted: bool = False
    #: For children: key of their context -> field of this stream's row. Keys whose field is a primary key name the
    #: partition; the others are carried along.
    context_keys: ClassVar[Mapping[str, str]] = MappingProxyType({})
    #: Column -> key of the context, for rows that do not say themselves where they belong.
    context_columns: ClassVar[Mapping[str, str]] = MappingProxyType({})
    #: Column -> fact with holes, such as ``{start}``, for rows that do not say themselves what was asked for.
    request_columns: ClassVar[Mapping[str, str]] = MappingProxyType({})
    #: The setting that lists the primary keys to read; all if the setting is empty.
    restricted_by: ClassVar[str | None] = None
    #: True if several lists are read that overlap: a row whose primary key came before is left out.
    is_distinct: ClassVar[bool] = False
    #: Which days, for figures by day; ``replication_key`` is the column of the day.
    window: ClassVar[Window | None] = None
    #: Which sibling stream states what the figures of a day add up to; `ledger verify --source` asks it.
    totals: ClassVar[SourceTotals | None] = None
    #: Ids of a sibling stream, or words of a setting, that each request must name. Several: one after another, None
    #: among them without any; the holes of the others are then None, which leaves their parameters out.
    ids: ClassVar[Source | tuple[Source | None, ...] | None] = None
    #: Name of the schema's file, if it is not the stream's.
    schema_name: ClassVar[str | None] = None

    @classmethod
    def partition_keys(cls) -> tuple[str, ...]:
        """The keys of the context that name a partition of this stream."""
        parent = cast("type[Facts] | None", cls.parent_stream_type)
        if parent is None:
            return ()
        own = tuple(key for key, field in parent.context_keys.items() if field in parent.primary_keys)
        return parent.partition_keys() + own

    @classmethod
    def context_names(cls) -> frozenset[str]:
        """The keys of the context in which this stream is read."""
        parent = cast("type[Facts] | None", cls.parent_stream_type)
        return frozenset() if parent is None else parent.context_names() | frozenset(parent.context_keys)

    @classmethod
    def templates(cls) -> tuple[Any, ...]:
        """The facts that may have holes."""
        zone = "" if cls.window is None else cls.window.zone
        asked = (cls.url_base, cls.service, cls.path, cls.params, cls.body, cls.headers)
        return (*asked, cls.request_columns, zone, cls.first_since or "", cls.jobs_name)

    @classmethod
    def template_names(cls) -> frozenset[str]:
        """The names that the holes of this stream's facts may have, besides settings."""
        days = ("start", "end") if cls.window is not None else ()
        of_window = {*days, *(f"{day}.{part}" for day in days for part in DAY_PARTS)}
        of_ids = {source.hole for source in sources_of(cls.ids) if source is not None}
        return cls.context_names() | of_window | of_ids | {"api_url", "since"}
