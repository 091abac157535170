"""Whose token it is: one that the admin gave out for good, or one of a day that an app's own client has asked for.

https://shopify.dev/docs/apps/build/authentication-authorization/client-credentials-grant (read 2026-11)
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.accounts import App
from dif_sandbox.sim.keys import Keys
from dif_sandbox.sim.tokenhost import TokenHost

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dif_sandbox.sim.channel import Stage
    from dif_sandbox.sim.generator import Draw
    from dif_sandbox.sim.oauth import Grant
    from dif_sandbox.sim.server import Request

__all__ = ["KINDS", "Access"]

KINDS: Final = ("token", "client")
"""What a credential holds: a token of the admin's, or an app's client."""
TOKEN_SECONDS: Final = 86_399
_PREFIX: Final = "shpat_"
_SCOPES: Final = ("read_orders", "read_all_orders", "read_customers", "read_products", "read_inventory")


class ShopTokens(TokenHost):
    """The shop's own host, as far as it gives tokens."""

    path = "/admin/oauth/access_token"
    prefix = _PREFIX
    grant_type = "client_credentials"
    words = MappingProxyType(
        {
            "invalid_client": "Client authentication failed",
            "unsupported_grant_type": "The grant type is not supported",
        }
    )
    unavailable = "temporarily_unavailable"
    unexplained = "The request could not be answered"

    def grant(self, app: App, form: Mapping[str, str]) -> Grant:  # noqa: ARG002 - the port's
        return self.tokens.grant(app)

    def granted(self, grant: Grant, seconds: int) -> dict[str, Any]:
        return {"access_token": grant.access_token, "scope": ",".join(grant.scopes), "expires_in": seconds}


class Access:
    """The tokens of some clients' shops.

    Raises:
        ValueError: there is no such kind of credential.
    """

    def __init__(self, stage: Stage, draw: Draw, clients: Sequence[str], kind: str) -> None:
        if kind not in KINDS:
            message = f"a credential is of one of these kinds: {', '.join(KINDS)}; not {kind!r}"
            raise ValueError(message)
        self._stage, self._kind = stage, kind
        self._keys = Keys(draw, clients, prefix=_PREFIX)
        self._apps = {
            client: App(client, draw.token("app", client), f"shpss_{draw.token('secret', client)}", "", _SCOPES)
            for client in clients
        }
        self._host = ShopTokens(stage, self._apps, TOKEN_SECONDS)

    def admit(self, request: Request) -> str | None:
        """The client of a token that is alive."""
        token = _token(request)
        if self._keys.client_of(token):
            return self._keys.admit(token, self._stage.faults, request)
        grant = self._host.tokens.admit(token, self._stage.faults, request)
        return grant.app.client if grant else None

    def client_of(self, request: Request) -> str | None:
        """The client of a token, alive or not."""
        grant = self._host.tokens.known(_token(request))
        return grant.app.client if grant else self._keys.client_of(_token(request))

    def credentials(self) -> Mapping[str, Mapping[str, str]]:
        """What each client's tap is given."""
        if self._kind == "token":
            return {client: {"access_token": key} for client, key in self._keys.by_client.items()}
        return {
            client: {"client_id": app.client_id, "client_secret": app.client_secret, "login_url": self._host.url}
            for client, app in self._apps.items()
        }

    def close(self) -> None:
        """Stop the host of tokens."""
        self._host.close()


def _token(request: Request) -> str:
    return request.headers.get("x-shopify-access-token", "")
