"""What goes over the server's socket: an order with the files of a process, then its id, then how it ended."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Mapping, Sequence
from typing import Any, Final

__all__ = ["Order", "receive_order", "receive_word", "send_order", "send_word"]

Order = Mapping[str, Any]
HEAD: Final = struct.Struct("!I")
STREAMS: Final = 3


def send_order(connection: socket.socket, order: Order, files: Sequence[int]) -> None:
    """Ask for a process; the descriptors are those of its input, output and errors."""
    body = json.dumps(order).encode()
    socket.send_fds(connection, [HEAD.pack(len(body))], list(files))
    connection.sendall(body)


def receive_order(connection: socket.socket) -> tuple[Order, list[int]]:
    """What was asked for."""
    head, files, _, _ = socket.recv_fds(connection, HEAD.size, STREAMS)
    body = bytearray()
    (left,) = HEAD.unpack(head)
    while len(body) < left:
        body += connection.recv(left - len(body))
    return json.loads(body), files


def send_word(connection: socket.socket, word: int) -> None:
    """Tell a number: an id, an exit code, an amount of memory."""
    connection.sendall(struct.pack("!q", word))


def receive_word(connection: socket.socket) -> int:
    """A number; the connection's end is an error."""
    found = b""
    while len(found) < struct.calcsize("!q"):
        more = connection.recv(struct.calcsize("!q") - len(found))
        if not more:
            raise ConnectionResetError("the server of warm processes has ended")
        found += more
    return int(struct.unpack("!q", found)[0])
