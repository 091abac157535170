"""An API on the loopback whose answers a test decides."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self, TypeAlias
from urllib.parse import parse_qs, urlsplit

from typing_extensions import override

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["ApiAnswer", "ApiRequest", "FakeApi"]


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request as the API saw it. ``query`` holds the last value of each parameter, ``queries`` all of them."""

    method: str
    path: str
    queries: Mapping[str, list[str]]
    headers: Mapping[str, str]
    content: bytes

    @property
    def query(self) -> dict[str, str]:
        """The last value of each query parameter."""
        return {name: values[-1] for name, values in self.queries.items()}

    @property
    def form(self) -> dict[str, str]:
        """The last value of each field of a form."""
        return {name: values[-1] for name, values in parse_qs(self.content.decode()).items()}

    def json(self) -> Any:  # noqa: ANN401 - JSON holds anything
        """The body as JSON."""
        return json.loads(self.content)


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """What the API answers: bytes as they are, all else as JSON. ``cut`` closes the line before the last byte."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False

    @property
    def content(self) -> bytes:
        """The body as bytes."""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Route: TypeAlias = Callable[[ApiRequest], Any]


class FakeApi:
    """Answers requests of this process from routes; what no route knows is 404 and stands in ``unknown``.

    Requests are answered at the same time, each in its own thread.

    A route is a function of the request, a list of answers (one a request, the last one stays), or one answer; what is
    no `ApiAnswer` is sent as JSON with 200. Use it as a context manager.
    """

    def __init__(self) -> None:
        self.requests: list[ApiRequest] = []
        self.unknown: list[ApiRequest] = []
        #: Asked before any route; its answer, if it has one, is given in the route's place.
        self.interrupt: Route = lambda _request: None
        self._routes: dict[tuple[str, str], Route] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def on(self, method: str, path: str, answer: Any) -> None:  # noqa: ANN401 - any JSON is an answer
        """Answer ``path`` (no query) from now on."""
        self._routes[method, path] = answer if callable(answer) else _in_turn(answer)

    def before(self, method: str, path: str, *answers: Any) -> None:  # noqa: ANN401 - any JSON is an answer
        """Give these answers first, one a request; afterwards what the route gave before."""
        usual, waiting, lock = self._routes[method, path], list(answers), threading.Lock()

        def route(request: ApiRequest) -> Any:  # noqa: ANN401 - any JSON is an answer
            with lock:
                first = waiting.pop(0) if waiting else None
            return usual(request) if first is None else first

        self._routes[method, path] = route

    def asked(self, path: str) -> list[ApiRequest]:
        """The requests for a path so far."""
        return [request for request in self.requests if request.path == path]

    def paths(self) -> list[str]:
        """The paths of the requests so far."""
        return [request.path for request in self.requests]

    def answer(self, request: ApiRequest) -> ApiAnswer:
        """The answer to a request; used by the server."""
        with self._lock:
            self.requests.append(request)
            interruption = self.interrupt(request)
            if interruption is not None:
                return interruption if isinstance(interruption, ApiAnswer) else ApiAnswer(interruption)
            if (request.method, request.path) not in self._routes:
                self.unknown.append(request)
        return self.usual(request)  # without the lock: a slow answer keeps nobody else waiting

    def usual(self, request: ApiRequest) -> ApiAnswer:
        """What the route answers, whatever interrupts it; 404 without one. Nothing is kept of the request."""
        route = self._routes.get((request.method, request.path))
        if route is None:
            return ApiAnswer({"message": "no such route"}, status=404)
        answer = route(request)
        return answer if isinstance(answer, ApiAnswer) else ApiAnswer(answer)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _in_turn(answers: Any) -> Route:  # noqa: ANN401 - any JSON is an answer
    if not isinstance(answers, list):
        return lambda _request: answers
    waiting, lock = list(answers), threading.Lock()

    def route(_request: ApiRequest) -> Any:  # noqa: ANN401 - any JSON is an answer
        with lock:
            return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    return route


def _handler_of(api: FakeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        @override
        def handle(self) -> None:
            with suppress(ConnectionError):  # a client may leave in the middle
                super().handle()

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            queries = parse_qs(parts.query, keep_blank_values=True)
            answer = api.answer(ApiRequest(self.command, parts.path, queries, dict(self.headers), content))
            body = answer.content
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(body)))
            for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[:-1] if answer.cut else body)
            self.close_connection = self.close_connection or answer.cut

        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Silence: a test looks at ``requests``."""

    return Handler
