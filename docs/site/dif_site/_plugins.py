"""What is installed: taps, targets, commands, by the entry points of their packages."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, Final

from dif_kit.tap import Tap
from dif_kit.target import Target

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["commands", "taps", "targets"]

_OURS: Final = ("dif-", "tap-", "target-")


def taps() -> list[type[Tap]]:
    """Every tap, by name."""
    return [kind for kind in _plugin_types() if issubclass(kind, Tap)]


def targets() -> list[type[Target]]:
    """Every target, by name."""
    return [kind for kind in _plugin_types() if issubclass(kind, Target)]


def commands() -> list[tuple[str, Any]]:
    """The commands of our packages that are no taps and no targets: name and what it runs."""
    return [(point.name, point.load()) for point in _points() if not point.name.startswith(("tap-", "target-"))]


def _plugin_types() -> Iterator[type[Any]]:
    for point in _points():
        if point.name.startswith(("tap-", "target-")):
            yield getattr(import_module(point.module), point.attr.partition(".")[0])


def _points() -> list[EntryPoint]:
    found = entry_points(group="console_scripts")
    return sorted(
        (point for point in found if point.dist is not None and point.dist.name.startswith(_OURS)),
        key=lambda point: point.name,
    )
