"""OAuth 2 as a provider's token service keeps it: refresh tokens give access tokens that expire and can be revoked."""

from __future__ import annotations

import base64
import secrets
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dif_sandbox.sim.accounts import App
    from dif_sandbox.sim.clock import Clock
    from dif_sandbox.sim.faults import Faults
    from dif_sandbox.sim.server import Request

__all__ = ["Grant", "TokenService", "basic_credentials", "bearer_token"]


@dataclass(frozen=True, slots=True)
class Grant:
    """An access token: whose it is, what it may do, until when (seconds since 1970, simulated)."""

    app: App
    access_token: str
    scopes: tuple[str, ...]
    expires_at: int


class TokenService:
    """Gives and checks access tokens; their time is the simulated clock's."""

    def __init__(self, apps: Iterable[App], clock: Clock, *, lifetime_seconds: int, prefix: str) -> None:
        self._apps = {app.client_id: app for app in apps}
        self._clock, self._lifetime, self._prefix = clock, lifetime_seconds, prefix
        self._grants: dict[str, Grant] = {}
        self._dead_refresh_tokens: set[str] = set()
        self._lock = threading.Lock()

    def app(self, client_id: str, client_secret: str) -> App | None:
        """The app of these credentials; None if they are wrong."""
        app = self._apps.get(client_id)
        return app if app and app.client_secret == client_secret else None

    def app_of(self, client_id: str) -> App | None:
        """The app that calls itself so, unproven."""
        return self._apps.get(client_id)

    def refresh(self, app: App, refresh_token: str, scopes: tuple[str, ...] = ()) -> Grant | None:
        """A new access token; None if the refresh token is not the app's or was revoked."""
        with self._lock:
            if refresh_token != app.refresh_token or refresh_token in self._dead_refresh_tokens:
                return None
        return self.grant(app, scopes)

    def grant_again(self, app: App) -> Grant:
        """A new access token for an app whose user has granted access, perhaps after a revocation."""
        with self._lock:
            self._dead_refresh_tokens.discard(app.refresh_token)
        return self.grant(app)

    def grant(self, app: App, scopes: tuple[str, ...] = ()) -> Grant:
        """A new access token for an app that has proved itself."""
        token = self._prefix + secrets.token_hex(20)
        allowed = tuple(scope for scope in app.scopes if scope in scopes) if scopes else app.scopes
        grant = Grant(app, token, allowed, self._clock.timestamp() + self._lifetime)
        with self._lock:
            self._grants[token] = grant
        return grant

    def check(self, access_token: str) -> Grant | None:
        """The grant of a token that is alive; None if it is unknown, expired or revoked."""
        with self._lock:
            grant = self._grants.get(access_token)
        return grant if grant and grant.expires_at > self._clock.timestamp() else None

    def admit(self, access_token: str, faults: Faults, request: Request) -> Grant | None:
        """`check`, with the revocations that a fault in force brings."""
        grant = self.check(access_token)
        fault = faults.take(request, "revoked_token", "revoked_grant") if grant else None
        if grant and fault:
            self.revoke_access(access_token)
            if fault.kind == "revoked_grant":
                self.revoke_refresh(grant.app)
            return None
        return grant

    def known(self, access_token: str) -> Grant | None:
        """The grant of a token that was ever given, alive or not."""
        with self._lock:
            return self._grants.get(access_token)

    def revoke_access(self, access_token: str) -> None:
        """Refuse an access token from now on."""
        with self._lock:
            # The entry stays, so that the log can tell whose it was.
            if grant := self._grants.get(access_token):
                self._grants[access_token] = Grant(grant.app, access_token, (), 0)

    def revoke_refresh(self, app: App) -> None:
        """Refuse the app's refresh token from now on."""
        with self._lock:
            self._dead_refresh_tokens.add(app.refresh_token)


def basic_credentials(header: str) -> tuple[str, str] | None:
    """User and password of an Authorization header of the Basic scheme; None if it is not one."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return None
    return (user, password) if colon else None


def bearer_token(header: str) -> str | None:
    """The token of an Authorization header of the Bearer scheme; None if it is not one."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None
