"""The end of the SDK's pipe: where messages become bytes."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, Final

from singer_sdk.singerlib.encoding.simple import SimpleSingerWriter
from singer_sdk.singerlib.json import serialize_json
from typing_extensions import override

from dif_kit.delivery import Checksums, Seals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from singer_sdk.singerlib.encoding.simple import Message

__all__ = ["Writer"]

# The SDK's encoder escapes two letters of UTF-8 for the sake of JavaScript. An odd number of backslashes is an escape.
_ESCAPED_SEPARATOR: Final = re.compile(r"(?<!\\)((?:\\\\)*)\\u202([89])")


class Writer(SimpleSingerWriter):
    """Writes messages in the SDK's own form, but letters as UTF-8 where the SDK escapes them.

    UTF-8 is shorter, and what a fast encoder of whole pages can write as well. ``checksums`` are of all lines so far.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - as the SDK calls it
        super().__init__(*arguments, **options)
        self.checksums = Checksums()
        self._seals = Seals()

    @override
    def serialize_message(self, message: Message) -> str:
        return _text(message.to_dict())

    @override
    def write_message(self, message: Message) -> None:
        line = self.format_message(message).encode() + b"\n"
        self.write_lines(line)
        if (stream := getattr(message, "stream", None)) is not None:
            self.checksums.add(stream, line)

    def write_page(self, stream: str, lines: bytes) -> None:
        """Write RECORD messages of one stream."""
        self.write_lines(lines)
        self.checksums.add(stream, lines)

    def write_state(self, value: Mapping[str, Any]) -> None:
        """Write a STATE whose value holds a receipt, and seal it."""
        self.write_lines(b'{"type":"STATE","value":%b}\n' % self._seals.seal(_text(value).encode()))

    def write_lines(self, lines: bytes) -> None:
        """Write whole messages, each with its line end, and let the target have them."""
        binary = getattr(sys.stdout, "buffer", None)
        if binary is None:  # a test's standard output is text
            sys.stdout.write(lines.decode())
        else:
            unwritten = memoryview(lines)
            while unwritten:  # without a buffer (PYTHONUNBUFFERED) a signal may cut a write short
                unwritten = unwritten[binary.write(unwritten) :]
        sys.stdout.flush()


def _text(value: Mapping[str, Any]) -> str:
    text = serialize_json(value, ensure_ascii=False)
    return _ESCAPED_SEPARATOR.sub(_separator, text) if "\\u202" in text else text


def _separator(escaped: re.Match[str]) -> str:
    return escaped[1] + ("\u2028" if escaped[2] == "8" else "\u2029")
