"""The listening front."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from typing import TYPE_CHECKING

from dif_sandbox.redshift._config import Config, Isolation
from dif_sandbox.redshift._errors import INTERNAL, RedshiftError
from dif_sandbox.redshift.load import Buckets
from dif_sandbox.redshift.sql import REDSHIFT_DEFAULTS
from dif_sandbox.redshift.wire._messages import error
from dif_sandbox.redshift.wire._session import Session
from dif_sandbox.redshift.wire._startup import Login, greet, log_in

if TYPE_CHECKING:
    from dif_sandbox.redshift._store import Store
    from dif_sandbox.redshift.wire._accounts import Accounts

__all__ = ["Server"]

log = logging.getLogger(__name__)
ISOLATION = {Isolation.SNAPSHOT: "repeatable\\ read", Isolation.SERIALIZABLE: "serializable"}
SETTINGS = {
    "standard_conforming_strings": "off",  # Redshift's literals know backslashes
    "escape_string_warning": "off",
    "backslash_quote": "on",
    "bytea_output": "hex",
    "TimeZone": "UTC",
    "check_function_bodies": "off",
}


class Server:
    """Accepts clients on 127.0.0.1."""

    def __init__(self, config: Config, store: Store, accounts: Accounts, tls: ssl.SSLContext) -> None:
        self._config, self._store, self._tls = config, store, tls
        self._accounts = accounts
        self._buckets = Buckets(config.s3_endpoint, config.roles, config.region)
        self._clients: set[asyncio.Task[None]] = set()

    async def start(self) -> int:
        """Listen; the port."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._config.listen_port)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        """Stop listening and end every session."""
        self._server.close()
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._clients.add(task)
            task.add_done_callback(self._clients.discard)
        try:
            await self._serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass  # the client left
        except asyncio.CancelledError:
            writer.transport.abort()  # the server closes
        except Exception:
            log.exception("a session of the Redshift front failed")
            writer.write(error(RedshiftError("the sandbox itself failed: its log says why", INTERNAL), "FATAL"))
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        postgres = self._config.postgres
        parameters = await greet(reader, writer, self._tls, (postgres.host, postgres.port))
        if parameters is None:
            return
        login = await log_in(reader, writer, parameters, self._accounts, postgres.database)
        if login is None:
            return
        session = Session(reader, writer, self._store, self._buckets)
        try:
            if await session.backend.open(postgres.host, postgres.port, self._parameters(login)):
                await session.run()
        finally:
            await session.backend.close()

    def _parameters(self, login: Login) -> dict[str, str]:
        settings = SETTINGS | {f"redshift.{name}": value for name, value in REDSHIFT_DEFAULTS.items()}
        settings["default_transaction_isolation"] = ISOLATION[self._config.isolation]
        return {
            "user": login.role,
            "database": self._config.postgres.database,
            "application_name": login.application[:60],
            "client_encoding": "UTF8",
            "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
        }
