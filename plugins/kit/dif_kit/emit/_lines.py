"""Typed rows into the lines of RECORD messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from datetime import datetime

    from dif_kit.emit._rows import Rows

__all__ = ["record_lines"]

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
# The SDK's encoder escapes these two for the sake of JavaScript.
_SEPARATORS: Final = ((b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029"))


def record_lines(stream: str, rows: Rows, extracted: datetime) -> bytes:
    """One RECORD message a line, with its line's end, in the SDK's own form but for letters, which are UTF-8."""
    if not rows:
        return b""
    lines = _ENCODER.encode_lines(rows)
    for separator, escaped in _SEPARATORS:
        if separator in lines:
            lines = lines.replace(separator, escaped)
    before = b'{"type":"RECORD","stream":' + _ENCODER.encode(stream) + b',"record":'
    after = b',"time_extracted":"' + extracted.isoformat().encode() + b'"}\n'
    # An encoded row has no line end of its own, so the ends are where one message stops and the next begins.
    return before + lines[:-1].replace(b"\n", after + before) + after
