"""Keys in a file that only its owner may read: for a laptop, without AWS."""

from __future__ import annotations

import base64
import os
import secrets
import stat
from typing import TYPE_CHECKING, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dif_vault.errors import KeyRefusedError, TamperedError
from dif_vault.keys._ports import WrappedKey

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["LocalKeys"]

_SCHEME: Final = "local:"
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_PRIVATE: Final = 0o600


class _File(msgspec.Struct, frozen=True):
    current: str
    keys: dict[str, str]


class LocalKeys:
    """AES-256-GCM under the keys of one file; the same rules of context as KMS."""

    def __init__(self, path: Path) -> None:
        self.path = path
        held = self._read()
        self._current = held.current
        self._keys = {name: base64.b64decode(key) for name, key in held.keys.items()}

    @classmethod
    def create(cls, path: Path) -> LocalKeys:
        """Make the file with a first key; one that is there stays as it is."""
        if not path.exists():
            _write(path, _with_new_key({}))
        return cls(path)

    @property
    def kind(self) -> str:
        """See `KeyProvider`."""
        return "local"

    @property
    def label(self) -> str:
        """See `KeyProvider`."""
        return f"{_SCHEME}{self.path}"

    def wraps(self, key_id: str) -> bool:
        """See `KeyProvider`."""
        return key_id in self._keys

    def trusted(self, key_id: str) -> str:
        """See `KeyProvider`: names of keys are the file's own."""
        return key_id

    def is_current(self, key_id: str) -> bool:
        """See `KeyProvider`."""
        return key_id == self._current

    def generate(self, context: Mapping[str, str]) -> tuple[bytes, WrappedKey]:
        """See `KeyProvider`."""
        data_key = secrets.token_bytes(_KEY_BYTES)
        return data_key, self.wrap(data_key, context)

    def unwrap(self, key_id: str, blob: bytes, context: Mapping[str, str]) -> bytes:
        """See `KeyProvider`."""
        try:
            return AESGCM(self._keys[key_id]).decrypt(blob[:_NONCE_BYTES], blob[_NONCE_BYTES:], _bound(key_id, context))
        except (InvalidTag, ValueError):
            message = f"the data key of {_named(context)} does not belong there, or was changed since it was written"
            raise TamperedError(message) from None

    def rewrap(self, key_id: str, blob: bytes, context: Mapping[str, str]) -> WrappedKey:
        """See `KeyProvider`."""
        return self.wrap(self.unwrap(key_id, blob, context), context)

    def add_key(self) -> str:
        """Make a new key the current one; the others still open what they closed. The answer is its id."""
        held = _with_new_key(self._read().keys)
        _write(self.path, held)
        self._current, self._keys[held.current] = held.current, base64.b64decode(held.keys[held.current])
        return held.current

    def wrap(self, data_key: bytes, context: Mapping[str, str]) -> WrappedKey:
        """See `KeyProvider`."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = AESGCM(self._keys[self._current]).encrypt(nonce, data_key, _bound(self._current, context))
        return WrappedKey(self._current, nonce + sealed)

    def _read(self) -> _File:
        try:
            with self.path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                if mode & (stat.S_IRWXG | stat.S_IRWXO):
                    message = f"others may read the key file {self.path}; run: chmod 600 {self.path}"
                    raise KeyRefusedError(message)
                return msgspec.json.decode(file.read(), type=_File)
        except FileNotFoundError:
            raise KeyRefusedError(f"there is no key file {self.path}: `vault init` makes one") from None
        except OSError as error:
            raise KeyRefusedError(f"the key file {self.path} cannot be read: {error.strerror}") from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise KeyRefusedError(f"{self.path} is no key file of the vault") from None


def _with_new_key(keys: Mapping[str, str]) -> _File:
    name = f"{_SCHEME}{secrets.token_hex(8)}"
    return _File(name, {**keys, name: base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()})


def _write(path: Path, held: _File) -> None:
    """Whole or not at all: a key file that is lost in the middle takes every credential with it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(held))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _bound(key_id: str, context: Mapping[str, str]) -> bytes:
    return msgspec.json.encode({**context, "key": key_id}, order="sorted")


def _named(context: Mapping[str, str]) -> str:
    return f"{context['client']}/{context['connector']} version {context['version']}"
