"""A tap's runs on a day that does not move."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest.mock import patch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

__all__ = ["on_day"]


@contextmanager
def on_day(day: date | None) -> Iterator[None]:
    """Let it be ``day`` in every zone, for all that a tap decides by its calendar; None leaves the calendar alone."""
    if day is None:
        yield
        return
    with patch("dif_kit.tap._partition.today_in", lambda _zone, *, now: day):  # noqa: ARG005 - named as it is called
        yield
