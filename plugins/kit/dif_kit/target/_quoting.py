"""Cells as a setting wants them quoted; the engine itself quotes every text and nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["REQUOTING"]

_NEEDS_QUOTES: Final = re.compile(rb'^$|^[ \t]|[",\r\n]|[ \t]$')


def _minimal(cell: bytes, _null: bytes) -> bytes:
    """Quotes only where the text could not be read back without them."""
    text = cell[1:-1]
    return text if cell[:1] == b'"' and not _NEEDS_QUOTES.search(text) else cell


def _all(cell: bytes, null: bytes) -> bytes:
    """Quotes around everything but NULL."""
    return cell if cell[:1] == b'"' or cell == null else b'"' + cell + b'"'


REQUOTING: Final[dict[str, Callable[[bytes, bytes], bytes] | None]] = {"text": None, "minimal": _minimal, "all": _all}
