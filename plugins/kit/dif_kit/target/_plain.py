"""Chunks that are nothing but compactly written RECORDs of one stream, each decoded at once."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Final, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PlainLines", "PlainRecords"]

_ABSENT: Final = msgspec.Raw(b"")
_RECORD, _EXTRACTED = attrgetter("record"), attrgetter("time_extracted")
_TIME: Final = b',"time_extracted":'


@dataclass(frozen=True, slots=True)
class PlainRecords:
    """Consecutive records of one stream, decoded, and what their messages say beside.

    ``length`` is the bytes that they have together if no field stands in any of them twice.
    """

    structs: list[msgspec.Struct]
    length: int
    extracted: Sequence[msgspec.Raw]
    sequences: range
    received_at: str
    versions: Sequence[msgspec.Raw]

    def __len__(self) -> int:
        return len(self.structs)


class PlainLines:
    """Reads the RECORDs of one stream whose fields are those of ``record``; other chunks are left to the plain way.

    It saves the two steps of that: messages of any kind first, then the records out of those of one stream.
    """

    def __init__(self, stream: str, record: type[msgspec.Struct]) -> None:
        self._begin = msgspec.json.encode({"type": "RECORD", "stream": stream, "record": None}).removesuffix(b"null}")
        message = msgspec.defstruct(
            "PlainMessage",
            [
                ("type", Literal["RECORD"]),
                ("stream", Literal[stream]),
                ("record", record),
                ("time_extracted", msgspec.Raw, _ABSENT),
            ],
            gc=False,
            forbid_unknown_fields=True,
        )
        self._decoder = msgspec.json.Decoder(message)

    def read(self, chunk: bytes, first_sequence: int, received_at: str) -> PlainRecords | None:
        """The records of a chunk of whole lines; None if anything else is in it."""
        if not chunk.startswith(self._begin):
            return None
        try:
            chunk.decode()
            messages = self._decoder.decode_lines(chunk)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        count = len(messages)
        if count != chunk.count(b"\n"):
            return None
        extracted = list(map(_EXTRACTED, messages))
        around = count * (len(self._begin) + len(b"}\n"))
        around += sum(len(_TIME) + len(text) for text in extracted if text)
        return PlainRecords(
            structs=list(map(_RECORD, messages)),
            length=len(chunk) - around,
            extracted=extracted,
            sequences=range(first_sequence, first_sequence + count),
            received_at=received_at,
            versions=[_ABSENT] * count,
        )
