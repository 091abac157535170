"""What happens on the wire: connections, silence, drips, torn answers, large ones, and downloads that go on."""

from __future__ import annotations

import gzip
import hashlib
import io
import random
import socket
import threading
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Self

import pytest
from dif_kit.budget import connect
from dif_kit.credentials import Credential
from dif_kit.decode import CsvRecords, Decoder, Gzip, JsonRecords, Zip
from dif_kit.errors import ExtractionError
from dif_kit.http import BearerToken, Bounds, Download, HttpClient, PartitionSkippedError, Request, Retry

FAST = Retry(attempts=4, throttles=3, first_seconds=0.001, longest_seconds=0.002, horizon_seconds=5)


class RawServer:
    """Answers each request (head as text) with the bytes of ``handler``.

    ``connections`` counts how often somebody connected, ``requests`` holds the heads.
    """

    def __init__(self, handler: Callable[[str], Iterable[bytes]]) -> None:
        self.connections = 0
        self.requests: list[str] = []
        self.handler = handler
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection, connection.makefile("rb") as reader:
            while head := "".join(iter(lambda: reader.readline().decode().replace("\r\n", "\n").lstrip("\n"), "")):
                self.requests.append(head)
                for piece in self.handler(head):
                    connection.sendall(piece)
                    if b"Connection: close" in piece:
                        return


def http(body: bytes = b"", *, status: str = "200 OK", length: int | None = None, **headers: str) -> bytes:
    """An answer with a Content-Length; a wrong one if ``length`` says so; with -1 the end of the line is its end."""
    lines = [f"HTTP/1.1 {status}"]
    if length != -1:
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    if length is not None:
        lines.append("Connection: close")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


@pytest.fixture
def server() -> Iterator[RawServer]:
    with RawServer(lambda _head: [http(b"{}")]) as server:
        yield server


def client(*, retry: Retry = FAST, **bounds: Any) -> HttpClient:
    signer = BearerToken().bind(Credential({"access_token": "very-secret-token"}), api_url="")
    return HttpClient(
        authenticator=signer, limiter=connect(None), user_agent="test/1", retry=retry, bounds=Bounds(**bounds)
    )


def ask(server: RawServer, path: str = "/list", **facts: Any) -> Request:
    return Request(url=server.url + path, origin=server.url, **facts)


def in_turn(*answers: bytes) -> Callable[[str], list[bytes]]:
    waiting = list(answers)
    return lambda _head: [waiting.pop(0) if len(waiting) > 1 else waiting[0]]


def each_in_turn(*handlers: Callable[[str], Iterable[bytes]]) -> Callable[[str], Iterable[bytes]]:
    waiting = iter(handlers)

    def handler(head: str) -> Iterable[bytes]:
        return next(waiting)(head)

    return handler


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (lambda: (b"x-%d: y\r\n" % number for number in range(2000)), "got more than 100 headers"),
        (lambda: iter([b"x: " + b"a" * 300_000]), "got more than 65536 bytes when reading header line"),
        (lambda: iter(lambda: b"a" * 65_536, b""), "got more than 65536 bytes when reading header line"),
    ],
)
def test_a_head_without_end_is_a_failure_and_not_held(head: Callable[[], Iterator[bytes]], words: str) -> None:
    def answer(_head: str) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n"
        yield from head()

    with RawServer(answer) as server, pytest.raises(ExtractionError, match=f"head of the answer .*{words}"):
        client().send(ask(server))


# Connections


def test_a_thread_keeps_one_connection(server: RawServer) -> None:
    http_client = client()
    for _ in range(20):
        http_client.send(ask(server))
        http_client.download(ask(server)).close()
    assert server.connections == 1
    barrier = threading.Barrier(4)

    def work(_: int) -> None:
        barrier.wait()
        for _ in range(10):
            http_client.send(ask(server))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert server.connections == 5
    http_client.close()


@pytest.mark.parametrize(
    "answer",
    [
        http(status="204 No Content"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        http(gzip.compress(b"{}", mtime=0), Content_Encoding="gzip"),
        http(b"x" * 100, status="404 Not Found"),
    ],
    ids=["nothing", "chunks", "gzip", "error"],
)
def test_a_connection_is_kept_whatever_the_answer(server: RawServer, answer: bytes) -> None:
    server.handler = lambda _head: [answer]
    http_client = client()
    for _ in range(3):
        try:
            http_client.send(ask(server))
        except PartitionSkippedError:
            assert b"404" in answer
    assert server.connections == 1


def test_a_redirect_is_followed_on_the_same_connection(server: RawServer) -> None:
    moved = http(b"moved", status="302 Found", Location="/there")
    server.handler = lambda head: [http(b"{}") if "/there" in head else moved]
    client().send(ask(server))
    assert (server.connections, len(server.requests)) == (1, 2)


# Silence, drips, nobody there


def test_a_host_that_was_never_reached_is_given_up_within_seconds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    patient = client(retry=Retry(attempts=50, first_seconds=0.05, longest_seconds=0.2), reach_seconds=0.3)
    with pytest.raises(ExtractionError, match=r"refused.*never reached in this run; look at api_url"):
        patient.send(Request(url=f"http://127.0.0.1:{port}/list", origin=f"http://127.0.0.1:{port}"))


def test_a_host_that_was_reached_before_is_waited_for() -> None:
    with RawServer(lambda _head: [http(b"{}", length=2)]) as server:
        http_client = client(retry=Retry(attempts=4, first_seconds=0.05, longest_seconds=0.1), reach_seconds=0)
        http_client.send(ask(server))
        request = ask(server)
    with pytest.raises(ExtractionError, match="after 4 tries"):
        http_client.send(request)


def test_a_silent_host_is_a_failure(server: RawServer) -> None:
    released = threading.Event()

    def silent(_head: str) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n"
        released.wait(5)

    server.handler = silent
    with pytest.raises(ExtractionError, match=r"silent for 0\.05 s .after 4 tries"):
        client(read_seconds=0.05).send(ask(server))
    released.set()


def drip(_head: str) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    for _ in range(100_000):
        time.sleep(0.005)
        yield b"x"


@pytest.mark.parametrize("way", ["send", "download"])
def test_a_host_that_drips_is_a_failure(server: RawServer, way: str) -> None:
    server.handler = drip
    http_client = client(answer_seconds=0.05, download_seconds=0.05)
    with pytest.raises(ExtractionError, match="drips"):
        getattr(http_client, way)(ask(server))


# Torn and too large

ROWS = b'[{"a": 1}, {"a": 2}]'
PACKED = gzip.compress(ROWS, mtime=0)
CUT = PACKED[:-6]


@pytest.mark.parametrize("way", ["send", "download"])
@pytest.mark.parametrize(
    "torn",
    [
        http(ROWS[:-3], length=len(ROWS)),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n14\r\n" + ROWS[:-3],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n14\r\n" + ROWS + b"\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n",
        http(ROWS[:-3], length=-1),
        http(CUT, Content_Encoding="gzip"),
        http(CUT, length=-1, Content_Encoding="gzip"),
        http(ROWS, Content_Encoding="gzip"),
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n",
        b"nonsense Connection: close\r\n",
    ],
)
def test_a_torn_answer_is_asked_for_again(server: RawServer, torn: bytes, way: str) -> None:
    whole = http(PACKED, Content_Encoding="gzip")
    server.handler = in_turn(torn, whole)
    answer = getattr(client(), way)(ask(server, decoder=JsonRecords()))
    assert list(JsonRecords().records(answer)) == [{"a": 1}, {"a": 2}]
    server.handler = in_turn(torn)
    with pytest.raises(ExtractionError, match="after 4 tries"):
        getattr(client(), way)(ask(server, decoder=JsonRecords()))


@pytest.mark.parametrize(
    "large",
    [
        http(bytes(3000)),
        http(gzip.compress(bytes(3000), mtime=0), Content_Encoding="gzip"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nbb8\r\n" + bytes(3000) + b"\r\n0\r\n\r\n",
    ],
    ids=["plain", "packed", "chunks"],
)
def test_an_answer_beyond_the_bounds_is_refused_and_named(server: RawServer, large: bytes) -> None:
    server.handler = lambda _head: [large]
    with pytest.raises(ExtractionError, match=r"GET http.*/list: the answer is larger than 2000 bytes"):
        client(answer_bytes=2000).send(ask(server))
    if b"gzip" not in large:
        with pytest.raises(ExtractionError, match=r"larger than 2000 bytes .Bounds.download_bytes"):
            client(download_bytes=2000).download(ask(server))
    assert len(server.requests) <= 2


@pytest.mark.slow
def test_a_packed_bomb_is_refused_as_a_page_and_as_a_file(server: RawServer) -> None:
    bomb = gzip.compress(bytes(100 << 20))
    server.handler = lambda _head: [http(bomb, Content_Encoding="gzip")]
    with pytest.raises(ExtractionError, match=r"larger than 1000000 bytes"):
        client(answer_bytes=1_000_000).send(ask(server))
    with client().download(ask(server)) as download, pytest.raises(ExtractionError, match="a bomb"):
        download.content  # noqa: B018 - reading it is what is refused


def test_the_page_of_an_error_may_be_any_size(server: RawServer) -> None:
    server.handler = lambda _head: [http(b"sorry " * 1_000_000, status="400 Bad Request")]
    with pytest.raises(ExtractionError, match="HTTP 400: sorry"):
        client(answer_bytes=1000).send(ask(server))


def test_a_packing_that_was_not_asked_for_is_refused(server: RawServer) -> None:
    server.handler = lambda _head: [http(b"\x0b", Content_Encoding="br")]
    with pytest.raises(ExtractionError, match="packed as 'br'"):
        client().send(ask(server))
    assert "Accept-Encoding: gzip\n" in server.requests[0]


# Downloads

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
