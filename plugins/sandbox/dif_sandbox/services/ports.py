"""Free TCP ports of 127.0.0.1."""

from __future__ import annotations

import random
import socket
from typing import TYPE_CHECKING, Final

from dif_sandbox.services._errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["HOST", "choose_ports", "is_free", "is_listening"]

HOST: Final = "127.0.0.1"

FIRST_PORT: Final = 20_000
LAST_PORT: Final = 32_000
"""Below the ports that Linux gives to outgoing connections (32768), so that none of those can take a chosen port."""

MOST_TRIES: Final = 2_000
CONNECT_SECONDS: Final = 1.0


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def is_listening(port: int) -> bool:
    """Whether something accepts connections on this port of 127.0.0.1."""
    try:
        socket.create_connection((HOST, port), CONNECT_SECONDS).close()
    except OSError:
        return False
    return True


def choose_ports(names: Iterable[str], wanted: Mapping[str, int]) -> dict[str, int]:
    """A free port for every name, the wanted one where it is free, so that addresses outlive a restart.

    Raises:
        SandboxError: no free port was found.
    """
    chosen: dict[str, int] = {}
    for name in names:
        port = wanted.get(name, 0)
        if not FIRST_PORT <= port <= LAST_PORT or port in chosen.values() or not is_free(port):
            port = _another(set(chosen.values()) | set(wanted.values()))
        chosen[name] = port
    return chosen


def _another(taken: set[int]) -> int:
    for _ in range(MOST_TRIES):
        port = random.randint(FIRST_PORT, LAST_PORT)
        if port not in taken and is_free(port):
            return port
    message = f"no free port between {FIRST_PORT} and {LAST_PORT} on {HOST}: stop what holds them"
    raise SandboxError(message)
