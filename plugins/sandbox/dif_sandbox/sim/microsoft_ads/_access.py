"""Who may ask: tokens of another host, the developer token, the headers that say for which account.

https://learn.microsoft.com/advertising/guides/authentication-oauth-get-tokens (read 2026-11).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

from dif_sandbox.sim.accounts import App
from dif_sandbox.sim.channel import serve
from dif_sandbox.sim.microsoft_ads._errors import refused
from dif_sandbox.sim.misbehaviour import told_in_header
from dif_sandbox.sim.oauth import TokenService, bearer_token
from dif_sandbox.sim.server import Refusal, Request, Response, Server, json_response

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dif_sandbox.sim.channel import Stage
    from dif_sandbox.sim.generator import Draw

__all__ = ["Access", "TokenHost"]

SCOPE: Final = "https://ads.microsoft.com/msads.manage"
PATH: Final = "/common/oauth2/v2.0/token"


class TokenHost:
    """login.microsoftonline.com: a host of its own, which knows nothing but tokens."""

    def __init__(self, stage: Stage, apps: Mapping[str, App], lifetime: int) -> None:
        self._stage = stage
        self.tokens = TokenService(apps.values(), stage.clock, lifetime_seconds=lifetime, prefix="EwB4")
        self._server = Server(lambda request: serve(stage, self, request))
        self.url = f"{self._server.url}{PATH}"

    def handle(self, request: Request) -> Response:
        """The token endpoint, for a refresh token.

        Raises:
            Refusal: 400 or 401 for whatever is wrong with it.
        """
        if (request.method, request.path) != ("POST", PATH):
            raise Refusal(self.refuse(404))
        form = {name: values[-1] for name, values in parse_qs(request.body.decode()).items()}
        app = self.tokens.app(form.get("client_id", ""), form.get("client_secret", ""))
        if app is None:
            raise Refusal(_oauth_error(401, "invalid_client", "AADSTS7000215: Invalid client secret provided."))
        if form.get("grant_type") != "refresh_token":
            raise Refusal(_oauth_error(400, "unsupported_grant_type", "AADSTS70003: The grant type is not supported."))
        if SCOPE not in form.get("scope", SCOPE).split():
            raise Refusal(_oauth_error(400, "invalid_scope", "AADSTS70011: The provided scope is not valid."))
        grant = self.tokens.refresh(app, form.get("refresh_token", ""))
        if grant is None:
            raise Refusal(_oauth_error(400, "invalid_grant", "AADSTS70000: The grant is expired or revoked."))
        left = grant.expires_at - self._stage.clock.timestamp()
        token = {"access_token": grant.access_token, "refresh_token": app.refresh_token, "scope": SCOPE}
        return json_response({"token_type": "Bearer", "expires_in": left, "ext_expires_in": left, **token})

    def refuse(self, status: int) -> Response:
        """An error of the token service."""
        return _oauth_error(status, "temporarily_unavailable" if status >= 500 else "invalid_request", "AADSTS90033")  # noqa: PLR2004

    def throttle(self, retry_after: str | None) -> Response:
        """429, with the wait in its header."""
        return told_in_header(self.refuse(429), retry_after)

    def client_of(self, request: Request) -> str | None:
        """The client whose app asks."""
        form = parse_qs(request.body.decode("utf-8", "replace"))
        app = self.tokens.app_of(form.get("client_id", [""])[-1])
        return app.client if app else None

    def close(self) -> None:
        """Stop serving."""
        self._server.close()


class Access:
    """The checks that come before an operation."""

    def __init__(self, stage: Stage, draw: Draw, clients: Sequence[str], lifetime: int) -> None:
        self._stage = stage
        self._developer_token = draw.token("developer token", length=17).upper()
        self._apps = {
            client: App(
                client,
                draw.token("app", client, length=36),
                draw.token("secret", client, length=40),
                f"M.C5_{draw.token('refresh', client, length=60)}",
                (SCOPE,),
            )
            for client in clients
        }
        self.host = TokenHost(stage, self._apps, lifetime)

    def credentials(self) -> Mapping[str, Mapping[str, str]]:
        """Each client's secrets."""
        return {
            client: {
                "client_id": app.client_id,
                "client_secret": app.client_secret,
                "refresh_token": app.refresh_token,
                "developer_token": self._developer_token,
                "token_uri": self.host.url,
            }
            for client, app in self._apps.items()
        }

    def client_of(self, request: Request) -> str | None:
        """The client whose token, alive or not, a request carries."""
        grant = self.host.tokens.known(bearer_token(request.headers.get("authorization", "")) or "")
        return grant.app.client if grant else None

    def admit(self, request: Request) -> str:
        """The client that asks.

        Raises:
            Refusal: 401 for the tokens.
        """
        if request.headers.get("developertoken") != self._developer_token:
            raise refused(105, "Authentication failed. Either supplied credentials are invalid.", 401)
        token = bearer_token(request.headers.get("authorization", ""))
        grant = self.host.tokens.admit(token, self._stage.faults, request) if token else None
        if grant is None:
            is_old = token is not None and self.host.tokens.known(token) is not None
            raise refused(109 if is_old else 105, "Authentication token expired." if is_old else "Invalid token.", 401)
        return grant.app.client


def _oauth_error(status: int, error: str, description: str) -> Response:
    return json_response({"error": error, "error_description": description, "error_codes": []}, status)
