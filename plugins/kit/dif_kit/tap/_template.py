"""Facts with holes, such as ``/ad_accounts/{ad_account_id}/campaigns``, filled for one request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from urllib.parse import quote

from dif_kit.errors import ConfigError

__all__ = ["DAY_PARTS", "day_values", "holes", "render", "render_path"]

#: What may follow a day's name, for providers that want its numbers: ``{start.year}``.
DAY_PARTS: Final = ("year", "month", "day")

_SEGMENTS: Final = "path"

# {name}, {config.name}, {start:%Y%m%d}. JSON and GraphQL texts pass: their braces are followed by a quote or a space.
_HOLE: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_.]*)(?::([^{}]+))?\}")


def render(template: Any, values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - params and bodies hold any JSON
    """``template`` with its holes filled, nested objects and arrays included.

    A text that is one hole and nothing else becomes the value itself, so that lists and numbers stay what they are; a
    date becomes text. A text that needs a value which is None becomes None; object members that become None are left
    out, those that the template itself states as None stay.

    Raises:
        ConfigError: no value of that name.
    """
    if isinstance(template, str):
        whole = _HOLE.fullmatch(template)
        if whole is not None:
            value = _value(whole, values)
            return value.isoformat() if isinstance(value, date) else value
        if any(_value(hole, values) is None for hole in _HOLE.finditer(template)):
            return None
        return _HOLE.sub(lambda hole: str(_value(hole, values)), template)
    if isinstance(template, Mapping):
        rendered = {name: render(value, values) for name, value in template.items()}
        return {name: value for name, value in rendered.items() if value is not None or template[name] is None}
    if isinstance(template, list | tuple):
        return [render(item, values) for item in template]
    return template


def day_values(**days: date) -> dict[str, Any]:
    """What the holes of days stand for: the day itself by its name, and its numbers (`DAY_PARTS`)."""
    parts = {f"{name}.{part}": getattr(day, part) for name, day in days.items() for part in DAY_PARTS}
    return {**days, **parts}


def render_path(template: str, values: Mapping[str, Any]) -> str:
    """A path with its holes filled; values are quoted, so that none can add a segment or a query.

    ``{name:path}`` may be several segments.
    """
    return _HOLE.sub(lambda hole: _segment(hole, values), template)


def holes(template: Any) -> set[str]:  # noqa: ANN401 - params and bodies hold any JSON
    """The names that a template asks for."""
    if isinstance(template, str):
        return {hole[1] for hole in _HOLE.finditer(template)}
    if isinstance(template, Mapping):
        return set().union(*map(holes, template.values()))
    return set().union(*map(holes, template)) if isinstance(template, list | tuple) else set()


def _segment(hole: re.Match[str], values: Mapping[str, Any]) -> str:
    if hole[2] != _SEGMENTS:
        return quote(str(_value(hole, values)), safe="")
    segments = str(values.get(hole[1], "")).split("/")
    if {"", ".", ".."} & set(segments):
        raise ConfigError(f"{{{hole[1]}}} is {'/'.join(segments)!r}, which is no path")
    return "/".join(quote(segment, safe="") for segment in segments)


def _value(hole: re.Match[str], values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any value of the context
    name, form = hole[1], hole[2]
    if name not in values:
        raise ConfigError(f"{{{name}}} has no value here; there are {', '.join(sorted(map(str, values)))}")
    value = values[name]
    return format(value, form) if form else value
