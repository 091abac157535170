"""One credential in use by one process: read again when it changes, written back when the provider replaces it.

The processes of a fleet take turns by an advisory lock of the database's session: it ends with its holder, whatever
ends that one. A pooler in transaction mode would lend the session to others; `vault doctor` finds out.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec
import psycopg
from cryptography.exceptions import InvalidTag
from dif_kit.credentials import Credential, SharedToken
from dif_kit.errors import Deferred

from dif_vault._audit import Action
from dif_vault._envelope import context_of, open_text, seal_text
from dif_vault._kinds import end_of
from dif_vault._records import Status
from dif_vault._store import statement
from dif_vault.errors import KeyRefusedError, StaleError, StoreError, TamperedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dif_vault._names import SecretName
    from dif_vault._records import Opened
    from dif_vault._store import Connection, Store
    from dif_vault._vault import Vault

__all__ = ["VaultKeeper", "turn_of"]

_LOGGER: Final = logging.getLogger(__name__)

_PATIENCE_SECONDS: Final = 120
_COME_BACK_SECONDS: Final = 60.0
_LONGEST_SECONDS: Final = 86_400.0  # a token without an end is renewed when it is refused; JSON has no infinity
_WRITE_TRIES: Final = 3
_WRITE_WAITS: Final = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
_ROTATING: Final = "refresh_token"


class _Token(msgspec.Struct, frozen=True):
    access_token: str
    ends_at: float


class VaultKeeper:
    """See `dif_kit.credentials.CredentialKeeper` and `dif_kit.credentials.TokenStore`. Threads share it."""

    def __init__(self, vault: Vault, opened: Opened) -> None:
        self._vault, self._opened = vault, opened
        self._place = opened.record.place
        #: What whoever uses the credential knows of it; a `load` may have seen a later one.
        self._given = opened.record.version
        self._lock = threading.RLock()

    @property
    def tokens(self) -> VaultKeeper:
        """Itself: access tokens lie beside the credential."""
        return self

    @property
    def remedy(self) -> str:
        """The command that makes it good again: a user grants access anew, or somebody puts what the provider shows."""
        name = str(self._place).removeprefix("vault://")
        is_granted = self._opened.record.kind == "refresh_token"
        return f"run `vault {'authorize' if is_granted else 'put'} {name}`"

    @property
    def credential(self) -> Credential:
        """The credential as this process knows it."""
        with self._lock:
            return Credential(self._opened.values, keeper=self)

    def reread(self) -> Credential | None:
        """The credential if it has changed since it was read last; asks the key provider only then."""
        with self._lock:
            self._follow()
            if self._opened.record.version == self._given:
                return None
            self._given = self._opened.record.version
            return self.credential

    def keep(self, changed: Mapping[str, str]) -> None:
        """Write what the provider replaced as the next version.

        A database or KMS that is away for seconds is waited for: what is lost here, only the user can grant again.

        Raises:
            CredentialError: it cannot be written; the values must not be used then.
            Deferred: KMS is throttled for longer.
        """
        for wait in _WRITE_WAITS:
            try:
                self._keep(changed)
            except (Deferred, KeyRefusedError, StoreError) as error:
                _LOGGER.warning("%s was replaced by its provider and cannot be written yet: %s", self._place, error)
                time.sleep(wait)
            else:
                return
        self._keep(changed)

    def _keep(self, changed: Mapping[str, str]) -> None:
        with self._lock:
            before = self._opened.values
            for _ in range(_WRITE_TRIES):
                try:
                    self._opened = self._vault.put(
                        self._place,
                        {**self._opened.values, **changed},
                        expect=self._opened.record.version,
                        expires_at=self._next_end({**self._opened.values, **changed}),
                        detail="replaced by the provider",
                    )
                except StaleError:
                    # A person has changed it meanwhile: theirs and the provider's both stand, if they differ.
                    self._opened = self._vault.open(self._place, detail="changed while it was refreshed")
                    if any(self._opened.values.get(name) != before.get(name) for name in changed):
                        _LOGGER.warning("%s was put anew while it was refreshed: the new one stays", self._place)
                        return
                else:
                    self._given = self._opened.record.version
                    return
            raise StaleError(f"{self._place} changes faster than it can be written")

    def refused(self, reason: str) -> None:
        """Note that the provider does not accept it any more."""
        with self._lock:
            if self._opened.record.status is Status.ACTIVE:
                self._mark(Status.NEEDS_REAUTH, reason)

    @contextmanager
    def turn(self, identity: str) -> Iterator[None]:  # noqa: ARG002 - a credential gives one kind of token
        """See `TokenStore.turn`."""
        with turn_of(self._vault.store, self._place):
            yield

    def load(self, identity: str, secret: str) -> SharedToken | None:  # noqa: ARG002 - sealed by the data key
        """See `TokenStore.load`."""
        with self._lock:
            with self._vault.store.session() as connection:
                row = connection.execute(statement("token"), asdict(self._place)).fetchone()
            if row is None:
                return None
            in_force, now, version, nonce, ciphertext = row
            if in_force != self._opened.record.version:
                self._follow()
            refresh_token = self._opened.values.get(_ROTATING)
            if version != self._opened.record.version:
                return None if refresh_token is None else SharedToken("", 0.0, refresh_token)
            token = self._unsealed(nonce, ciphertext)
            with self._vault.store.session() as connection:
                self._vault.note(Action.TAKE, self._opened, connection=connection)
            return SharedToken(token.access_token, token.ends_at - now, refresh_token)

    def save(self, identity: str, secret: str, token: SharedToken) -> None:  # noqa: ARG002 - as in `load`
        """See `TokenStore.save`."""
        with self._lock:
            if self._opened.record.status is Status.NEEDS_REAUTH:
                self._mark(Status.ACTIVE, "the provider gave a token")
            with self._vault.store.session() as connection, connection.transaction():
                now: float = connection.execute(statement("now")).fetchall()[0][0]  # the clock that all processes share
                kept = msgspec.json.encode(_Token(token.access_token, now + min(token.seconds_left, _LONGEST_SECONDS)))
                nonce, ciphertext = seal_text(self._opened.data_key, kept, self._context)
                version = self._opened.record.version
                asked = {**asdict(self._place), "version": version, "nonce": nonce, "ciphertext": ciphertext}
                connection.execute(statement("save_token"), asked)
                self._vault.note(Action.SHARE, self._opened, connection=connection)

    def _follow(self) -> None:
        """Open the version in force, if it is another than the one at hand."""
        if self._vault.version_of(self._place) != self._opened.record.version:
            self._opened = self._vault.open(self._place, detail="changed while in use")

    @property
    def _context(self) -> dict[str, str]:
        return context_of(self._place, self._opened.record.version, purpose="access_token")

    def _unsealed(self, nonce: bytes, ciphertext: bytes) -> _Token:
        try:
            text = open_text(self._opened.data_key, nonce, ciphertext, self._context)
        except InvalidTag:
            raise TamperedError(f"the access token kept for {self._place} was changed, or belongs elsewhere") from None
        return msgspec.json.decode(text, type=_Token)

    def _next_end(self, values: Mapping[str, str]) -> datetime | None:
        """A token that replaces another is taken to live as long as that one, unless it says so itself."""
        record = self._opened.record
        if (end := end_of(values)) is not None or record.expires_at is None:
            return end
        return datetime.now(UTC) + (record.expires_at - record.written_at)

    def _mark(self, status: Status, reason: str) -> None:
        try:
            self._opened = self._vault.mark(self._opened, status, reason=reason)
        except StaleError:
            _LOGGER.info("%s was marked by another process first", self._place)


@contextmanager
def turn_of(store: Store, place: SecretName) -> Iterator[tuple[int, Connection]]:
    """Be the only one who refreshes a credential; gives the lock's key and the session that holds it.

    Raises:
        Deferred: the others took too long.
    """
    key = int.from_bytes(hashlib.sha256(f"{place}".encode()).digest()[:8], "big", signed=True)
    with store.session() as connection:
        connection.execute("SELECT set_config('lock_timeout', %s, false)", [f"{_PATIENCE_SECONDS}s"])
        try:
            connection.execute("SELECT pg_advisory_lock(%s)", [key])
        except psycopg.errors.LockNotAvailable:
            message = f"another process has been refreshing {place} for {_PATIENCE_SECONDS} s"
            raise Deferred(message, retry_at=time.time() + _COME_BACK_SECONDS) from None
        yield key, connection
