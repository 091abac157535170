"""A key that stands twice in one JSON object, of which decoders silently keep one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["field_length", "has_repeated_key", "repeats_a_key"]


def field_length(key_bytes: int) -> int:
    """The bytes that a key of ``key_bytes``, quotes included, adds to a compact object: itself, a colon, a comma."""
    return key_bytes + 2


def has_repeated_key(raw: bytes, fields: Mapping[str, bytes]) -> bool:
    """Whether the object ``raw``, which was decoded to ``fields`` (JSON text by key), has a key twice.

    A compactly written object is as long as its fields say, and a key twice makes it longer; only a longer one, which
    may just have spaces, needs to be read again.
    """
    if not fields:
        return False
    expected = 1 + sum(field_length(len(msgspec.json.encode(name))) + len(text) for name, text in fields.items())
    return len(raw) != expected and repeats_a_key(raw)


def repeats_a_key(raw: bytes) -> bool:
    """Whether the object has a key twice; objects inside it are not looked at."""
    top = json.loads(raw, object_pairs_hook=_Pairs, parse_int=str, parse_float=str)
    return isinstance(top, _Pairs) and len({name for name, _ in top}) < len(top)


class _Pairs(list[tuple[str, Any]]):
    """The fields of one object, as often as they stand in it."""
