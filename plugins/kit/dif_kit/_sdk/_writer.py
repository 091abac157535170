"""The end of the SDK's pipe: where messages become bytes."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Final

from singer_sdk.singerlib.encoding.simple import SimpleSingerWriter
from singer_sdk.singerlib.json import serialize_json
from typing_extensions import override

if TYPE_CHECKING:
    from singer_sdk.singerlib.encoding.simple import Message

__all__ = ["Writer"]

# The SDK's encoder escapes two letters of UTF-8 for the sake of JavaScript. An odd number of backslashes is an escape.
_ESCAPED_SEPARATOR: Final = re.compile(r"(?<!\\)((?:\\\\)*)\\u202([89])")


class Writer(SimpleSingerWriter):
    """Writes messages in the SDK's own form, but letters as UTF-8 where the SDK escapes them.

    UTF-8 is shorter, and what a fast encoder of whole pages can write as well.
    """

    @override
    def serialize_message(self, message: Message) -> str:
        line = serialize_json(message.to_dict(), ensure_ascii=False)
        return _ESCAPED_SEPARATOR.sub(_separator, line) if "\\u202" in line else line

    @override
    def write_message(self, message: Message) -> None:
        self.write_lines(self.format_message(message).encode() + b"\n")

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


def _separator(escaped: re.Match[str]) -> str:
    return escaped[1] + ("\u2028" if escaped[2] == "8" else "\u2029")
