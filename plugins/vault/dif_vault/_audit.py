"""The audit: a chain of hashes over every read and write, with marks that only a holder of the key can make.

Each entry's hash covers the entry and the hash before it, so an edit, a deletion, an insertion or another order breaks
the chain. Who may write to the database could compute the chain anew; but an entry about an opened credential also has
a MAC over its hash, by a key derived from the credential's data key. The end of the chain can only be proven by what
was noted elsewhere: an anchor, ``<entry>:<hash>``, which each run logs.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from dif_kit.errors import CredentialError
from psycopg.rows import class_row

from dif_vault._envelope import canonical, tag
from dif_vault._names import SecretName
from dif_vault._store import statement

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from dif_vault._store import Connection

__all__ = ["Action", "Anchor", "AuditReport", "Entry", "append", "entries", "head", "walk"]


class Action(StrEnum):
    """What was done."""

    OPEN = "open"
    PUT = "put"
    STATUS = "status"
    REWRAP = "rewrap"
    REFUSED = "refused"
    SHARE = "share"
    """An access token was left for the other processes."""
    TAKE = "take"
    """An access token that another process left was opened."""


class Anchor(NamedTuple):
    """The end of the chain at some time."""

    entry: int
    hash: bytes

    @classmethod
    def parse(cls, text: str) -> Anchor:
        """What `str` wrote.

        Raises:
            CredentialError: it is no anchor.
        """
        entry, _, digest = text.partition(":")
        try:
            return cls(int(entry), bytes.fromhex(digest))
        except ValueError:
            raise CredentialError(f"{text!r} is no anchor: write <entry>:<hash>, as `vault audit` shows it") from None

    def __str__(self) -> str:
        return f"{self.entry}:{self.hash.hex()}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit."""

    entry: int
    at: datetime
    actor: str
    run_id: str | None
    action: str
    client: str
    connector: str
    name: str
    version: int
    detail: str
    previous: bytes = field(repr=False)
    hash: bytes = field(repr=False, default=b"")
    mac: bytes | None = field(repr=False, default=None)

    @property
    def place(self) -> SecretName:
        """Whose credential it is about."""
        return SecretName(self.client, self.connector, self.name)

    def digest(self) -> bytes:
        """What `hash` must be."""
        said = [
            self.entry, self.at.timestamp(), self.actor, self.run_id, self.action,
            self.client, self.connector, self.name, self.version, self.detail,
        ]  # fmt: skip
        return hashlib.sha256(self.previous + canonical(said)).digest()

    def is_marked_by(self, data_key: bytes) -> bool:
        """Whether the mark was made by a holder of this data key."""
        return self.mac is not None and hmac.compare_digest(self.mac, tag(data_key, "audit", self.hash))


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What a walk over the whole chain found."""

    end: Anchor
    faults: tuple[str, ...]
    marked: int = 0
    unmarked: int = 0
    unverifiable: int = 0


def append(
    connection: Connection,
    action: Action,
    place: SecretName,
    version: int,
    *,
    actor: str,
    run_id: str | None,
    detail: str = "",
    data_key: bytes | None = None,
) -> Anchor:
    """Add an entry in the transaction that is open; whoever else appends waits until that ends."""
    row = connection.execute(statement("lock_head")).fetchone()
    if row is None:
        raise CredentialError("the audit has lost its end: run `vault audit`")
    last, previous, at = row
    draft: dict[str, Any] = {
        "entry": last + 1, "at": at, "actor": actor, "run_id": run_id, "action": str(action),
        "client": place.client, "connector": place.connector, "name": place.name, "version": version,
        "detail": detail, "previous": previous,
    }  # fmt: skip
    digest = Entry(**draft).digest()
    mac = None if data_key is None else tag(data_key, "audit", digest)
    connection.execute(statement("append"), {**draft, "hash": digest, "mac": mac})
    connection.execute(statement("move_head"), {"entry": last + 1, "hash": digest})
    return Anchor(last + 1, digest)


def head(connection: Connection) -> Anchor | None:
    """The end of the chain as the database notes it."""
    row = connection.execute(statement("head")).fetchone()
    return None if row is None else Anchor(*row)


def entries(connection: Connection) -> list[Entry]:
    """The whole audit, in its order."""
    with connection.cursor(row_factory=class_row(Entry)) as cursor:
        return cursor.execute(statement("entries")).fetchall()


def walk(chain: Iterable[Entry], end: Anchor | None, anchors: Iterable[Anchor]) -> list[str]:
    """What is wrong with the chain itself."""
    faults: list[str] = []
    hashes: dict[int, bytes] = {}
    number, previous = 0, b""
    for entry in chain:
        if entry.entry != number + 1:
            faults.append(f"entry {number + 1} is missing before entry {entry.entry}")
        elif entry.previous != previous:
            faults.append(f"entry {entry.entry} does not follow entry {number}")
        if entry.digest() != entry.hash:
            faults.append(f"entry {entry.entry} was changed")
        number, previous = entry.entry, entry.hash
        hashes[number] = entry.hash
    if end is None or end != (number, previous):
        faults.append(f"the chain ends at entry {number}, its noted end is {'lost' if end is None else end.entry}")
    lost = [anchor for anchor in anchors if hashes.get(anchor.entry) != anchor.hash]
    return faults + [f"the chain does not hold the anchor {anchor}: it was cut off or written anew" for anchor in lost]
