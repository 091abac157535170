"""Typed rows into the lines of RECORD messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from dif_kit.emit._rows import Row  # noqa: TC001 - msgspec reads the annotations

if TYPE_CHECKING:
    from datetime import datetime

    from dif_kit.emit._rows import Rows

__all__ = ["record_lines"]

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


class _Message(msgspec.Struct, gc=False):
    type: str
    stream: str
    record: Row
    time_extracted: str


def record_lines(stream: str, rows: Rows, extracted: datetime) -> bytes:
    """One RECORD message a line, in the form in which `dif_kit._sdk.Writer` writes them one by one."""
    moment = extracted.isoformat()
    return _ENCODER.encode_lines([_Message("RECORD", stream, row, moment) for row in rows])
