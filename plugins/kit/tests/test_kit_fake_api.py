"""The API that tests talk to."""

from __future__ import annotations

import socket
import struct
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dif_kit.testing import ApiAnswer, ApiRequest, FakeApi

if TYPE_CHECKING:
    import pytest


def test_a_client_that_leaves_in_the_middle_is_nobodys_business(capsys: pytest.CaptureFixture[str]) -> None:
    asked, gone = threading.Event(), threading.Event()
    answering: list[threading.Thread] = []

    def answer(_request: ApiRequest) -> ApiAnswer:
        answering.append(threading.current_thread())
        asked.set()
        gone.wait(10)
        return ApiAnswer(b"x" * 10_000_000)

    with FakeApi() as api:
        api.on("GET", "/file", answer)
        address = urlsplit(api.url)
        with socket.create_connection((str(address.hostname), address.port or 0)) as client:
            client.sendall(b"GET /file HTTP/1.1\r\nHost: api\r\n\r\n")
            assert asked.wait(10)
            # Closed with a reset, as by a process that was killed.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        gone.set()
        answering[0].join(10)
    assert not answering[0].is_alive()
    assert capsys.readouterr().err == ""
