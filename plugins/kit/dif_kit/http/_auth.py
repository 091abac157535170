"""How a request proves who sends it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote_plus, urlsplit

from dif_kit.credentials import basic_credentials, register_secrets
from dif_kit.errors import CredentialError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dif_kit.credentials import Credential, TokenStore
    from dif_kit.http._answer import Answer
    from dif_kit.http._request import Request

__all__ = [
    "AllOf",
    "ApiKey",
    "AuthKind",
    "Authenticator",
    "BasicAuth",
    "BearerToken",
    "EitherOf",
    "KeyedProof",
    "NoAuth",
    "OnlyAt",
    "Sender",
    "fingerprint",
    "without_params",
]


class Sender(Protocol):
    """What an authenticator may use to fetch a token."""

    @property
    def tokens(self) -> TokenStore | None:
        """Where tokens are shared with the other processes, if there are any."""

    def send(self, request: Request) -> Answer:
        """The answer to a request; raises DifError."""

    def keep(self, changed: Mapping[str, str]) -> None:
        """Have whoever keeps the credential keep these new values of it; raises CredentialError."""


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
        token = credential[self.value]
        return _StaticProof(token, headers={self.header: self.prefix + token})


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key in a header, or in the query if ``query`` names a parameter. ``value`` is its name in the credential."""

    value: str = "api_key"
    header: str = "X-Api-Key"
    prefix: str = ""
    query: str | None = None

    def bind(self, credential: Credential, *, api_url: str) -> Authenticator:  # noqa: ARG002 - the port's signature
        """The authenticator that holds the key."""
        key = credential[self.value]
        if self.query is not None:
            return _StaticProof(key, params={self.query: key})
        return _StaticProof(key, headers={self.header: self.prefix + key})


@dataclass(frozen=True, slots=True)
class KeyedProof:
    """A proof in the query, ``param``, that whoever sends ``value`` knows ``key`` too: its HMAC-SHA256 in hex.

    Both are names in the credential. Without the key nothing is added: the provider says whether it must be there.
    """

    param: str
    value: str = "access_token"
    key: str = "app_secret"

    def bind(self, credential: Credential, *, api_url: str) -> Authenticator:  # noqa: ARG002 - the port's signature
        """The authenticator that holds the proof."""
        if not credential.get(self.key):
            return NoAuth()
        register_secrets([credential[self.key]])
        proof = hmac.new(credential[self.key].encode(), credential[self.value].encode(), hashlib.sha256).hexdigest()
        return _StaticProof(proof, params={self.param: proof})


@dataclass(frozen=True, slots=True)
class BasicAuth:
    """A name and a password (RFC 7617), by their names in the credential. ``password`` None: an empty one."""

    user: str = "user"
    password: str | None = "password"  # noqa: S105 - the name of a value, not the value

    def bind(self, credential: Credential, *, api_url: str) -> Authenticator:  # noqa: ARG002 - the port's signature
        """The authenticator that holds both."""
        password = "" if self.password is None else credential[self.password]
        register_secrets([password] if self.password is not None else [credential[self.user]])
        proof = basic_credentials(credential[self.user], password)
        return _StaticProof(proof, headers={"Authorization": f"Basic {proof}"})


@dataclass(frozen=True, slots=True)
class AllOf:
    """Several proofs on every request, such as a user's token beside the developer's key. The first names the user."""

    kinds: tuple[AuthKind, ...]

    def bind(self, credential: Credential, *, api_url: str) -> Authenticator:
        """The authenticator that signs with all, in their order."""
        return _All([kind.bind(credential, api_url=api_url) for kind in self.kinds])


@dataclass(frozen=True, slots=True)
class EitherOf:
    """Several ways to prove the same: the first whose value, by its name, the credential holds."""

    kinds: tuple[tuple[str, AuthKind], ...]

    def bind(self, credential: Credential, *, api_url: str) -> Authenticator:
        """The authenticator of that way; raises CredentialError if the credential is made for none."""
        for name, kind in self.kinds:
            if name in credential:
                return kind.bind(credential, api_url=api_url)
        names = " or ".join(repr(name) for name, _ in self.kinds)
        message = f"the credential has no {names}, it holds {', '.join(sorted(credential)) or 'nothing'}"
        raise CredentialError(message)


@dataclass(frozen=True, slots=True)
class OnlyAt:
    """A proof of the requests whose path ends with ``path``: a secret goes no further than it has to."""

    path: str
    kind: AuthKind

    def bind(self, credential: Credential, *, api_url: str) -> Authenticator:
        """The authenticator that signs these requests."""
        return _OnlyAt(self.path, self.kind.bind(credential, api_url=api_url))


class _OnlyAt:
    def __init__(self, path: str, part: Authenticator) -> None:
        self._path, self._part = path, part
        self.identity = part.identity

    def sign(self, request: Request, sender: Sender) -> Request:
        return self._part.sign(request, sender) if self._is_meant(request) else request

    def renew(self, refused: Request, sender: Sender) -> bool:
        return self._is_meant(refused) and self._part.renew(refused, sender)

    def _is_meant(self, request: Request) -> bool:
        return urlsplit(request.url).path.endswith(self._path)


class _All:
    def __init__(self, parts: Sequence[Authenticator]) -> None:
        self._parts = parts
        self.identity = parts[0].identity

    def sign(self, request: Request, sender: Sender) -> Request:
        for part in self._parts:
            request = part.sign(request, sender)
        return request

    def renew(self, refused: Request, sender: Sender) -> bool:
        renewed = [part.renew(refused, sender) for part in self._parts]
        return any(renewed)


class _StaticProof:
    def __init__(
        self, secret: str, *, headers: Mapping[str, str] | None = None, params: Mapping[str, str] | None = None
    ) -> None:
        register_secrets([secret])
        self._headers = headers or {}
        self._params = params or {}
        self.identity = fingerprint(secret)

    def sign(self, request: Request, sender: Sender) -> Request:  # noqa: ARG002 - the port's signature
        headers = {**request.headers, **self._headers}
        # The address of a next page may hold the key already, as the provider repeats it.
        url = without_params(request.url, frozenset(self._params)) if self._params else request.url
        return replace(request, url=url, headers=headers, params={**request.params, **self._params})

    def renew(self, refused: Request, sender: Sender) -> bool:  # noqa: ARG002 - the port's signature
        return False


def fingerprint(secret: str) -> str:
    """A name for whoever holds a secret that tells nothing of it."""
    return hashlib.sha256(secret.encode()).hexdigest()[:16]


def without_params(url: str, names: frozenset[str]) -> str:
    """``url`` without these parameters; all else in it as it stands."""
    address, mark, query = url.partition("?")
    kept = [part for part in query.split("&") if unquote_plus(part.partition("=")[0]) not in names]
    return address + (mark + "&".join(kept) if kept and query else "")
