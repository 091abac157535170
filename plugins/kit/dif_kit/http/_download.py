"""An answer that lies in an unnamed file, whatever its size.

A file that is received whole before its first record is read can be resumed and fetched again without anything to take
back, does not depend on how fast records are wanted, and lets a reader move in it, as archives need.
"""

from __future__ import annotations

import io
import os
import tempfile
import weakref
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self, cast

from typing_extensions import override

from dif_kit.decode import Limits, UndecodableError, open_gzip, parse_json
from dif_kit.errors import ExtractionError
from dif_kit.http._answer import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from _typeshed import WriteableBuffer

__all__ = ["Download", "Spool"]

_BUFFER: Final = 1 << 18
_LARGE: Final = 4 << 20
_LONGEST_WHOLE: Final = 256 << 20


class Spool:
    """An unnamed file that takes what arrives. It is gone when nobody holds it any more."""

    def __init__(self) -> None:
        with tempfile.TemporaryFile(buffering=0) as file:
            self._file = os.dup(file.fileno())
        self.close = weakref.finalize(self, os.close, self._file)
        self.size = 0
        #: What the provider says of the version that lies here; None if it cannot be gone on with.
        self.version: str | None = None
        self.encoding = ""

    def reset(self) -> None:
        """Forget what arrived."""
        os.ftruncate(self._file, 0)
        self.size, self.version, self.encoding = 0, None, ""

    def write(self, piece: bytes) -> None:
        """Add to the end.

        Raises:
            ExtractionError: the disk is full.
        """
        view = memoryview(piece)
        try:
            while view:
                written = os.pwrite(self._file, view, self.size)
                self.size += written
                view = view[written:]
        except OSError as error:
            raise ExtractionError(
                f"no room for a download after {self.size} bytes in {tempfile.gettempdir()} ({error.strerror}); "
                "give it more, or set TMPDIR"
            ) from error

    def read_at(self, position: int, buffer: WriteableBuffer) -> int:
        """Fill a buffer from a position; how much there was."""
        return os.preadv(self._file, [buffer], position)


class Download:
    """A good answer of any size. Each reader that `open` gives has a place of its own."""

    def __init__(self, *, url: str, status: int, headers: Mapping[str, str], spool: Spool) -> None:
        self.url = url
        self.status = status
        self.headers = headers
        self._spool = spool

    @property
    def size(self) -> int:
        """Bytes as they came; fewer than the content has if the transfer was packed."""
        return self._spool.size

    @property
    def is_large(self) -> bool:
        """True if it may not fit into memory."""
        return self.size > _LARGE or bool(self._spool.encoding)

    @property
    def content(self) -> bytes:
        """All bytes at once; raises UndecodableError if these are too many to hold."""
        with self.open() as stream:
            content = stream.read(_LONGEST_WHOLE + 1)
        if len(content) > _LONGEST_WHOLE:
            raise UndecodableError(f"the body is larger than {_LONGEST_WHOLE >> 20} MiB, its format holds it in memory")
        return content

    def json(self) -> Any:  # noqa: ANN401 - JSON holds anything
        """The body as JSON; raises UndecodableError."""
        return parse_json(self.content)

    def open(self) -> BinaryIO:
        """The bytes from their beginning. Reading raises UndecodableError if the transfer's packing is torn."""
        plain = cast("BinaryIO", io.BufferedReader(_Reader(self._spool), _BUFFER))
        return open_gzip(plain, Limits()) if self._spool.encoding else plain

    def as_answer(self) -> Answer:
        """What a verdict needs of it: a small body whole, of a large one none, because errors are small."""
        content = b""
        if not self.is_large:
            content = self.content
        return Answer(url=self.url, status=self.status, headers=self.headers, content=content)

    def head(self, size: int = 6000) -> bytes:
        """The first bytes as far as they can be read."""
        try:
            with self.open() as stream:
                return stream.read(size)
        except UndecodableError:
            return b""

    def close(self) -> None:
        """Give the disk's room back; without it, that happens when nobody holds the download any more."""
        self._spool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Reader(io.RawIOBase):
    """A place in a spool."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._at = 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._spool.size}[whence])
        return self._at

    @override
    def readinto(self, buffer: WriteableBuffer) -> int:
        size = self._spool.read_at(self._at, buffer)
        self._at += size
        return size
