"""What stands on the path for a warm program: it has a fork made, with its own files, and ends as that does."""

from __future__ import annotations

import os
import signal
import socket
import sys
from typing import NoReturn

from warm.orders import receive_word, send_order

__all__ = ["main"]


def main(place: str) -> NoReturn:
    """Be the program that this process was started as; killed, it takes the fork along."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.connect(place)
    order = {"command": sys.argv, "environment": dict(os.environ), "folder": os.getcwd(), "through": ""}  # noqa: PTH109 - pathlib takes longer to import than all of this
    send_order(connection, order, (0, 1, 2))
    pid = receive_word(connection)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda told, _frame: os.kill(pid, told))
    code = receive_word(connection)
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)
