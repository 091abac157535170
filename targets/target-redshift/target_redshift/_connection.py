"""The connection to the warehouse: opened late, opened again after a loss, one clear line when it cannot be opened."""

from __future__ import annotations

import logging
import ssl
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

import redshift_connector
from dif_kit.errors import ConfigError, CredentialError, DeliveryError

from target_redshift._failures import DRIVER_ERRORS, ConnectionLost, Refused, translate
from target_redshift._sql import literal, statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from redshift_connector.core import Connection
    from redshift_connector.cursor import Cursor

    from target_redshift._login import User
    from target_redshift._settings import Settings

__all__ = ["UnreachableError", "Warehouse"]

# Its debug lines quote messages as they go over the wire.
logging.getLogger("redshift_connector").setLevel(logging.INFO)

KEEPALIVE_SECONDS: Final = 60  # well below the 350 s after which AWS's NAT gateways and balancers forget a connection
APPLICATION: Final = "target-redshift"

Answer = TypeVar("Answer")


class UnreachableError(DeliveryError):
    """Nothing answers at the warehouse's address, or not as a warehouse does."""


class Warehouse:
    """One session of the warehouse at a time, in autocommit outside `transaction`; ``sessions`` counts them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._connection: Connection | None = None
        self._label = ""
        self.sessions = 0

    def open(self) -> None:
        """Open the session if there is none; raises as `execute` does."""
        self._open()

    def label(self, run_id: str) -> None:
        """Let the statements that follow show in the warehouse's own logs as this run's."""
        label = f"dif:{run_id}"
        if label != self._label:
            self._label = label
            if self._connection is not None:
                self.execute(statement("set_query_group", label=literal(label)))

    def execute(self, sql: str) -> None:
        """Carry out a statement.

        Raises:
            Refused: the warehouse says no.
            ConnectionLost: the connection broke.
            DifError: the connection could not be opened.
        """
        self._send(sql, lambda _: None)

    def change(self, sql: str) -> int:
        """Carry out a statement, and tell how many rows it changed; raises as `execute` does."""
        return self._send(sql, lambda cursor: int(cursor.rowcount))

    def query(self, sql: str, rehearsed: list[tuple[Any, ...]] | None = None) -> list[tuple[Any, ...]]:  # noqa: ARG002
        """All rows of a statement's answer; raises as `execute` does.

        ``rehearsed`` is what a dry run takes for the answer, where the statement asks about what such a run has not
        done, or does something itself.
        """
        return self._send(sql, lambda cursor: [tuple(row) for row in cursor.fetchall()])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; raises as `execute` does. `ConnectionLost` may mean all."""
        self.execute("BEGIN")
        try:
            yield
        except Refused:
            self.execute("ROLLBACK")
            raise
        except BaseException:
            self.close()  # the warehouse rolls back a session that ends
            raise
        self.execute("COMMIT")

    def close(self) -> None:
        """End the session; the next statement opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(*DRIVER_ERRORS):
                connection.close()

    def _send(self, sql: str, take: Callable[[Cursor], Answer]) -> Answer:
        connection = self._open()
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return take(cursor)
        except DRIVER_ERRORS as error:
            failure = translate(error)
            if isinstance(failure, ConnectionLost):
                self.close()
            raise failure from None

    def _open(self) -> Connection:
        if self._connection is None:
            connection = _connect(self._settings)
            connection.autocommit = True
            self._connection = connection
            self.sessions += 1
            milliseconds = self._settings.statement_timeout_seconds * 1000
            self.execute(statement("set_statement_timeout", milliseconds=milliseconds))
            if self._label:
                self.execute(statement("set_query_group", label=literal(self._label)))
        return self._connection


def _connect(settings: Settings) -> Connection:
    user = settings.login.user(settings.database)
    try:
        connection = redshift_connector.connect(
            host=settings.host,
            port=settings.port,
            database=settings.database,
            # Left to its default, the driver checks the certificate but only warns when it is another host's.
            sslmode="verify-full",
            timeout=settings.connect_timeout_seconds,
            tcp_keepalive=True,
            tcp_keepalive_idle=KEEPALIVE_SECONDS,
            tcp_keepalive_interval=KEEPALIVE_SECONDS // 4,
            tcp_keepalive_count=4,
            application_name=APPLICATION,
            # Statements here differ from each other: kept ones would only hold names of tables that are gone.
            max_prepared_statements=0,
            user=user.name,
            password=user.password,
        )
    except DRIVER_ERRORS as error:
        raise _connect_failure(settings, user, error) from None
    # The driver keeps the time-out of connecting for every answer it waits for; a COPY may take longer. From here on
    # the statement time-out and TCP keep-alive end what hangs.
    connection._usock.settimeout(None)  # noqa: SLF001 - the driver has no public way
    return connection


def _connect_failure(settings: Settings, user: User, error: BaseException) -> Exception:
    place = f"Redshift at {settings.host}:{settings.port}, database {settings.database!r}"
    cause = _cause(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return ConfigError(
            f"{place}: its TLS certificate was not accepted: {cause.verify_message}; "
            f"use the endpoint's own name as host, and SSL_CERT_FILE for a private authority"
        )
    failure = translate(error)
    if isinstance(failure, Refused):
        if failure.state.startswith("28"):
            return CredentialError(
                f"{place}: user {user.name!r} may not log in: {failure}; check the user and password of {user.source}"
            )
        if failure.state == "3D000" or "does not exist" in failure.text:
            return ConfigError(f"{place}, user {user.name!r}: {failure}; check the settings database and host")
        return UnreachableError(f"{place}, user {user.name!r}: {failure}")
    return UnreachableError(
        f"{place}: cannot connect: {cause or failure}; check host and port, that the warehouse runs, and that its "
        f"security group lets this machine in"
    )


def _cause(error: BaseException) -> BaseException | None:
    """The operating system's own error inside the driver's."""
    inside = (*error.args, error.__cause__, error.__context__, error)
    return next((found for found in inside if isinstance(found, OSError)), None)
