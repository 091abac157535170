"""OAuth 2: access tokens fetched, kept and renewed for one tap."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import msgspec
from typing_extensions import override

from dif_kit.credentials import SharedToken, basic_credentials, register_secrets
from dif_kit.decode import JsonObject
from dif_kit.errors import CredentialError
from dif_kit.http._auth import fingerprint
from dif_kit.http._jwt import Jwt
from dif_kit.http._request import Request
from dif_kit.http._verdicts import Match, Verdicts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dif_kit.credentials import Credential
    from dif_kit.http._auth import Authenticator, Sender

__all__ = ["OAuth2ClientCredentials", "OAuth2Password", "OAuth2Refresh", "OAuth2ServiceAccount"]

ClientAuth: TypeAlias = Literal["basic", "form", "none"]

# A token is renewed this long before it ends, so that none ends on its way; half its life if that is shorter.
_EARLY_SECONDS: Final = 120.0
# RFC 6749 section 5.2: a refused client or token is 400 or 401; asking again does not help.
_VERDICTS: Final = Verdicts(reauthenticate=frozenset({Match(status=400), Match(status=401), Match(status=403)}))


@dataclass(frozen=True, slots=True)
class OAuth2Refresh:
    """OAuth 2 with a refresh token (RFC 6749 section 6).

    The credential holds ``client_id``, ``client_secret`` and ``refresh_token``. ``client_auth`` says where the client's
    own proof goes: Basic header or the form. ``token_url`` may hold ``{api_url}``; a credential that has a value named
    ``token_url_value`` says the address itself, as Google's ``token_uri`` does. ``extra`` is added to the form, and so
    are, by ``from_credential``, values of the credential: field of the form -> name in the credential.
    """

    token_url: str
    client_auth: ClientAuth = "basic"
    scope: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
    from_credential: Mapping[str, str] = field(default_factory=dict)
    token_url_value: str | None = None

    def bind(self, credential: Credential, *, api_url: str) -> Authenticator:
        """The authenticator that fetches, keeps and renews access tokens."""
        name = self.token_url_value
        token_url = credential[name] if name is not None and name in credential else self.token_url
        endpoint = _Endpoint(token_url, self.client_auth, self.scope, self.extra, self.from_credential)
        identity = fingerprint(f"{credential['client_id']}\n{credential['refresh_token']}")

        def grant(values: Mapping[str, str]) -> dict[str, str]:
            return {"grant_type": "refresh_token", "refresh_token": values["refresh_token"]}

        return _KeptToken(endpoint, credential, grant, api_url=api_url, identity=identity)


@dataclass(frozen=True, slots=True)
class OAuth2ClientCredentials:
    """OAuth 2 with the client's own credentials (RFC 6749 section 4.4): ``client_id`` and ``client_secret``.

    ``client_secret`` as a `Jwt` is made anew for each request, as Apple asks for. The access token is sent as
    ``<header>: <prefix><token>``. The rest is as in `OAuth2Refresh`.
    """

    token_url: str
    client_auth: ClientAuth = "basic"
    scope: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
    from_credential: Mapping[str, str] = field(default_factory=dict)
    client_secret: Jwt | None = None
    token_url_value: str | None = None
    header: str = "Authorization"
    prefix: str = "Bearer "

    def bind(self, credential: Credential, *, api_url: str) -> Authenticator:
        """The authenticator that fetches, keeps and renews access tokens."""
        client_auth: ClientAuth = "none" if self.client_secret is not None else self.client_auth
        token_url = self.token_url if self.token_url_value is None else credential[self.token_url_value]
        endpoint = _Endpoint(token_url, client_auth, self.scope, self.extra, self.from_credential)
        parts = [credential["client_id"], *(credential[name] for name in self.from_credential.values())]

        def grant(values: Mapping[str, str]) -> dict[str, str]:
            form = {"grant_type": "client_credentials"}
            if self.client_secret is not None:
                form |= {"client_id": values["client_id"], "client_secret": self.client_secret.text(values)}
            return form

        kept = _KeptToken(endpoint, credential, grant, api_url=api_url, identity=fingerprint("\n".join(parts)))
        kept.header, kept.prefix = self.header, self.prefix
        return kept


@dataclass(frozen=True, slots=True)
class OAuth2Password:
    """OAuth 2 with a user's name and password (RFC 6749 section 4.3): ``username`` and ``password``, and the client's.

    All else is as in `OAuth2Refresh`.
    """

    token_url: str
    client_auth: ClientAuth = "basic"
    scope: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
    from_credential: Mapping[str, str] = field(default_factory=dict)

    def bind(self, credential: Credential, *, api_url: str) -> Authenticator:
        """The authenticator that fetches, keeps and renews access tokens."""
        endpoint = _Endpoint(self.token_url, self.client_auth, self.scope, self.extra, self.from_credential)
        register_secrets([credential["password"]])
        identity = fingerprint(f"{credential.get('client_id', '')}\n{credential['username']}")

        def grant(values: Mapping[str, str]) -> dict[str, str]:
            return {"grant_type": "password", "username": values["username"], "password": values["password"]}

        return _KeptToken(endpoint, credential, grant, api_url=api_url, identity=identity)


@dataclass(frozen=True, slots=True)
class OAuth2ServiceAccount:
    """A service account's own token for an access token (RFC 7523 section 2.1); its audience is ``token_url``."""

    token_url: str
    scope: str | None = None
    jwt: Jwt = field(default_factory=Jwt)

    def bind(self, credential: Credential, *, api_url: str) -> Authenticator:
        """The authenticator that fetches, keeps and renews access tokens."""
        claims = {**self.jwt.claims, **({"scope": self.scope} if self.scope is not None else {})}
        jwt = replace(self.jwt, claims=claims)
        audience = self.token_url.replace("{api_url}", api_url.rstrip("/"))

        def grant(values: Mapping[str, str]) -> dict[str, str]:
            assertion = jwt.text(values, audience=audience)
            return {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}

        identity = jwt.identity(credential)
        return _KeptToken(_Endpoint(self.token_url, "none"), credential, grant, api_url=api_url, identity=identity)


@dataclass(frozen=True, slots=True)
class _Endpoint:
    """Where a token comes from, and what every request for one says."""

    url: str
    client_auth: ClientAuth
    scope: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)
    from_credential: Mapping[str, str] = field(default_factory=dict)

    def request(self, url: str, values: Mapping[str, str], grant: Mapping[str, str]) -> Request:
        form = {**grant, **self.extra}
        form |= {name: values[value] for name, value in self.from_credential.items()}
        if self.scope is not None:
            form["scope"] = self.scope
        headers = {"Accept": "application/json"}
        if self.client_auth == "basic":
            headers["Authorization"] = f"Basic {basic_credentials(values['client_id'], values['client_secret'])}"
        elif self.client_auth == "form":
            form |= {"client_id": values["client_id"], "client_secret": values["client_secret"]}
        return Request(
            url=url,
            origin=url,
            method="POST",
            headers=headers,
            form=form,
            decoder=JsonObject(),
            auth="none",
            verdicts=_VERDICTS,
        )


class _KeptToken:
    """Holds the access token of one credential; the first thread that needs a new one fetches it for all."""

    header, prefix = "Authorization", "Bearer "

    def __init__(
        self,
        endpoint: _Endpoint,
        credential: Credential,
        grant: Callable[[Mapping[str, str]], dict[str, str]],
        *,
        api_url: str,
        identity: str,
    ) -> None:
        self._endpoint = endpoint
        self._grant = grant
        self._url = endpoint.url.replace("{api_url}", api_url.rstrip("/"))
        # A missing value is told now, by its name, and not in the middle of the run.
        endpoint.request(self._url, credential, {})
        self._values = dict(credential)
        register_secrets(value for name, value in credential.items() if "secret" in name or "token" in name)
        self.identity = identity
        self._secret = _sealing_secret(credential)
        self._lock = threading.Lock()
        self._token = ""
        self._renew_at = 0.0
        self._refusal: CredentialError | None = None

    @override
    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._url})"

    def sign(self, request: Request, sender: Sender) -> Request:
        with self._lock:
            if not self._token or time.monotonic() >= self._renew_at:
                self._fetch(sender)
            token = self._token
        return replace(request, headers={**request.headers, self.header: self.prefix + token})

    def renew(self, refused: Request, sender: Sender) -> bool:
        with self._lock:
            # Another thread may have renewed it while this request was on its way with the old one.
            if refused.headers.get(self.header) == self.prefix + self._token:
                self._fetch(sender)
        return True

    def _fetch(self, sender: Sender) -> None:
        if self._refusal is not None:
            # The provider said no for good; asking again from every thread is how clients get locked.
            raise type(self._refusal)(str(self._refusal))
        tokens = sender.tokens
        if tokens is None:
            self._ask(sender)
            return
        # The first of the fleet asks, the others find what it was given: a refresh token may be good for one use.
        with tokens.turn(self.identity):
            if not self._adopt(tokens.load(self.identity, self._secret)):
                tokens.save(self.identity, self._secret, self._ask(sender))

    def _adopt(self, shared: SharedToken | None) -> bool:
        """Use what another process was given, if it is news."""
        if shared is None:
            return False
        if shared.refresh_token is not None:
            register_secrets([shared.refresh_token])
            self._values["refresh_token"] = shared.refresh_token
        if shared.access_token == self._token or shared.seconds_left <= 0:
            return False
        register_secrets([shared.access_token])
        self._token = shared.access_token
        self._renew_at = time.monotonic() + shared.seconds_left
        return True

    def _ask(self, sender: Sender) -> SharedToken:
        """Use what the provider gives."""
        try:
            document = sender.send(self._endpoint.request(self._url, self._values, self._grant(self._values))).json()
            return self._take(document, sender)
        except CredentialError as error:
            self._refusal = error
            raise

    def _take(self, document: Mapping[str, Any], sender: Sender) -> SharedToken:
        token = document.get("access_token")
        if not isinstance(token, str) or not token:
            raise CredentialError(f"{self._url}: the answer to the request for a token holds no access_token")
        register_secrets([token])
        refresh_token = document.get("refresh_token")
        if (
            "refresh_token" in self._values
            and isinstance(refresh_token, str)
            and refresh_token not in {"", self._values["refresh_token"]}
        ):
            register_secrets([refresh_token])
            # Before anything is done with it: the old one may be dead already.
            sender.keep({"refresh_token": refresh_token})
            self._values["refresh_token"] = refresh_token
        lifetime = _lifetime(document.get("expires_in"))
        self._token = token
        self._renew_at = time.monotonic() + lifetime
        return SharedToken(token, lifetime, self._values.get("refresh_token"))


def _sealing_secret(credential: Credential) -> str:
    """What every holder of the credential knows and nobody else: tokens are sealed by it where others could look.

    A refresh token may be replaced, so it counts only where there is nothing else.
    """
    known = dict(credential)
    if "client_secret" in known or "private_key" in known:
        known.pop("refresh_token", None)
    return msgspec.json.encode(known, order="sorted").decode()


def _lifetime(expires_in: Any) -> float:  # noqa: ANN401 - a provider's word
    """Seconds until the token should be renewed; a token without an end is renewed when it is refused."""
    try:
        seconds = float(expires_in)
    except (TypeError, ValueError):
        return float("inf")
    return max(seconds - _EARLY_SECONDS, seconds / 2)
