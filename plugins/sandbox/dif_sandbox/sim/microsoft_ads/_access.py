"""Who may ask: tokens of another host, the developer token, the headers that say for which account.

https://learn.microsoft.com/advertising/guides/authentication-oauth-get-tokens (read 2026-11).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.accounts import App
from dif_sandbox.sim.microsoft_ads._errors import refused
from dif_sandbox.sim.tokenhost import TokenHost

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dif_sandbox.sim.channel import Stage
    from dif_sandbox.sim.generator import Draw
    from dif_sandbox.sim.oauth import Grant
    from dif_sandbox.sim.server import Request

__all__ = ["Access"]

SCOPE: Final = "https://ads.microsoft.com/msads.manage"


class MicrosoftTokens(TokenHost):
    """login.microsoftonline.com."""

    path = "/common/oauth2/v2.0/token"
    prefix = "EwB4"
    words = MappingProxyType(
        {
            "invalid_client": "AADSTS7000215: Invalid client secret provided.",
            "unsupported_grant_type": "AADSTS70003: The grant type is not supported.",
            "invalid_scope": "AADSTS70011: The provided scope is not valid.",
            "invalid_grant": "AADSTS70000: The grant is expired or revoked.",
        }
    )
    unavailable = "temporarily_unavailable"
    unexplained = "AADSTS90033"
    in_errors = MappingProxyType({"error_codes": []})

    def check(self, form: Mapping[str, str]) -> None:
        if SCOPE not in form.get("scope", SCOPE).split():
            raise self.refusal("invalid_scope")

    def granted(self, grant: Grant, seconds: int) -> dict[str, Any]:
        token = {"access_token": grant.access_token, "refresh_token": grant.app.refresh_token, "scope": SCOPE}
        return {"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, **token}


class Access:
    """The checks that come before an operation."""

    def __init__(self, stage: Stage, draw: Draw, clients: Sequence[str], lifetime: int) -> None:
        self._developer_token = draw.token("developer token", length=17).upper()
        apps = {
            client: App(
                client,
                draw.token("app", client, length=36),
                draw.token("secret", client, length=40),
                f"M.C5_{draw.token('refresh', client, length=60)}",
                (SCOPE,),
            )
            for client in clients
        }
        self.host = MicrosoftTokens(stage, apps, lifetime)

    def credentials(self) -> Mapping[str, Mapping[str, str]]:
        """Each client's secrets."""
        return {
            client: {**secrets, "developer_token": self._developer_token}
            for client, secrets in self.host.credentials().items()
        }

    def admit(self, request: Request) -> str:
        """The client that asks.

        Raises:
            Refusal: 401 for the tokens.
        """
        if request.headers.get("developertoken") != self._developer_token:
            raise refused(105, "Authentication failed. Either supplied credentials are invalid.", 401)
        grant = self.host.admit(request)
        if grant is None:
            is_old = self.host.bearer_of(request) is not None
            raise refused(109 if is_old else 105, "Authentication token expired." if is_old else "Invalid token.", 401)
        return grant.app.client
