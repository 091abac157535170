"""The routes of a new tap's fake API: two rows of each list, below each row of the list above."""

from __future__ import annotations

import json
import re
from keyword import iskeyword
from typing import TYPE_CHECKING

from dif_kit.contribute._words import AUTHS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dif_kit.contribute._plan import StreamPlan, TapPlan

__all__ = ["forbidden", "routes"]


def routes(plan: TapPlan) -> Iterator[str]:
    """The lines that teach a fake API to answer for every stream."""
    if AUTHS[plan.auth].fetches_token:
        yield 'api.on("POST", "/oauth/token", {"access_token": "token-of-an-hour", "expires_in": 3600})'
    for stream in plan.streams:
        for above in _contexts(stream, plan):
            path = _filled(stream, above)
            if stream.is_report:
                last = above[stream.holes[-1]]
                yield f'api.on("GET", "{path}", lambda request: listed(request, "items", days(request, "{last}")))'
            else:
                rows = ", ".join(_row(stream, key, above, plan) for key in _keys(stream, above))
                yield f'api.on("GET", "{path}", lambda request: listed(request, "{stream.records}", [{rows}]))'


def forbidden(plan: TapPlan) -> str:
    """A path that belongs to one partition."""
    below = next((stream for stream in plan.streams if stream.parent is not None), plan.streams[-1])
    return _filled(below, _contexts(below, plan)[0])


def _contexts(stream: StreamPlan, plan: TapPlan) -> list[dict[str, str]]:
    """What fills the holes of a stream's path: once for each row above it."""
    parent = next((other for other in plan.streams if other.name == stream.parent), None)
    if parent is None:
        return [{}]
    return [{**above, stream.holes[-1]: key} for above in _contexts(parent, plan) for key in _keys(parent, above)]


def _keys(stream: StreamPlan, above: Mapping[str, str]) -> tuple[str, str]:
    """The keys of the two rows of a list: they tell in which one it is."""
    prefix = above[stream.holes[-1]] if stream.holes else ""
    return f"{prefix}1", f"{prefix}2"


def _filled(stream: StreamPlan, above: Mapping[str, str]) -> str:
    return re.sub(r"\{([^{}]+)\}", lambda hole: above[hole[1]], stream.path)


def _row(stream: StreamPlan, key: str, above: Mapping[str, str], plan: TapPlan) -> str:
    fields = {child.parent_field or stream.keys[-1] for child in plan.streams if child.parent == stream.name}
    known = {**above, **dict.fromkeys((stream.keys[-1], *sorted(fields)), key)}
    told = [f"{json.dumps(name)}: {_literal(stream, name, value)}" for name, value in known.items()]
    if all(name.isidentifier() and not iskeyword(name) and name != "stream" for name in known):
        told = [f"{name}={_literal(stream, name, value)}" for name, value in known.items()]
        return f'row("{stream.name}", {", ".join(told)})'
    return f'row("{stream.name}", **{{{", ".join(told)}}})'


def _literal(stream: StreamPlan, column: str, value: str) -> str:
    return value if "integer" in stream.schema["properties"][column]["type"] else json.dumps(value)
