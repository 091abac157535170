"""A text that holds a checksum of itself."""

from __future__ import annotations

__all__ = ["with_seal"]


def with_seal(text: bytes, old: str, new: str) -> bytes:
    """The JSON text with ``new`` where its last string ``old`` stands: the seal, or what holds its place."""
    before, _, after = text.rpartition(b'"%b"' % old.encode())
    return b'%b"%b"%b' % (before, new.encode(), after)
