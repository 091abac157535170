"""A server that answers with bytes as they are, right or wrong, and a client of it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Self

from dif_kit.budget import connect
from dif_kit.credentials import Credential
from dif_kit.http import BearerToken, Bounds, HttpClient, Request, Retry

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
