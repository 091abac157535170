"""The PostgreSQL protocol passed through message by message, watching for the statements a fault names."""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING, Final

from dif_sandbox.proxy._faults import BrokenByFaultError, Fault, Faults, Kind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["pass_postgres"]

SSL_REQUEST: Final = 80877103
GSS_REQUEST: Final = 80877104
READY: Final = b"Z"

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def pass_postgres(
    client: Stream, server: Stream, faults: Faults, start_tls: Callable[[], Awaitable[None]] | None
) -> None:
    """One session: start-up, then messages both ways until an end closes it or a fault cuts it.

    Raises:
        BrokenByFaultError: a fault cut the connection.
    """
    await _start(client, server, start_tls)
    awaited = Awaited()
    ways = {
        asyncio.create_task(_requests(client, server, faults, awaited)),
        asyncio.create_task(_answers(client, server, awaited)),
    }
    try:
        done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in done:
            way.result()
    finally:
        for way in ways:
            way.cancel()


async def _start(client: Stream, server: Stream, start_tls: Callable[[], Awaitable[None]] | None) -> None:
    while True:
        head = await client[0].readexactly(8)
        length, code = struct.unpack("!II", head)
        body = await client[0].readexactly(length - 8)
        if code not in (SSL_REQUEST, GSS_REQUEST):
            break
        encrypted = code == SSL_REQUEST and start_tls is not None
        client[1].write(b"S" if encrypted else b"N")
        await client[1].drain()
        if encrypted and start_tls:
            await start_tls()
    server[1].write(head + body)
    await server[1].drain()


class Awaited:
    """The fault that concerns the next whole answer."""

    def __init__(self) -> None:
        self.fault: Fault | None = None


async def _requests(client: Stream, server: Stream, faults: Faults, awaited: Awaited) -> None:
    prepared = Prepared()
    while True:
        kind, message = await _message(client[0])
        statement = prepared.executed(kind, message)
        fault: Fault | None = faults.of(statement) if statement else None
        if fault:
            if fault.kind is Kind.SLOW:
                await asyncio.sleep(fault.seconds)
            elif fault.kind is Kind.HOLD:
                await fault.hold()
            elif fault.kind in (Kind.LOST_ANSWER, Kind.HOLD_ANSWER):
                awaited.fault = fault
            else:
                raise BrokenByFaultError
        server[1].write(message)
        await server[1].drain()


class Prepared:
    """Which statement runs with which message: a Query holds it, an Execute names a portal, that a statement."""

    def __init__(self) -> None:
        self._statements: dict[bytes, str] = {}
        self._portals: dict[bytes, str] = {}

    def executed(self, kind: bytes, message: bytes) -> str:
        """The SQL text that this message makes the server run, empty for messages that run none."""
        fields = message[5:].split(b"\0", 2)
        match kind:
            case b"Q":
                return fields[0].decode(errors="replace")
            case b"P":
                self._statements[fields[0]] = fields[1].decode(errors="replace")
            case b"B":
                self._portals[fields[0]] = self._statements.get(fields[1], "")
            case b"E":
                return self._portals.get(fields[0], "")
            case _:
                pass
        return ""


async def _answers(client: Stream, server: Stream, awaited: Awaited) -> None:
    """Pass answers on; once one is to be lost or held, let the server finish the work first."""
    while True:
        kind, message = await _message(server[0])
        fault = awaited.fault
        is_lost = fault is not None and fault.kind is Kind.LOST_ANSWER
        if fault is not None and kind == READY:
            if is_lost:
                raise BrokenByFaultError
            awaited.fault = None
            await fault.hold()
        if not is_lost:
            client[1].write(message)
            await client[1].drain()


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readexactly(5)
    length: int = struct.unpack("!I", head[1:])[0]
    return head[:1], head + await reader.readexactly(length - 4)
