"""Reports of any size, made while they are sent: what is measured is the client's memory, not this one's.

usage: python _files_server.py MEGABYTES  (prints its URL, stops when its standard input ends)
"""

from __future__ import annotations

import csv
import io
import json
import struct
import sys
import threading
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from _ads import rows

BLOCK_ROWS = 2000


def json_blocks() -> tuple[bytes, bytes, bytes]:
    """What stands before the rows, the rows of one block, what stands behind."""
    data = json.dumps(list(rows(BLOCK_ROWS)), ensure_ascii=False, separators=(",", ":"))[1:-1]
    first = json.dumps(next(rows(1)), ensure_ascii=False, separators=(",", ":"))
    return f'{{"meta":{{"code":0}},"data":{{"rows":[{first}'.encode(), f",{data}".encode(), b']},"done":true}'


def csv_blocks() -> tuple[bytes, bytes, bytes]:
    out = io.StringIO(newline="")
    block = list(rows(BLOCK_ROWS))
    writer = csv.DictWriter(out, list(block[0]))
    writer.writeheader()
    header = '﻿"Report Name: ads"\r\n"Report Time: 2026-11-01"\r\n\r\n' + out.getvalue()
    out.seek(0)
    out.truncate()
    writer.writerows({k: json.dumps(v) if isinstance(v, list | dict) else v for k, v in row.items()} for row in block)
    return header.encode(), out.getvalue().encode(), '"©2026 The Owner"\r\n'.encode()


def times(parts: tuple[bytes, bytes, bytes], size: int) -> int:
    return max(1, size // len(parts[1]))


class Zipped:
    """An archive of one file whose middle is the same again and again: each block is packed once, for itself."""

    def __init__(self, parts: tuple[bytes, bytes, bytes], count: int) -> None:
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        self._packed = [packer.compress(part) + packer.flush(zlib.Z_FULL_FLUSH) for part in parts]
        self._end = packer.flush(zlib.Z_FINISH)
        self._count = count
        self.size = sum(len(part) * n for part, n in zip(self._packed, (1, count, 1), strict=True)) + len(self._end)
        self._plain = sum(len(part) * n for part, n in zip(parts, (1, count, 1), strict=True))
        self._checksum = zlib.crc32(parts[0])
        for _ in range(count):
            self._checksum = zlib.crc32(parts[1], self._checksum)
        self._checksum = zlib.crc32(parts[2], self._checksum)

    @property
    def length(self) -> int:
        return len(self._local()) + self.size + len(self._directory())

    def pieces(self) -> Iterator[bytes]:
        yield self._local()
        yield self._packed[0]
        for _ in range(self._count):
            yield self._packed[1]
        yield self._packed[2] + self._end + self._directory()

    def _facts(self) -> bytes:
        return struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, self._checksum, self.size, self._plain, 10, 0)

    def _local(self) -> bytes:
        return b"PK\x03\x04" + self._facts() + b"report.csv"

    def _directory(self) -> bytes:
        facts = struct.pack("<H", 20) + self._facts() + struct.pack("<HHHII", 0, 0, 0, 0, 0) + b"report.csv"
        entry = b"PK\x01\x02" + facts
        return (
            entry + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(entry), len(self._local()) + self.size, 0)
        )


class Files(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 20
    megabytes = 0

    def do_POST(self) -> None:
        """An order, which is done at once; it is asked for by GET at the same address."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._tell()

    def _tell(self) -> None:
        form = self.path.rpartition("/")[2]
        port = self.server.server_address[1]
        body = json.dumps({"id": form, "status": "done", "url": f"http://127.0.0.1:{port}/{form}"}).encode()
        self._send(len(body), 0)
        self.wfile.write(body)

    def do_HEAD(self) -> None:
        parts = json_blocks() if self.path == "/json" else csv_blocks()
        count = times(parts, self.megabytes * 1_000_000)
        self._send(0, count * BLOCK_ROWS + (self.path == "/json"))

    def do_GET(self) -> None:
        if self.path.startswith("/orders/"):
            self._tell()
            return
        if self.path == "/json":
            parts = json_blocks()
            count = times(parts, self.megabytes * 1_000_000)
            self._send(len(parts[0]) + count * len(parts[1]) + len(parts[2]), count * BLOCK_ROWS + 1)
            self.wfile.write(parts[0])
            for _ in range(count):
                self.wfile.write(parts[1])
            self.wfile.write(parts[2])
            return
        parts = csv_blocks()
        count = times(parts, self.megabytes * 1_000_000)
        archive = Zipped(parts, count)
        self._send(archive.length, count * BLOCK_ROWS)
        for piece in archive.pieces():
            self.wfile.write(piece)

    def _send(self, length: int, count: int) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        self.send_header("X-Rows", str(count))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing: what is printed is measured too."""


def main() -> None:
    Files.megabytes = int(sys.argv[1])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
