"""JSON Web Tokens that a private key signs (RFC 7519), as proof or as part of one."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from dif_kit.credentials import register_secrets
from dif_kit.errors import ConfigError, CredentialError
from dif_kit.http._auth import fingerprint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_kit.credentials import Credential
    from dif_kit.http._auth import Authenticator, Sender
    from dif_kit.http._request import Request

__all__ = ["Jwt", "JwtBearer"]

# A clock of ours that is ahead would make tokens of the future, which are refused.
_SKEW_SECONDS: Final = 30


@dataclass(frozen=True, slots=True)
class Jwt:
    """What a token of a provider says. Values are names in the credential, but for ``audience`` and ``claims``.

    ``subject`` and ``key_id`` are left out if None. The defaults are the names in a Google service account's key file.
    Needs the extra ``dif-kit[jwt]``.
    """

    audience: str | None = None
    algorithm: Literal["RS256", "ES256"] = "RS256"
    issuer: str = "client_email"
    subject: str | None = None
    key: str = "private_key"
    key_id: str | None = "private_key_id"
    lifetime_seconds: int = 3600
    claims: Mapping[str, str] = field(default_factory=dict)

    def text(self, credential: Mapping[str, str], *, audience: str | None = None) -> str:
        """A token that is good from now on.

        Raises:
            CredentialError: a value is missing, or the key is none for the algorithm.
            ConfigError: the extra is not installed.
        """
        try:
            import jwt  # noqa: PLC0415 - an extra that few taps need
        except ImportError as error:
            raise ConfigError("this authentication needs an extra: install dif-kit[jwt]") from error
        now = int(time.time()) - _SKEW_SECONDS
        claims: dict[str, Any] = {"iss": credential[self.issuer], "iat": now, "exp": now + self.lifetime_seconds}
        if (self.audience or audience) is not None:
            claims["aud"] = self.audience or audience
        if self.subject is not None:
            claims["sub"] = credential[self.subject]
        headers = {"kid": credential[self.key_id]} if self.key_id is not None else None
        key = credential[self.key]
        register_secrets([key, *key.splitlines()])
        try:
            token = jwt.encode({**claims, **self.claims}, key, algorithm=self.algorithm, headers=headers)
        except (ValueError, TypeError, NotImplementedError, jwt.PyJWTError):
            # The library's own message could quote the key.
            raise CredentialError(f"the credential's {self.key!r} is no private key for {self.algorithm}") from None
        register_secrets([token])
        return token

    def identity(self, credential: Mapping[str, str]) -> str:
        """A name for whoever signs."""
        subject = "" if self.subject is None else credential[self.subject]
        return fingerprint(f"{credential[self.issuer]}\n{subject}")


@dataclass(frozen=True, slots=True)
class JwtBearer:
    """A token of one's own as the bearer's, without an exchange."""

    jwt: Jwt

    def bind(self, credential: Credential, *, api_url: str) -> Authenticator:  # noqa: ARG002 - the port's signature
        """The authenticator that makes tokens, each for its lifetime."""
        return _OwnToken(self.jwt, credential)


class _OwnToken:
    def __init__(self, jwt: Jwt, credential: Credential) -> None:
        self._jwt = jwt
        self._credential = credential
        self._lock = threading.Lock()
        self._token = jwt.text(credential)
        self._renew_at = self._half_life()
        self.identity = jwt.identity(credential)

    def sign(self, request: Request, sender: Sender) -> Request:  # noqa: ARG002 - the port's signature
        with self._lock:
            if time.monotonic() >= self._renew_at:
                self._token, self._renew_at = self._jwt.text(self._credential), self._half_life()
            token = self._token
        return replace(request, headers={**request.headers, "Authorization": f"Bearer {token}"})

    def renew(self, refused: Request, sender: Sender) -> bool:  # noqa: ARG002 - the port's signature
        return False

    def _half_life(self) -> float:
        return time.monotonic() + self._jwt.lifetime_seconds / 2
