"""``vault://client/connector`` in a setting becomes a credential in memory; the entry point of the scheme."""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING, Final

from dif_vault._keeper import VaultKeeper
from dif_vault._names import SecretName
from dif_vault._process import forbid_dumps
from dif_vault._records import Status
from dif_vault._settings import KEY, URL, open_vault

if TYPE_CHECKING:
    from dif_kit.credentials import Credential

__all__ = ["resolve"]

_LOGGER: Final = logging.getLogger(__name__)
_LOCK: Final = threading.Lock()
_IN_USE: Final[dict[tuple[str | None, ...], VaultKeeper]] = {}


def resolve(ref: str) -> Credential:
    """The credential of a place; the key provider is asked once a process, and again when the credential changes.

    Raises:
        CredentialError: there is none, it does not open, or the vault cannot be reached. No message holds a secret.
        ConfigError: DIF_VAULT_URL or DIF_VAULT_KEY is missing.
        Deferred: the key provider is throttled.
    """
    place = SecretName.parse(ref)
    forbid_dumps()
    which = (str(place), os.environ.get(URL), os.environ.get(KEY))
    with _LOCK:
        keeper = _IN_USE.get(which)
        if keeper is not None:
            keeper.reread()
            return keeper.credential
        vault = open_vault()
        opened = vault.open(place)
        # An end of the audit that stands in a log elsewhere is what proves that nothing was cut off.
        _LOGGER.info("opened %s version %s; audit at %s", place, opened.record.version, vault.anchor)
        if (status := opened.record.status_at()) is not Status.ACTIVE:
            _LOGGER.warning("%s is %s: renew it soon (vault list)", place, status)
        keeper = _IN_USE[which] = VaultKeeper(vault, opened)
        return keeper.credential
