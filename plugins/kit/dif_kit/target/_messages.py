"""Lines into Singer messages."""

from __future__ import annotations

import json
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from dif_kit.errors import DeliveryError
from dif_kit.target._duplicates import repeats_a_key

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["BadLine", "Message", "field_of", "messages"]

_NONE: Final = msgspec.Raw(b"")


class Message(msgspec.Struct, gc=False, omit_defaults=True):
    """A Singer message; what it carries is kept as JSON text. Fields that another type of message has are empty.

    ``dif_sequence`` is the place that a replayed RECORD had in the order of all rows when it first came.
    """

    type: str
    stream: str | None = None
    record: msgspec.Raw = _NONE
    time_extracted: msgspec.Raw = _NONE
    schema: msgspec.Raw = _NONE
    key_properties: msgspec.Raw = _NONE
    bookmark_properties: msgspec.Raw = _NONE
    value: msgspec.Raw = _NONE
    version: msgspec.Raw = _NONE
    dif_sequence: msgspec.Raw = _NONE
    encoding: msgspec.Raw = _NONE
    manifest: msgspec.Raw = _NONE


class BadLine(msgspec.Struct, frozen=True):
    """A RECORD that cannot be read exactly; ``raw`` is the whole line."""

    stream: str
    raw: bytes
    reason: str


_ONE: Final = msgspec.json.Decoder(Message)
_KIND: Final = attrgetter("type", "stream")
_RECORD, _EXTRACTED = attrgetter("record"), attrgetter("time_extracted")
_VERSION, _SEQUENCE = attrgetter("version"), attrgetter("dif_sequence")
_COMPACT: Final = b'{"type":"RECORD","stream":"","record":}\n'
_COMPACT_TIME: Final = b',"time_extracted":'
_COMPACT_VERSION: Final = b',"version":'


Found: TypeAlias = tuple[range, bytes | memoryview, list[Message] | BadLine]
"""The numbers of lines, the lines themselves with their ends, and what they hold."""


def messages(chunk: bytes, first_line: int) -> Iterator[Found]:
    """The messages of a chunk of whole lines, neighbours of one type and stream together.

    Empty lines count but are no messages.

    Raises:
        DeliveryError: a line is neither a Singer message nor a RECORD that could be put aside.
    """
    lines = chunk.split(b"\n")
    lines.pop()
    decoded = _decode_all(chunk)
    if len(decoded) != len(lines):
        for number, line in enumerate(lines, first_line):
            if line.strip():
                yield from _exact([line], number, line + b"\n", _decode(line, number))
        return
    place, start, view = 0, 0, memoryview(chunk)
    for _, group in groupby(decoded, _KIND):
        found = list(group)
        theirs = lines[place : place + len(found)]
        end = start + sum(map(len, theirs)) + len(theirs)
        yield from _exact(theirs, first_line + place, view[start:end], found)
        place, start = place + len(found), end


def field_of(text: bytes | msgspec.Raw, kind: Any, line: int, float_hook: Any = None) -> Any:  # noqa: ANN401 - as msgspec's own
    """What a field of a message holds.

    Raises:
        DeliveryError: it is not of this kind.
    """
    try:
        return msgspec.json.Decoder(kind, float_hook=float_hook).decode(text)
    except msgspec.DecodeError as error:
        raise DeliveryError(f"line {line} of the input is a message that cannot be read: {error}") from error


def _decode_all(chunk: bytes) -> list[Message]:
    """All lines at once; none, if one of them is bad."""
    try:
        chunk.decode()
        return _ONE.decode_lines(chunk)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []


def _exact(
    lines: list[bytes], first_line: int, whole: bytes | memoryview, found: list[Message] | BadLine
) -> Iterator[Found]:
    """The messages, RECORDs only once it is certain that none of them has a key twice."""
    numbers = range(first_line, first_line + len(lines))
    if isinstance(found, BadLine) or found[0].type != "RECORD" or _are_plain(len(whole), found):
        yield numbers, whole, found
        return
    for number, line, message in zip(numbers, lines, found, strict=True):
        yield range(number, number + 1), line + b"\n", _checked(line, message, number)


def _decode(line: bytes, number: int) -> list[Message] | BadLine:
    try:
        line.decode()
        return [_ONE.decode(line)]
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


def _are_plain(length: int, found: list[Message]) -> bool:
    """Whether RECORDs of one stream, of so many bytes with their line ends, are together as long as their fields say.

    Then no field stands there twice: a compactly written line is the shortest there can be, and so is the sum of them.
    """
    stream = found[0].stream
    records = list(map(_RECORD, found))
    if stream is None or not all(records) or any(map(_SEQUENCE, found)):
        return False
    expected = len(found) * (len(_COMPACT) + len(stream.encode())) + sum(map(len, records))
    for field, name in ((_EXTRACTED, _COMPACT_TIME), (_VERSION, _COMPACT_VERSION)):
        stated = list(filter(None, map(field, found)))
        expected += len(stated) * len(name) + sum(map(len, stated))
    return length == expected


def _checked(line: bytes, message: Message, number: int) -> list[Message] | BadLine:
    """The RECORD, if its unusual layout hides no repeated key."""
    if message.stream is None or not message.record:
        raise DeliveryError(f"line {number} of the input is a RECORD without `stream` or `record`: the tap is broken")
    try:
        is_repeated = repeats_a_key(line)
    except RecursionError:
        return BadLine(message.stream, line, "the line is nested too deeply to be read")
    return BadLine(message.stream, line, "the message has the same key twice") if is_repeated else [message]
