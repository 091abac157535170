"""What installed packages add to the kit."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points

__all__ = ["extensions"]

#: Once a process: it reads the metadata of every package, which takes 20 ms.
_installed = cache(entry_points)


def extensions(group: str) -> dict[str, EntryPoint]:
    """The entry points of a group by their names."""
    return {point.name: point for point in _installed().select(group=group)}
