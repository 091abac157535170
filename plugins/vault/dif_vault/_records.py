"""What the database holds of a credential, and what it is once opened."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from dif_vault._names import SecretName

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Opened", "Record", "Status"]

EXPIRING_DAYS: Final = 14


class Status(StrEnum):
    """What a credential is good for. ``expiring`` is never stored: the clock says it."""

    ACTIVE = "active"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    NEEDS_REAUTH = "needs_reauth"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Record:
    """One version of one credential as it stands in the database; nothing in it is a secret to whoever has no key."""

    client: str
    connector: str
    name: str
    version: int
    kind: str
    status: Status
    fields: tuple[str, ...]
    written_at: datetime
    written_by: str
    expires_at: datetime | None
    key_id: str
    wrapped_key: bytes = field(repr=False)
    nonce: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)
    mac: bytes = field(repr=False, default=b"")

    @property
    def place(self) -> SecretName:
        """Whose it is and for what."""
        return SecretName(self.client, self.connector, self.name)

    def status_at(self, now: datetime | None = None) -> Status:
        """The stored status, and what the calendar makes of it."""
        if self.status is not Status.ACTIVE or self.expires_at is None:
            return self.status
        left = self.expires_at - (now or datetime.now(UTC))
        if left <= timedelta(0):
            return Status.EXPIRED
        return Status.EXPIRING if left <= timedelta(days=EXPIRING_DAYS) else Status.ACTIVE


@dataclass(frozen=True, slots=True)
class Opened:
    """A credential in the memory of one process, with the key that opened it. It does not show itself."""

    record: Record
    values: Mapping[str, str] = field(repr=False)
    data_key: bytes = field(repr=False)
