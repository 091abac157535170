"""Who may ask for whom: OAuth tokens of another host, the developer token, `login-customer-id`, customers' states.

developers.google.com/google-ads/api/docs/concepts/call-structure and .../docs/get-started/common-errors (read 2026-11).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

from dif_sandbox.sim.accounts import App
from dif_sandbox.sim.channel import serve
from dif_sandbox.sim.google_ads._errors import refusal
from dif_sandbox.sim.misbehaviour import told_in_header
from dif_sandbox.sim.oauth import TokenService, bearer_token
from dif_sandbox.sim.server import Refusal, Request, Response, Server, json_response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_sandbox.sim.channel import Stage
    from dif_sandbox.sim.generator import Draw
    from dif_sandbox.sim.google_ads._hierarchy import Customer
    from dif_sandbox.sim.google_ads._world import World

__all__ = ["SCOPE", "TOKEN_SECONDS", "Access", "TokenHost"]

SCOPE: Final = "https://www.googleapis.com/auth/adwords"
TOKEN_SECONDS: Final = 3_599


class TokenHost:
    """oauth2.googleapis.com: a host of its own, which knows nothing but tokens."""

    def __init__(self, stage: Stage, apps: Mapping[str, App], lifetime: int) -> None:
        self._stage = stage
        self.tokens = TokenService(apps.values(), stage.clock, lifetime_seconds=lifetime, prefix="ya29.")
        self._server = Server(lambda request: serve(stage, self, request))
        self.url = f"{self._server.url}/token"

    def handle(self, request: Request) -> Response:
        """``POST /token`` with a refresh token.

        Raises:
            Refusal: 400 for whatever is wrong with it, as OAuth 2 words it.
        """
        if (request.method, request.path) != ("POST", "/token"):
            raise Refusal(self.refuse(404))
        form = {name: values[-1] for name, values in parse_qs(request.body.decode()).items()}
        app = self.tokens.app(form.get("client_id", ""), form.get("client_secret", ""))
        if app is None:
            raise Refusal(_oauth_error(401, "invalid_client", "The OAuth client was not found."))
        if form.get("grant_type") != "refresh_token":
            raise Refusal(_oauth_error(400, "unsupported_grant_type", "Invalid grant_type"))
        grant = self.tokens.refresh(app, form.get("refresh_token", ""))
        if grant is None:
            raise Refusal(_oauth_error(400, "invalid_grant", "Token has been expired or revoked."))
        left = grant.expires_at - self._stage.clock.timestamp()
        return json_response(
            {"access_token": grant.access_token, "expires_in": left, "scope": SCOPE, "token_type": "Bearer"}
        )

    def refuse(self, status: int) -> Response:
        """An error of the token service."""
        return _oauth_error(status, "internal_failure" if status >= 500 else "invalid_request", "Bad Request")  # noqa: PLR2004

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
    """The checks that come before a query, in the order in which Google makes them."""

    def __init__(self, stage: Stage, draw: Draw, world: World, lifetime: int) -> None:
        self._stage, self._world = stage, world
        self.developer_token = draw.token("developer token", length=22)
        self.apps = {
            client: App(
                client,
                f"{draw.digits('8', 12, 'app', client)}.apps.googleusercontent.com",
                f"GOCSPX-{draw.token('secret', client, length=28)}",
                f"1//0{draw.token('refresh', client, length=60)}",
                (SCOPE,),
            )
            for client in world.hierarchies
        }
        self.host = TokenHost(stage, self.apps, lifetime)

    def credentials(self) -> Mapping[str, Mapping[str, str]]:
        """Each client's secrets, with the manager to log in by."""
        return {
            client: {
                "client_id": app.client_id,
                "client_secret": app.client_secret,
                "refresh_token": app.refresh_token,
                "developer_token": self.developer_token,
                "token_uri": self.host.url,
                "login_customer_id": self._world.hierarchies[client].root.id,
            }
            for client, app in self.apps.items()
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
        token = bearer_token(request.headers.get("authorization", ""))
        grant = self.host.tokens.admit(token, self._stage.faults, request) if token else None
        if grant is None:
            is_old = token is not None and self.host.tokens.known(token) is not None
            code = "OAUTH_TOKEN_EXPIRED" if is_old else "OAUTH_TOKEN_INVALID"
            raise refusal(401, "authenticationError", code, "Request had invalid authentication credentials.")
        developer = request.headers.get("developer-token")
        if not developer:
            message = "Developer token parameter was missing in the request."
            raise refusal(400, "requestError", "DEVELOPER_TOKEN_PARAMETER_MISSING", message)
        if developer != self.developer_token:
            raise refusal(401, "authenticationError", "DEVELOPER_TOKEN_INVALID", "The developer token is not valid.")
        return grant.app.client

    def customer(self, client: str, request: Request, customer_id: Any) -> Customer:  # noqa: ANN401 - of a path
        """The customer that is asked for, if the client may see it.

        Raises:
            Refusal: 400 for what is no id, 401 if there is none, 403 if it is another's or not enabled.
        """
        if not re.fullmatch(r"[0-9]{10}", str(customer_id)):
            raise refusal(400, "requestError", "INVALID_CUSTOMER_ID", f"Invalid customer ID '{customer_id}'.")
        login = request.headers.get("login-customer-id", str(customer_id))
        if not re.fullmatch(r"[0-9]{10}", login):
            message = "The login-customer-id header is not a number of 10 digits without hyphens."
            raise refusal(400, "headerError", "INVALID_LOGIN_CUSTOMER_ID", message)
        customer = self._world.customers.get(str(customer_id))
        if customer is None:
            message = f"No customer found for the provided customer ID {customer_id}."
            raise refusal(401, "authenticationError", "CUSTOMER_NOT_FOUND", message)
        hierarchy = self._world.hierarchies[client]
        # The user is a user of the top manager only: everything else is seen through it.
        through_root = login == hierarchy.root.id or (customer is hierarchy.root and login == customer.id)
        if not through_root or not hierarchy.may_be_reached(customer, login):
            message = (
                "User doesn't have permission to access customer. Note: If you're accessing a client customer, the "
                "manager's customer id must be set in the 'login-customer-id' header."
            )
            raise refusal(403, "authorizationError", "USER_PERMISSION_DENIED", message)
        if customer.status != "ENABLED":
            message = "The customer account can't be accessed because it is not yet enabled or has been deactivated."
            raise refusal(403, "authorizationError", "CUSTOMER_NOT_ENABLED", message)
        return customer


def _oauth_error(status: int, error: str, description: str) -> Response:
    return json_response({"error": error, "error_description": description}, status)
