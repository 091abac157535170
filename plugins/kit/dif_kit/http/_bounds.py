"""How long an answer may take, how large it may be."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Bounds"]


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bounds on every answer of a tap, so that none hangs a run or fills a machine.

    ``connect_seconds`` and ``read_seconds`` (between two bytes) bound a silent host; ``answer_seconds`` and
    ``download_seconds`` bound one that drips. ``answer_bytes`` are held in memory, ``download_bytes`` in an unnamed
    file below TMPDIR. A host that never answered in this run is given up after ``reach_seconds``, retries included.
    """

    connect_seconds: float = 5.0
    read_seconds: float = 120.0
    answer_seconds: float = 300.0
    download_seconds: float = 7200.0
    answer_bytes: int = 256 << 20
    download_bytes: int = 32 << 30
    reach_seconds: float = 10.0
