"""Static keys, one for each client: what a token is where a provider has no token endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dif_sandbox.sim.faults import Faults
    from dif_sandbox.sim.generator import Draw
    from dif_sandbox.sim.server import Request

__all__ = ["Keys"]


class Keys:
    """A key for each client, alive until a fault revokes it."""

    def __init__(self, draw: Draw, clients: Iterable[str], prefix: str = "") -> None:
        self.by_client = {client: prefix + draw.token("key", client) for client in clients}
        self._clients = {key: client for client, key in self.by_client.items()}
        self._revoked: set[str] = set()

    def client_of(self, key: str | None) -> str | None:
        """Whose key it is, alive or not; None if it is nobody's."""
        return self._clients.get(key or "")

    def admit(self, key: str | None, faults: Faults, request: Request) -> str | None:
        """The client of a key that is alive, with the revocation that a fault in force brings; else None."""
        client = self.client_of(key)
        if key and client and faults.take(request, "revoked_token", "revoked_grant"):
            self._revoked.add(key)
        return None if key in self._revoked else client
