"""Which list of an API is below which: by their paths."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from dif_kit.contribute._plan import StreamPlan

__all__ = ["DescribedList", "Proposal", "placed"]

_HOLE: Final = re.compile(r"\{([^{}]+)\}")
#: What an address names a thing by where it is not the id, the likeliest first.
_NAMES: Final = ("login", "slug", "key", "code", "name")


@dataclass(frozen=True, slots=True)
class DescribedList:
    """A list as it is described: a stream without a parent, and the types of the holes of its path."""

    stream: StreamPlan
    hole_types: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Proposal:
    """Streams, each below one that stands before it; and the paths that found no place, with the reason."""

    streams: tuple[StreamPlan, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)


def placed(lists: Sequence[DescribedList]) -> Proposal:
    """Put every list below the one whose rows fill the last hole of its path.

    ``/stores/{id}/orders`` is below ``/stores``, or else below the only list that ends with ``stores``; with more
    holes, below the list whose path goes on with the last one.
    """
    found = {each.stream.path: each.stream for each in lists if not _HOLE.search(each.stream.path)}
    waiting = [each for each in lists if each.stream.path not in found]
    while waiting:
        below = {each.stream.path: child for each in waiting if (child := _below(each, found)) is not None}
        if not below:
            break
        found |= below
        waiting = [each for each in waiting if each.stream.path not in below]
    return Proposal(_told_apart(found.values()), {each.stream.path: _why(each) for each in waiting})


def _below(described: DescribedList, found: Mapping[str, StreamPlan]) -> StreamPlan | None:
    stream = described.stream
    parent = _parent(stream.path, found)
    if parent is None:
        return None
    theirs = _HOLE.findall(stream.path)[-1]
    hole = _snake(theirs)
    named_by = _field(parent, described.hole_types.get(theirs))
    holes = (*parent.holes, hole)
    properties = parent.schema["properties"]
    above = {name: properties[name] for name in parent.holes} | {hole: properties[named_by]}
    return replace(
        stream,
        path=_HOLE.sub(lambda found: f"{{{_snake(found[1])}}}", stream.path),
        keys=tuple(dict.fromkeys((*holes, *stream.keys))),
        schema={"type": "object", "properties": {**above, **stream.schema["properties"]}},
        parent=parent.path,
        holes=holes,
        parent_field=None if named_by == parent.keys[-1] else named_by,
    )


def _parent(path: str, found: Mapping[str, StreamPlan]) -> StreamPlan | None:
    if path.endswith("}"):
        return None
    above = path.rpartition("{")[0].rstrip("/")
    if above in found:
        return found[above]
    if len(_HOLE.findall(path)) > 1:
        return None
    last = above.rpartition("/")[2]
    named = [stream for known, stream in found.items() if known.rpartition("/")[2] == last and not stream.holes]
    return named[0] if len(named) == 1 else None


def _field(parent: StreamPlan, kind: str | None) -> str:
    """The column of the parent's rows that fills a hole: its key, unless that has another type."""
    columns = parent.schema["properties"]
    fitting = [name for name in columns if kind is None or kind in columns[name]["type"]]
    if parent.keys[-1] in fitting or not fitting:
        return parent.keys[-1]
    return next((name for name in _NAMES if name in fitting), fitting[0])


def _why(described: DescribedList) -> str:
    if described.stream.path.endswith("}"):
        return "it is one thing, not a list below others"
    return f"no list was found whose rows fill {{{_HOLE.findall(described.stream.path)[-1]}}}"


def _told_apart(streams: Collection[StreamPlan]) -> tuple[StreamPlan, ...]:
    """The streams with names of their own; parents are named by name, not by path."""
    names: dict[str, str] = {}
    for stream in streams:
        name = stream.name
        if name in names.values():
            name = f"{names.get(stream.parent or '', '_'.join(stream.path.strip('/').split('/')[:-1]))}_{name}"
        names[stream.path] = _free(re.sub(r"\W+", "_", name).lower(), set(names.values()))
    by_path = {stream.path: stream for stream in streams}
    return tuple(
        replace(stream, name=names[path], parent=None if stream.parent is None else names[stream.parent])
        for path, stream in by_path.items()
    )


def _free(name: str, taken: set[str]) -> str:
    return (
        name
        if name not in taken
        else next(f"{name}_{n}" for n in range(2, len(taken) + 3) if f"{name}_{n}" not in taken)
    )


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").lower()
