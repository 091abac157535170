"""HTTP/1.1 on the loopback: requests and responses as values, one thread a connection."""

from __future__ import annotations

import json
import socket
import threading
import traceback
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["Refusal", "Request", "Response", "Server", "json_response", "text_response"]

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived; header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def parameter(self, name: str) -> str | None:
        """The last value of a query parameter."""
        values = self.query.get(name)
        return values[-1] if values else None

    @property
    def parameters(self) -> dict[str, str]:
        """The last value of every query parameter."""
        return {name: values[-1] for name, values in self.query.items()}

    @property
    def url(self) -> str:
        """Scheme, host and path as the client wrote them."""
        return f"http://{self.headers.get('host', LOOPBACK)}{self.path}"


@dataclass(frozen=True, slots=True)
class Response:
    """One answer, whole in `body` or piece by piece from `stream`; header names are in lower case.

    A stream goes out in chunks unless the headers hold a content-length, and each piece at once. `sent_bytes` below
    the body's length tears the connection after that many bytes. `means` is the status that says what it is, where the
    provider's own says nothing.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    sent_bytes: int | None = None
    stream: Iterable[bytes] | None = None
    means: int | None = None

    def with_headers(self, headers: Mapping[str, str]) -> Response:
        """The same answer with further headers."""
        return replace(self, headers={**self.headers, **headers})


class Refusal(Exception):  # noqa: N818 - the field's word: a provider refuses
    """Ends a request with the answer it carries."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"HTTP {response.status}")
        self.response = response

    def with_headers(self, headers: Mapping[str, str]) -> Refusal:
        """The same refusal with further headers."""
        return Refusal(self.response.with_headers(headers))


def json_response(payload: object, status: int = 200) -> Response:
    """A JSON answer; text stays UTF-8, not escaped."""
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(status, body, {"content-type": "application/json; charset=utf-8"})


def text_response(text: str, status: int = 200, content_type: str = "text/plain; charset=utf-8") -> Response:
    """An answer of plain text, or of any other kind of text in UTF-8."""
    return Response(status, text.encode(), {"content-type": content_type})


class Server:
    """Serves one handler on 127.0.0.1 until it is closed."""

    def __init__(self, handle: Callable[[Request], Response], port: int = 0) -> None:
        self._http = _Http((LOOPBACK, port), _handler_class(handle))
        self.port: int = self._http.server_address[1]
        self.url = f"http://{LOOPBACK}:{self.port}"
        self._thread = threading.Thread(target=self._http.accept_until_closed, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening and drop every connection."""
        self._http.is_closing = True
        socket.create_connection((LOOPBACK, self.port)).close()  # wakes the thread that accepts
        self._thread.join()
        self._http.server_close()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._open: set[socket.socket] = set()
        self.is_closing = False
        super().__init__(address, handler)

    def accept_until_closed(self) -> None:
        """Give every connection a thread. The base class's loop would look for its end twenty times a second."""
        while True:
            try:
                connection, address = self.get_request()
            except OSError:
                continue  # a client that went away before it was taken
            if self.is_closing:
                connection.close()
                return
            self.process_request(connection, address)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the base class's signature
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 - the base class's signature
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        for connection in list(self._open):
            # Idle keep-alive connections would otherwise outlive the server in their threads.
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                self._open.discard(connection)


def _answer(handle: Callable[[Request], Response], request: Request) -> Response:
    try:
        return handle(request)
    except Exception as failure:  # noqa: BLE001 - a client must not take a fault of the simulator for its own
        traceback.print_exc()
        return json_response({"code": 500, "message": f"the simulator itself failed: {failure!r}"}, 500)


def _send(handler: BaseHTTPRequestHandler, response: Response) -> None:
    handler.send_response(response.status)
    for name, value in response.headers.items():
        handler.send_header(name, value)
    if response.stream is not None:
        _send_stream(handler, response, response.stream)
        return
    handler.send_header("content-length", str(len(response.body)))
    handler.end_headers()
    handler.wfile.write(response.body[: response.sent_bytes])
    handler.wfile.flush()
    if response.sent_bytes is not None:
        handler.close_connection = True


def _send_stream(handler: BaseHTTPRequestHandler, response: Response, stream: Iterable[bytes]) -> None:
    is_chunked = "content-length" not in response.headers
    if is_chunked:
        handler.send_header("transfer-encoding", "chunked")
    handler.end_headers()
    handler.wfile.flush()  # the first piece may take its time
    left = response.sent_bytes
    for piece in stream:
        part = piece if left is None else piece[:left]
        if part:  # a chunk of no bytes would be the end
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(part), part) if is_chunked else part)
            handler.wfile.flush()
        left = None if left is None else left - len(part)
        if left == 0:
            break
    if left is not None:
        handler.close_connection = True
    elif is_chunked:
        handler.wfile.write(b"0\r\n\r\n")
        handler.wfile.flush()


def _handler_class(handle: Callable[[Request], Response]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # one segment for status, headers and body: half the system calls

        def answer(self) -> None:
            _send(self, _answer(handle, self.read()))

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = answer  # noqa: N815 - names the base class looks up

        def read(self) -> Request:
            length = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(length)
            parts = urlsplit(self.path)
            query = {name: tuple(values) for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            return Request(self.command, parts.path, query, headers, body)

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                self.close_connection = True  # the client went away; that is its right

        def finish(self) -> None:
            try:
                super().finish()
            except ConnectionError:
                self.close_connection = True

        def log_message(self, *args: object) -> None:
            """Say nothing: the request log is the record."""

    return Handler
