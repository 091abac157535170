"""What one can do with credentials: put, open, roll back, mark, rewrap, prove; each leaves its trace in the audit."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from dif_kit.errors import DifError

from dif_vault import _audit
from dif_vault._audit import Action, Anchor, AuditReport, Entry
from dif_vault._envelope import context_of, open_record, seal_record, tagged
from dif_vault._kinds import kind_of
from dif_vault._names import SecretName
from dif_vault._records import Opened, Record, Status
from dif_vault._store import current, insert, read, statement
from dif_vault.errors import NoSuchCredentialError, StaleError, TamperedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dif_vault._store import Connection, Store
    from dif_vault.keys import KeyRing

__all__ = ["Vault"]

_LONGEST_DETAIL: Final = 500


class Vault:
    """One database, opened with some keys, by somebody. Calls to the key provider are never made in a transaction."""

    def __init__(self, store: Store, keys: KeyRing, *, actor: str, run_id: str | None = None) -> None:
        self.store, self.keys = store, keys
        self._actor, self._run_id = actor, run_id
        #: The end of the audit after this object's last entry.
        self.anchor: Anchor | None = None

    def put(
        self,
        place: SecretName,
        values: Mapping[str, str],
        *,
        expect: int | None = None,
        expires_at: datetime | None = None,
        detail: str = "",
    ) -> Opened:
        """Write the next version.

        ``expect`` is the version that must be in force (0: none), for compare-and-swap.

        Raises:
            StaleError: another version is in force, or another process wrote at the same time.
            KeyRefusedError: there is no key to close it with.
        """
        with self.store.session() as connection:
            latest = self._latest(connection, place)
            version = latest.version if latest else 0
            if expect is not None and expect != version:
                raise StaleError(f"{place}: version {version} is in force, not {expect}; read it, then decide")
            draft = Record(
                client=place.client, connector=place.connector, name=place.name, version=version + 1,
                kind=kind_of(values), status=Status.ACTIVE, fields=tuple(sorted(values)),
                written_at=datetime.now(UTC), written_by=self._actor, expires_at=expires_at,
                key_id="", wrapped_key=b"", nonce=b"", ciphertext=b"",
            )  # fmt: skip
            opened = seal_record(draft, values, self.keys)
            with connection.transaction():
                insert(connection, opened.record)
                self._note(connection, Action.PUT, place, version + 1, detail=detail, data_key=opened.data_key)
        return opened

    def open(self, place: SecretName, version: int | None = None, *, detail: str = "") -> Opened:
        """The version in force, or one that was; one call to the key provider.

        Raises:
            NoSuchCredentialError: there is none, or it was revoked.
            TamperedError: what is stored is not what was written last.
            KeyRefusedError: the key provider does not open it.
            Deferred: the key provider is throttled.
        """
        with self.store.session() as connection:
            found = 0
            try:
                record = self._find(connection, place, version)
                found = record.version
                opened = open_record(record, self.keys)
            except DifError as error:
                self._refuse(connection, place, found, str(error))
                raise
            with connection.transaction():
                self._note(connection, Action.OPEN, place, found, detail=detail, data_key=opened.data_key)
        return opened

    def version_of(self, place: SecretName) -> int:
        """The version in force, 0 if there is none; no key is asked and nothing is opened."""
        with self.store.session() as connection:
            latest = self._latest(connection, place)
        return 0 if latest is None else latest.version

    def records(self) -> list[Record]:
        """The version in force of every credential, closed."""
        with self.store.session() as connection:
            return read(connection, "every_current")

    def versions(self, place: SecretName) -> list[Record]:
        """All versions of one credential, oldest first, closed."""
        with self.store.session() as connection:
            return read(connection, "versions", place)

    def last_used(self) -> dict[SecretName, datetime]:
        """When each credential was opened last, as the audit says."""
        with self.store.session() as connection:
            rows = connection.execute(statement("last_used")).fetchall()
        return {SecretName(client, connector, name): at for client, connector, name, at in rows}

    def roll_back(self, place: SecretName, version: int) -> Opened:
        """Write what an earlier version held as the next version."""
        latest = self.version_of(place)
        earlier = self.open(place, version, detail="to roll back")
        return self.put(
            place, earlier.values, expect=latest, expires_at=earlier.record.expires_at, detail=f"as version {version}"
        )

    def mark(self, opened: Opened, status: Status, *, reason: str) -> Opened:
        """Give the version a status.

        Raises:
            StaleError: somebody changed the row in the meantime.
        """
        record = tagged(replace(opened.record, status=status), opened.data_key)
        with self.store.session() as connection, connection.transaction():
            asked = {**asdict(record), "fields": None, "old_mac": opened.record.mac}
            if connection.execute(statement("set_status"), asked).rowcount != 1:
                raise StaleError(f"{record.place} version {record.version} was changed in the meantime")
            self._note(
                connection, Action.STATUS, record.place, record.version,
                detail=f"{status}: {reason}", data_key=opened.data_key,
            )  # fmt: skip
        return replace(opened, record=record)

    def rewrap(self) -> int:
        """Wrap every data key by the current key, old versions included; the secrets themselves stay closed.

        Can be stopped and run again at any time. The answer is the number of data keys that were wrapped anew.
        """
        with self.store.session() as connection:
            count = 0
            for record in read(connection, "every_version"):
                if self.keys.is_current(record.key_id):
                    continue
                context = context_of(record.place, record.version)
                wrapped = self.keys.rewrap(record.key_id, record.wrapped_key, context)
                with connection.transaction():
                    asked = {
                        **asdict(record.place), "version": record.version, "old_wrapped_key": record.wrapped_key,
                        "key_id": wrapped.key_id, "wrapped_key": wrapped.blob,
                    }  # fmt: skip
                    changed = connection.execute(statement("rewrap"), asked).rowcount
                    if changed:
                        self._note(connection, Action.REWRAP, record.place, record.version, detail=wrapped.key_id)
                count += changed
        return count

    def audit(self) -> list[Entry]:
        """Every entry, oldest first."""
        with self.store.session() as connection:
            return _audit.entries(connection)

    def verify(self, anchors: Iterable[Anchor] = ()) -> AuditReport:
        """Walk the audit, check its marks with the keys, and every credential against what was written.

        Raises:
            KeyRefusedError: the keys cannot be used.
        """
        chain, end, rows = self._everything()
        faults = _audit.walk(chain, end, anchors) + _discrepancies(chain, rows)
        keys: dict[tuple[SecretName, int], bytes] = {}
        for which, record in rows.items():
            try:
                keys[which] = open_record(record, self.keys).data_key
            except TamperedError as error:
                faults.append(str(error))
        marked = unverifiable = 0
        for entry in chain:
            which = (entry.place, entry.version)
            if entry.mac is None:
                if entry.action not in _UNMARKED:
                    faults.append(f"entry {entry.entry} bears no mark of the key, and should")
            elif which not in keys:
                unverifiable += 1
            elif entry.is_marked_by(keys[which]):
                marked += 1
            else:
                faults.append(f"entry {entry.entry} was not written by a holder of the key")
        unmarked = sum(entry.mac is None for entry in chain)
        return AuditReport(end or Anchor(0, b""), tuple(faults), marked, unmarked, unverifiable)

    def verify_chain(self, anchors: Iterable[Anchor] = ()) -> AuditReport:
        """As `verify`, without keys: marks are not checked, and no credential is opened."""
        chain, end, rows = self._everything()
        faults = _audit.walk(chain, end, anchors) + _discrepancies(chain, rows)
        return AuditReport(end or Anchor(0, b""), tuple(faults), unverifiable=len(chain))

    def _everything(self) -> tuple[list[Entry], Anchor | None, dict[tuple[SecretName, int], Record]]:
        """The audit, its noted end, and all versions, at one moment."""
        with self.store.session() as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            chain, end = _audit.entries(connection), _audit.head(connection)
            return chain, end, {(row.place, row.version): row for row in read(connection, "every_version")}

    def note(self, action: Action, opened: Opened, *, connection: Connection, detail: str = "") -> None:
        """Append an entry about an opened credential, in a transaction of its own or the caller's."""
        record = opened.record
        with connection.transaction():
            self._note(connection, action, record.place, record.version, detail=detail, data_key=opened.data_key)

    def _latest(self, connection: Connection, place: SecretName) -> Record | None:
        """The version in force, if it is the one that was written last.

        Raises:
            TamperedError: the audit knows a later one.
        """
        standing = current(connection, place)
        latest, version = standing.record, standing.record.version if standing.record else 0
        if version < standing.written:
            message = (
                f"{place}: version {version} stands where {standing.written} was written: an old state was put back"
            )
            raise TamperedError(message)
        if latest is not None and standing.marked is not None and standing.marked != latest.status:
            message = (
                f"{place} version {version} is {latest.status}, but was marked {standing.marked}: the mark was undone"
            )
            raise TamperedError(message)
        return latest

    def _find(self, connection: Connection, place: SecretName, version: int | None) -> Record:
        record = self._latest(connection, place)
        if version is not None:
            record = next((one for one in read(connection, "versions", place) if one.version == version), None)
        if record is None:
            which = "" if version is None else f" version {version}"
            raise NoSuchCredentialError(f"the vault holds no {place}{which}: run `vault put {place}`")
        if record.status is Status.REVOKED:
            raise NoSuchCredentialError(f"{place} version {record.version} was revoked: run `vault put {place}`")
        return record

    def _refuse(self, connection: Connection, place: SecretName, version: int, reason: str) -> None:
        with connection.transaction():
            self._note(connection, Action.REFUSED, place, version, detail=reason[:_LONGEST_DETAIL])

    def _note(
        self,
        connection: Connection,
        action: Action,
        place: SecretName,
        version: int,
        *,
        detail: str = "",
        data_key: bytes | None = None,
    ) -> None:
        self.anchor = _audit.append(
            connection, action, place, version,
            actor=self._actor, run_id=self._run_id, detail=detail, data_key=data_key,
        )  # fmt: skip


_UNMARKED: Final = {Action.REFUSED, Action.REWRAP}


def _discrepancies(chain: Iterable[Entry], rows: Mapping[tuple[SecretName, int], Record]) -> list[str]:
    """Versions that the audit knows and the table has not, the other way round, and marks that were undone."""
    written = {(entry.place, entry.version) for entry in chain if entry.action == Action.PUT}
    lost = [f"{place} version {version} was written and is gone" for place, version in sorted(written - set(rows))]
    strange = [f"{place} version {version} was never written here" for place, version in sorted(set(rows) - written)]
    marks = {
        (entry.place, entry.version): entry.detail.partition(":")[0] for entry in chain if entry.action == Action.STATUS
    }
    undone = [
        f"{place} version {version} is {rows[place, version].status}, but was marked {mark}"
        for (place, version), mark in sorted(marks.items())
        if (place, version) in rows and rows[place, version].status != mark
    ]
    return lost + strange + undone
