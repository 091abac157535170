"""Who may ask for whom: OAuth tokens of another host, the developer token, `login-customer-id`, customers' states.

developers.google.com/google-ads/api/docs/concepts/call-structure and .../docs/get-started/common-errors (read 2026-11).
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from dif_sandbox.sim.accounts import App
from dif_sandbox.sim.google_ads._errors import refusal
from dif_sandbox.sim.tokenhost import TokenHost

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_sandbox.sim.channel import Stage
    from dif_sandbox.sim.generator import Draw
    from dif_sandbox.sim.google_ads._hierarchy import Customer
    from dif_sandbox.sim.google_ads._world import World
    from dif_sandbox.sim.oauth import Grant
    from dif_sandbox.sim.server import Request

__all__ = ["SCOPE", "TOKEN_SECONDS", "Access"]

SCOPE: Final = "https://www.googleapis.com/auth/adwords"
TOKEN_SECONDS: Final = 3_599


class GoogleTokens(TokenHost):
    """oauth2.googleapis.com."""

    path = "/token"
    prefix = "ya29."
    words = MappingProxyType(
        {
            "invalid_client": "The OAuth client was not found.",
            "unsupported_grant_type": "Invalid grant_type",
            "invalid_grant": "Token has been expired or revoked.",
        }
    )
    unavailable = "internal_failure"
    unexplained = "Bad Request"

    def granted(self, grant: Grant, seconds: int) -> dict[str, Any]:
        return {"access_token": grant.access_token, "expires_in": seconds, "scope": SCOPE, "token_type": "Bearer"}


class Access:
    """The checks that come before a query, in the order in which Google makes them."""

    def __init__(self, stage: Stage, draw: Draw, world: World, lifetime: int, port: int) -> None:
        self._world = world
        self.developer_token = draw.token("developer token", length=22)
        apps = {
            client: App(
                client,
                f"{draw.digits('8', 12, 'app', client)}.apps.googleusercontent.com",
                f"GOCSPX-{draw.token('secret', client, length=28)}",
                f"1//0{draw.token('refresh', client, length=60)}",
                (SCOPE,),
            )
            for client in world.hierarchies
        }
        self.host = GoogleTokens(stage, apps, lifetime, port)

    def credentials(self) -> Mapping[str, Mapping[str, str]]:
        """Each client's secrets, with the manager to log in by."""
        return {
            client: {
                **secrets,
                "developer_token": self.developer_token,
                "login_customer_id": self._world.hierarchies[client].root.id,
            }
            for client, secrets in self.host.credentials().items()
        }

    def admit(self, request: Request) -> str:
        """The client that asks.

        Raises:
            Refusal: 401 for the tokens.
        """
        grant = self.host.admit(request)
        if grant is None:
            is_old = self.host.bearer_of(request) is not None
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
