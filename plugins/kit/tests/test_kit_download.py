"""Files that go to the disk: read as often as wanted, fetched from where they broke off, never mixed."""

from __future__ import annotations

import gzip
import hashlib
import io
import random
import tracemalloc
import zipfile
from collections.abc import Callable, Iterable, Iterator

import pytest
from dif_kit.decode import CsvRecords, Decoder, Gzip, Zip
from dif_kit.http import Download, PartitionSkippedError
from raw_server import RawServer, ask, client, each_in_turn, http

CONTENT = b"n,text\n" + b"".join(b"%d,%s\n" % (n, hashlib.sha256(b"%d" % n).hexdigest().encode()) for n in range(20000))


def zipped(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("report.csv", content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("decoder", "body", "headers"),
    [
        (CsvRecords(), CONTENT, {}),
        (CsvRecords(), gzip.compress(CONTENT, mtime=0), {"Content_Encoding": "gzip"}),
        (Gzip(CsvRecords()), gzip.compress(CONTENT, mtime=0), {}),
        (Zip(CsvRecords(), "*.csv"), zipped(CONTENT), {}),
        (Zip(CsvRecords()), gzip.compress(zipped(CONTENT)), {"Content_Encoding": "gzip"}),
    ],
    ids=["plain", "packed on the way", "gzip", "zip", "zip packed on the way"],
)
def test_a_file_is_read_from_the_disk_as_often_as_wanted(
    server: RawServer, decoder: Decoder, body: bytes, headers: dict[str, str]
) -> None:
    server.handler = lambda _head: [http(body, **headers)]
    with client().download(ask(server, decoder=decoder)) as download:
        assert download.size == len(body)
        for _ in range(2):
            rows = list(decoder.records(download))
            assert (len(rows), rows[0]["n"], rows[-1]["n"]) == (20000, "0", "19999")


def ranged(content: bytes, tag: str | None, sizes: Iterable[int]) -> Callable[[str], list[bytes]]:
    """A server that breaks off after so many bytes, answer by answer, and can go on if it names a version."""
    waiting = list(sizes)

    def handler(head: str) -> list[bytes]:
        headers = {"ETag": tag} if tag else {}
        start = int(head.partition("Range: bytes=")[2].partition("-")[0] or 0)
        if start and f"If-Range: {tag}\n" not in head:
            start = 0
        rest = content[start:]
        if start:
            headers["Content_Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        size = waiting.pop(0) if waiting else len(rest)
        status = "206 Partial Content" if start else "200 OK"
        return [http(rest[:size], status=status, length=len(rest), **headers)]

    return handler


def test_a_download_goes_on_where_it_broke_off(server: RawServer) -> None:
    server.handler = ranged(CONTENT, '"v1"', [400_000, 300_000])
    assert client().download(ask(server)).content == CONTENT
    assert [head.partition("Range: bytes=")[2].partition("-")[0] for head in server.requests] == [
        "",
        "400000",
        "700000",
    ]


@pytest.mark.parametrize("tag", [None, 'W/"v1"'])
def test_a_download_without_a_sure_version_starts_again(server: RawServer, tag: str | None) -> None:
    server.handler = ranged(CONTENT, tag, [400_000])
    assert client().download(ask(server)).content == CONTENT
    assert not any("Range" in head for head in server.requests)


def test_two_versions_of_a_file_are_never_mixed(server: RawServer) -> None:
    old, new = ranged(CONTENT, '"v1"', [400_000]), ranged(CONTENT[::-1], '"v2"', [])
    server.handler = each_in_turn(old, new)
    assert client().download(ask(server)).content == CONTENT[::-1]


@pytest.mark.parametrize(
    "second",
    [
        http(CONTENT[5:], status="206 Partial Content", Content_Range=f"bytes 5-9/{len(CONTENT)}"),
        http(CONTENT[5:], status="206 Partial Content"),
        http(b"", status="416 Range Not Satisfiable"),
    ],
)
def test_another_part_than_the_one_asked_for_starts_the_download_again(server: RawServer, second: bytes) -> None:
    first = ranged(CONTENT, '"v1"', [400_000])
    server.handler = each_in_turn(first, lambda _head: [second], ranged(CONTENT, '"v1"', []))
    assert client().download(ask(server)).content == CONTENT


def test_a_link_that_has_expired_in_the_middle_is_told(server: RawServer) -> None:
    server.handler = each_in_turn(
        ranged(CONTENT, '"v1"', [400_000]), lambda _head: [http(b"expired", status="403 Forbidden")]
    )
    with pytest.raises(PartitionSkippedError, match="HTTP 403: expired"):
        client().download(ask(server))


def test_a_download_holds_no_more_memory_than_a_buffer() -> None:
    piece = random.Random(1).randbytes(1 << 20)

    def handler(_head: str) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (64 << 20)
        for _ in range(64):
            yield piece

    with RawServer(handler) as server:
        tracemalloc.start()
        try:
            download: Download = client().download(ask(server))
            with download, download.open() as stream:
                digest = hashlib.sha256()
                while data := stream.read(1 << 16):
                    digest.update(data)
            assert tracemalloc.get_traced_memory()[1] < 8 << 20
        finally:
            tracemalloc.stop()
    assert digest.hexdigest() == hashlib.sha256(piece * 64).hexdigest()
