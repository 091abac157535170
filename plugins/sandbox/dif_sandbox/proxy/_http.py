"""HTTP/1.1 passed through message by message, unchanged, so that signatures stay valid."""

from __future__ import annotations

import asyncio
from asyncio import FIRST_COMPLETED
from dataclasses import dataclass
from typing import Final

from dif_sandbox.proxy._faults import BrokenByFaultError, Fault, Faults, Kind

__all__ = ["pass_http"]

CHUNK: Final = 65536
CONTINUE: Final = 100
WITHOUT_BODY: Final = frozenset({204, 304})

# The error body S3 sends: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (read 2026-11).
S3_CODES: Final = {500: "InternalError", 503: "SlowDown"}


@dataclass(frozen=True, slots=True)
class Head:
    """The first line and headers of a message, as they came and taken apart."""

    raw: bytes

    @property
    def first_line(self) -> str:
        """``PUT /bucket/key HTTP/1.1`` or ``HTTP/1.1 200 OK``."""
        return self.raw.split(b"\r\n", 1)[0].decode("latin-1")

    @property
    def exchange(self) -> str:
        """Method and target of a request."""
        return self.first_line.rsplit(" ", 1)[0]

    @property
    def status(self) -> int:
        """The status code of an answer."""
        return int(self.first_line.split(" ", 2)[1])

    def header(self, name: str) -> str:
        """The value of a header, empty where there is none."""
        for line in self.raw.split(b"\r\n")[1:]:
            key, _, value = line.decode("latin-1").partition(":")
            if key.lower() == name:
                return value.strip()
        return ""


async def read_head(reader: asyncio.StreamReader) -> Head | None:
    """The next head of a connection; None where the other end has closed it."""
    try:
        return Head(await reader.readuntil(b"\r\n\r\n"))
    except asyncio.IncompleteReadError:
        return None


class Valve:
    """Writes to one end and cuts the connection once `limit` bytes of a body went through."""

    def __init__(self, writer: asyncio.StreamWriter, limit: int | None = None) -> None:
        self._writer, self._left = writer, limit

    async def write(self, data: bytes) -> None:
        """Pass bytes on, or as many as are allowed.

        Raises:
            BrokenByFaultError: the limit is reached.
        """
        if self._left is not None and len(data) >= self._left:
            self._writer.write(data[: self._left])
            await self._writer.drain()
            raise BrokenByFaultError
        self._writer.write(data)
        await self._writer.drain()
        if self._left is not None:
            self._left -= len(data)


async def pass_body(head: Head, reader: asyncio.StreamReader, valve: Valve) -> None:
    """The body that belongs to a head, by its length or its chunks."""
    if "chunked" in head.header("transfer-encoding").lower():
        await _pass_chunks(reader, valve)
        return
    left = int(head.header("content-length") or 0)
    while left:
        data = await reader.read(min(CHUNK, left))
        if not data:
            raise BrokenByFaultError
        left -= len(data)
        await valve.write(data)


async def _pass_chunks(reader: asyncio.StreamReader, valve: Valve) -> None:
    while True:
        size_line = await reader.readuntil(b"\r\n")
        size = int(size_line.split(b";")[0], 16)
        await valve.write(size_line + await reader.readexactly(size + 2))
        if size == 0:
            return


async def pass_http(
    client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    server: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    faults: Faults,
) -> None:
    """Exchange after exchange of one connection, until either end closes it or a fault cuts it.

    Raises:
        BrokenByFaultError: a fault cut the connection.
    """
    while (request := await read_head(client[0])) is not None:
        fault = faults.of(request.exchange)
        kind = fault.kind if fault else None
        if fault and kind is Kind.STATUS:
            client[1].write(_error(fault.status))
            await client[1].drain()
            raise BrokenByFaultError
        if fault and kind is Kind.SLOW:
            await asyncio.sleep(fault.seconds)
        if fault and kind is Kind.HOLD:
            await fault.hold()
        if kind in (Kind.REFUSE, Kind.DROP_BEFORE):
            raise BrokenByFaultError
        await _exchange(request, client, server, fault)


async def _exchange(
    request: Head,
    client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    server: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    fault: Fault | None,
) -> None:
    """One request and its answer. The body flows while the answer is awaited: S3 clients wait for `100 Continue`."""
    server[1].write(request.raw)
    await server[1].drain()
    torn = fault.after_bytes if fault and fault.kind is Kind.TORN_REQUEST else None
    sending = asyncio.create_task(pass_body(request, client[0], Valve(server[1], torn)))
    try:
        await _answer(request, client, server, fault, sending)
        await sending
    finally:
        sending.cancel()


async def _answer(
    request: Head,
    client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    server: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    fault: Fault | None,
    sending: asyncio.Task[None],
) -> None:
    while True:
        reading = asyncio.create_task(read_head(server[0]))
        # Not until both are done: a client that waits for `100 Continue` sends its body only when that was passed on.
        while not reading.done() and not (sending.done() and sending.exception()):
            await asyncio.wait({task for task in (reading, sending) if not task.done()}, return_when=FIRST_COMPLETED)
        if sending.done() and sending.exception():
            reading.cancel()
            raise BrokenByFaultError
        answer = await reading
        if answer is None:
            raise BrokenByFaultError
        if answer.status != CONTINUE:
            break
        client[1].write(answer.raw)
        await client[1].drain()
    if fault and fault.kind is Kind.LOST_ANSWER:
        raise BrokenByFaultError
    if fault and fault.kind is Kind.HOLD_ANSWER:
        await fault.hold()
    client[1].write(answer.raw)
    torn = fault.after_bytes if fault and fault.kind is Kind.TORN_ANSWER else None
    if not request.first_line.startswith("HEAD ") and answer.status not in WITHOUT_BODY:
        await pass_body(answer, server[0], Valve(client[1], torn))
    await client[1].drain()


def _error(status: int) -> bytes:
    code = S3_CODES.get(status, "InternalError")
    body = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>Injected.</Message></Error>'
    head = f"HTTP/1.1 {status} {code}\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n{body}".encode()
