"""Missing days, put together into what single runs can load."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from dif_ledger._plan import chunks_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dif_ledger._backfills import Chunk
    from dif_ledger._plan import Reach

__all__ = ["Missing", "chunks_of_missing", "missing_by_pair"]

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Missing:
    """The missing days of one client's tap, by stream, oldest first."""

    client: str
    tap: str
    days: Mapping[str, Sequence[date]]


def missing_by_pair(days: Iterable[tuple[str, str, str, str]], tap: str | None = None) -> list[Missing]:
    """Day, client, tap, stream as `missing_days` lists them; the pair with the oldest day first."""
    found: dict[tuple[str, str], dict[str, list[date]]] = {}
    for day, client, name, stream in days:
        if tap in {None, name}:
            found.setdefault((client, name), defaultdict(list))[stream].append(date.fromisoformat(day))
    return [Missing(client, name, streams) for (client, name), streams in found.items()]


def chunks_of_missing(streams: Iterable[Reach], missing: Missing) -> list[Chunk]:
    """Days that follow each other are loaded together, and so are streams that miss the same ones; oldest first."""
    alike: dict[tuple[date, date], list[Reach]] = defaultdict(list)
    for stream in streams:
        for days in _ranges(missing.days[stream.stream]):
            alike[days].append(stream)
    ordered = sorted(alike.items(), key=lambda one: one[0])
    chunks = [chunk for days, reaches in ordered for chunk in chunks_of(reaches, *days, None)]
    return [replace(chunk, number=number) for number, chunk in enumerate(chunks, 1)]


def _ranges(days: Sequence[date]) -> Iterator[tuple[date, date]]:
    first = last = None
    for day in sorted(days):
        if last is not None and first is not None and day != last + _DAY:
            yield first, last
            first = None
        first, last = first or day, day
    if first is not None and last is not None:
        yield first, last
