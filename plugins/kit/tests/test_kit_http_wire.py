"""What happens on the wire: connections, silence, drips, torn answers and large ones."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from dif_kit.decode import JsonRecords
from dif_kit.errors import ExtractionError
from dif_kit.http import PartitionSkippedError, Request, Retry
from raw_server import RawServer, ask, client, http, in_turn


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
