"""An API with a round trip and a quota: partitions of pages, 429 for whoever asks for more than so many a second.

usage: python _quota_server.py PARTITIONS PAGES LATENCY_SECONDS QUOTA  (prints its URL, stops when its standard input ends)

The quota is a token bucket that holds one second's worth. ``/stats`` tells what was asked since ``/reset``; neither
these nor ``/accounts``, the list of partitions, count against the quota.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from urllib.parse import parse_qsl, urlsplit

from _ads import rows

ROWS_A_PAGE = 100
DISTINCT = 20


class Quota:
    def __init__(self, rate: float) -> None:
        self.rate, self.tokens, self.at = rate, rate, time.monotonic()

    def take(self) -> bool:
        now = time.monotonic()
        self.tokens = min(self.rate, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Api:
    def __init__(self, partitions: int, pages: int, latency: float, quota: float) -> None:
        self.partitions, self.pages, self.latency, self.rate = partitions, pages, latency, quota
        self.bodies = [
            json.dumps(list(rows(ROWS_A_PAGE, start=number * ROWS_A_PAGE)), ensure_ascii=False, separators=(",", ":"))
            for number in range(DISTINCT)
        ]
        self.reset()

    def reset(self) -> None:
        self.quota = Quota(self.rate)
        self.stats = {"asked": 0, "answered": 0, "refused": 0, "first": 0.0, "last": 0.0, "most_at_once": 0}
        self.under_way = 0

    async def answer(self, target: str) -> tuple[int, str]:
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query))
        if parts.path == "/stats":
            return 200, json.dumps(self.stats)
        if parts.path == "/reset":
            self.reset()
            return 200, "{}"
        if parts.path == "/accounts":
            return 200, json.dumps({"data": [{"id": str(number)} for number in range(self.partitions)]})
        return await self.page(int(query["partition"]), int(query.get("page", 1)))

    async def page(self, partition: int, page: int) -> tuple[int, str]:
        now = time.monotonic()
        self.stats["asked"] += 1
        self.stats["first"] = self.stats["first"] or now
        if not self.quota.take():
            self.stats["refused"] += 1
            return 429, '{"message":"too many requests"}'
        self.under_way += 1
        self.stats["most_at_once"] = max(self.stats["most_at_once"], self.under_way)
        await asyncio.sleep(self.latency)
        self.under_way -= 1
        self.stats["answered"] += 1
        self.stats["last"] = time.monotonic()
        following = json.dumps(page + 1 if page < self.pages else None)
        return 200, f'{{"data":{self.bodies[(partition * self.pages + page) % DISTINCT]},"next_page":{following}}}'

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                status, text = await self.answer(head.split(b" ", 2)[1].decode())
                body = text.encode()
                more = "Retry-After: 1\r\n" if status == 429 else ""
                writer.write(
                    f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\n{more}Content-Length: {len(body)}\r\n\r\n".encode()
                    + body
                )
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def main() -> None:
    api = Api(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]))
    server = await asyncio.start_server(api.serve, "127.0.0.1", 0, backlog=512)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
