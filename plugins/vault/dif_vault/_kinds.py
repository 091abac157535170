"""What kinds of credentials there are, which values make one, and what tells its end."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cryptography import x509

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KINDS", "Kind", "end_of", "kind_of"]

_PARTS_OF_A_JWT: Final = 3


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind by the names of the values that it needs; prompts ask for them in this order."""

    name: str
    needs: tuple[str, ...]


KINDS: Final = (
    Kind("service_account", ("client_email", "private_key")),
    Kind("certificate", ("certificate", "private_key")),
    Kind("refresh_token", ("client_id", "client_secret", "refresh_token")),
    Kind("basic", ("user", "password")),
    Kind("client", ("client_id", "client_secret")),
    Kind("access_token", ("access_token",)),
    Kind("api_key", ("api_key",)),
)
"""Most telling first: a service account has a private key, a certificate one and more."""


def kind_of(values: Mapping[str, str]) -> str:
    """The kind that these values make, ``other`` if none that is known: a tap says itself what it needs."""
    return next((kind.name for kind in KINDS if set(kind.needs) <= set(values)), "other")


def end_of(values: Mapping[str, str]) -> datetime | None:
    """When the credential ends, if it says so itself: a certificate, or a token that is a JWT (read, not verified)."""
    if "certificate" in values:
        try:
            return x509.load_pem_x509_certificate(values["certificate"].encode()).not_valid_after_utc
        except ValueError:
            return None
    ends = [_end_of_jwt(value) for name, value in values.items() if name.endswith("token")]
    return min((end for end in ends if end is not None), default=None)


def _end_of_jwt(token: str) -> datetime | None:
    parts = token.split(".")
    if len(parts) != _PARTS_OF_A_JWT:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return datetime.fromtimestamp(float(claims["exp"]), UTC)
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
