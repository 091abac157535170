"""How a request proves who sends it."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from typing_extensions import override

from dif_kit.decode import JsonObject
from dif_kit.errors import CredentialError
from dif_kit.http._messages import Request
from dif_kit.http._redact import basic_credentials, register_secrets
from dif_kit.http._verdicts import Match, Verdicts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_kit.credentials import Credential
    from dif_kit.http._messages import Answer

__all__ = ["AuthKind", "Authenticator", "BearerToken", "NoAuth", "OAuth2Refresh"]

_LOGGER: Final = logging.getLogger(__name__)
# A token is renewed this long before it ends, so that none ends on its way; half its life if that is shorter.
_EARLY_SECONDS: Final = 120.0


class Sender(Protocol):
    """What an authenticator may use to fetch a token."""

    def send(self, request: Request) -> Answer:
        """The answer to a request; raises DifError."""


class Authenticator(Protocol):
    """One credential in use by one tap. Threads share it."""

    @property
    def identity(self) -> str:
        """A name for whoever signs, fit for a budget's scope: it tells nothing of the secret."""

    def sign(self, request: Request, sender: Sender) -> Request:
        """The request with proof added; raises CredentialError."""

    def renew(self, refused: Request, sender: Sender) -> bool:
        """After the provider refused a signed request: True if a new proof is there to try."""


class AuthKind(Protocol):
    """A provider's way of authentication: a small frozen object that a tap states as a fact."""

    def bind(self, credential: Credential, *, api_url: str) -> Authenticator:
        """The authenticator of one tap; raises CredentialError if a value is missing."""


@dataclass(frozen=True, slots=True)
class NoAuth:
    """An API that asks for no proof."""

    identity: str = "anyone"

    def bind(self, credential: Credential, *, api_url: str) -> NoAuth:  # noqa: ARG002 - the port's signature
        """Itself: there is nothing to bind."""
        return self

    def sign(self, request: Request, sender: Sender) -> Request:  # noqa: ARG002 - the port's signature
        """The request as it is."""
        return request

    def renew(self, refused: Request, sender: Sender) -> bool:  # noqa: ARG002 - the port's signature
        """There is nothing to renew."""
        return False


@dataclass(frozen=True, slots=True)
class BearerToken:
    """A token that lives long, sent as ``<header>: <prefix><token>``. ``value`` is its name in the credential."""

    value: str = "access_token"
    header: str = "Authorization"
    prefix: str = "Bearer "

    def bind(self, credential: Credential, *, api_url: str) -> Authenticator:  # noqa: ARG002 - the port's signature
        """The authenticator that holds the token."""
        return _StaticToken(self, credential[self.value])


class _StaticToken:
    def __init__(self, kind: BearerToken, token: str) -> None:
        register_secrets([token])
        self._headers = {kind.header: kind.prefix + token}
        self.identity = _fingerprint(token)

    def sign(self, request: Request, sender: Sender) -> Request:  # noqa: ARG002 - the port's signature
        return replace(request, headers={**request.headers, **self._headers})

    def renew(self, refused: Request, sender: Sender) -> bool:  # noqa: ARG002 - the port's signature
        return False


@dataclass(frozen=True, slots=True)
class OAuth2Refresh:
    """OAuth 2 with a refresh token (RFC 6749 section 6).

    The credential holds ``client_id``, ``client_secret`` and ``refresh_token``. ``client_auth`` says where the client's
    own proof goes: Basic header or the form. ``token_url`` may hold ``{api_url}``; ``extra`` is added to the form.
    """

    token_url: str
    client_auth: Literal["basic", "form"] = "basic"
    scope: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)

    def bind(self, credential: Credential, *, api_url: str) -> Authenticator:
        """The authenticator that fetches, keeps and renews access tokens."""
        return _RefreshedToken(self, credential, self.token_url.replace("{api_url}", api_url.rstrip("/")))


class _RefreshedToken:
    """Holds the access token of one credential; the first thread that needs a new one fetches it for all."""

    def __init__(self, kind: OAuth2Refresh, credential: Credential, token_url: str) -> None:
        self._kind = kind
        self._token_url = token_url
        self._client_id = credential["client_id"]
        self._client_secret = credential["client_secret"]
        self._refresh_token = credential["refresh_token"]
        register_secrets([self._client_secret, self._refresh_token])
        self.identity = _fingerprint(f"{self._client_id}\n{self._refresh_token}")
        self._lock = threading.Lock()
        self._token = ""
        self._renew_at = 0.0

    @override
    def __repr__(self) -> str:
        return f"OAuth2Refresh({self._token_url})"

    def sign(self, request: Request, sender: Sender) -> Request:
        with self._lock:
            if not self._token or time.monotonic() >= self._renew_at:
                self._fetch(sender)
            token = self._token
        return replace(request, headers={**request.headers, "Authorization": f"Bearer {token}"})

    def renew(self, refused: Request, sender: Sender) -> bool:
        with self._lock:
            # Another thread may have renewed it while this request was on its way with the old one.
            if refused.headers.get("Authorization") == f"Bearer {self._token}":
                self._fetch(sender)
        return True

    def _fetch(self, sender: Sender) -> None:
        document = sender.send(self._token_request()).json()
        token = document.get("access_token")
        if not isinstance(token, str) or not token:
            raise CredentialError(f"{self._token_url}: the answer to the refresh token holds no access_token")
        refresh_token = document.get("refresh_token")
        if isinstance(refresh_token, str) and refresh_token not in {"", self._refresh_token}:
            register_secrets([refresh_token])
            self._refresh_token = refresh_token
            _LOGGER.info("%s gave a new refresh token; it is used in this run and kept nowhere", self._token_url)
        register_secrets([token])
        self._token = token
        self._renew_at = time.monotonic() + _lifetime(document.get("expires_in"))

    def _token_request(self) -> Request:
        form = {"grant_type": "refresh_token", "refresh_token": self._refresh_token, **self._kind.extra}
        if self._kind.scope is not None:
            form["scope"] = self._kind.scope
        headers = {"Accept": "application/json"}
        if self._kind.client_auth == "basic":
            headers["Authorization"] = f"Basic {basic_credentials(self._client_id, self._client_secret)}"
        else:
            form |= {"client_id": self._client_id, "client_secret": self._client_secret}
        return Request(
            url=self._token_url,
            origin=self._token_url,
            method="POST",
            headers=headers,
            form=form,
            decoder=JsonObject(),
            auth="none",
            verdicts=_TOKEN_VERDICTS,
        )


# RFC 6749 section 5.2: a refused client or token is 400 or 401; asking again does not help.
_TOKEN_VERDICTS: Final = Verdicts(reauthenticate=frozenset({Match(status=400), Match(status=401), Match(status=403)}))


def _lifetime(expires_in: Any) -> float:  # noqa: ANN401 - a provider's word
    """Seconds until the token should be renewed; a token without an end is renewed when it is refused."""
    try:
        seconds = float(expires_in)
    except (TypeError, ValueError):
        return float("inf")
    return max(seconds - _EARLY_SECONDS, seconds / 2)


def _fingerprint(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()[:16]
