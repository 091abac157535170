"""Access tokens that the processes of a fleet share, sealed by what only holders of the credential know."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

__all__ = ["SharedToken", "TokenStore", "seal", "unseal"]

_NONCE_BYTES: Final = 12
_KEY_BYTES: Final = 32


class SharedToken(msgspec.Struct, frozen=True, omit_defaults=True):
    """An access token, how long it is good for, and the refresh token if the provider has replaced it."""

    access_token: str
    seconds_left: float
    refresh_token: str | None = None


class TokenStore(Protocol):
    """Where one process leaves a fresh token for the others; whoever keeps credentials may be one."""

    def turn(self, identity: str) -> AbstractContextManager[object]:
        """Be the only one of the fleet who renews the token of ``identity``; waits for it.

        Raises:
            Deferred: the others took too long.
            BudgetError: the store cannot be reached: two could renew at once, which kills a token that is used once.
        """

    def load(self, identity: str, secret: str) -> SharedToken | None:
        """The token that was left last; None if there is none that ``secret`` opens. Its seconds may be used up."""

    def save(self, identity: str, secret: str, token: SharedToken) -> None:
        """Leave a token for the others."""


def seal(text: bytes, *, identity: str, secret: str) -> bytes:
    """Encrypt and authenticate (AES-256-GCM), by a key that is derived from ``secret`` (HKDF-SHA256)."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _cipher(identity, secret).encrypt(nonce, text, identity.encode())


def unseal(sealed: bytes, *, identity: str, secret: str) -> bytes | None:
    """The text, None if it was sealed by another secret, for another identity, or touched since."""
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - only a fleet with OAuth needs the library

    try:
        return _cipher(identity, secret).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], identity.encode())
    except (InvalidTag, ValueError):
        return None


def _cipher(identity: str, secret: str) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

    key = HKDF(SHA256(), _KEY_BYTES, salt=b"dif", info=b"access token " + identity.encode()).derive(secret.encode())
    return AESGCM(key)


if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
