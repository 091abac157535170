"""One packed object, written as it grows; packing and sending go on beside the one who writes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import msgspec
from isal.isal_zlib import crc32

from dif_kit.target._compression import CONTENT_TYPES, compressor

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

    from dif_kit.target._store import Store, Upload

__all__ = ["Packed", "PackedObject"]

_PIECE_BYTES: Final = 5 * 1024 * 1024  # the least that S3 takes for a piece of a multipart upload


class Packed(msgspec.Struct, frozen=True):
    """A finished object.

    ``sha256`` is of its bytes, in hex, ``checksum`` the CRC-32 of what was packed, ``tag`` the store's own word for it.
    """

    url: str
    bytes: int
    sha256: str
    checksum: int
    tag: str


class PackedObject:
    """A packed object that is sent piece by piece, so that memory holds few pieces, and is seen only when finished.

    ``workers`` pack one content and send one piece at a time of each object. Nothing else happens there: when a write
    returns, everything that was written before it is packed, so that sizes do not depend on who was quicker.
    """

    def __init__(self, store: Store, key: str, compression: str, workers: Executor) -> None:
        self._store = store
        self._key = key
        self._compressor = compressor(compression)
        self._content_type = CONTENT_TYPES[compression]
        self._digest = hashlib.sha256()
        self._checksum = 0
        self._workers = workers
        self._packing: Future[bytes] | None = None
        self._sending: Future[None] | None = None
        self._upload: Upload | None = None
        self._unpacked_bytes = 0
        self._sent_bytes = 0
        self._held = bytearray()
        self.bytes = 0

    @property
    def url(self) -> str:
        """Where it will be."""
        return self._store.url(self._key)

    @property
    def held_bytes(self) -> int:
        """What of it is in memory, at most."""
        return self._unpacked_bytes + len(self._held) + self._sent_bytes

    def write(self, content: bytes) -> None:
        """Add content.

        Raises:
            DeliveryError: S3 failed, now or since the last call.
        """
        self.settle()
        self._unpacked_bytes = len(content)
        self._packing = self._workers.submit(self._pack, content)

    def settle(self) -> None:
        """Wait until all that was written is packed, and counts in ``bytes``.

        Raises:
            DeliveryError: S3 failed.
        """
        if self._packing is not None:
            packing, self._packing = self._packing, None
            self._hold(packing.result())
            self._unpacked_bytes = 0

    def finish(self) -> Packed:
        """Make it durable and visible.

        Raises:
            DeliveryError: S3 failed, or another writer's object has the key.
        """
        self.settle()
        rest = self._compressor.flush()
        self._digest.update(rest)
        self._hold(rest)
        self._wait_until_sent()
        if self._upload is None:
            tag = self._store.put(self._key, bytes(self._held), self._content_type)
        else:
            if self._held:
                self._upload.send(bytes(self._held))
            tag = self._upload.complete()
        self._held.clear()
        return Packed(self.url, self.bytes, self._digest.hexdigest(), self._checksum, tag)

    def abandon(self) -> None:
        """Leave nothing behind."""
        if self._packing is not None:
            self._packing.exception()
        self._held.clear()
        if self._sending is not None:
            self._sending.exception()
        if self._upload is not None:
            self._upload.abort()

    def _pack(self, content: bytes) -> bytes:
        self._checksum = crc32(content, self._checksum)
        packed = self._compressor.compress(content)
        self._digest.update(packed)
        return packed

    def _hold(self, packed: bytes) -> None:
        self.bytes += len(packed)
        self._held += packed
        while len(self._held) >= _PIECE_BYTES:
            self._wait_until_sent()
            piece = bytes(self._held[:_PIECE_BYTES])
            del self._held[:_PIECE_BYTES]
            self._sent_bytes = len(piece)
            self._sending = self._workers.submit(self._send, piece)

    def _wait_until_sent(self) -> None:
        """Wait until what was given away is sent."""
        if self._sending is not None:
            sending, self._sending = self._sending, None
            sending.result()
            self._sent_bytes = 0

    def _send(self, piece: bytes) -> None:
        if self._upload is None:
            self._upload = self._store.upload(self._key, self._content_type)
        self._upload.send(piece)
