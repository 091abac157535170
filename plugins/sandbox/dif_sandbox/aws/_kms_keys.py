"""The keys of KMS: made up here, kept in a file of the owner's, so that what they encrypted outlives a restart."""

from __future__ import annotations

import base64
import json
import os
import secrets
import uuid
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dif_sandbox.aws._errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["ACCOUNT", "Key", "KeyState", "KeyStore"]

ACCOUNT: Final = "123456789012"
FORM: Final = b"\x01"
UUID_BYTES, GENERATION_BYTES, NONCE_BYTES = 16, 2, 12


class KeyState(StrEnum):
    """What a key may be used for (KMS developer guide, "Key states of AWS KMS keys", read 2026-11)."""

    ENABLED = "Enabled"
    DISABLED = "Disabled"
    PENDING_DELETION = "PendingDeletion"


@dataclass(frozen=True, slots=True)
class Key:
    """One symmetric key with all generations of its material; the last one encrypts, each opens what it closed."""

    id: str
    material: tuple[str, ...] = field(repr=False)
    state: KeyState = KeyState.ENABLED
    description: str = ""
    created_at: float = 0.0
    deletion_at: float | None = None

    def encrypt(self, plaintext: bytes, context: bytes) -> bytes:
        """Key, generation and nonce in the clear, then the text, bound to key and context."""
        generation = len(self.material) - 1
        nonce = os.urandom(NONCE_BYTES)
        head = FORM + uuid.UUID(self.id).bytes + generation.to_bytes(GENERATION_BYTES) + nonce
        return head + self._cipher(generation).encrypt(nonce, plaintext, head + context)

    def decrypt(self, blob: bytes, context: bytes) -> bytes:
        """What `encrypt` closed; raises AwsError for anything else."""
        start = len(FORM) + UUID_BYTES
        generation = int.from_bytes(blob[start : start + GENERATION_BYTES])
        head_bytes = start + GENERATION_BYTES + NONCE_BYTES
        nonce = blob[start + GENERATION_BYTES : head_bytes]
        try:
            return self._cipher(generation).decrypt(nonce, blob[head_bytes:], blob[:head_bytes] + context)
        except (InvalidTag, IndexError, ValueError):
            raise AwsError("InvalidCiphertextException", "") from None

    def _cipher(self, generation: int) -> AESGCM:
        return AESGCM(base64.b64decode(self.material[generation]))


class KeyStore:
    """All keys and their aliases."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._keys: dict[str, Key] = {}
        self._aliases: dict[str, str] = {}
        if file.exists():
            held = json.loads(file.read_text())
            self._aliases = held["aliases"]
            self._keys = {one["id"]: _key(one) for one in held["keys"]}

    def __iter__(self) -> Iterator[Key]:
        return iter(list(self._keys.values()))

    @property
    def aliases(self) -> Mapping[str, str]:
        """Names (``alias/...``) of keys' ids."""
        return self._aliases

    def make(self, description: str = "") -> Key:
        """A new key."""
        made = Key(str(uuid.uuid4()), (_material(),), description=description, created_at=datetime.now(UTC).timestamp())
        return self.put(made)

    def name(self, alias: str, key: Key) -> None:
        """Let an alias mean a key."""
        self._aliases[alias] = key.id
        self._write()

    def put(self, key: Key) -> Key:
        """Keep a key as it is now."""
        self._keys[key.id] = key
        self._write()
        return key

    def rotate(self, key: Key) -> Key:
        """Give the key new material; the old one still opens what it closed."""
        return self.put(replace(key, material=(*key.material, _material())))

    def schedule_deletion(self, key: Key, days: int) -> Key:
        """From now on the key is of no use; `days` later it is gone."""
        ends = datetime.now(UTC) + timedelta(days=days)
        return self.put(replace(key, state=KeyState.PENDING_DELETION, deletion_at=ends.timestamp()))

    def find(self, named: str) -> Key:
        """The key by its id, ARN, alias or alias ARN, in whatever state.

        Raises:
            AwsError: there is none.
        """
        name = named.rpartition("key/")[2] if ":key/" in named else named
        if "alias/" in name:
            name = self._aliases.get("alias/" + name.partition("alias/")[2], "")
        key = self._keys.get(name)
        if key is None:
            raise AwsError("NotFoundException", f"Key '{named}' does not exist")
        return key

    def of(self, blob: bytes) -> Key:
        """The key that closed a ciphertext.

        Raises:
            AwsError: none of ours did.
        """
        if len(blob) <= len(FORM) + UUID_BYTES + GENERATION_BYTES + NONCE_BYTES or not blob.startswith(FORM):
            raise AwsError("InvalidCiphertextException", "")
        key = self._keys.get(str(uuid.UUID(bytes=blob[len(FORM) : len(FORM) + UUID_BYTES])))
        if key is None:
            raise AwsError("InvalidCiphertextException", "")
        return key

    def _write(self) -> None:
        draft = self._file.with_name(f"{self._file.name}.new")
        draft.unlink(missing_ok=True)
        draft.touch(mode=0o600)
        draft.write_text(json.dumps({"keys": [asdict(key) for key in self._keys.values()], "aliases": self._aliases}))
        draft.replace(self._file)


def _material() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _key(held: dict[str, Any]) -> Key:
    return Key(**{**held, "material": tuple(held["material"]), "state": KeyState(held["state"])})
