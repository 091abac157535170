"""A line every few seconds that says how far the run is, for whoever watches it."""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from dif_kit.tap._ahead import ReadAhead
    from dif_kit.tap._run import Run

__all__ = ["Place", "Progress", "is_watched", "place_of"]

_SECONDS: Final = 5.0
_LEAST_WAIT_TOLD: Final = 0.5


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run is: the stream, how many records of it went out, and of what it is which part, in words."""

    stream: str
    records: int
    total_records: int
    parts: tuple[str, ...] = ()


class Progress:
    """Tells of a run on stderr from a thread of its own, until it is closed."""

    def __init__(self, name: str, place: Callable[[], Place | None], waited_seconds: Callable[[], float]) -> None:
        self._name = name
        self._place = place
        self._waited_seconds = waited_seconds
        self._is_over = threading.Event()
        self._records = 0
        self._since = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="dif-progress", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Tell no more."""
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_over.wait(_SECONDS):
            place = self._place()
            if place is not None:
                click.echo(self.line(place), err=True)

    def line(self, place: Place) -> str:
        """The line for a place; the rate is that of all streams since the last line."""
        now = time.monotonic()
        rate = (place.total_records - self._records) / max(now - self._since, 1e-9)
        self._records, self._since = place.total_records, now
        parts = [f"{place.stream}: {place.records:,} records", *place.parts, f"{rate:,.0f} records/s"]
        waited = self._waited_seconds()
        if waited >= _LEAST_WAIT_TOLD:
            parts.append(f"{waited:,.0f} s waited for budgets")
        return f"{self._name}: {', '.join(parts)}"


def is_watched(setting: bool | None, environment: Mapping[str, Any] = os.environ) -> bool:  # noqa: FBT001 - a setting
    """Whether to tell: as the setting says, else ``DIF_PROGRESS`` (1 or 0), else on a terminal outside of CI."""
    if setting is not None:
        return setting
    asked = environment.get("DIF_PROGRESS")
    if asked:
        return asked.lower() not in {"0", "false", "no"}
    return sys.stderr.isatty() and not environment.get("CI")


def place_of(ahead: ReadAhead, run: Run) -> Place | None:
    """Where a run is now; None between two streams."""
    found = ahead.place()
    if found is None:
        return None
    plan, count = found
    parts = []
    if count is not None and plan.stream.parent_stream_type is not None:
        number, known, is_whole = count
        parts.append(f"partition {number:,} of {known:,}{'' if is_whole else '+'}")
    days = None if plan.current is None else plan.current.piece.days
    whole = plan.stream.days_in_hand
    if days is not None and whole is not None:
        parts.append(f"day {(days.first - whole.first).days + 1:,} of {(whole.last - whole.first).days + 1:,}")
    return Place(plan.stream.name, run.records_of(plan.stream.name), run.records, tuple(parts))
