"""Checksums of what passes through a pipe: if its two ends make different ones, lines were lost or altered."""

from __future__ import annotations

from typing import Final

from isal.isal_zlib import crc32

from dif_kit._seal import with_seal

__all__ = ["UNSEALED", "Checksums", "Seals"]

UNSEALED: Final = "00000000"
"""The seal of a STATE that has none."""


class Checksums:
    """A running CRC-32 of every stream's lines, in their order and with their line ends."""

    def __init__(self) -> None:
        self._sums: dict[str, int] = {}

    def add(self, stream: str, lines: bytes | memoryview) -> None:
        """Take in whole lines of a stream: SCHEMA, RECORD, BATCH or ACTIVATE_VERSION messages."""
        self._sums[stream] = crc32(lines, self._sums.get(stream, 0))

    def of(self, stream: str) -> str | None:
        """The checksum of a stream so far, as ``crc32:1f3a9c0d``; None where it has no line."""
        found = self._sums.get(stream)
        return None if found is None else f"crc32:{found:08x}"

    def streams(self) -> tuple[str, ...]:
        """The streams that have lines."""
        return tuple(self._sums)


class Seals:
    """The seals of a run's STATEs: each is the CRC-32 of its STATE's text, and goes on from the seal before it.

    So the end that reads notices a STATE that was altered, and also one that is missing or came twice. While it is
    made or checked, the seal's own place in the text holds `UNSEALED`.
    """

    def __init__(self) -> None:
        self._last = 0

    def seal(self, text: bytes) -> bytes:
        """The text of a STATE's value with its seal in the last place that holds `UNSEALED`."""
        self._last = _next(text, self._last)
        return with_seal(text, UNSEALED, f"{self._last:08x}")

    def fits(self, text: bytes, seal: str) -> bool:
        """Whether the next STATE's text is the one that was sealed, right after the one before."""
        self._last = _next(with_seal(text, seal, UNSEALED), self._last)
        return f"{self._last:08x}" == seal


def _next(text: bytes, last: int) -> int:
    return crc32(text, last) or 1  # 0 would read as `UNSEALED`
