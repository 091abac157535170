"""A user who is signed in grants every app what it asks for: OAuth 2's authorization codes, with PKCE (RFC 7636)."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

from dif_sandbox.sim.server import Response

if TYPE_CHECKING:
    from dif_sandbox.sim.accounts import App
    from dif_sandbox.sim.clock import Clock

__all__ = ["CodeDesk", "is_loopback"]

CODE_SECONDS: Final = 600


@dataclass(frozen=True, slots=True)
class _Issued:
    app: App
    redirect: str
    challenge: str | None
    ends_at: int


class CodeDesk:
    """Gives codes out, and takes each back once, from whoever it was given to."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._issued: dict[str, _Issued] = {}
        self._lock = threading.Lock()

    def grant(self, app: App, *, redirect: str, state: str, challenge: str | None) -> Response:
        """Send the user's browser back to the app with a code."""
        code = secrets.token_hex(16)
        with self._lock:
            self._issued[code] = _Issued(app, redirect, challenge, self._clock.timestamp() + CODE_SECONDS)
        return Response(302, headers={"location": f"{redirect}?{urlencode({'code': code, 'state': state})}"})

    def redeem(self, app: App, code: str, *, redirect: str, verifier: str | None) -> bool:
        """Whether the code was the app's own, unused and in time, for this redirect and by who asked for it."""
        with self._lock:
            issued = self._issued.pop(code, None)
        if issued is None or issued.ends_at <= self._clock.timestamp():
            return False
        return (issued.app, issued.redirect) == (app, redirect) and issued.challenge == _challenge(verifier)


def is_loopback(redirect: str) -> bool:
    """Whether an address leads back to the user's own machine (RFC 8252 section 7.3)."""
    parts = urlsplit(redirect)
    return parts.scheme == "http" and parts.hostname in {"127.0.0.1", "::1"} and not parts.query


def _challenge(verifier: str | None) -> str | None:
    if verifier is None:
        return None
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
