"""The input in chunks of whole lines."""

from __future__ import annotations

import os
import select
from typing import IO, TYPE_CHECKING, Final, Protocol

from dif_kit.errors import DeliveryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dif_kit.target._signals import Signals

__all__ = ["ByteSource", "LineReader", "open_source"]

_CHUNK_BYTES: Final = 256 * 1024  # what is made of it on the way stays in the processor's cache


class ByteSource(Protocol):
    """Where input bytes come from."""

    def read(self) -> bytes:
        """The next bytes, empty at the end or when a signal has come."""


class LineReader:
    """Whole lines of a source, about 256 KiB at a time; memory is bounded by the longest line allowed.

    ``torn`` holds what stands after the last newline once the source has ended: half a line, or a last line that was
    not ended.
    """

    def __init__(self, source: ByteSource, max_line_bytes: int) -> None:
        self._source = source
        self._max_line_bytes = max_line_bytes
        self.torn = b""
        self.lines = 0

    def chunks(self) -> Iterator[bytes]:
        """Chunks that end with a newline.

        Raises:
            DeliveryError: a line is longer than allowed.
        """
        parts: list[bytes] = []
        held = 0
        while block := self._source.read():
            parts.append(block)
            held += len(block)
            end = block.rfind(b"\n") + 1
            if end:
                parts[-1] = block[:end]
                chunk = b"".join(parts)
                self._require_short_lines(chunk)
                parts = [block[end:]]
                held = len(parts[0])
                yield chunk
                self.lines += chunk.count(b"\n")
            elif held > self._max_line_bytes:
                raise self._too_long(self.lines + 1)
        self.torn = b"".join(parts)

    def _require_short_lines(self, chunk: bytes) -> None:
        if len(chunk) > self._max_line_bytes:
            for number, line in enumerate(chunk.split(b"\n"), self.lines + 1):
                if len(line) > self._max_line_bytes:
                    raise self._too_long(number)

    def _too_long(self, number: int) -> DeliveryError:
        return DeliveryError(
            f"line {number} of the input is longer than max_line_bytes ({self._max_line_bytes}): "
            "raise the setting, or let the tap send smaller records",
        )


def open_source(file: IO[str] | None, signals: Signals) -> ByteSource:
    """The bytes of ``file``, of standard input without one."""
    if file is None:
        return _Descriptor(0, signals)
    try:
        return _Descriptor(file.fileno(), signals)
    except OSError:  # in memory
        return _Text(file, signals)


class _Descriptor:
    """A file descriptor, read in such a way that a signal ends the wait for more."""

    def __init__(self, descriptor: int, signals: Signals) -> None:
        self._descriptor = descriptor
        self._signals = signals
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)
        self._poll.register(signals, select.POLLIN)

    def read(self) -> bytes:
        """Wait for bytes, then take what is there, up to a chunk: a pipe gives 64 KiB at a time."""
        blocks: list[bytes] = []
        size = 0
        wait: float | None = None
        while size < _CHUNK_BYTES and self._poll.poll(wait):
            if self._signals.received is not None:
                return b""
            block = os.read(self._descriptor, _CHUNK_BYTES)
            if not block:
                break
            blocks.append(block)
            size += len(block)
            wait = 0
        return b"".join(blocks)


class _Text:
    """Text in memory."""

    def __init__(self, file: IO[str], signals: Signals) -> None:
        self._file = file
        self._signals = signals

    def read(self) -> bytes:
        return b"" if self._signals.received is not None else self._file.read(_CHUNK_BYTES).encode()
