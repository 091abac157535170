"""The end of the SDK's pipe: where messages become bytes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from singer_sdk.singerlib.encoding.simple import SimpleSingerWriter
from singer_sdk.singerlib.json import serialize_json
from typing_extensions import override

if TYPE_CHECKING:
    from singer_sdk.singerlib.encoding.simple import Message

__all__ = ["Writer"]


class Writer(SimpleSingerWriter):
    """Writes messages in the SDK's own form, but letters as UTF-8 where the SDK escapes them.

    UTF-8 is shorter, and what a fast encoder of whole pages can write as well.
    """

    @override
    def serialize_message(self, message: Message) -> str:
        return serialize_json(message.to_dict(), ensure_ascii=False)

    @override
    def write_message(self, message: Message) -> None:
        self.write_lines(self.format_message(message).encode() + b"\n")

    def write_lines(self, lines: bytes) -> None:
        """Write whole messages, each with its line end, and let the target have them."""
        binary = getattr(sys.stdout, "buffer", None)
        if binary is None:  # a test's standard output is text
            sys.stdout.write(lines.decode())
        else:
            binary.write(lines)
        sys.stdout.flush()
