"""The vault's tables in PostgreSQL."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import psycopg
from dif_kit.migrations import migrate
from psycopg.rows import dict_row

from dif_vault._records import Record, Status
from dif_vault.errors import StaleError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dif_vault._names import SecretName

__all__ = ["Connection", "Standing", "Store", "current", "insert", "read", "statement"]

Connection = psycopg.Connection[Any]

_CONNECT_SECONDS: Final = 10
# A holder of a lease whose machine vanished is known to be gone after a minute, not after TCP's two hours.
_SESSION: Final = "-c tcp_keepalives_idle=20 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=4 -c timezone=UTC"


class Store:
    """One database. A session is a connection, in autocommit: transactions are opened where they are meant."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._open = threading.local()

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """A connection for a block; within it, this thread's further sessions are the same one.

        Raises:
            StoreError: the database cannot be reached, is no vault, or refuses.
        """
        held: Connection | None = getattr(self._open, "connection", None)
        with self._told():
            if held is not None and not held.closed:
                yield held
                return
            with psycopg.connect(
                self._url, autocommit=True, connect_timeout=_CONNECT_SECONDS, options=_SESSION, prepare_threshold=None
            ) as connection:
                self._open.connection = connection
                try:
                    yield connection
                finally:
                    self._open.connection = held

    @contextmanager
    def _told(self) -> Iterator[None]:
        """The database's refusals in words for the person on call."""
        try:
            yield
        except psycopg.errors.UndefinedTable:
            raise StoreError(f"{self.place} holds no vault, or an older one: run `vault init`") from None
        except psycopg.errors.InsufficientPrivilege as error:
            raise StoreError(f"{self.place}: {error.diag.message_primary}") from None
        except psycopg.ProgrammingError as error:
            # What is malformed may hold a password, and the library shows it.
            words = "" if "malformed" in self.place else f" as DIF_VAULT_URL names it: {_first_line(error)}"
            raise StoreError(f"{self.place}{words}") from None
        except psycopg.OperationalError as error:
            raise StoreError(f"{self.place} cannot be used: {_first_line(error)}") from None

    @property
    def place(self) -> str:
        """The database for messages, without user and password."""
        try:
            parts = psycopg.conninfo.conninfo_to_dict(self._url)
        except psycopg.ProgrammingError:
            return "the vault's database (DIF_VAULT_URL is malformed)"
        return f"the vault's database {parts.get('host', 'local')}:{parts.get('port', 5432)}/{parts.get('dbname', '')}"

    def migrate(self) -> list[str]:
        """Bring the tables up to this version of the code; the answer is what was applied.

        Raises:
            StoreError: the database is newer than the code, or an applied migration reads differently now.
        """
        with self.session() as connection, connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
            return migrate(cursor, "dif_vault", schema="dif_vault", place=self.place, refusal=StoreError)


def read(connection: Connection, query: str, place: SecretName | None = None) -> list[Record]:
    """The records that a statement of ``sql/`` finds."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(statement(query), None if place is None else asdict(place)).fetchall()
    return [_record(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class Standing:
    """The version in force, the one that the audit says was written last, and the status it was given last."""

    record: Record | None
    written: int
    marked: str | None


def current(connection: Connection, place: SecretName) -> Standing:
    """What stands in a place and what should, seen at one moment."""
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(statement("current"), asdict(place)).fetchone() or {}
    written, marked = row.pop("written"), row.pop("marked")
    return Standing(_record(**row) if row["version"] is not None else None, written, marked)


def insert(connection: Connection, record: Record) -> None:
    """Add a version.

    Raises:
        StaleError: another process has written this version in the meantime.
    """
    try:
        connection.execute(statement("insert"), {**asdict(record), "fields": list(record.fields)})
    except psycopg.errors.UniqueViolation:
        message = f"{record.place}: another process wrote version {record.version} first; read it, then decide"
        raise StaleError(message) from None


@cache
def statement(name: str) -> bytes:
    """The text of ``sql/<name>.sql``."""
    return files("dif_vault").joinpath("sql", f"{name}.sql").read_bytes()


def _record(**row: Any) -> Record:  # noqa: ANN401 - as the driver gives it
    return Record(**{**row, "status": Status(row["status"]), "fields": tuple(row["fields"])})


def _first_line(error: psycopg.Error) -> str:
    return str(error).strip().split("\n")[0]
