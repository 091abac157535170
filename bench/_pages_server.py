"""An API of numbered pages, served as fast as bytes can be: what is measured is the client.

usage: python _pages_server.py PAGES ROWS_A_PAGE  (prints its URL, stops when its standard input ends)
"""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from _ads import rows

DISTINCT = 20  # bodies made beforehand and served in turn, each time with another first id
NUMBER = b"00000000000000000"


class Pages(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 20
    pages = 0
    bodies: list[bytes] = []

    def do_GET(self) -> None:
        page = int(parse_qs(urlsplit(self.path).query).get("page", ["1"])[0])
        following = page + 1 if page < self.pages else None
        body = self.bodies[page % len(self.bodies)].replace(NUMBER, b"%017d" % page, 1)
        body += json.dumps(following).encode() + b"}"
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: what is printed is measured too."""


def main() -> None:
    pages, size = int(sys.argv[1]), int(sys.argv[2])
    Pages.pages = pages
    for number in range(min(DISTINCT, pages)):
        page = list(rows(size, start=number * size))
        page[0]["ad_id"] = NUMBER.decode()
        data = json.dumps(page, ensure_ascii=False, separators=(",", ":"))
        Pages.bodies.append(f'{{"data":{data},"next_page":'.encode())
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
