"""From a reference such as ``file:///run/secrets/pinterest`` to the credential it names."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import msgspec

from dif_kit._extensions import extensions
from dif_kit.credentials._credential import Credential
from dif_kit.credentials._redact import register_secrets
from dif_kit.errors import CredentialError

__all__ = ["CredentialResolver", "from_environment", "from_file", "resolve"]

_GROUP = "dif_kit.credentials"


class CredentialResolver(Protocol):
    """What an entry point of the group ``dif_kit.credentials`` points to; its name is the scheme."""

    def __call__(self, ref: str) -> Credential:
        """The credential that ``ref`` (scheme included) names; raises CredentialError."""


def resolve(ref: str) -> Credential:
    """The credential behind ``ref``: ``env://NAME``, ``file:///absolute/path``, or a scheme that a package adds.

    From here on, no log record and no traceback of this process shows a value of it.

    Raises:
        CredentialError: no such scheme, nothing there, or not a JSON object of texts. The message holds no secret.
    """
    scheme, separator, _ = ref.partition("://")
    if not separator:
        raise CredentialError("credential_ref must look like env://NAME or file:///absolute/path")
    found = extensions(_GROUP)
    if scheme not in found:
        known = ", ".join(f"{each}://" for each in sorted(found))
        raise CredentialError(f"credential_ref has the unknown scheme {scheme}://; installed are {known}")
    resolver: CredentialResolver = found[scheme].load()
    credential = resolver(ref)
    register_secrets(credential.secrets())
    return credential


def from_environment(ref: str) -> Credential:
    """``env://NAME``: the variable holds a JSON object of texts."""
    name = ref.partition("://")[2]
    held = os.environ.get(name)
    if not held:
        raise CredentialError(f"{ref}: the environment has no variable {name}")
    return _parse(ref, held.encode())


def from_file(ref: str) -> Credential:
    """``file:///absolute/path``: the file holds a JSON object of texts, and only its owner may read it."""
    parts = urlsplit(ref)
    path = Path(unquote(parts.path))
    if parts.netloc or not path.is_absolute():
        raise CredentialError(f"{ref}: give an absolute path, as in file:///run/secrets/name")
    try:
        with path.open("rb") as file:
            # Asked of the open file: a path could be swapped between the question and the read.
            mode = os.fstat(file.fileno()).st_mode
            if mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise CredentialError(
                    f"{ref}: others may read this file ({stat.S_IMODE(mode):04o}); run: chmod 600 {path}"
                )
            held = file.read()
    except OSError as error:
        raise CredentialError(f"{ref}: {error.strerror or error}") from error
    return _parse(ref, held)


def _parse(ref: str, held: bytes) -> Credential:
    try:
        return Credential(msgspec.json.decode(held, type=dict[str, str]))
    except (msgspec.DecodeError, UnicodeDecodeError):
        # The decoder's own message could quote what it read.
        raise CredentialError(f"{ref}: expected a JSON object whose values are all texts") from None
