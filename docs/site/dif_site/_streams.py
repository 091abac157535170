"""The reference of a tap's streams: what each row is, how it is read, which columns it has."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING, Any, cast

from dif_kit.tap import ReportStream

from dif_site._words import code, count, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dif_kit.tap import Stream, Tap

__all__ = ["streams"]


def streams(tap: type[Tap]) -> str:
    """The page of a tap's streams and their columns."""
    lines = [f"# Streams of {tap.name}", "", f"The settings, and how it is used: [{tap.name}](../{tap.name}.md).", ""]
    for stream in sorted(tap.stream_types, key=lambda stream: stream.name):
        lines += _stream(stream)
    return "\n".join(lines)


def _stream(stream: type[Stream]) -> Iterator[str]:
    yield f"## {stream.name}"
    yield ""
    yield inspect.cleandoc(stream.__doc__ or "")
    yield ""
    yield from table(["", ""], ([f"**{name}**", told] for name, told in _facts(stream) if told))
    columns: Mapping[str, Any] = stream.row_schema()["properties"]
    yield f'??? note "{count(len(columns), "column")}"'
    yield ""
    for line in table(["column", "type", "meaning"], (_column(name, facts) for name, facts in columns.items())):
        yield f"    {line}" if line else ""


def _facts(stream: type[Stream]) -> Iterator[tuple[str, str]]:
    parent = cast("type[Stream] | None", stream.parent_stream_type)
    window = stream.window
    yield "Primary key", ", ".join(code(key) for key in stream.primary_keys)
    yield "Read", "as a report that the provider makes" if issubclass(stream, ReportStream) else "as a list"
    yield "For each of", "" if parent is None else f"[{parent.name}](#{parent.name})"
    yield "Asked at", code(stream.path)
    yield "Goes on by", code(stream.replication_key)
    if window is not None:
        yield "Days of", f"{window.zone.strip('{}')}, at most {count(window.days, 'day')} a request"
        yield "Read again for", count(window.lookback_days, "day")
        yield "Kept by the provider for", "" if window.retention_days is None else count(window.retention_days, "day")
    if stream.totals is not None:
        yield "Compared with the totals of", f"[{stream.totals.stream}](#{stream.totals.stream})"
    yield "Paid from", ", ".join(code(budget.name) for budget in stream.budgets)


def _column(name: str, facts: Mapping[str, Any]) -> list[str]:
    types = facts.get("type", "any")
    kind = types if isinstance(types, str) else " or ".join(each for each in types if each != "null")
    told = str(facts.get("description", ""))
    if "enum" in facts:
        told = f"{told} One of {', '.join(json.dumps(value) for value in facts['enum'])}."
    return [code(name), str(facts.get("format", kind)), told]
