"""Envelope encryption: each version of a credential has a data key of its own, which only the key provider unwraps.

The encryption context {client, connector, name, version, purpose} is bound to both, the wrapped data key and the
ciphertext: a row in another place, or under another version, does not open. What stands beside the ciphertext (status,
expiry, ...) is bound by a MAC whose key is derived from the data key.
"""

from __future__ import annotations

import hmac
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dif_vault._records import Opened, Record
from dif_vault.errors import TamperedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dif_vault._names import SecretName
    from dif_vault.keys import KeyRing

__all__ = ["canonical", "context_of", "open_record", "open_text", "seal_record", "seal_text", "tag", "tagged"]

_NONCE_BYTES: Final = 12
_KEY_BYTES: Final = 32


def context_of(place: SecretName, version: int, purpose: str = "credential") -> dict[str, str]:
    """The encryption context; with AWS KMS it stands in CloudTrail, so there is nothing secret in it."""
    return {
        "client": place.client,
        "connector": place.connector,
        "name": place.name,
        "version": str(version),
        "purpose": purpose,
    }


def seal_record(draft: Record, values: Mapping[str, str], keys: KeyRing) -> Opened:
    """Encrypt values under a new data key and fill in what the draft lacks.

    Raises:
        KeyRefusedError: the key provider gives no data key.
        Deferred: it is throttled.
    """
    context = context_of(draft.place, draft.version)
    data_key, wrapped = keys.generate(context)
    nonce, ciphertext = seal_text(data_key, msgspec.json.encode(dict(values)), context)
    sealed = replace(draft, key_id=wrapped.key_id, wrapped_key=wrapped.blob, nonce=nonce, ciphertext=ciphertext)
    return Opened(tagged(sealed, data_key), dict(values), data_key)


def open_record(record: Record, keys: KeyRing) -> Opened:
    """Decrypt a record, if it is exactly what was written in its place.

    Raises:
        TamperedError: it is not.
        KeyRefusedError: the key provider does not unwrap its data key.
        Deferred: it is throttled.
    """
    context = context_of(record.place, record.version)
    data_key = keys.unwrap(record.key_id, record.wrapped_key, context)
    if not hmac.compare_digest(record.mac, tagged(record, data_key).mac):
        raise TamperedError(f"{record.place} version {record.version}: the row was changed since it was written")
    try:
        text = open_text(data_key, record.nonce, record.ciphertext, context)
    except InvalidTag:
        raise TamperedError(f"{record.place} version {record.version}: the row does not belong here") from None
    return Opened(record, msgspec.json.decode(text, type=dict[str, str]), data_key)


def tagged(record: Record, data_key: bytes) -> Record:
    """The record with the MAC over everything that rewrapping does not change."""
    return replace(record, mac=tag(data_key, "row", canonical(_bound(record))))


def tag(data_key: bytes, purpose: str, message: bytes) -> bytes:
    """HMAC-SHA256 by a key for this purpose alone, derived from the data key."""
    key = HKDF(SHA256(), _KEY_BYTES, salt=None, info=f"dif vault {purpose}".encode()).derive(data_key)
    return hmac.digest(key, message, "sha256")


def seal_text(data_key: bytes, text: bytes, context: Mapping[str, str]) -> tuple[bytes, bytes]:
    """Nonce and ciphertext (AES-256-GCM), bound to the context."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce, AESGCM(data_key).encrypt(nonce, text, canonical(context))


def open_text(data_key: bytes, nonce: bytes, ciphertext: bytes, context: Mapping[str, str]) -> bytes:
    """What `seal_text` closed; raises InvalidTag for anything else."""
    try:
        return AESGCM(data_key).decrypt(nonce, ciphertext, canonical(context))
    except ValueError:  # a nonce or ciphertext of an impossible length
        raise InvalidTag from None


def canonical(value: object) -> bytes:
    """JSON with one way to write it."""
    return msgspec.json.encode(value, order="sorted")


def _bound(record: Record) -> dict[str, object]:
    return {
        "context": context_of(record.place, record.version),
        "kind": record.kind,
        "status": record.status,
        "fields": record.fields,
        "written_at": record.written_at.timestamp(),
        "written_by": record.written_by,
        "expires_at": None if record.expires_at is None else record.expires_at.timestamp(),
        "nonce": record.nonce,
        "ciphertext": record.ciphertext,
    }
