"""One packed object, written as it grows."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec

from dif_kit.target._compression import CONTENT_TYPES, compressor

if TYPE_CHECKING:
    from dif_kit.target._store import Store, Upload

__all__ = ["Packed", "PackedObject"]

_PIECE_BYTES: Final = 5 * 1024 * 1024  # the least that S3 takes for a piece of a multipart upload


class Packed(msgspec.Struct, frozen=True):
    """A finished object; ``sha256`` is of its bytes, in hex."""

    url: str
    bytes: int
    sha256: str


class PackedObject:
    """A packed object that is sent piece by piece, so that memory holds one piece, and is seen only when finished."""

    def __init__(self, store: Store, key: str, compression: str) -> None:
        self._store = store
        self._key = key
        self._compressor = compressor(compression)
        self._content_type = CONTENT_TYPES[compression]
        self._digest = hashlib.sha256()
        self._held = bytearray()
        self._upload: Upload | None = None
        self.bytes = 0

    @property
    def url(self) -> str:
        """Where it will be."""
        return self._store.url(self._key)

    @property
    def held_bytes(self) -> int:
        """What of it is in memory."""
        return len(self._held)

    def write(self, content: bytes) -> None:
        """Add content.

        Raises:
            DeliveryError: S3 failed.
        """
        self._hold(self._compressor.compress(content))

    def finish(self) -> Packed:
        """Make it durable and visible.

        Raises:
            DeliveryError: S3 failed, or another writer's object has the key.
        """
        self._hold(self._compressor.flush())
        if self._upload is None:
            self._store.put(self._key, bytes(self._held), self._content_type)
        else:
            if self._held:
                self._upload.send(bytes(self._held))
            self._upload.complete()
        self._held.clear()
        return Packed(self.url, self.bytes, self._digest.hexdigest())

    def abandon(self) -> None:
        """Leave nothing behind."""
        self._held.clear()
        if self._upload is not None:
            self._upload.abort()

    def _hold(self, compressed: bytes) -> None:
        self.bytes += len(compressed)
        self._digest.update(compressed)
        self._held += compressed
        while len(self._held) >= _PIECE_BYTES:
            if self._upload is None:
                self._upload = self._store.upload(self._key, self._content_type)
            self._upload.send(bytes(self._held[:_PIECE_BYTES]))
            del self._held[:_PIECE_BYTES]
