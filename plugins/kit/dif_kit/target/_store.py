"""Where the objects of a run are kept: a bucket on S3, or a local folder for development."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from dif_kit.target._bucket import Bucket
from dif_kit.target._folder import Folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dif_kit.target._settings import Settings

__all__ = ["Store", "Upload", "open_store"]


class Upload(Protocol):
    """One object that is sent piece by piece, and seen only when it is complete."""

    def send(self, piece: bytes) -> None:
        """Send the next piece; raises DeliveryError."""

    def complete(self) -> str:
        """Let it be seen; the tag of its content. Raises DeliveryError, also if another writer's object has its key."""

    def abort(self) -> None:
        """Give it up."""


class Store(Protocol):
    """Objects by key. What goes wrong is a DeliveryError."""

    def url(self, key: str) -> str:
        """The address of an object as manifests state it."""

    def check(self, key: str) -> None:
        """Prove that objects may be written below ``key``, without writing one."""

    def put(self, key: str, body: bytes, content_type: str) -> str:
        """Write one object; the tag of its content. Another writer's object with that key is a failure."""

    def upload(self, key: str, content_type: str) -> Upload:
        """Begin an object that is written piece by piece."""

    def read(self, key: str) -> tuple[bytes, str] | None:
        """An object and the tag of its content, if it is there."""

    def replace(self, key: str, body: bytes, content_type: str, tag: str | None) -> bool:
        """Write an object in the place of the content with ``tag``, or of none; False if another has come between."""

    def require_unchanged(self, tags: Mapping[str, str]) -> None:
        """Raise DeliveryError unless each object, by its URL, still has the tag that it got when it was written."""


def open_store(settings: Settings, wait: Callable[[float], bool]) -> Store:
    """The store that the settings name; ``wait`` sleeps so many seconds, and is true when the run is to end."""
    if settings.bucket.startswith("file://"):
        return Folder(settings.bucket)
    return Bucket(settings, wait)
