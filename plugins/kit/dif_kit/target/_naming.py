"""The template that says where below the root of a client and tap a file of rows lies."""

from __future__ import annotations

import re
from string import Formatter
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from dif_kit.errors import ConfigError

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["PARTITIONED", "PLAIN", "file_name", "require_sound", "safe"]

PLAIN: Final = "{stream}/{run_id}/{unit}/{part}"
PARTITIONED: Final = "{stream}/{partition}/{run_id}/{unit}/{part}"

_IDENTITY: Final = ("stream", "run_id", "unit", "part")  # no two files share all four
_FREE_TEXT: Final = frozenset({"stream", "run_id", "partition"})
_TIMES: Final = {"date": "%Y-%m-%d", "year": "%Y", "month": "%m", "day": "%d", "hour": "%H"}
_LITERAL: Final = re.compile(r"[A-Za-z0-9._=-]*")
_DOTS: Final = frozenset({".", ".."})


def require_sound(template: str, *, is_partitioned: bool) -> None:
    """Refuse a template by which two files could get one name, or a file could lie outside of its folder.

    The name must tell stream, run id, unit and part again: all four stand in it, a folder's name holds at most one that
    is free text, and none touches its neighbour.

    Raises:
        ConfigError: the template is not sound.
    """
    try:
        names = [name for _, name, form, conversion in Formatter().parse(template) if name is not None]
        is_plain = all(not form and not conversion for _, name, form, conversion in Formatter().parse(template) if name)
    except ValueError as error:
        raise _unsound(template, f"it cannot be read: {error}") from error
    known = {*_IDENTITY, *_TIMES, *(("partition",) if is_partitioned else ())}
    if not is_plain or not set(names) <= known:
        raise _unsound(template, f"it may hold {', '.join(f'{{{name}}}' for name in sorted(known))} and nothing else")
    missing = [name for name in (*_IDENTITY, *(("partition",) if is_partitioned else ())) if names.count(name) != 1]
    if missing:
        raise _unsound(template, f"{{{missing[0]}}} must stand in it once")
    for segment in template.split("/"):
        _require_sound_segment(template, segment)


def _require_sound_segment(template: str, segment: str) -> None:
    tokens = re.findall(r"\{(\w+)\}", segment)
    if not segment or segment in _DOTS or not _LITERAL.fullmatch(re.sub(r"\{\w+\}", "", segment)):
        raise _unsound(template, "name folders by letters, digits, '.', '_', '=' and '-'; not '.' or '..'")
    if len(_FREE_TEXT.intersection(tokens)) > 1 or "}{" in segment:
        raise _unsound(template, f"{segment} does not tell its parts apart: two files could get one name; use '/'")
    if "partition" in tokens and segment != "{partition}":
        raise _unsound(template, "{partition} is a folder of its own")


def _unsound(template: str, reason: str) -> ConfigError:
    return ConfigError(f"naming is {template!r}: {reason}")


def file_name(
    template: str, *, stream: str, run_id: str, started_at: datetime, unit: int, part: int, partition: str | None
) -> str:
    """The place of a file of rows, without its suffix. Without a partition its folder is left out."""
    if partition is None:
        template = template.replace("{partition}/", "")
    times = {name: started_at.strftime(form) for name, form in _TIMES.items()}
    return template.format(
        stream=safe(stream), run_id=run_id, unit=f"{unit:04d}", part=f"{part:06d}", partition=partition, **times
    )


def safe(name: str) -> str:
    """A name that may hold anything, as one folder: what is not safe in a key is percent-encoded."""
    encoded = quote(name, safe="")
    return encoded.replace(".", "%2E") if encoded in _DOTS else encoded
