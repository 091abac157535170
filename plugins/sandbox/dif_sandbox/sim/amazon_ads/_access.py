"""Who may ask: tokens of Login with Amazon, the header that names the app, the one that names the profile.

https://advertising.amazon.com/API/docs/en-us/guides/account-management/authorization/access-tokens (read 2026-11).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.accounts import App
from dif_sandbox.sim.amazon_ads._errors import refused
from dif_sandbox.sim.tokenhost import TokenHost

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dif_sandbox.sim.channel import Stage
    from dif_sandbox.sim.generator import Draw
    from dif_sandbox.sim.oauth import Grant
    from dif_sandbox.sim.server import Request

__all__ = ["Access"]

SCOPE: Final = "advertising::campaign_management"


class AmazonTokens(TokenHost):
    """api.amazon.com."""

    path = "/auth/o2/token"
    prefix = "Atza|"
    words = MappingProxyType(
        {
            "invalid_client": "Client authentication failed",
            "unsupported_grant_type": "The authorization grant type is not supported by the authorization server",
            "invalid_grant": "The request has an invalid grant parameter : refresh_token",
        }
    )
    unavailable = "server_error"
    unexplained = "The server encountered a runtime error"

    def granted(self, grant: Grant, seconds: int) -> dict[str, Any]:
        token = {"access_token": grant.access_token, "refresh_token": grant.app.refresh_token}
        return {**token, "token_type": "bearer", "expires_in": seconds}


class Access:
    """The checks that come before an operation."""

    def __init__(self, stage: Stage, draw: Draw, clients: Sequence[str], lifetime: int) -> None:
        apps = {
            client: App(
                client,
                f"amzn1.application-oa2-client.{draw.token('app', client, length=32)}",
                f"amzn1.oa2-cs.v1.{draw.token('secret', client, length=64)}",
                f"Atzr|{draw.token('refresh', client, length=80)}",
                (SCOPE,),
            )
            for client in clients
        }
        self.host = AmazonTokens(stage, apps, lifetime)

    def admit(self, request: Request) -> str:
        """The client that asks.

        Raises:
            Refusal: 401 for the token, or for a header that names another app.
        """
        grant = self.host.admit(request)
        if grant is None or request.headers.get("amazon-advertising-api-clientid") != grant.app.client_id:
            raise refused(401, "Not authorized to access this advertiser")
        return grant.app.client
