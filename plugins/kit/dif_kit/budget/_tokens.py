"""Access tokens in the store that a fleet shares."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Final

import msgspec

from dif_kit.budget._ask import StoreLostError
from dif_kit.credentials import SharedToken, seal, unseal

if TYPE_CHECKING:
    from collections.abc import Callable

    from dif_kit.budget._ask import Store
    from dif_kit.budget._ports import Lease

__all__ = ["FleetTokens"]

_LOGGER = logging.getLogger(__name__)

# A refresh token that replaced another outlives the access token that came with it; the others need it.
KEPT_SECONDS: Final = 30 * 86_400
LONGEST_LIFE_SECONDS: Final = 86_400.0


class _Entry(msgspec.Struct, frozen=True):
    token: SharedToken
    saved_at_us: int


class FleetTokens:
    """See `dif_kit.credentials.TokenStore`: renewals take turns by a lease, and a token lies sealed in the store."""

    def __init__(self, store: Store, lease: Callable[[str], Lease]) -> None:
        self._store = store
        self._lease = lease

    def turn(self, identity: str) -> Lease:
        """See `TokenStore.turn`."""
        return self._lease(f"token/{identity}")

    def load(self, identity: str, secret: str) -> SharedToken | None:
        """See `TokenStore.load`."""
        try:
            sealed, now_us = self._store.recall(identity)
        except StoreLostError:
            return None
        text = None if sealed is None else unseal(sealed, identity=identity, secret=secret)
        if text is None:
            return None
        entry = msgspec.json.decode(text, type=_Entry)
        age = (now_us - entry.saved_at_us) / 1e6
        return SharedToken(entry.token.access_token, entry.token.seconds_left - age, entry.token.refresh_token)

    def save(self, identity: str, secret: str, token: SharedToken) -> None:
        """See `TokenStore.save`."""
        try:
            _, now_us = self._store.recall(identity)
            life = min(token.seconds_left, LONGEST_LIFE_SECONDS)
            entry = _Entry(SharedToken(token.access_token, life, token.refresh_token), now_us)
            sealed = seal(msgspec.json.encode(entry), identity=identity, secret=secret)
            seconds = KEPT_SECONDS if token.refresh_token is not None else math.ceil(life)
            self._store.remember(identity, sealed, seconds=max(1, seconds))
        except StoreLostError as lost:
            _LOGGER.warning("a new access token is used here and not shared: Redis is lost (%s)", lost)
