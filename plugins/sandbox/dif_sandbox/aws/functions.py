"""AWS Lambda's end of a function: the Runtime API, one call at a time, each with its deadline."""

from __future__ import annotations

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["RuntimeApi"]

_ARN = "arn:aws:lambda:eu-central-1:123456789012:function:job"


class RuntimeApi:
    """What a runtime client asks for its next call and tells its answer (API 2018-06-01, read 2026-11)."""

    def __init__(self, timeout_seconds: float) -> None:
        self.timeout_seconds = timeout_seconds
        self.left_seconds: list[float] = []
        self._events: Queue[dict[str, Any]] = Queue()
        self._answers: Queue[tuple[str, Any]] = Queue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def environment(self) -> dict[str, str]:
        """What Lambda puts into a function's environment so that its client finds this."""
        return {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._server.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": "job",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "3008",
        }

    def call(self, event: Mapping[str, Any]) -> tuple[str, Any]:
        """``response`` or ``error`` with what the handler answered.

        Raises:
            queue.Empty: it answered nothing, long after its deadline.
        """
        deadline = time.time() + self.timeout_seconds
        self._events.put({"event": event, "deadline": deadline})
        answer = self._answers.get(timeout=min(self.timeout_seconds, 60) + 30)
        self.left_seconds.append(deadline - time.time())
        return answer

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                given = api._events.get()
                body = json.dumps(given["event"]).encode()
                self.send_response(200)
                for name, value in {
                    "Lambda-Runtime-Aws-Request-Id": f"call-{time.time_ns()}",
                    "Lambda-Runtime-Deadline-Ms": str(int(given["deadline"] * 1000)),
                    "Lambda-Runtime-Invoked-Function-Arn": _ARN,
                    "Content-Type": "application/json",
                    "Content-Length": str(len(body)),
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                body = self._chunks() if self.headers.get("Transfer-Encoding") else self._whole()
                api._answers.put((self.path.rsplit("/", 1)[1], json.loads(body)))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def _whole(self) -> bytes:
                return self.rfile.read(int(self.headers["Content-Length"]))

            def _chunks(self) -> bytes:
                found = b""
                while size := int(self.rfile.readline(), 16):
                    found += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return found

            def log_message(self, *_: Any) -> None:  # noqa: ANN401 - as http.server has it
                pass

        return Handler
