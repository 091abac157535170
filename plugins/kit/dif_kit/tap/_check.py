"""Facts of streams that contradict each other, found when the tap's class is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dif_kit.errors import ConfigError
from dif_kit.tap._ids import Choices, IdBatches, sources_of
from dif_kit.tap._report_facts import ReportFacts
from dif_kit.tap._template import holes

if TYPE_CHECKING:
    from dif_kit.tap._facts import Facts

__all__ = ["check_facts"]


def check_facts(stream: type[Facts], siblings: tuple[type[Facts], ...], settings: frozenset[str]) -> None:
    """Refuse a stream whose facts contradict each other, those of the tap's other streams, or its settings.

    Raises:
        ConfigError: what is wrong, and where.
    """
    complaints = (
        _about_parent(stream, siblings),
        _about_pages(stream),
        _about_window(stream),
        _about_ids(stream, siblings),
        _about_names(stream, settings),
        _about_result(stream),
    )
    for complaint in complaints:
        if complaint is not None:
            raise ConfigError(f"stream {stream.__name__}: {complaint}")


def _about_parent(stream: type[Facts], siblings: tuple[type[Facts], ...]) -> str | None:
    parent = stream.parent_stream_type
    if parent is None:
        return None
    if parent not in siblings:
        return f"its parent {parent.__name__} is not in stream_types"
    if len(stream.partition_keys()) == 0:
        return f"{parent.__name__}.context_keys holds none of its primary keys, so its children cannot be told apart"
    return None


def _about_pages(stream: type[Facts]) -> str | None:
    if getattr(stream.paging, "place", None) == "body" and stream.method == "GET":
        return "its pages are asked for in the body, so its method cannot be GET"
    return None


def _about_result(stream: type[Facts]) -> str | None:
    if not issubclass(stream, ReportFacts):
        return None
    if (stream.link is None) == (stream.result_path is None):
        return "a report's rows are behind a link or at a result_path: one of them"
    if stream.window is not None and stream.window.moments is not None:
        return "parts of a day are not ordered as reports: its window can have no moments"
    return None


def _about_window(stream: type[Facts]) -> str | None:
    if stream.window is not None and stream.replication_key is None and not stream.window.is_summed:
        return "a window needs replication_key, the column of the day"
    if stream.window is not None and stream.replication_key is not None and stream.window.is_summed:
        return "sums over the days of a window have no column of the day, so no replication_key"
    if stream.window is not None and stream.is_sorted:
        return "a window keeps its bookmark by days, not by rows: is_sorted has no meaning here"
    if stream.window is None and stream.final_until is not None:
        return "final_until says how far the bookmark of a window may go, but there is no window"
    if stream.since and stream.replication_key is None:
        return "since needs replication_key"
    return None


def _about_ids(stream: type[Facts], siblings: tuple[type[Facts], ...]) -> str | None:
    for batches in sources_of(stream.ids):
        if not isinstance(batches, IdBatches):
            continue
        source = next((sibling for sibling in siblings if sibling is batches.stream), None)
        if source is None:
            return f"the stream of its ids, {batches.stream.__name__}, is not in stream_types"
        if source.parent_stream_type is not stream.parent_stream_type:
            return f"the stream of its ids, {source.__name__}, has another parent"
        if source.window is not None or source.ids is not None:
            return f"the stream of its ids, {source.__name__}, must be a plain list"
    return None


def _about_names(stream: type[Facts], settings: frozenset[str]) -> str | None:
    known = stream.template_names() | {f"config.{setting}" for setting in settings}
    unknown = set().union(*map(holes, stream.templates())) - known
    if unknown:
        return f"nothing is called {', '.join(sorted(unknown))} here; there are {', '.join(sorted(known))}"
    elsewhere = set(stream.context_columns.values()) - stream.context_names()
    if elsewhere:
        return f"context_columns takes {', '.join(sorted(elsewhere))}, which its parents do not give"
    words = {source.setting for source in sources_of(stream.ids) if isinstance(source, Choices)} - settings
    if words:
        return f"its requests name what {', '.join(sorted(words))} lists, which is no setting of the tap"
    if stream.restricted_by is not None and stream.restricted_by not in settings:
        return f"it is restricted by {stream.restricted_by!r}, which is no setting of the tap"
    return None
