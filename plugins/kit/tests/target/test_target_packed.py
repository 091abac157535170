"""A packed object is sent beside the one who writes it: what goes wrong there is told here, and nothing is left."""

from __future__ import annotations

import gzip
import hashlib
import random
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from dif_kit.errors import DeliveryError
from dif_kit.target._folder import Folder
from dif_kit.target._packed import PackedObject

PIECE = 5 * 1024 * 1024


@dataclass
class Unreliable:
    """A store that takes so many pieces of an object, no more, and remembers what became of it."""

    pieces: int
    sent: int = 0
    ended: list[str] = field(default_factory=list)

    def url(self, key: str) -> str:
        return key

    def check(self, key: str) -> None: ...

    def put(self, key: str, body: bytes, content_type: str) -> str:
        return ""

    def upload(self, key: str, content_type: str) -> Unreliable:
        return self

    def read(self, key: str) -> None: ...

    def replace(self, key: str, body: bytes, content_type: str, tag: str | None) -> bool:
        return False

    def require_unchanged(self, tags: Mapping[str, str]) -> None: ...

    def send(self, piece: bytes) -> None:
        if self.sent == self.pieces:
            raise DeliveryError("the store is full")
        self.sent += 1

    def complete(self) -> str:
        self.ended.append("complete")
        return ""

    def abort(self) -> None:
        self.ended.append("abort")


@pytest.fixture
def workers() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def test_a_piece_that_cannot_be_sent_is_told_at_the_latest_at_the_end(workers: Executor) -> None:
    store = Unreliable(pieces=1)
    packed = PackedObject(store, "k", "none", workers)
    packed.write(bytes(2 * PIECE))
    packed.write(b"more")
    with pytest.raises(DeliveryError, match="the store is full"):
        packed.finish()
    packed.abandon()
    assert (store.sent, store.ended) == (1, ["abort"])


def test_a_piece_that_cannot_be_sent_stops_the_writing(workers: Executor) -> None:
    store = Unreliable(pieces=0)
    packed = PackedObject(store, "k", "none", workers)
    packed.write(bytes(2 * PIECE))
    with pytest.raises(DeliveryError, match="the store is full"):
        packed.write(b"more")
    packed.abandon()
    assert store.ended == ["abort"]


def test_what_is_on_its_way_can_be_given_up_at_any_time(workers: Executor) -> None:
    store = Unreliable(pieces=9)
    packed = PackedObject(store, "k", "none", workers)
    packed.write(bytes(2 * PIECE))
    packed.write(b"more")
    packed.abandon()
    assert store.ended == ["abort"]


def test_the_bytes_are_those_that_were_written_in_their_order(workers: Executor, tmp_path: Path) -> None:
    noise = random.Random(1)
    contents = [noise.randbytes(3 * 1024 * 1024) for _ in range(6)]
    packed = PackedObject(Folder(tmp_path.as_uri()), "k", "gzip", workers)
    for content in contents:
        packed.write(content)
        assert packed.held_bytes <= 4 * PIECE
    made = packed.finish()
    found = Path(urlsplit(made.url).path).read_bytes()
    assert gzip.decompress(found) == b"".join(contents)
    assert (made.bytes, made.sha256) == (len(found), hashlib.sha256(found).hexdigest())
