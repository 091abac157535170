"""Requests that a key signs one by one."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

from dif_kit.credentials import register_secrets
from dif_kit.errors import ConfigError, CredentialError
from dif_kit.http._auth import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dif_kit.credentials import Credential
    from dif_kit.http._auth import Authenticator, Sender
    from dif_kit.http._request import Request

__all__ = ["AwsSignature", "Signature"]

_TIMESTAMPS: Final[Mapping[str, Callable[[float], str]]] = {
    "seconds": lambda now: str(int(now)),
    "milliseconds": lambda now: str(int(now * 1000)),
    "iso": lambda now: datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    "basic": lambda now: datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ"),
}
_ENCODINGS: Final[Mapping[str, Callable[[bytes], str]]] = {
    "hex": bytes.hex,
    "base64": lambda raw: base64.b64encode(raw).decode(),
}
_KEYS: Final[Mapping[str, Callable[[str], bytes]]] = {
    "text": str.encode,
    "hex": bytes.fromhex,
    "base64": lambda text: base64.b64decode(text, validate=True),
}


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature over what ``canonical`` says, sent in ``headers``; both are texts with holes.

    Holes are ``{method}``, ``{path}``, ``{query}`` as sent and ``{sorted_query}``, ``{host}``, ``{body}``,
    ``{body_hash}`` (SHA-256, hex), ``{timestamp}``, ``{nonce}``, every name in the credential, and in headers
    ``{signature}``. ``key`` is the key's name in the credential, written as ``key_form``; for ``rsa-sha256`` it is a
    private key in PEM (extra ``dif-kit[jwt]``).
    """

    canonical: str
    headers: Mapping[str, str]
    key: str = "secret_key"
    algorithm: Literal["hmac-sha1", "hmac-sha256", "hmac-sha512", "rsa-sha256"] = "hmac-sha256"
    encoding: Literal["hex", "base64"] = "hex"
    key_form: Literal["text", "hex", "base64"] = "text"
    timestamp: Literal["seconds", "milliseconds", "iso", "basic"] = "seconds"

    def bind(self, credential: Credential, *, api_url: str) -> Authenticator:  # noqa: ARG002 - the port's signature
        """The authenticator that holds the key; raises CredentialError if it is none."""
        register_secrets([credential[self.key], *credential[self.key].splitlines()])
        return _Signer(self, credential)


class _Signer:
    def __init__(self, kind: Signature, credential: Credential) -> None:
        self._kind = kind
        self._values = dict(credential)
        self._digest = _digest(kind, credential[kind.key])
        self.identity = fingerprint(credential[kind.key])

    def sign(self, request: Request, sender: Sender) -> Request:  # noqa: ARG002 - the port's signature
        url = request.address()
        holes = {**self._values, **_holes(request, url), "timestamp": _TIMESTAMPS[self._kind.timestamp](time.time())}
        try:
            signature = _ENCODINGS[self._kind.encoding](self._digest(self._kind.canonical.format_map(holes).encode()))
            own = {
                name: text.format_map({**holes, "signature": signature}) for name, text in self._kind.headers.items()
            }
        except (KeyError, IndexError, ValueError) as error:
            raise ConfigError(f"the signature's facts name {error}, which is neither of the request nor held") from None
        # What was signed is what is sent: the query goes into the address.
        return replace(request, url=url, params={}, headers={**request.headers, **own})

    def renew(self, refused: Request, sender: Sender) -> bool:  # noqa: ARG002 - the port's signature
        return False


@dataclass(frozen=True, slots=True)
class AwsSignature:
    """AWS Signature Version 4, by botocore; ``access_key_id``, ``secret_access_key``, perhaps ``session_token``."""

    service: str
    region: str

    def bind(self, credential: Credential, *, api_url: str) -> Authenticator:  # noqa: ARG002 - the port's signature
        """The authenticator that holds the keys."""
        register_secrets([credential["secret_access_key"], credential.get("session_token", "")])
        return _AwsSigner(self, credential)


class _AwsSigner:
    def __init__(self, kind: AwsSignature, credential: Credential) -> None:
        from botocore.auth import SigV4Auth  # noqa: PLC0415 - half a second that only such taps pay
        from botocore.credentials import Credentials  # noqa: PLC0415

        keys = Credentials(
            credential["access_key_id"], credential["secret_access_key"], credential.get("session_token")
        )
        self._signer = SigV4Auth(keys, kind.service, kind.region)
        self.identity = fingerprint(credential["access_key_id"])

    def sign(self, request: Request, sender: Sender) -> Request:  # noqa: ARG002 - the port's signature
        from botocore.awsrequest import AWSRequest  # noqa: PLC0415

        url = request.address()
        body, kind = request.payload() if request.method != "GET" else (None, None)
        headers = {**request.headers, **({"Content-Type": kind} if kind is not None else {})}
        signed = AWSRequest(request.method, url, headers=headers, data=body or b"")
        self._signer.add_auth(signed)
        return replace(request, url=url, params={}, headers=dict(signed.headers.items()))

    def renew(self, refused: Request, sender: Sender) -> bool:  # noqa: ARG002 - the port's signature
        return False


def _holes(request: Request, url: str) -> dict[str, str]:
    parts = urlsplit(url)
    body = (request.payload()[0] or b"") if request.method != "GET" else b""
    return {
        "method": request.method,
        "host": parts.netloc,
        "path": parts.path or "/",
        "query": parts.query,
        "sorted_query": "&".join(sorted(parts.query.split("&"))),
        "body": body.decode(),
        "body_hash": hashlib.sha256(body).hexdigest(),
        "nonce": uuid.uuid4().hex,
    }


def _digest(kind: Signature, key: str) -> Callable[[bytes], bytes]:
    if kind.algorithm == "rsa-sha256":
        return _rsa(key, kind.key)
    try:
        secret = _KEYS[kind.key_form](key)
    except (ValueError, binascii.Error):
        raise CredentialError(f"the credential's {kind.key!r} is not written as {kind.key_form}") from None
    name = kind.algorithm.partition("-")[2]
    return lambda message: hmac.digest(secret, message, name)


def _rsa(key: str, name: str) -> Callable[[bytes], bytes]:
    try:
        from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415 - an extra that few need
        from cryptography.hazmat.primitives.asymmetric import padding, rsa  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError("this authentication needs an extra: install dif-kit[jwt]") from error
    try:
        private = serialization.load_pem_private_key(key.encode(), password=None)
    except (ValueError, TypeError):
        private = None
    if not isinstance(private, rsa.RSAPrivateKey):
        raise CredentialError(f"the credential's {name!r} is no RSA private key in PEM")
    return lambda message: private.sign(message, padding.PKCS1v15(), hashes.SHA256())
