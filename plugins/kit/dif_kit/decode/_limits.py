"""How much a packed body may unpack to."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, BinaryIO, Final

from typing_extensions import override

from dif_kit.decode._ports import UndecodableError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

__all__ = ["BUFFER", "Counted", "Limits", "limited"]

#: Bytes that a reader holds at a time.
BUFFER: Final = 1 << 18
# So much is unpacked whatever its ratio: it fits anywhere, and a page of zeros is no attack.
_HARMLESS: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what a packed body unpacks to, against bombs and against a disk that fills.

    Reports of mostly equal rows pack up to about 100 : 1, deflate itself ends at 1032 : 1. The ratio counts beyond the
    first 64 MiB. ``members`` bounds the files in one archive.
    """

    unpacked_bytes: int = 64 << 30
    ratio: int = 250
    members: int = 10_000

    def check(self, *, packed: int, unpacked: int) -> None:
        """Refuse what has grown beyond the bounds.

        Raises:
            UndecodableError: says which bound, and where it stands.
        """
        if unpacked > self.unpacked_bytes:
            raise UndecodableError(
                f"the body unpacks to more than {self.unpacked_bytes} bytes (the decoder's Limits.unpacked_bytes)"
            )
        if unpacked > _HARMLESS and unpacked > self.ratio * packed:
            raise UndecodableError(
                f"the body unpacks to more than {self.ratio} times its size: a bomb? (the decoder's Limits.ratio)"
            )


class Counted(io.RawIOBase):
    """Passes on what ``source`` gives, and knows how much that was."""

    def __init__(self, source: IO[bytes] | io.RawIOBase) -> None:
        self._source = source
        self.count = 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        data = self._source.read(len(view)) or b""
        view[: len(data)] = data
        self.count += len(data)
        return len(data)

    @override
    def close(self) -> None:
        self._source.close()
        super().close()


class _Limited(Counted):
    """What unpacks from ``packed``, within bounds."""

    def __init__(self, unpacked: io.RawIOBase, packed: Counted, limits: Limits) -> None:
        super().__init__(unpacked)
        self._packed = packed
        self._limits = limits

    @override
    def readinto(self, buffer: WriteableBuffer) -> int:
        size = super().readinto(buffer)
        self._limits.check(packed=self._packed.count, unpacked=self.count)
        return size

    @override
    def close(self) -> None:
        super().close()
        self._packed.close()


def limited(unpacked: io.RawIOBase, packed: Counted, limits: Limits) -> BinaryIO:
    """What ``unpacked`` gives, as long as it keeps the bounds against what was read of ``packed``."""
    return io.BufferedReader(_Limited(unpacked, packed, limits), BUFFER)
