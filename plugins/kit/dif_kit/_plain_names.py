"""Names of fields that a made type can have: a provider may name its own as it likes."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["is_plain"]

# What msgspec does not rename a field to (msgspec 0.21, `Renamed field names must not contain`).
_UNPLAIN: Final = re.compile(r'["\\\x00-\x1f]')


def is_plain(name: str) -> bool:
    """Whether a field of a msgspec struct may be called so; rows with others go the slower way, which takes any."""
    return not _UNPLAIN.search(name)
