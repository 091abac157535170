"""Objects as files of a local folder, for development: written once, never seen half."""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from dif_kit.errors import ConfigError, DeliveryError
from dif_kit.target._changed import changed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Folder", "folder_of"]


def folder_of(url: str) -> Path:
    """The path that a ``file:///`` URL names.

    Raises:
        ConfigError: it names none, or one on another machine.
    """
    parts = urlsplit(url)
    if parts.netloc or not parts.path.startswith("/"):
        raise ConfigError(f"{url} is no local folder: write file:/// and an absolute path")
    return Path(unquote(parts.path))


class Folder:
    """The one place where a target writes local files."""

    def __init__(self, url: str) -> None:
        self._root = folder_of(url)

    def url(self, key: str) -> str:
        """The address of an object as manifests state it."""
        return (self._root / key).as_uri()

    def check(self, key: str) -> None:
        """Prove that files may be written below ``key``; raises DeliveryError."""
        with self._telling(key):
            _Growing(self._root / key).abort()

    def put(self, key: str, body: bytes, _content_type: str) -> str:
        """Write one file; the tag of its content. Raises DeliveryError, also if there is one."""
        upload = self.upload(key, _content_type)
        upload.send(body)
        return upload.complete()

    def upload(self, key: str, _content_type: str) -> _Upload:
        """Begin a file that is written piece by piece; raises DeliveryError."""
        with self._telling(key):
            return _Upload(self, key, _Growing(self._root / key))

    def read(self, key: str) -> tuple[bytes, str] | None:
        """A file and the tag of its content, if it is there; raises DeliveryError."""
        with self._telling(key):
            try:
                content = (self._root / key).read_bytes()
            except FileNotFoundError:
                return None
        return content, _tag(content)

    def replace(self, key: str, body: bytes, _content_type: str, tag: str | None) -> bool:
        """Write a file in the place of the content with ``tag``, or of none; raises DeliveryError."""
        path = self._root / key
        with self._telling(key):
            growing = _Growing(path)
            growing.write(body)
            with _locked(path.parent):
                found = self.read(key)
                if (found[1] if found else None) != tag:
                    growing.abort()
                    return False
                growing.rename()
        return True

    def require_unchanged(self, tags: Mapping[str, str]) -> None:
        """See that files, by their URLs, are what was written; raises DeliveryError."""
        for url, tag in tags.items():
            with self._telling(url):
                path = folder_of(url)
                found = _tag(path.read_bytes()) if path.exists() else None
            if found != tag:
                raise changed(url, is_there=found is not None)

    @contextmanager
    def _telling(self, key: str) -> Iterator[None]:
        try:
            yield
        except FileExistsError:
            raise DeliveryError(
                f"{self.url(key)} exists already: this run id was used before; start the run again with a new one"
            ) from None
        except OSError as error:
            raise DeliveryError(f"{self.url(key)} cannot be written or read: {error}") from error


class _Upload:
    """A file on its way."""

    def __init__(self, folder: Folder, key: str, growing: _Growing) -> None:
        self._folder = folder
        self._key = key
        self._growing = growing
        self._digest = hashlib.sha256()

    def send(self, piece: bytes) -> None:
        with self._folder._telling(self._key):  # noqa: SLF001 - one module
            self._growing.write(piece)
        self._digest.update(piece)

    def complete(self) -> str:
        with self._folder._telling(self._key):  # noqa: SLF001 - one module
            self._growing.link()
        return self._digest.hexdigest()

    def abort(self) -> None:
        self._growing.abort()


def _tag(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class _Growing:
    """A hidden file beside the place that it is to have."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=".", suffix=".growing", dir=path.parent)
        self._file = os.fdopen(descriptor, "wb")
        self._hidden = Path(name)

    def write(self, content: bytes) -> None:
        self._file.write(content)

    def link(self) -> None:
        """Give it its place; raises FileExistsError if that is taken."""
        self._sync()
        try:
            os.link(self._hidden, self._path)
        finally:
            self._hidden.unlink()

    def rename(self) -> None:
        """Give it its place, whatever is there."""
        self._sync()
        self._hidden.replace(self._path)

    def abort(self) -> None:
        self._file.close()
        with suppress(FileNotFoundError):
            self._hidden.unlink()

    def _sync(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """While entered, no other process of this machine is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
