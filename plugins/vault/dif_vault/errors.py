"""What the vault refuses, by what the caller can do about it. No message holds a secret."""

from __future__ import annotations

from dif_kit.errors import CredentialError, CredentialKeeperError

__all__ = ["KeyRefusedError", "NoSuchCredentialError", "StaleError", "StoreError", "TamperedError"]


class TamperedError(CredentialError):
    """What is stored is not what was written: look at the database and its audit; nothing was opened."""


class KeyRefusedError(CredentialKeeperError):
    """The key cannot be used: look at its state and at who may use it."""


class NoSuchCredentialError(CredentialError):
    """There is no such credential: put it, or name another one."""


class StaleError(CredentialError):
    """Another process wrote first: read again, then decide."""


class StoreError(CredentialKeeperError):
    """The database cannot be used: look at DIF_VAULT_URL and the server."""
