"""Lines into Singer messages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import msgspec

from dif_kit.errors import DeliveryError
from dif_kit.target._duplicates import repeats_a_key

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["BadLine", "Message", "messages"]

_NONE: Final = msgspec.Raw(b"")


class Message(msgspec.Struct, gc=False, omit_defaults=True):
    """A Singer message; what it carries is kept as JSON text. Fields that another type of message has are empty."""

    type: str
    stream: str | None = None
    record: msgspec.Raw = _NONE
    time_extracted: msgspec.Raw = _NONE
    schema: msgspec.Raw = _NONE
    key_properties: msgspec.Raw = _NONE
    value: msgspec.Raw = _NONE
    version: msgspec.Raw = _NONE
    encoding: msgspec.Raw = _NONE
    manifest: msgspec.Raw = _NONE


class BadLine(msgspec.Struct, frozen=True):
    """A RECORD that cannot be read exactly; ``raw`` is the whole line."""

    stream: str
    raw: bytes
    reason: str


_ONE: Final = msgspec.json.Decoder(Message)
_COMPACT: Final = len(b'{"type":"RECORD","stream":"","record":}')
_COMPACT_TIME: Final = len(b',"time_extracted":')
_COMPACT_VERSION: Final = len(b',"version":')
_SPACED: Final = len(b'{"type": "RECORD", "stream": "", "record": }') - _COMPACT
_SPACED_FIELD: Final = len(b" ") * 2


def messages(chunk: bytes, first_line: int) -> Iterator[tuple[int, Message | BadLine]]:
    """The messages of a chunk of whole lines with their line numbers; empty lines count but are no messages.

    Raises:
        DeliveryError: a line is neither a Singer message nor a RECORD that could be put aside.
    """
    lines = chunk.split(b"\n")
    lines.pop()
    for number, line, message in _decoded(chunk, lines, first_line):
        if isinstance(message, Message) and message.type == "RECORD":
            yield number, _record(line, message, number)
        else:
            yield number, message


def _decoded(chunk: bytes, lines: list[bytes], first_line: int) -> Iterator[tuple[int, bytes, Message | BadLine]]:
    """All lines at once where all are good, else one by one."""
    try:
        chunk.decode()
        decoded = _ONE.decode_lines(chunk)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        decoded = []
    if len(decoded) == len(lines):
        yield from zip(range(first_line, first_line + len(lines)), lines, decoded, strict=True)
        return
    for number, line in enumerate(lines, first_line):
        if line.strip():
            yield number, line, _decode(line, number)


def _decode(line: bytes, number: int) -> Message | BadLine:
    try:
        line.decode()
        return _ONE.decode(line)
    except UnicodeDecodeError:
        return _put_aside(line, number, "the line is not UTF-8")
    except RecursionError:
        return _put_aside(line, number, "the line is nested too deeply to be read")
    except msgspec.DecodeError as error:
        return _put_aside(line, number, f"the line is not exact JSON: {error}")


def _put_aside(line: bytes, number: int, reason: str) -> BadLine:
    """The line as a bad RECORD, if a lenient look (NaN, lone surrogates, broken UTF-8) finds one in it."""
    try:
        found: Any = json.loads(line.decode(errors="replace"))
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict) and found.get("type") == "RECORD" and isinstance(found.get("stream"), str):
        return BadLine(found["stream"], line, reason)
    raise DeliveryError(
        f"line {number} of the input is not a Singer message ({reason}): see what the tap writes to its standard output"
    )


def _record(line: bytes, message: Message, number: int) -> Message | BadLine:
    if message.stream is None or not message.record:
        raise DeliveryError(f"line {number} of the input is a RECORD without `stream` or `record`: the tap is broken")
    return message if _is_plain(line, message, message.stream) else _checked(line, message, message.stream)


def _is_plain(line: bytes, message: Message, stream: str) -> bool:
    """Whether the line is as long as its fields say, so that none of them can stand in it twice."""
    length = len(line) - len(message.record) - len(stream.encode()) - _COMPACT
    spaces = _SPACED
    if message.time_extracted:
        length -= len(message.time_extracted) + _COMPACT_TIME
        spaces += _SPACED_FIELD
    if message.version:
        length -= len(message.version) + _COMPACT_VERSION
        spaces += _SPACED_FIELD
    return length in (0, spaces)


def _checked(line: bytes, message: Message, stream: str) -> Message | BadLine:
    """The message, if its unusual layout hides no repeated key."""
    try:
        is_repeated = repeats_a_key(line)
    except RecursionError:
        return BadLine(stream, line, "the line is nested too deeply to be read")
    return BadLine(stream, line, "the message has the same key twice") if is_repeated else message
