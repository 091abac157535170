"""A provider that enforces a sliding window: answers one byte a request, 1 or 0.

usage: python _budget_provider.py LIMIT PERIOD_SECONDS; prints its port, stops when its standard input ends. ``c3.0``
closes it for so long, ``s`` asks for what it saw.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter, deque


class Provider(asyncio.Protocol):
    limit, period = 0, 0.0
    log: deque[float] = deque()
    closed_until = 0.0
    seen: Counter[str] = Counter()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        if data == b"s":
            self.transport.write(json.dumps(self.seen).encode() + b"\n")
        elif data.startswith(b"c"):
            Provider.closed_until = now + float(data[1:])
            self.transport.write(b"1")
        else:
            self.transport.write(b"1" if self.admits(now) else b"0")

    def admits(self, now: float) -> bool:
        self.seen["asked"] += 1
        while self.log and now - self.log[0] >= self.period:
            self.log.popleft()
        if now < self.closed_until:
            self.seen["while_closed"] += 1
            return False
        if len(self.log) >= self.limit:
            self.seen["refused"] += 1
            return False
        self.log.append(now)
        return True


async def main() -> None:
    Provider.limit, Provider.period = int(sys.argv[1]), float(sys.argv[2])
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Provider, "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
