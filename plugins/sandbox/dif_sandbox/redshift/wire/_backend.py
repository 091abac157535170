"""The PostgreSQL session behind one client."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dif_sandbox.redshift.wire._messages import (
    LENGTH,
    TransactionStatus,
    cstring,
    message,
    parse_names,
    parse_row,
    read_message,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from dif_sandbox.redshift.wire._answers import Answers

__all__ = ["Backend", "BackendError", "Result"]

READ_BYTES = 1 << 18
PROTOCOL_3 = 196608
DATA_ROW = ord("D")
ANSWERS = {  # what ends an expected answer
    ord("1"): "parse",
    ord("2"): "bind",
    ord("3"): "close",
    ord("n"): "describe",
    ord("T"): "describe",
    ord("C"): "execute",
    ord("s"): "execute",
    ord("I"): "execute",
}
WHOLE = ("sync", "query")  # these end with ReadyForQuery


class BackendError(Exception):
    """PostgreSQL's ErrorResponse to a statement of the front's own."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body.decode("utf8", "replace"))
        self.body = body


@dataclass(slots=True)
class Result:
    """The rows of a statement of the front's own."""

    names: list[str] = field(default_factory=list)
    rows: list[list[str | None]] = field(default_factory=list)


class Backend:
    """Forwards messages of the client and asks questions of its own, never both at once."""

    def __init__(self, client: asyncio.StreamWriter, answers: Answers) -> None:
        self._client, self._answers = client, answers
        self.status = TransactionStatus.IDLE
        self._expected: deque[str] = deque()
        self._idle = asyncio.Event()
        self._idle.set()
        self._captured: asyncio.Queue[tuple[bytes, bytes] | None] | None = None
        self._pump: asyncio.Task[None] | None = None
        self.skipping = False  # after an error it answers nothing before Sync

    async def open(self, host: str, port: int, parameters: Mapping[str, str]) -> bool:
        """Start a session; what PostgreSQL says goes to the client. False if it refuses."""
        self._reader, self._writer = await asyncio.open_connection(host, port, limit=1 << 22)
        body = LENGTH.pack(PROTOCOL_3) + b"".join(cstring(k) + cstring(v) for k, v in parameters.items()) + b"\0"
        self._writer.write(LENGTH.pack(len(body) + 4) + body)
        while True:
            kind, body = await read_message(self._reader)
            if kind == b"K":
                (self._answers.process,) = LENGTH.unpack_from(body)
            self._client.write(self._answers.translate(kind, body))
            if kind in (b"E", b"Z"):
                await self._client.drain()
                break
        if kind == b"Z":
            self._pump = asyncio.create_task(self._run())
        return kind == b"Z"

    async def close(self) -> None:
        """End the session."""
        if self._pump:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)
        if hasattr(self, "_writer"):
            self._writer.write(message(b"X"))
            self._writer.close()

    def forward(self, kind: bytes, body: bytes, expect: str = "") -> None:
        """Send a message whose answer goes to the client."""
        if expect and not (self.skipping and expect not in WHOLE):
            self._expected.append(expect)
            self._idle.clear()
        self._writer.write(message(kind, body))

    async def flush(self) -> None:
        """Have the backend answer what it has."""
        self._writer.write(message(b"H"))
        await self._writer.drain()

    async def drain(self) -> None:
        """Wait until what was sent has left."""
        await self._writer.drain()

    async def settle(self) -> None:
        """Wait until everything forwarded is answered."""
        if self._expected:
            await self.flush()
            await self._idle.wait()

    async def ask(
        self,
        sql: str,
        *,
        relay: Callable[[bytes], None] | None = None,
        feed: AsyncIterator[bytes] | None = None,
    ) -> Result:
        """Run SQL of the front's own; `relay` takes the messages for the client, `feed` gives COPY its data.

        Raises:
            BackendError: PostgreSQL refuses.
            ConnectionError: The backend is gone.
        """
        self._captured = asyncio.Queue()
        try:
            self._writer.write(message(b"Q", cstring(sql)))
            await self._writer.drain()
            return await self._collect(self._captured, relay, feed)
        finally:
            self._captured = None

    async def _collect(
        self,
        captured: asyncio.Queue[tuple[bytes, bytes] | None],
        relay: Callable[[bytes], None] | None,
        feed: AsyncIterator[bytes] | None,
    ) -> Result:
        result, refusal, broken = Result(), None, None
        while (item := await captured.get()) is not None:
            kind, body = item
            match kind:
                case b"Z":
                    if broken:
                        raise broken
                    if refusal is not None:
                        raise BackendError(refusal)
                    return result
                case b"E":
                    refusal = body
                case b"G" if feed is not None:
                    broken = await self._feed(feed, captured)
                case b"T":
                    result.names = parse_names(body)
                case b"D" if relay is None:
                    result.rows.append(parse_row(body))
            if relay is not None and kind not in b"EZ":
                relay(self._answers.translate(kind, body))
        raise ConnectionError("the backend is gone")

    async def _feed(
        self, feed: AsyncIterator[bytes], captured: asyncio.Queue[tuple[bytes, bytes] | None]
    ) -> Exception | None:
        """Send COPY data until it ends or PostgreSQL has refused; the source's own failure is handed back."""
        try:
            async for chunk in feed:
                if not captured.empty():
                    break
                self._writer.write(message(b"d", chunk))
                await self._writer.drain()
        except Exception as error:  # noqa: BLE001 - whatever it is, PostgreSQL must end its COPY first
            self._writer.write(message(b"f", cstring("the source failed")))
            return error
        self._writer.write(message(b"c"))
        return None

    async def _run(self) -> None:
        buffer = bytearray()
        try:
            while data := await self._reader.read(READ_BYTES):
                buffer += data
                del buffer[: self._take(buffer)]
                if not self._expected:
                    self._idle.set()
                await self._client.drain()
        except ConnectionError:
            pass
        finally:
            self._idle.set()
            if self._captured is not None:
                self._captured.put_nowait(None)
            self._client.close()

    def _take(self, buffer: bytearray) -> int:
        """Handle the whole messages of a buffer; rows on their way to the client pass in one piece."""
        at = start = 0
        while len(buffer) - at > LENGTH.size:
            end = at + 1 + LENGTH.unpack_from(buffer, at + 1)[0]
            if end > len(buffer):
                break
            if buffer[at] != DATA_ROW or self._captured is not None or self._answers.varbytes:
                if start < at:
                    self._client.write(bytes(buffer[start:at]))
                self._handle(buffer[at], bytes(buffer[at + 5 : end]))
                start = end
            at = end
        if start < at:
            self._client.write(bytes(buffer[start:at]))
        return at

    def _handle(self, kind: int, body: bytes) -> None:
        if kind == ord("Z"):
            self.status = body.decode()
        if self._captured is not None:
            self._captured.put_nowait((bytes([kind]), body))
            return
        self._client.write(self._answers.translate(bytes([kind]), body))
        if kind == ord("Z"):
            self.skipping = False
            if self._expected:
                self._expected.popleft()
        elif kind == ord("E"):
            self.skipping = not self._expected or self._expected[0] != "query"
            while self._expected and self._expected[0] not in WHOLE:
                self._expected.popleft()
        elif self._expected and self._expected[0] == ANSWERS.get(kind):
            self._expected.popleft()
