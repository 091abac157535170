"""Files packed into other files."""

from __future__ import annotations

import io
import shutil
import tempfile
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Final, cast

from isal import igzip, isal_zlib
from typing_extensions import override

from dif_kit.decode._json import parse_json
from dif_kit.decode._limits import BUFFER, Counted, Limits, limited
from dif_kit.decode._ports import Body, Decoder, Record, UndecodableError, preamble_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from _typeshed import WriteableBuffer

__all__ = ["Gzip", "Zip", "open_gzip", "seekable"]

# zipfile raises RuntimeError for a password, NotImplementedError for a compression that it does not know.
_ZIP_ERRORS: Final[tuple[type[Exception], ...]] = (
    zipfile.BadZipFile,
    EOFError,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    OSError,
)
_GZIP_ERRORS: Final[tuple[type[Exception], ...]] = (
    EOFError,
    OSError,
    zlib.error,
    cast("type[Exception]", isal_zlib.IsalError),
)


@dataclass(frozen=True, slots=True)
class Gzip:
    """A gzip file of what ``inner`` reads. Its checksum and length are verified; half a file is an error."""

    inner: Decoder
    limits: Limits = field(default_factory=Limits)

    @property
    def is_text(self) -> bool:
        """As what is inside."""
        return self.inner.is_text

    def check(self, body: Body) -> None:
        """Refuse what is no gzip, or holds something else than it should."""
        self.inner.check(self._inside(body))

    def records(self, body: Body) -> Iterator[Record]:
        """The records of the file inside; raises UndecodableError."""
        return self.inner.records(self._inside(body))

    def preamble(self, body: Body) -> Mapping[str, str]:
        """What stands above the table inside; raises UndecodableError."""
        return preamble_of(self.inner, self._inside(body))

    def _inside(self, body: Body) -> _Inside:
        return _Inside(lambda: open_gzip(body.open(), self.limits))


@dataclass(frozen=True, slots=True)
class Zip:
    """An archive whose files that match ``members`` (``*.csv``) are read by ``inner``, in the archive's order.

    An archive without such a file is an error: it is never an empty page.
    """

    inner: Decoder
    members: str = "*"
    limits: Limits = field(default_factory=Limits)

    @property
    def is_text(self) -> bool:
        """As what is inside."""
        return self.inner.is_text

    def check(self, body: Body) -> None:
        """Refuse what is no archive, or holds something else than it should."""
        with self._archive(body) as (archive, chosen):
            self.inner.check(_Inside(lambda: _open_member(archive, chosen[0])))

    def records(self, body: Body) -> Iterator[Record]:
        """The records of all chosen files; raises UndecodableError."""
        with self._archive(body) as (archive, chosen):
            for member in chosen:
                yield from self.inner.records(_Inside(lambda member=member: _open_member(archive, member)))  # type: ignore[misc]

    def preamble(self, body: Body) -> Mapping[str, str]:
        """What stands above the table in the first chosen file; raises UndecodableError."""
        with self._archive(body) as (archive, chosen):
            return preamble_of(self.inner, _Inside(lambda: _open_member(archive, chosen[0])))

    @contextmanager
    def _archive(self, body: Body) -> Iterator[tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]]:
        with seekable(body.open()) as stream:
            try:
                archive = zipfile.ZipFile(stream)
            except _ZIP_ERRORS as error:
                raise UndecodableError(f"the body is not a whole ZIP archive ({error})") from error
            with archive:
                yield archive, self._chosen(archive)

    def _chosen(self, archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
        files = [member for member in archive.infolist() if not member.is_dir()]
        if len(files) > self.limits.members:
            raise UndecodableError(f"the archive holds {len(files)} files, more than {self.limits.members}: a bomb?")
        chosen = [member for member in files if fnmatchcase(member.filename, self.members)]
        if not chosen:
            names = ", ".join(member.filename for member in files[:5]) or "nothing"
            raise UndecodableError(f"the archive holds no file like {self.members!r}, but {names}")
        # zipfile never gives more of a file than the directory states, so the directory can be judged beforehand.
        unpacked = sum(member.file_size for member in chosen)
        size = archive.fp.seek(0, io.SEEK_END) if archive.fp else 0
        self.limits.check(packed=min(size, sum(member.compress_size for member in chosen)), unpacked=unpacked)
        return chosen


def open_gzip(packed: BinaryIO, limits: Limits) -> BinaryIO:
    """What a gzip file holds, piece by piece; reading raises UndecodableError."""
    source = Counted(packed)
    unpack: Callable[[BinaryIO], BinaryIO] = igzip.open
    unpacked = unpack(io.BufferedReader(source, BUFFER))
    return limited(_Told(unpacked, "gzip", _GZIP_ERRORS), source, limits)


def seekable(stream: BinaryIO) -> BinaryIO:
    """``stream`` itself if one can move in it, else a copy in an unnamed file."""
    if stream.seekable():
        return stream
    with stream:
        copy = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 - the caller closes it
        shutil.copyfileobj(stream, copy, BUFFER)
    copy.seek(0)
    return copy


class _Inside:
    """A file inside a body. It is always taken for large: its size is known when it is read."""

    is_large = True

    def __init__(self, opened: Callable[[], BinaryIO]) -> None:
        self._opened = opened

    @property
    def content(self) -> bytes:
        with self.open() as stream:
            return stream.read()

    def open(self) -> BinaryIO:
        return self._opened()

    def json(self) -> Any:  # noqa: ANN401 - JSON holds anything
        return parse_json(self.content)


class _Told(Counted):
    """Passes on what ``source`` gives, and tells its errors in our words."""

    def __init__(self, source: IO[bytes], form: str, errors: tuple[type[Exception], ...]) -> None:
        super().__init__(source)
        self._form = form
        self._errors = errors

    @override
    def readinto(self, buffer: WriteableBuffer) -> int:
        try:
            return super().readinto(buffer)
        except self._errors as error:
            raise UndecodableError(f"the body is not a whole {self._form} file ({error})") from error


def _open_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> BinaryIO:
    try:
        opened = archive.open(member)
    except _ZIP_ERRORS as error:
        raise UndecodableError(f"{member.filename} in the archive cannot be read ({error})") from error
    return cast("BinaryIO", io.BufferedReader(_Told(opened, "ZIP", _ZIP_ERRORS), BUFFER))
