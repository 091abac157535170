"""Records that are put aside, in such a form that `dif-replay` can send them again."""

from __future__ import annotations

from typing import Literal

import msgspec

__all__ = ["Entry", "Rejected", "SchemaMessage", "entry_line", "entry_of", "stated"]

_ABSENT = msgspec.Raw(b"")


class SchemaMessage(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="type", tag="SCHEMA"):
    """A SCHEMA message of the tap, as it came."""

    stream: str
    schema: msgspec.Raw
    key_properties: msgspec.Raw = _ABSENT
    bookmark_properties: msgspec.Raw = _ABSENT


class Rejected(msgspec.Struct, frozen=True):
    """One record as the tap sent it, and why it cannot be kept.

    ``raw`` is the record's JSON text, or where not even that could be told the whole ``line``. ``extracted`` and
    ``version`` are the JSON texts of its message's fields, empty where it had none.
    """

    line: int
    reason: str
    raw: bytes
    sequence: int
    holds: Literal["record", "line"] = "record"
    extracted: bytes = b""
    version: bytes = b""


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of a quarantine object. ``raw_base64`` stands for ``raw`` where that is not UTF-8."""

    stream: str
    line: int
    reason: str
    holds: Literal["record", "line"]
    sequence: int
    schema_message: SchemaMessage
    raw: str | None = None
    raw_base64: bytes | None = None
    time_extracted: msgspec.Raw = _ABSENT
    version: msgspec.Raw = _ABSENT

    @property
    def content(self) -> bytes:
        """What came, byte for byte."""
        return self.raw_base64 or b"" if self.raw is None else self.raw.encode()


def stated(text: bytes | msgspec.Raw) -> msgspec.Raw:
    """A field of a message as one that is left out when it is empty; a copy, which holds no more than itself."""
    return msgspec.Raw(bytes(text)) if text else _ABSENT


def entry_of(stream: str, source: SchemaMessage, rejected: Rejected) -> Entry:
    """What is written of a rejected record of ``stream``, which is made of the stream of ``source``."""
    entry = Entry(
        stream=stream,
        line=rejected.line,
        reason=rejected.reason,
        holds=rejected.holds,
        sequence=rejected.sequence,
        schema_message=source,
        time_extracted=stated(rejected.extracted),
        version=stated(rejected.version),
    )
    try:
        return msgspec.structs.replace(entry, raw=rejected.raw.decode())
    except UnicodeDecodeError:
        return msgspec.structs.replace(entry, raw_base64=rejected.raw)


def entry_line(entry: Entry) -> bytes:
    """The entry as a line of JSON."""
    return msgspec.json.encode(entry) + b"\n"
