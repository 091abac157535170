"""Where the vault is, which keys open it, and who asks: from the environment."""

from __future__ import annotations

import getpass
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dif_kit.errors import ConfigError

from dif_vault._store import Store
from dif_vault._vault import Vault
from dif_vault.keys import KeyProvider, KeyRing, KmsKeys, LocalKeys

__all__ = ["KEY", "URL", "Actor", "key_ring", "local_key_file", "open_vault", "store"]

URL: Final = "DIF_VAULT_URL"
KEY: Final = "DIF_VAULT_KEY"
_LOCAL: Final = "local:"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, as the audit names it."""

    name: str
    run_id: str | None = None

    @classmethod
    def here(cls) -> Actor:
        """This process: DIF_VAULT_ACTOR, else user and host; Meltano's run id if there is one."""
        name = os.environ.get("DIF_VAULT_ACTOR") or f"{_user()}@{socket.gethostname()}"
        return cls(name, os.environ.get("MELTANO_RUN_ID") or None)


def open_vault() -> Vault:
    """The vault of the environment: DIF_VAULT_URL and DIF_VAULT_KEY.

    Raises:
        ConfigError: one of them is missing or malformed.
        KeyRefusedError: a key file cannot be used.
    """
    actor = Actor.here()
    return Vault(store(), key_ring(), actor=actor.name, run_id=actor.run_id)


def store() -> Store:
    """The database."""
    url = os.environ.get(URL)
    if not url:
        message = f"{URL} is not set: give the vault's database, as postgresql://vault@host:5432/vault"
        raise ConfigError(message)
    return Store(url)


def key_ring() -> KeyRing:
    """The keys of DIF_VAULT_KEY, separated by commas."""
    given = [part.strip() for part in os.environ.get(KEY, "").split(",") if part.strip()]
    if not given:
        message = (
            f"{KEY} is not set: name a KMS key (ARN or alias), or local:/path/to/keys.json; former ones behind commas"
        )
        raise ConfigError(message)
    return KeyRing([_provider(key) for key in given])


def local_key_file() -> Path | None:
    """The key file that new data keys are wrapped by, if it is one."""
    first = os.environ.get(KEY, "").partition(",")[0].strip()
    return Path(first.removeprefix(_LOCAL)).expanduser() if first.startswith(_LOCAL) else None


def _provider(key: str) -> KeyProvider:
    if key.startswith(_LOCAL):
        return LocalKeys(Path(key.removeprefix(_LOCAL)).expanduser())
    return KmsKeys(key)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user id without a name
        return str(os.getuid())
