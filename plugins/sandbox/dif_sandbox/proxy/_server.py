"""The proxy's listener: one upstream server, one protocol, the faults in force."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from functools import partial
from typing import TYPE_CHECKING, Literal, Self

from dif_sandbox.proxy._faults import BrokenByFaultError, Fault, Faults, Kind
from dif_sandbox.proxy._http import pass_http
from dif_sandbox.proxy._postgres import pass_postgres

if TYPE_CHECKING:
    import ssl
    from types import TracebackType

__all__ = ["FaultProxy"]

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
CHUNK = 65536


class FaultProxy:
    """Listens on a free loopback port, passes everything to `upstream` and breaks what it is told to.

    `protocol` decides what a fault can name: requests of ``http``, statements of ``postgres``, whole connections of
    ``raw``. With `tls` the proxy ends the client's encryption itself, as it must to see the statements of a warehouse.

    >>> with FaultProxy(("127.0.0.1", 8333), "http") as proxy:            # doctest: +SKIP
    ...     proxy.inject(Fault(Kind.STATUS, match="^PUT ", status=503))
    """

    def __init__(
        self,
        upstream: tuple[str, int],
        protocol: Literal["http", "postgres", "raw"],
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._upstream, self._protocol, self._tls = upstream, protocol, tls
        self._faults = Faults()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy", daemon=True)
        self._sessions: set[asyncio.Task[None]] = set()
        self.port = 0

    def inject(self, *faults: Fault) -> None:
        """Let these faults, and no others, be in force from now on."""
        self._faults.set(*faults)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._session, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()
        for session in tuple(self._sessions):
            session.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = asyncio.current_task()
        if session is not None:
            self._sessions.add(session)
        writers = [writer]
        try:
            fault = self._faults.of("connect") if self._protocol == "raw" else None
            if fault and fault.kind is Kind.SLOW:
                await asyncio.sleep(fault.seconds)
            elif fault:
                raise BrokenByFaultError
            server = await asyncio.open_connection(*self._upstream)
            writers.append(server[1])
            await self._pass((reader, writer), server)
        except (ConnectionError, EOFError, asyncio.CancelledError):
            pass
        finally:
            self._sessions -= {session}
            for end in writers:
                end.close()
            for end in writers:
                with contextlib.suppress(OSError, asyncio.CancelledError):  # TLS that was cut ends with an SSLError
                    await end.wait_closed()

    async def _pass(self, client: Stream, server: Stream) -> None:
        if self._protocol == "http":
            await pass_http(client, server, self._faults)
        elif self._protocol == "postgres":
            start_tls = partial(client[1].start_tls, self._tls) if self._tls else None
            await pass_postgres(client, server, self._faults, start_tls)
        else:
            await asyncio.gather(_pump(client[0], server[1]), _pump(server[0], client[1]))


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(CHUNK):
        sink.write(data)
        await sink.drain()
    sink.close()
