"""Who may ask, and how often: the token endpoint, bearer tokens, scopes, rate limits and their headers.

Limits: developers.pinterest.com/docs/reference/rate-limits (2026): standard access, 100 requests a second for each
user of an app over all endpoints, and by category a minute. The headers are those of live answers: the limit with
the least left comes first, then every limit with its window and name; ``x-ratelimit-reset`` is in seconds.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

from dif_sandbox.sim.accounts import App
from dif_sandbox.sim.authorization import CodeDesk, is_loopback
from dif_sandbox.sim.budgets import Charge, FixedWindow, Gate, Standing
from dif_sandbox.sim.generator import Draw
from dif_sandbox.sim.oauth import Grant, TokenService, basic_credentials, bearer_token
from dif_sandbox.sim.pinterest import _errors
from dif_sandbox.sim.server import json_response

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dif_sandbox.sim.channel import Stage
    from dif_sandbox.sim.server import Request, Response

__all__ = ["SCOPES", "Access"]

SCOPES: Final = ("ads:read", "boards:read", "pins:read", "user_accounts:read")
BUDGETS: Final = {
    "safety_net": "100/1",
    "ads_read": "1000/60",
    "ads_analytics": "300/60",
    "org_read": "1000/60",
    "org_analytics": "60/60",
}
"""Requests by seconds, of each limit."""
TOKEN_SECONDS: Final = 30 * 86_400
REFRESH_TOKEN_SECONDS: Final = 60 * 86_400
SCOPE_MISSING: Final = (
    "Your token does not have sufficient permissions to perform this operation. "
    "Please ensure your token is authorized with the required scope: {}"
)


class Access:
    """The clients' apps, their tokens, and what they have used of their limits.

    Raises:
        ValueError: the options name a limit or client that does not exist, or a limit that cannot be read.
    """

    def __init__(self, stage: Stage, clients: Sequence[str], seed: int, options: Mapping[str, Any]) -> None:
        self._stage, self._gate = stage, Gate()
        draw = Draw("pinterest", seed, "apps")
        scopes = dict(options.get("scopes", {}))
        self.apps = {client: _app(draw, client, tuple(scopes.pop(client, SCOPES))) for client in clients}
        if scopes:
            message = f"scopes are given for {', '.join(sorted(scopes))}, which no client is called"
            raise ValueError(message)
        lifetime = int(options.get("token_seconds", TOKEN_SECONDS))
        self._tokens = TokenService(self.apps.values(), stage.clock, lifetime_seconds=lifetime, prefix="pina_")
        self._limits = _limits(options.get("budgets", {}))
        self._codes = CodeDesk(stage.clock)

    def client_of(self, request: Request) -> str | None:
        """The client whose app's credentials or token, alive or not, a request carries."""
        header = request.headers.get("authorization", "")
        grant = self._tokens.known(bearer_token(header) or "")
        if grant:
            return grant.app.client
        pair = basic_credentials(header)
        app = self._tokens.app(*pair) if pair else None
        return app.client if app else None

    def admit(self, request: Request, category: str, scopes: Sequence[str]) -> tuple[str, dict[str, str]]:
        """The client of a request and the headers of its limits.

        Raises:
            Refusal: 401 for the token or its scopes, 429 for a limit.
        """
        token = bearer_token(request.headers.get("authorization", "")) or ""
        grant = self._tokens.admit(token, self._stage.faults, request)
        if grant is None:
            raise _errors.refusal(401)
        headers = self._count(grant.app, category, user=grant.app.refresh_token)
        missing = [scope for scope in scopes if scope not in grant.scopes]
        if missing:
            raise _errors.refusal(401, 3, SCOPE_MISSING.format(", ".join(missing))).with_headers(headers)
        return grant.app.client, headers

    def consent(self, request: Request) -> Response:
        """``GET /oauth/``, the page where a user grants access: this user is signed in and always does.

        Raises:
            Refusal: 400, no such app, or a redirect that is not to this machine.
        """
        asked = request.parameters
        app = self._tokens.app_of(asked.get("client_id", ""))
        redirect = asked.get("redirect_uri", "")
        if app is None or asked.get("response_type") != "code" or not is_loopback(redirect):
            raise _errors.invalid("Invalid client_id, response_type or redirect_uri.")
        if asked.get("code_challenge_method", "S256") != "S256":
            raise _errors.invalid("The code_challenge_method must be S256.")
        challenge = asked.get("code_challenge")
        return self._codes.grant(app, redirect=redirect, state=asked.get("state", ""), challenge=challenge)

    def token(self, request: Request) -> Response:
        """``POST /oauth/token``: a refresh token or a code for a new access token.

        Raises:
            Refusal: 401 for the credentials, 400 for the request, 429 for a limit.
        """
        pair = basic_credentials(request.headers.get("authorization", ""))
        app = self._tokens.app(*pair) if pair else None
        if app is None:
            raise _errors.refusal(401)
        headers = self._count(app, "org_read", user="")
        form = {name: values[-1] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}
        if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            raise _errors.invalid("The request body must be application/x-www-form-urlencoded.")
        if form.get("grant_type") == "authorization_code":
            return json_response(self._redeemed(app, form)).with_headers(headers)
        if form.get("grant_type") != "refresh_token":
            raise _errors.invalid(f"'{form.get('grant_type')}' is not a grant_type that this app may use.")
        if self._stage.faults.take(request, "revoked_grant"):
            self._tokens.revoke_refresh(app)
        wanted = tuple(re.split(r"[ ,]+", form["scope"])) if "scope" in form else ()
        grant = self._tokens.refresh(app, form.get("refresh_token", ""), wanted)
        if grant is None:
            raise _errors.refusal(401)
        return json_response(self._granted(grant)).with_headers(headers)

    def _redeemed(self, app: App, form: Mapping[str, str]) -> dict[str, Any]:
        code, redirect = form.get("code", ""), form.get("redirect_uri", "")
        grant = None
        if self._codes.redeem(app, code, redirect=redirect, verifier=form.get("code_verifier")):
            grant = self._tokens.grant_again(app)
        if grant is None:
            raise _errors.invalid("The code is invalid, used, expired or another app's.")
        return {**self._granted(grant), "response_type": "authorization_code"}

    def _granted(self, grant: Grant) -> dict[str, Any]:
        now = self._stage.clock.timestamp()
        return {
            "response_type": "refresh_token",
            "access_token": grant.access_token,
            "token_type": "bearer",
            "expires_in": grant.expires_at - now,
            "scope": " ".join(grant.scopes),
            "refresh_token": grant.app.refresh_token,
            "refresh_token_expires_in": REFRESH_TOKEN_SECONDS,
            "refresh_token_expires_at": now + REFRESH_TOKEN_SECONDS,
        }

    def _count(self, app: App, category: str, user: str) -> dict[str, str]:
        scope = (app.client_id, user)
        standings = self._gate.enter([Charge(self._limits[name], scope) for name in ("safety_net", category)])
        headers = _headers(standings)
        if any(standing.exceeded for standing in standings):
            raise _errors.refusal(429).with_headers(headers)
        return headers


def _app(draw: Draw, client: str, scopes: tuple[str, ...]) -> App:
    if unknown := set(scopes) - set(SCOPES):
        message = f"no scope {', '.join(sorted(unknown))}; there are: {', '.join(SCOPES)}"
        raise ValueError(message)
    return App(
        client,
        draw.digits("149", 13, "app", client),
        draw.token("secret", client),
        "pinr." + draw.token("refresh", client, length=64),
        scopes,
    )


def _limits(given: Mapping[str, str]) -> dict[str, FixedWindow]:
    if unknown := given.keys() - BUDGETS.keys():
        message = f"no limit is called {', '.join(sorted(unknown))}; there are: {', '.join(BUDGETS)}"
        raise ValueError(message)
    limits = {}
    for name, text in {**BUDGETS, **given}.items():
        found = re.fullmatch(r"(\d+)/(\d+)", text)
        if not found:
            message = f"limit {name} is {text!r}, not <requests>/<seconds>"
            raise ValueError(message)
        limits[name] = FixedWindow(f"{name}_app_id_user_id", int(found[1]), int(found[2]))
    return limits


def _headers(standings: Sequence[Standing]) -> dict[str, str]:
    tightest = min(standings, key=lambda standing: standing.remaining)
    windows = [standing.window for standing in standings]
    every = ", ".join(f'{window.limit};w={window.seconds};name="{window.name}"' for window in windows)
    return {
        "x-ratelimit-limit": f"{tightest.window.limit}, {every}",
        "x-ratelimit-remaining": str(tightest.remaining),
        "x-ratelimit-reset": str(tightest.reset_seconds),
    }
