"""What all streams of one run share."""

from __future__ import annotations

from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from dif_kit.target._cells import Limits
    from dif_kit.target._layout import Layout
    from dif_kit.target._ports import Destination
    from dif_kit.target._settings import Settings
    from dif_kit.target._store import Store

__all__ = ["Quarantined", "Run"]

_WORKERS: Final = 4  # one packs, one sends; more of them where parts of several streams or partitions are open


@dataclass(slots=True)
class Quarantined:
    """The records that a run has put aside so far; ``first`` says which was the first, why, and where it is."""

    rows: int = 0
    first: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a target. ``first_sequence`` is the lowest place that its rows can have in the order of all rows.

    ``workers`` are the threads beside the one that reads.
    """

    settings: Settings
    limits: Limits
    store: Store
    layout: Layout
    destination: Destination
    first_sequence: int
    quarantined: Quarantined = field(default_factory=Quarantined)
    workers: Executor = field(default_factory=lambda: ThreadPoolExecutor(_WORKERS, "pack"))
