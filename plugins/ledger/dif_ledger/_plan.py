"""What filling in days will take: chunks, windows, calls, hours; from the tap's catalog and the ledger's memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from dif_kit.errors import ConfigError

from dif_ledger._backfills import Chunk
from dif_ledger._catalog import root_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from dif_ledger._facts import Database
    from dif_ledger._telemetry import Told

__all__ = ["Reach", "Row", "chunks_of", "partitions", "plan", "reaches", "require_selected"]

_DAY: Final = timedelta(days=1)
_LONGEST: Final = 92  # days that an interrupted chunk may have to ask for again, where windows are longer
_PARTITIONS: Final = """
SELECT stream, count(DISTINCT days.value -> 'partition') AS known
FROM ledger.deliveries, jsonb_array_elements(coalesce(covered, '[]')) AS days
WHERE client = %s AND tap = %s GROUP BY stream
"""


@dataclass(frozen=True, slots=True)
class Reach:
    """How a stream is read by days; ``calls`` of one window of one partition, at least."""

    stream: str
    window_days: int
    retention_days: int | None = None
    calls: int = 1
    calls_an_hour: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """What one stream will take. ``partitions`` is None if nobody has read it yet: one is counted then.

    ``hours`` are with the whole of the budget. ``gone`` is the last day that the provider no longer has, if any.
    """

    stream: str
    days: int
    window_days: int
    partitions: int | None
    windows: int
    calls: int
    hours: float
    gone: date | None = None


def reaches(catalog: Mapping[str, Any], asked: Sequence[str] = ()) -> list[Reach]:
    """The streams of a catalog that are selected and read by days; of these, those that were asked for.

    Raises:
        ConfigError: one that was asked for is not read by days, or none is.
    """
    found = []
    for entry in catalog["streams"]:
        root = root_of(entry)
        name = entry["tap_stream_id"]
        is_selected = name in asked if asked else root.get("selected", root.get("selected-by-default", True))
        if "dif.window-days" in root and is_selected is not False:
            found.append(
                Reach(
                    name,
                    root["dif.window-days"],
                    root.get("dif.retention-days"),
                    root.get("dif.calls-a-window", 1),
                    root.get("dif.calls-an-hour"),
                )
            )
    if missing := sorted(set(asked) - {each.stream for each in found}):
        raise ConfigError(f"{', '.join(missing)}: no stream of this name is read by days")
    if not found:
        raise ConfigError("no selected stream is read by days: there is nothing to fill in")
    return found


def require_selected(catalog: Mapping[str, Any], streams: Iterable[Reach]) -> None:
    """See that whoever narrows the selection down to these streams leaves something; raises ConfigError if not."""
    asked = {each.stream for each in streams}
    for entry in catalog["streams"]:
        root = root_of(entry)
        if entry["tap_stream_id"] in asked and root.get("selected", root.get("selected-by-default", True)) is False:
            raise ConfigError(f"{entry['tap_stream_id']} is not selected for this client: add it to its `select`")


def chunks_of(streams: Iterable[Reach], first: date, last: date, days: int | None, number: int = 1) -> list[Chunk]:
    """The days in parts of ``days``, else of the longest window; oldest first, numbered from ``number`` on."""
    known = list(streams)
    size = days or min(_LONGEST, max(each.window_days for each in known))
    names = tuple(each.stream for each in known)
    chunks: list[Chunk] = []
    while first <= last:
        end = min(last, first + timedelta(days=size - 1))
        chunks.append(Chunk(number + len(chunks), first, end, names))
        first = end + _DAY
    return chunks


def partitions(database: Database, whose: Told) -> dict[str, int]:
    """How many partitions of each stream were ever covered."""
    return {row["stream"]: row["known"] for row in database.execute(_PARTITIONS, [whose.client, whose.tap])}


def plan(streams: Iterable[Reach], chunks: Sequence[Chunk], known: Mapping[str, int], today: date) -> list[Row]:
    """What each stream takes over all chunks that are still to be loaded."""
    rows = []
    for each in streams:
        oldest = None if each.retention_days is None else today - timedelta(days=each.retention_days)
        lost = days = windows = 0
        for chunk in chunks:
            if each.stream not in chunk.streams or chunk.is_done:
                continue
            first = chunk.first if oldest is None else max(chunk.first, oldest)
            lost += first > chunk.first
            length = max(0, (chunk.last - first).days + 1)
            days += length
            windows += -(-length // each.window_days)
        count = known.get(each.stream) or None
        windows *= count or 1
        calls = windows * each.calls
        hours = 0.0 if each.calls_an_hour is None else calls / each.calls_an_hour
        gone = oldest - _DAY if lost and oldest is not None else None
        rows.append(Row(each.stream, days, each.window_days, count, windows, calls, hours, gone))
    return rows
