"""Messages of the frontend/backend protocol 3.0 as bytes.

Source: PostgreSQL documentation, "Message Formats"; Redshift speaks the same protocol.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asyncio import StreamReader
    from collections.abc import Mapping

    from dif_sandbox.redshift._errors import RedshiftError

__all__ = [
    "FIELD_FACTS",
    "LENGTH",
    "SHORT",
    "SIGNED",
    "TransactionStatus",
    "command_complete",
    "cstring",
    "error",
    "fields",
    "message",
    "notice",
    "parse_fields",
    "parse_names",
    "parse_row",
    "read_message",
    "ready",
]

LENGTH = struct.Struct("!I")
SIGNED = struct.Struct("!i")
SHORT = struct.Struct("!H")
FIELD_FACTS = 18  # bytes of a RowDescription field after its name


class TransactionStatus:
    """The status byte of ReadyForQuery."""

    IDLE = "I"
    OPEN = "T"
    FAILED = "E"


async def read_message(reader: StreamReader) -> tuple[bytes, bytes]:
    """One message: its kind and its body."""
    head = await reader.readexactly(5)
    return head[:1], await reader.readexactly(LENGTH.unpack(head[1:])[0] - 4)


def message(kind: bytes, body: bytes = b"") -> bytes:
    """A message with its length."""
    return kind + LENGTH.pack(len(body) + 4) + body


def cstring(text: str) -> bytes:
    """A text that ends with a zero byte."""
    return text.encode() + b"\0"


def ready(status: str) -> bytes:
    """ReadyForQuery."""
    return message(b"Z", status.encode())


def command_complete(tag: str) -> bytes:
    """CommandComplete."""
    return message(b"C", cstring(tag))


def notice(text: str) -> bytes:
    """A message for the person at the client."""
    return message(b"N", fields({"S": "INFO", "C": "00000", "M": text}))


def error(fault: RedshiftError, severity: str = "ERROR") -> bytes:
    """ErrorResponse."""
    content = {"S": severity, "C": fault.code, "M": fault.message, "D": fault.detail or "", "H": fault.hint or ""}
    return message(b"E", fields({key: value for key, value in content.items() if value}))


def fields(content: Mapping[str, str]) -> bytes:
    """The body of an error or a notice."""
    return b"".join(key.encode() + cstring(value) for key, value in content.items()) + b"\0"


def parse_fields(body: bytes) -> dict[str, str]:
    """The fields of an error or a notice."""
    parts = (part.decode("utf8", "replace") for part in body.split(b"\0") if part)
    return {part[0]: part[1:] for part in parts}


def parse_names(body: bytes) -> list[str]:
    """The column names of a RowDescription."""
    names, at = [], 2
    for _ in range(SHORT.unpack_from(body)[0]):
        end = body.index(b"\0", at)
        names.append(body[at:end].decode())
        at = end + 1 + FIELD_FACTS
    return names


def parse_row(body: bytes) -> list[str | None]:
    """The texts of a DataRow."""
    row: list[str | None] = []
    at = 2
    for _ in range(SHORT.unpack_from(body)[0]):
        (length,) = SIGNED.unpack_from(body, at)
        at += 4
        row.append(None if length < 0 else body[at : at + length].decode())
        at += max(length, 0)
    return row
