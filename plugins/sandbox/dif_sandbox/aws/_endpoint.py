"""The HTTP end of AWS's services: signatures are checked, then the service that was signed for is asked."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from dif_sandbox.aws._errors import AwsError
from dif_sandbox.aws._protocols import JsonProtocol, QueryProtocol
from dif_sandbox.aws._signature import signer_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_sandbox.aws._control import Control
    from dif_sandbox.aws._identity import Identity
    from dif_sandbox.aws._protocols import Service, WireProtocol

__all__ = ["Endpoint"]

log = logging.getLogger(__name__)
MOST_BYTES = 1 << 20
CONTROL = "/_aws/"


class Endpoint:
    """Answers on 127.0.0.1, one request a connection. ``services`` by the names that signatures are made for."""

    def __init__(
        self, identities: Mapping[str, Identity], services: Mapping[str, Service], control: Control | None = None
    ) -> None:
        self._identities = identities
        self._services = services
        self._control = control

    async def start(self, port: int) -> int:
        """Listen; the port."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", port, limit=MOST_BYTES)
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    def close(self) -> None:
        """Stop listening."""
        self._server.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError):
            method, path, headers, body = await _read(reader)
            if self._control is not None and path.startswith(CONTROL):
                status, kind, answer = self._control.answer(method, path.removeprefix(CONTROL), body)
            else:
                status, kind, answer = await self._answer(headers, body)
            phrase = HTTPStatus(status).phrase
            head = f"HTTP/1.1 {status} {phrase}\r\nContent-Type: {kind}\r\nContent-Length: {len(answer)}\r\n"
            writer.write(head.encode() + b"Connection: close\r\n\r\n" + answer)
            await writer.drain()
        writer.close()

    async def _answer(self, headers: Mapping[str, str], body: bytes) -> tuple[int, str, bytes]:
        target = headers.get("x-amz-target", "")
        protocol = JsonProtocol(target, body) if target else QueryProtocol(body)
        try:
            namespace, content = await self._call(protocol, headers, body)
            return 200, protocol.kind, protocol.result(content, namespace)
        except AwsError as fault:
            return fault.status, protocol.kind, protocol.fault(fault)
        except Exception:
            log.exception("a request failed")
            failure = AwsError("InternalFailure", "the sandbox itself failed: its log says why")
            return 500, protocol.kind, protocol.fault(failure)

    async def _call(
        self, protocol: WireProtocol, headers: Mapping[str, str], body: bytes
    ) -> tuple[str, dict[str, Any]]:
        signer = signer_of(headers, body, self._identities)
        service = self._services.get(signer.service)
        if service is None:
            raise AwsError("UnknownOperationException", f"the sandbox has no service {signer.service}", status=404)
        action = f"{signer.service}:{protocol.action}"
        if not signer.identity.may(action):
            message = f"User: {signer.identity.name} is not authorized to perform: {action}"
            raise AwsError("AccessDeniedException", message)
        if self._control is not None:
            self._control.met(action, signer.identity.name)
        return service.namespace, await service.call(protocol.action, protocol.asked(), signer)


async def _read(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str], bytes]:
    """Method, path, headers (names in lower case) and body of a request."""
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    length = int(headers.get("content-length", "0"))
    if length > MOST_BYTES:
        raise ValueError(length)
    return method, path, headers, await reader.readexactly(length)
